"""The pace at which a channel's provider lets us send: of one process, or of all senders together.

Limit: while Redis is away every sender keeps the whole pace for itself; what a provider then
refuses is tried again later, as it says.
"""

from __future__ import annotations

import asyncio
import time

from bot.limits import Limits, RedisAway, SharedLine


class Pace:
    """Spaces the sends of one channel in this process; a provider's pause stops all of them."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        """Return when it is this send's turn."""
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap
        await asyncio.sleep(mine - now)

    async def pause(self, seconds: float) -> None:
        """Nothing more for so long."""
        self._next = max(self._next, time.monotonic() + seconds)

    @property
    def seconds(self) -> float:
        """How long the next send would have to wait, as far as this process knows."""
        return max(0.0, self._next - time.monotonic())


class SharedPace(Pace):
    """The pace of all senders together, kept in Redis."""

    def __init__(self, per_second: float, line: SharedLine) -> None:
        super().__init__(per_second)
        self._line = line

    async def wait(self) -> None:
        """Return when it is this send's turn."""
        try:
            wait = await asyncio.to_thread(self._line.queue_up)
        except RedisAway:
            await super().wait()
            return
        self._next = time.monotonic() + wait
        await asyncio.sleep(wait)

    async def pause(self, seconds: float) -> None:
        """Nothing more for so long, from any sender."""
        await super().pause(seconds)
        try:
            await asyncio.to_thread(self._line.pause, seconds)
        except RedisAway:
            return


def pace_of(limits: Limits, key: str, per_second: float) -> Pace:
    """The pace of a channel's account; `key` names it for all senders."""
    if limits.link is None:
        return Pace(per_second)
    return SharedPace(per_second, SharedLine(limits.link, key, per_second))
