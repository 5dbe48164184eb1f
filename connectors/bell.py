"""Wakes tasks of the same process, so that a reply takes milliseconds.

Only a hint: whoever waits looks into the database before and after, so that a ring that was missed
(another process, a restart) costs a moment and no message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

Carry = Callable[[str | None], None]


class Bell:
    """Rings for everybody who listens at that moment, or for those who listen for one thing."""

    def __init__(self) -> None:
        # Held by the listeners alone: what nobody waits for any more is forgotten.
        self._events: WeakValueDictionary[str | None, asyncio.Event] = WeakValueDictionary()
        self._carry: Carry | None = None

    def carried_by(self, carry: Carry) -> None:
        """Have every ring of this process told to the other processes too."""
        self._carry = carry

    def ring(self, about: str | None = None) -> None:
        """Wakes the listeners, here and elsewhere; `about` one thing, only those who wait for it
        or for anything.
        """
        self.ring_here(about)
        if self._carry is not None:
            self._carry(about)

    def ring_here(self, about: str | None = None) -> None:
        """Wakes the listeners of this process only."""
        woken = list(self._events) if about is None else [None, about]
        for key in woken:
            event = self._events.pop(key, None)
            if event is not None:
                event.set()

    def listen(self, about: str | None = None) -> Listener:
        """Call before looking for work: a ring between looking and waiting is then not missed."""
        return Listener(self._events.setdefault(about, asyncio.Event()))


class Listener:
    """One wait for the next ring."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    @property
    def rang(self) -> bool:
        """Whether it rang since."""
        return self._event.is_set()

    async def heard(self, seconds: float) -> bool:
        """Waits for the ring, at most so many seconds; False when there was none."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True
