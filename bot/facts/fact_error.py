"""The one error of facts that cannot be used."""

from __future__ import annotations


class FactError(ValueError):
    """Facts that cannot be used: names the fact and why, never the value."""

    def __init__(self, fact: str, reason: str) -> None:
        """`fact` is the wire name, `reason` a short sentence without the value."""
        super().__init__(f"{fact}: {reason}")
        self.fact = fact
        self.reason = reason
