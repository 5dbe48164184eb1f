"""Regular work on the store: what has expired is erased, what is new becomes searchable.

Any number of processes may do it at once; each erasure is a transaction of its own.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.store import Store
from bot.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 15.0
# Between two portions of many messages, so that others get their turn to write.
BREATH_SECONDS: Final = 0.1


class Housekeeping:
    """Erases conversations without consent after a day, and those who asked to be forgotten.

    Takes new messages into the console's search and figures.
    """

    def __init__(self, store: Store, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._store, self._pause = store, pause_seconds

    async def run(self) -> None:
        """Work until canceled."""
        while True:
            try:
                erased = await asyncio.to_thread(self._store.retention.purge)
                await asyncio.to_thread(self._store.links.purge)
                while await asyncio.to_thread(self._store.indexing.catch_up):
                    await asyncio.sleep(BREATH_SECONDS)
            except StoreUnavailable:
                log.warning("retention not run: database unavailable")
            else:
                if erased:
                    log.info("%d conversations erased by retention", len(erased))
            await asyncio.sleep(self._pause)
