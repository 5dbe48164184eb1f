"""Wakes tasks of the same process, so that a reply takes milliseconds.

Only a hint: whoever waits looks into the database before and after, so that a ring that was missed
(another process, a restart) costs a moment and no message.
"""

from __future__ import annotations

import asyncio


class Bell:
    """Rings for everybody who listens at that moment."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wakes all listeners."""
        self._event.set()
        self._event = asyncio.Event()

    def listen(self) -> Listener:
        """Call before looking for work: a ring between looking and waiting is then not missed."""
        return Listener(self._event)


class Listener:
    """One wait for the next ring."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def heard(self, seconds: float) -> bool:
        """Waits for the ring, at most so many seconds; False when there was none."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True
