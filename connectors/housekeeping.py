"""Regular work on the store: what has expired is erased, what is over its time is removed,
what is new becomes searchable.

Any number of processes may do it at once; each step is a transaction of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Final

from bot.operations.retention import periods
from bot.settings import Settings
from bot.store import Store
from bot.store.errors import BadKeys, StoreUnavailable

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 15.0
# Going through everything by its age is more work, and nobody waits for it.
EVERYTHING_SECONDS: Final = 3600.0
# Every message is read for the files it names: so often, in rounds of the above.
WITH_FILES_EVERY: Final = 6
# Between two portions of many messages, so that others get their turn to write.
BREATH_SECONDS: Final = 0.1


class Housekeeping:
    """Erases conversations without consent after a day, and those who asked to be forgotten; every
    hour, for files every six, removes what the settings keep for no longer."""

    def __init__(
        self, store: Store, configuration: Settings, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._store, self._pause = store, pause_seconds
        self._periods = periods(configuration)
        self._everything_at = time.monotonic() + EVERYTHING_SECONDS
        self._rounds = 0

    async def run(self) -> None:
        """Work until canceled."""
        while True:
            try:
                await self._work()
            except (StoreUnavailable, OSError) as error:
                log.warning("retention not run: %s", type(error).__name__)
            try:
                while await asyncio.to_thread(self._store.indexing.catch_up):
                    await asyncio.sleep(BREATH_SECONDS)
            except (StoreUnavailable, BadKeys) as error:
                log.warning("search not brought up: %s", type(error).__name__)
            await asyncio.sleep(self._pause)

    async def _work(self) -> None:
        erased = await asyncio.to_thread(self._store.retention.purge)
        if erased:
            log.info("%d conversations erased by retention", len(erased))
        await asyncio.to_thread(self._store.links.purge)
        if time.monotonic() >= self._everything_at:
            self._everything_at = time.monotonic() + EVERYTHING_SECONDS
            with_files = self._rounds % WITH_FILES_EVERY == 0
            self._rounds += 1
            run = partial(self._store.keeping.run, self._periods, with_files=with_files)
            for due in await asyncio.to_thread(run):
                if due.number:
                    log.info("retention: %d gone: %s", due.number, due.kind)
