"""The one way in: whatever the channel, a message is committed to the inbox before it is answered.

Guarantee: `take` returns after the commit and raises StoreUnavailable otherwise; `take_or_spool`
returns after the commit or after the message is durably on disk, from where it is replayed.
Several short texts in a row wait for each other; words of an emergency wait for nothing. Who sends
too much at once is told so, and what is beyond the limit is kept without an answer each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, Protocol

from bot.limits import Limits
from bot.oncology.read import read
from bot.store import Store
from bot.store.errors import NotFound, StoreUnavailable
from bot.store.files import FileStore
from bot.store.inbox import IN_PIECES
from bot.store.messages import InboundMessage, Kind, OutboundReply
from bot.store.records import Arrival, Received
from connectors.bell import Bell
from connectors.capabilities import capabilities
from connectors.metrics import Metrics
from connectors.received_text import LONGEST_TEXT
from connectors.texts import choose
from connectors.together import Together

FLOOD: Final = "flood"
# More than anybody types or photographs at once; a script that sends more is kept from the engine.
FLOOD_BURST: Final = 30
FLOOD_PER_SECOND: Final = 0.5
_TOLD_AGAIN_SECONDS: Final = 3600.0
# With more than so many texts to be looked through for an emergency, that is done in a lull, but
# within the pause that is made for further words.
RUSH: Final = 5
LULL_SECONDS: Final = 0.05
RUSH_AT_MOST_SECONDS: Final = 1.0

log = logging.getLogger(__name__)


class MessageSpool(Protocol):
    """Keeps messages on disk while the database is away."""

    def append(self, message: InboundMessage) -> None:
        """Returns after the message is durably stored. Raises OSError when it cannot be."""

    def is_empty(self) -> bool:
        """Whether nothing waits. Raises OSError when nobody can tell."""


class Door:
    """Takes messages in and wakes worker and sender; `pause` in seconds, on channels that group.

    `in_pieces` is told when one person's messages came in short succession from a provider that
    gives them no order.
    """

    def __init__(
        self,
        store: Store,
        files: FileStore,
        spool: MessageSpool,
        arrived: Bell,
        metrics: Metrics,
        *,
        to_send: Bell | None = None,
        filed: Bell | None = None,
        pause: float = 0.0,
        limits: Limits | None = None,
        in_pieces: Callable[[], None] | None = None,
    ) -> None:
        self._store, self._spool, self._pause = store, spool, pause
        self._arrived, self._to_send, self._metrics = arrived, to_send or Bell(), metrics
        self.files, self._filed = files, filed or Bell()
        # The turn begins while the message is on its way to the disk.
        self._together = Together(store, arrived.ring)
        self._reading = ThreadPoolExecutor(1, "urgent")
        self._limit = (limits or Limits()).rate(FLOOD, FLOOD_BURST, FLOOD_PER_SECOND)
        self._told: dict[str, float] = {}
        self._in_pieces, self._wrote = in_pieces, OrderedDict[str, float]()
        self._afterwards: set[asyncio.Task[None]] = set()
        self._came = 0.0
        # Texts to be looked through for an emergency, with when they came (monotonic seconds).
        self._unread = deque[tuple[float, str, Received]]()
        self._looking: asyncio.Task[None] | None = None

    async def take(self, message: InboundMessage) -> Received:
        """Commits the message; the same one again changes nothing."""
        self._came = time.monotonic()
        arrival = await self._arrival(message)
        received = await self._together.store(arrival)
        result = "duplicate" if received.duplicate else arrival.kept_as or "stored"
        self._metrics.received.labels(message.channel, result).inc()
        if message.files:
            self._filed.ring()
        if not received.duplicate:
            self._look_after(arrival, received)
        return received

    async def take_or_spool(self, message: InboundMessage) -> None:
        """For a provider that does not come again: the disk serves while the database is away.

        Raises OSError when neither could store it.
        """
        with suppress(OSError):
            # What came before and still lies on the disk must not be overtaken.
            if not self._spool.is_empty():
                await self._to_disk(message)
                return
        try:
            await self.take(message)
        except StoreUnavailable:
            log.warning("%s message spooled: database unavailable", message.channel)
            await self._to_disk(message)

    async def _to_disk(self, message: InboundMessage) -> None:
        await asyncio.to_thread(self._spool.append, message)
        self._metrics.received.labels(message.channel, "spooled").inc()

    def warm(self) -> None:
        """Loads the words of an emergency before the first message comes."""
        self._reading.submit(_is_urgent, "")

    def close(self) -> None:
        """Lets the threads end."""
        self._together.close()
        self._reading.shutdown(wait=False, cancel_futures=True)

    async def _arrival(self, message: InboundMessage) -> Arrival:
        can = capabilities(message.channel)
        limited = can.pushes and message.kind is not Kind.BLOCKED
        if limited and not await self._limit.admits(_of(message)):
            return Arrival(message, kept_as=FLOOD)
        # A tap that comes right after a text may have been made before it.
        waits = can.pieces and (message.kind in IN_PIECES or self._follows(message))
        return Arrival(message, pause=self._pause if waits else 0.0)

    def _follows(self, message: InboundMessage) -> bool:
        """Whether it came in short succession from a provider that gives no order."""
        wrote = self._wrote.get(_of(message)) if message.sequence is None else None
        return wrote is not None and time.monotonic() - wrote <= self._pause

    def _look_after(self, arrival: Arrival, received: Received) -> None:
        """What need not be waited for by the provider."""
        if arrival.message.text and (arrival.pause or arrival.kept_as):
            self._unread.append((self._came, arrival.message.text, received))
            if self._looking is None or self._looking.done():
                self._looking = self._later(self._look_through())
        if arrival.pause and arrival.message.sequence is None and self._in_pieces is not None:
            self._mind_order(arrival, self._in_pieces)
        if arrival.kept_as == FLOOD:
            self._later(self._tell_flood(arrival.message, received))

    def _mind_order(self, arrival: Arrival, in_pieces: Callable[[], None]) -> None:
        """Of pieces that came shortly after each other without a number, the order is uncertain."""
        now, who = time.monotonic(), _of(arrival.message)
        while self._wrote and now - next(iter(self._wrote.values())) > arrival.pause:
            self._wrote.popitem(last=False)
        if self._wrote.pop(who, None) is not None:
            in_pieces()
        self._wrote[who] = now

    def _later(self, step: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(step)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)
        return task

    async def _look_through(self) -> None:
        """Looks for emergencies, which do not wait for more words; lost in a crash, they do."""
        while self._unread:
            came, text, received = self._unread[0]
            if len(self._unread) > RUSH:
                await self._lull(came + RUSH_AT_MOST_SECONDS)
            self._unread.popleft()
            await self._hurry(text, received)

    async def _lull(self, until: float) -> None:
        """Until nobody has come for a moment: who waits for an answer at the door goes first."""
        while (now := time.monotonic()) < until and now - self._came < LULL_SECONDS:
            await asyncio.sleep(LULL_SECONDS)

    async def _hurry(self, text: str, received: Received) -> None:
        loop = asyncio.get_running_loop()
        try:
            if await loop.run_in_executor(self._reading, _is_urgent, text):
                await asyncio.to_thread(self._store.inbox.hurry, received.message_id)
                self._arrived.ring()
        except Exception as error:  # the texts after it are still to be looked through
            log.warning("message %s not hurried: %s", received.message_id, type(error).__name__)

    async def _tell_flood(self, message: InboundMessage, received: Received) -> None:
        now = time.monotonic()
        if now - self._told.get(_of(message), -_TOLD_AGAIN_SECONDS) < _TOLD_AGAIN_SECONDS:
            return
        self._told = {who: at for who, at in self._told.items() if now - at < _TOLD_AGAIN_SECONDS}
        self._told[_of(message)] = now
        try:
            await asyncio.to_thread(self._write_flood_reply, received.conversation_id)
            self._to_send.ring()
        except (NotFound, StoreUnavailable) as error:
            log.warning("flood not told: %s", type(error).__name__)

    def _write_flood_reply(self, conversation_id: str) -> None:
        case = self._store.cases.by_conversation(conversation_id)
        text = choose(case.language if case else None).said[FLOOD]
        reply = OutboundReply(text=text, urgent=True)
        hour = int(time.time() // _TOLD_AGAIN_SECONDS)
        self._store.outbox.enqueue(conversation_id, [reply], once=f"{FLOOD}:{hour}")


def _of(message: InboundMessage) -> str:
    return f"{message.channel} {message.account} {message.address}"


def _is_urgent(text: str) -> bool:
    return bool(read(text[:LONGEST_TEXT]).flags)
