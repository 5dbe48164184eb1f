"""Holds back the turns of a channel while older messages may still be on their way to us.

Limit: a gate opens by itself when its time is over, so that a provider that does not answer costs a
moment and no service.
"""

from __future__ import annotations

import time

from connectors.bell import Bell
from connectors.capabilities import CAPABILITIES


class Gate:
    """Which channels' turns may be taken now; `arrived` is rung when one opens."""

    def __init__(self, arrived: Bell) -> None:
        self._arrived = arrived
        self._until: dict[str, float] = {}

    def shut(self, channel: str, seconds: float) -> None:
        """No turn of this channel for so long, unless `open` comes first."""
        self._until[channel] = time.monotonic() + seconds

    def open(self, channel: str) -> None:
        """Its turns may be taken again."""
        if self._until.pop(channel, None) is not None:
            self._arrived.ring()

    def channels(self) -> tuple[str, ...] | None:
        """The channels whose turns may be taken; None for all of them."""
        if not self._until:
            return None
        now = time.monotonic()
        self._until = {name: until for name, until in self._until.items() if until > now}
        return tuple(name for name in CAPABILITIES if name not in self._until)
