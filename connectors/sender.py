"""Sends the outbox: claims the next message of a conversation, hands it to its channel, records it.

Guarantee: messages of one conversation go out in the order they were written; what a provider
refused for now is tried again with growing delay, obeying its Retry-After; what may have been sent
already is looked up where the provider can be asked. Limit: where it cannot be asked, the bot's own
words whose sender died at the wrong moment are sent a second time, which is counted; a person's
words are not, and a coordinator decides.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol, runtime_checkable

from bot.limits import Limits
from bot.store import Store
from bot.store.errors import LeaseLost, NotFound, StoreUnavailable
from bot.store.messages import Author
from bot.store.records import Delivery
from connectors.bell import Bell
from connectors.capabilities import CAPABILITIES, Capabilities
from connectors.documents import Documents
from connectors.pace import Pace, pace_of
from connectors.provider_errors import Action, SendError
from connectors.reopening import Reopening
from connectors.worker import HOST, PROCESS, is_alive

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.25
# A provider's list may lag behind its sending by a moment.
LOOKUP_AFTER_SECONDS: Final = 10.0
CONFIG_RETRY_SECONDS: Final = 60.0
WINDOW_CODE: Final = "window"
MAYBE_SENT_CODE: Final = "maybe_sent"
_STORE_PAUSE: Final = 1.0


class ProviderClient(Protocol):
    """A channel's way out."""

    channel: str

    async def send(self, delivery: Delivery) -> str:
        """Send one row; gives the provider's id. Raises SendError."""


@runtime_checkable
class Lookup(Protocol):
    """A channel that can be asked what it has sent."""

    async def find_sent(
        self, delivery: Delivery, taken: frozenset[str] = frozenset()
    ) -> str | None:
        """The provider's id of this row's message, if it was sent; `taken` are other rows' ids."""


class Observer(Protocol):
    """Watches sends, for metrics."""

    def send(self, channel: str, result: str) -> None:
        """A try ended: sent, found, repeated, held, or the action of a SendError."""


class Silent:
    """Watches nothing."""

    def send(self, channel: str, result: str) -> None:
        """Nothing."""


