"""Slows down guessing from one network address, beside the lock of the single account.

Counted in this process, and with Redis over all of them. The lock of an account is counted in the
database and holds over restarts too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from bot.limits import SharedTally, limits_of
from bot.settings import Settings

WINDOW = timedelta(minutes=15)
MOST = 30
# Addresses remembered; the ones not seen for longest are forgotten first.
KEPT = 10_000


class Attempts:
    """Failed logins by address within the window."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def too_many(self, address: str, now: datetime, tally: SharedTally | None = None) -> bool:
        """Whether this address must wait."""
        if tally is not None and tally.count(address) >= MOST:
            return True
        with self._lock:
            times = self._failed.get(address)
            while times and times[0] <= now - WINDOW:
                times.popleft()
            return times is not None and len(times) >= MOST

    def failed(self, address: str, now: datetime, tally: SharedTally | None = None) -> None:
        """Count a failed login."""
        if tally is not None:
            tally.add(address)
        with self._lock:
            self._failed.setdefault(address, deque(maxlen=MOST)).append(now)
            self._failed.move_to_end(address)
            while len(self._failed) > KEPT:
                self._failed.popitem(last=False)

    def forget(self) -> None:
        """Start over."""
        with self._lock:
            self._failed.clear()


def tally_of(settings: Settings) -> SharedTally | None:
    """The count of all processes, if they share one."""
    link = limits_of(settings).link
    return SharedTally(link, "logins", WINDOW.total_seconds()) if link else None
