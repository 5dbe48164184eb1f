"""Fetches files that people sent from the provider into our own store, beside the conversation.

Guarantee: a file is fetched from the provider's own hosts only, up to the channel's size; nothing
of it is kept when its message was erased meanwhile. After a restart the last days are looked
through again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.files import FileStore
from bot.store.messages import FileRef
from bot.store.received_files import AwaitedFile
from connectors.bell import Bell
from connectors.provider_errors import Action, SendError

log = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(days=2)
_BETWEEN_SECONDS: Final = 60.0
_GATHER_SECONDS: Final = 0.5  # many messages at once make one round
# Messages of two processes may become visible in another order than they were numbered.
_OVERLAP: Final = 100
# A provider that is away is asked again; after so many rounds a file stays where it is.
_MOST_TRIES: Final = 5


class MediaSource(Protocol):
    """A channel that files can be fetched from."""

    async def fetch(self, file: FileRef) -> bytes:
        """The bytes. Raises SendError."""


class MediaCollector:
    """Run it as a task; `arrived` is rung when a message came in."""

    def __init__(
        self, store: Store, files: FileStore, sources: Mapping[str, MediaSource], arrived: Bell
    ) -> None:
        self._store, self._files, self._sources = store, files, sources
        self._arrived = arrived
        self._seen = 0  # the newest message looked at
        self._tries: dict[tuple[str, int], int] = {}

    async def run(self) -> None:
        """Collects until cancelled; now and then looks through everything again."""
        while True:
            ring = self._arrived.listen()
            try:
                await self.collect()
            except StoreUnavailable:
                log.warning("files not collected: database unavailable")
            if not await ring.heard(_BETWEEN_SECONDS):
                self._seen = 0
            await asyncio.sleep(_GATHER_SECONDS)

    async def collect(self) -> int:
        """Fetches what is awaited; gives how many files were fetched."""
        since, fetched = datetime.now(UTC) - LOOK_BACK, 0
        while True:
            after = max(0, self._seen - _OVERLAP)
            found = await asyncio.to_thread(self._store.received_files.awaited, since, after)
            new = [awaited for awaited in found if self._may_try(awaited)]
            if not new:
                return fetched
            for awaited in new:
                fetched += await self._fetch(awaited)
                self._seen = max(self._seen, awaited.seq)

    def _may_try(self, awaited: AwaitedFile) -> bool:
        """Once a round, and not for ever."""
        tries = self._tries.get((awaited.message_id, awaited.position), 0)
        fresh = awaited.seq > self._seen or tries == 0
        return awaited.channel in self._sources and fresh and tries < _MOST_TRIES

    async def _fetch(self, awaited: AwaitedFile) -> bool:
        place = (awaited.message_id, awaited.position)
        self._tries[place] = self._tries.get(place, 0) + 1
        try:
            data = await self._sources[awaited.channel].fetch(awaited.file)
            key = await asyncio.to_thread(self._files.put, data)
        except SendError as error:
            if error.action not in (Action.RETRY, Action.MAYBE):
                self._tries[place] = _MOST_TRIES
            log.warning("file of message %s not fetched: %s", awaited.message_id, error)
            return False
        except OSError as error:
            log.error("file of message %s not stored: %s", awaited.message_id, error.errno)
            return False
        kept = await asyncio.to_thread(self._store.received_files.keep, awaited, key, len(data))
        if not kept:
            await asyncio.to_thread(self._files.remove, key)
        return kept