class Sender:
    """Works off the outbox for the channels that have a client, `parallel` rows at a time."""

    def __init__(
        self,
        store: Store,
        clients: Sequence[ProviderClient],
        *,
        to_send: Bell,
        parallel: int = 8,
        lease_seconds: float = LEASE_SECONDS,
        observer: Observer | None = None,
        reopening: Reopening | None = None,
        limits: Limits | None = None,
        documents: Documents | None = None,
    ) -> None:
        self._reopening = reopening
        self._documents = documents
        self._store = store
        self._clients: Mapping[str, ProviderClient] = {c.channel: c for c in clients}
        self._paces = {
            name: pace_of(limits or Limits(), name, _can(name).per_second) for name in self._clients
        }
        self._to_send = to_send
        self._parallel = parallel
        self._lease = lease_seconds
        self._observer = observer or Silent()
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[bool]] = set()

    def stop(self) -> None:
        """Take nothing new; `run` returns when the sends under way have ended."""
        self._stopping.set()
        self._to_send.ring()

    async def run(self) -> None:
        """Send until stopped. Canceled, rows under way come back as perhaps sent."""
        with suppress(StoreUnavailable):
            await asyncio.to_thread(self._store.outbox.expire_dead, HOST, is_alive)
        try:
            while not self._stopping.is_set():
                ring = self._to_send.listen()
                free = self._parallel - len(self._running)
                deliveries = await self._claim(free) if free else []
                for delivery in deliveries:
                    task = asyncio.create_task(self._deliver(delivery))
                    self._running.add(task)
                    task.add_done_callback(self._ended)
                if len(deliveries) < free or not free:
                    await ring.heard(POLL_SECONDS)
            await asyncio.gather(*self._running)
        finally:
            for task in self._running:
                task.cancel()

    async def _claim(self, most: int) -> list[Delivery]:
        # A channel that its provider has paused is left alone until then.
        open_channels = [name for name, pace in self._paces.items() if pace.seconds < 2.0]
        if not open_channels or self._stopping.is_set():
            return []
        try:
            return await asyncio.to_thread(
                self._store.outbox.claim_many, PROCESS, open_channels, self._lease, most
            )
        except StoreUnavailable:
            log.warning("outbox not readable: database unavailable")
            await asyncio.sleep(_STORE_PAUSE)
            return []

    def _ended(self, task: asyncio.Task[bool]) -> None:
        busy = len(self._running) == self._parallel
        self._running.discard(task)
        pauses = False
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                log.error("send broke off: %s", type(error).__name__)
            pauses = error is None and task.result()
        if busy or not pauses:
            self._to_send.ring()

    async def _deliver(self, delivery: Delivery) -> bool:
        """Whether the person's next message has to wait for a moment."""
        try:
            async with self._held(delivery):
                result = await self._send(delivery)
        except (LeaseLost, NotFound):
            result = "dropped"
        self._observer.send(delivery.channel, result)
        if result not in ("sent", "found"):
            log.warning("message %s on %s: %s", delivery.message_id, delivery.channel, result)
        return result == "sent" and _can(delivery.channel).per_person_seconds > 0

    async def _send(self, delivery: Delivery) -> str:
        can = _can(delivery.channel)
        if delivery.content.template is None and _window_shut(delivery, can):
            await self._hold(delivery, WINDOW_CODE)
            return "held"
        if delivery.maybe_sent and not can.lookup and _harmful_twice(delivery):
            await self._record(self._fail, delivery, MAYBE_SENT_CODE, False, None, None)
            return "given_up"
        pace = self._paces[delivery.channel]
        client = self._clients[delivery.channel]
        try:
            if delivery.maybe_sent and isinstance(client, Lookup):
                found = await self._look_up(delivery, client)
                if found is not None:
                    await self._mark_sent(delivery, found, can)
                    return "found"
            await self._print(delivery)
            await pace.wait()
            provider_id = await client.send(delivery)
        except SendError as error:
            await self._refused(delivery, error, pace)
            return str(error.action)
        await self._mark_sent(delivery, provider_id, can)
        return "repeated" if delivery.maybe_sent and not can.lookup else "sent"

    async def _print(self, delivery: Delivery) -> None:
        """Papers of ours are printed before the first try. Raises SendError."""
        if self._documents is None:
            return
        printed = partial(self._documents.printed, delivery.conversation_id)
        for file in delivery.content.files:
            try:
                there = file.document is None or await asyncio.to_thread(printed, file)
            except StoreUnavailable:
                raise SendError(Action.RETRY, "no_store") from None
            if not there:
                raise SendError(Action.CONTENT, "no_document")

    async def _look_up(self, delivery: Delivery, client: Lookup) -> str | None:
        taken = await asyncio.to_thread(self._store.outbox.sent_ids, delivery)
        return await client.find_sent(delivery, taken)

    async def _mark_sent(self, delivery: Delivery, provider_id: str, can: Capabilities) -> None:
        gap = can.per_person_seconds
        # Who can be asked what was sent need not be remembered past a loss of power.
        mark = partial(self._store.outbox.mark_sent, relaxed=can.lookup)
        await self._record(mark, delivery, provider_id, gap)

    async def _refused(self, delivery: Delivery, error: SendError, pace: Pace) -> None:
        outbox, code = self._store.outbox, error.code
        match error.action:
            case Action.MAYBE:
                wait = error.retry_after or LOOKUP_AFTER_SECONDS
                await self._record(outbox.mark_unknown, delivery, code, wait)
            case Action.WINDOW:
                await self._hold(delivery, code)
            case Action.OPT_OUT:
                await self._record(self._fail, delivery, code, False, None, code)
            case Action.RETRY:
                if error.retry_after:
                    await pace.pause(min(error.retry_after, 30.0))
                await self._record(self._fail, delivery, code, True, error.retry_after, None)
            case Action.CONFIG:
                log.error("%s refuses us: %s", delivery.channel, code)
                await pace.pause(CONFIG_RETRY_SECONDS)
                await self._record(outbox.put_back, delivery, CONFIG_RETRY_SECONDS)
            case _:  # this message, or this person, will never do: a coordinator sees it
                await self._record(self._fail, delivery, code, False, None, None)

    async def _hold(self, delivery: Delivery, code: str) -> None:
        await self._record(self._store.outbox.hold, delivery, code)
        if self._reopening is not None:
            await self._reopening.ask(delivery.message_id)

    def _fail(
        self,
        delivery: Delivery,
        code: str,
        retry: bool,
        retry_after: float | None,
        stop: str | None,
    ) -> None:
        self._store.outbox.mark_failed(
            delivery, code, retry=retry, retry_after=retry_after, stop=stop
        )

    async def _record(self, step: object, *values: object) -> None:
        """A step of the store, repeated while the database is away, at most for the lease."""
        assert callable(step)  # noqa: S101
        until = time.monotonic() + self._lease
        while True:
            try:
                await asyncio.to_thread(step, *values)
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_STORE_PAUSE)
            else:
                return

    @asynccontextmanager
    async def _held(self, delivery: Delivery) -> AsyncIterator[None]:
        """Renews the lease for as long as the block takes."""
        renewal = asyncio.create_task(self._renew(delivery))
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal

    async def _renew(self, delivery: Delivery) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            try:
                await asyncio.to_thread(self._store.outbox.renew, delivery, self._lease)
            except LeaseLost:
                return
            except StoreUnavailable:
                log.warning("lease not renewed: database unavailable")


def _can(channel: str) -> Capabilities:
    return CAPABILITIES[channel]


def _harmful_twice(delivery: Delivery) -> bool:
    """Whether reading this twice could mislead; the bot's own words can be read twice."""
    return delivery.author is not Author.BOT


def _window_shut(delivery: Delivery, can: Capabilities) -> bool:
    if can.window_hours is None:
        return False
    if delivery.last_inbound_at is None:
        return True
    return datetime.now(UTC) - delivery.last_inbound_at > timedelta(hours=can.window_hours)
