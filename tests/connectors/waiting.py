"""Waits for what other threads do, without timing anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST_SECONDS = 90.0


def until(look: Callable[[], T], seconds: float = LONGEST_SECONDS) -> T:
    """Looks until there is something; gives it. Fails when nothing comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")
