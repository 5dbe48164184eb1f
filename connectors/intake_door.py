"""The one way in: whatever the channel, a message is committed to the inbox before it is answered.

Guarantee: `take` returns after the commit and raises StoreUnavailable otherwise; `take_or_spool`
returns after the commit or after the message is durably on disk, from where it is replayed.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.files import FileStore
from bot.store.messages import InboundMessage
from bot.store.records import Received
from connectors.bell import Bell
from connectors.metrics import Metrics

ACCEPTING_THREADS: Final = 4

log = logging.getLogger(__name__)


class MessageSpool(Protocol):
    """Keeps messages on disk while the database is away."""

    def append(self, message: InboundMessage) -> None:
        """Returns after the message is durably stored. Raises OSError when it cannot be."""


class Door:
    """Takes messages in and wakes the worker."""

    def __init__(
        self, store: Store, files: FileStore, spool: MessageSpool, arrived: Bell, metrics: Metrics
    ) -> None:
        self._store, self._spool = store, spool
        self._arrived, self._metrics = arrived, metrics
        self.files = files
        # Threads of its own: a webhook must not queue behind the steps of turns and sends.
        self._threads = ThreadPoolExecutor(ACCEPTING_THREADS, "accept")

    async def take(self, message: InboundMessage) -> Received:
        """Commits the message; the same one again changes nothing."""
        loop = asyncio.get_running_loop()
        received = await loop.run_in_executor(self._threads, self._store.inbox.receive, message)
        result = "duplicate" if received.duplicate else "stored"
        self._metrics.received.labels(message.channel, result).inc()
        self._arrived.ring()
        return received

    def close(self) -> None:
        """Lets the threads end."""
        self._threads.shutdown(wait=False)

    async def take_or_spool(self, message: InboundMessage) -> None:
        """For a provider that does not come again: the disk serves while the database is away."""
        try:
            await self.take(message)
        except StoreUnavailable:
            log.warning("%s message spooled: database unavailable", message.channel)
            await asyncio.to_thread(self._spool.append, message)
            self._metrics.received.labels(message.channel, "spooled").inc()
