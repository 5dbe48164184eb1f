"""One JSON line from outside: an object in which nothing is said twice."""

from __future__ import annotations

import json
from typing import Any

from bot.facts.fact_error import FactError


class NoLine(ValueError):
    """A line that cannot be used: "not JSON" or "not an object"."""


def read_line(line: str) -> dict[str, Any]:
    """The object of a line. Raises NoLine."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise NoLine("not JSON") from None
    if not isinstance(read, dict):
        raise NoLine("not an object")
    return read


def check_told_once(line: str) -> None:
    """Raises FactError when a name stands twice in one object with different values."""
    json.loads(line, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        for name, value in pairs:
            if value != read[name]:
                raise FactError(name[:40], "is told twice, with different values")
    return read
