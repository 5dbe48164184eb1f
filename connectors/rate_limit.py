"""Who sends too much at once: token buckets by key, in memory."""

from __future__ import annotations

import time
from collections import OrderedDict


class RateLimit:
    """`burst` at once, then `per_second`; of keys beyond `keys` the oldest are forgotten."""

    def __init__(self, burst: float, per_second: float, keys: int = 10_000) -> None:
        self._burst, self._rate, self._most = burst, per_second, keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Takes one token; False when there is none left."""
        now = time.monotonic()
        left, then = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return allowed
