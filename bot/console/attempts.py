"""Slows down guessing from one network address, beside the lock of the single account.

Limit: counted in this process. The lock of an account is counted in the database and holds over
restarts and over several processes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
MOST = 30
# Addresses remembered; the ones not seen for longest are forgotten first.
KEPT = 10_000


class Attempts:
    """Failed logins by address within the window."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def too_many(self, address: str, now: datetime) -> bool:
        """Whether this address must wait."""
        with self._lock:
            times = self._failed.get(address)
            while times and times[0] <= now - WINDOW:
                times.popleft()
            return times is not None and len(times) >= MOST

    def failed(self, address: str, now: datetime) -> None:
        """Count a failed login."""
        with self._lock:
            self._failed.setdefault(address, deque(maxlen=MOST)).append(now)
            self._failed.move_to_end(address)
            while len(self._failed) > KEPT:
                self._failed.popitem(last=False)

    def forget(self) -> None:
        """Start over."""
        with self._lock:
            self._failed.clear()
