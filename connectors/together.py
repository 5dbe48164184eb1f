"""Stores messages of many webhooks with one commit: what waits while one is written is the next.

Guarantee: `store` returns after the commit that holds the message, and raises StoreUnavailable
when it was not stored. A message that comes alone is stored at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.records import Arrival, Received

MOST: Final = 100
# A commit costs the same for one message and for ten: while many come, the next one waits so long,
# a third of what a provider's answer may take.
GATHER_SECONDS: Final = 0.03

log = logging.getLogger(__name__)

Waiting = tuple[Arrival, asyncio.Future[Received]]


class Together:
    """One line of commits; `seen` is called when turns may begin. Close it with `close`."""

    def __init__(self, store: Store, seen: Callable[[], None]) -> None:
        self._inbox, self._seen = store.inbox, seen
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        # A thread of its own: a webhook must not queue behind the steps of turns and sends.
        self._thread = ThreadPoolExecutor(1, "accept")

    async def store(self, arrival: Arrival) -> Received:
        """Commits the message, together with whatever comes at the same time."""
        future: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await future

    def close(self) -> None:
        """Lets the thread end."""
        self._thread.shutdown(wait=False)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                _tell(batch, await self._commit([arrival for arrival, _ in batch]))
                if len(batch) > 1 and len(self._waiting) < MOST:
                    await asyncio.sleep(GATHER_SECONDS)
            except StoreUnavailable as error:
                # Who came meanwhile has waited as long: there is no time for another try.
                failed, self._waiting = [*batch, *self._waiting], []
                _refuse(failed, error)
            except Exception as error:
                log.error("batch not stored: %s", type(error).__name__)
                await self._one_by_one(batch)

    async def _one_by_one(self, batch: Sequence[Waiting]) -> None:
        """One message that cannot be stored at all must not take others with it."""
        for entry in batch:
            try:
                _tell([entry], await self._commit([entry[0]]))
            except Exception as error:
                _refuse([entry], error)

    async def _commit(self, arrivals: Sequence[Arrival]) -> list[Received]:
        loop = asyncio.get_running_loop()

        def seen() -> None:
            loop.call_soon_threadsafe(self._seen)

        return await loop.run_in_executor(self._thread, self._inbox.receive_many, arrivals, seen)


def _tell(batch: Sequence[Waiting], received: Sequence[Received]) -> None:
    for (_, future), result in zip(batch, received, strict=True):
        if not future.done():  # whoever asked may have gone
            future.set_result(result)


def _refuse(batch: Sequence[Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
