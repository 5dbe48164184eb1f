"""Takes the turns: claims a conversation, asks the engine, stores the replies; for ever.

Guarantee: a turn's replies and its "done" are stored together and only by the holder of the claim,
so any number of workers, killed at any moment, answer every message once and in order. A turn that
the engine cannot take stays in the inbox; the person is told once and answered later.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol

from bot.store import Store
from bot.store.crypto import new_id
from bot.store.errors import LeaseLost, NotFound, StoreUnavailable
from bot.store.messages import PULLED_CHANNELS, FileRef, Kind, OutboundReply
from bot.store.received_files import ReceivedFile
from bot.store.records import ClaimedTurn
from bot.wording import catalogue
from connectors.bell import Bell, Listener
from connectors.capabilities import CAPABILITIES
from connectors.choices import Choice, chosen, together
from connectors.documents import Documents
from connectors.engine_client import EngineClient, EngineDown, EngineError, EngineSlow
from connectors.front_desk import FrontDesk, Handled
from connectors.gate import Gate
from connectors.phone import country_of
from connectors.rendering import fitted

log = logging.getLogger(__name__)

# Long enough for a stalled process to come back, short enough to wait for after a crash.
LEASE_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.25
# How long a turn waits for its files to be read; what takes longer is told afterwards.
FILES_SECONDS: Final = 8.0
# A restart of the engine is over within this time and needs no apology.
APOLOGY_AFTER_SECONDS: Final = 4.0
APOLOGY: Final = "utter_apology"
_STORE_PAUSE: Final = 1.0
_STORE_TRIES: Final = 5
_AT_PROVIDER: Final = {"url", "provider_ref", "told"}


# What is to be done with a turn, or why that could not be found out.
Prepared = Handled | Exception


class Observer(Protocol):
    """Watches turns, for metrics."""

    def turn(self, channel: str, result: str, seconds: float) -> None:
        """A turn ended: answered, down, slow, wrong, given_up, dropped or handed_back."""

    def stage(self, stage: str, seconds: float) -> None:
        """A part of a turn ended: wait, prepare, engine or store."""

    def engine_error(self, reason: str) -> None:
        """The engine did not take a turn."""


class Silent:
    """Watches nothing."""

    def turn(self, channel: str, result: str, seconds: float) -> None:
        """Nothing."""

    def stage(self, stage: str, seconds: float) -> None:
        """Nothing."""

    def engine_error(self, reason: str) -> None:
        """Nothing."""


def apology(language: str | None) -> OutboundReply:
    """What a person reads who cannot be answered now; goes out even to a held conversation."""
    text = catalogue().render(APOLOGY, language or "en")
    return OutboundReply(text=text, response=APOLOGY, urgent=True)


HOST: Final = socket.gethostname()
# Names this process in leases; the last part tells it from one that had the same number before.
PROCESS: Final = f"{HOST}:{os.getpid()}:{new_id(3)}"


def is_alive(holder: str) -> bool:
    """Whether the process of this host that took a lease still runs."""
    if holder == PROCESS:
        return True
    number = holder.split(":")[-2]
    if not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class FilesReader(Protocol):
    """Finds out what the files of messages are."""

    async def wait_for(
        self, message_ids: Sequence[str], seconds: float
    ) -> tuple[ReceivedFile, ...]:
        """The files, once it is known what they are or so many seconds are over."""


class Worker:
    """Works off the inbox with `parallel` conversations at a time.

    `arrived` is rung when a message came in; `answered` and `to_send` are rung when a turn ended,
    for those who wait for the replies and for those who send them. `group` is how
    many short messages in a row make one turn. `typing` is told when a turn begins; `documents`
    names what replies ask for; `front_desk` answers what is no matter of the dialogue; `reader`
    finds out what files are; `gate` says which channels' turns have to wait.
    """

    def __init__(
        self,
        store: Store,
        engine: EngineClient,
        *,
        arrived: Bell,
        answered: Bell,
        to_send: Bell,
        parallel: int = 8,
        group: int = 1,
        lease_seconds: float = LEASE_SECONDS,
        observer: Observer | None = None,
        typing: Callable[[ClaimedTurn], Awaitable[None]] | None = None,
        documents: Documents | None = None,
        reader: FilesReader | None = None,
        front_desk: FrontDesk | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._front_desk = front_desk
        self._gate = gate or Gate(arrived)
        self._store, self._engine = store, engine
        self._arrived, self._answered, self._to_send = arrived, answered, to_send
        self._parallel = parallel
        self._group, self._lease = group, lease_seconds
        self._observer = observer or Silent()
        self._typing = typing
        self._documents = documents
        self._reader = reader
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take nothing new; `run` returns when the turns under way have ended."""
        self._stopping.set()
        self._arrived.ring()

    async def run(self) -> None:
        """Work until stopped. Canceled, it leaves its turns to be claimed again."""
        with suppress(StoreUnavailable):
            await asyncio.to_thread(self._store.inbox.expire_dead, HOST, is_alive)
        announced = False
        try:
            while not self._stopping.is_set():
                ring = self._arrived.listen()
                free = self._parallel - len(self._running)
                claimed = await self._claim(free, announced) if free else []
                for turn, prepared in claimed:
                    task = asyncio.create_task(self._take(turn, prepared))
                    self._running.add(task)
                    task.add_done_callback(partial(self._ended, turn, ring))
                if len(claimed) < free or not free:
                    announced = await ring.heard(POLL_SECONDS)
            await asyncio.gather(*self._running)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _claim(self, most: int, announced: bool) -> list[tuple[ClaimedTurn, Prepared]]:
        if self._stopping.is_set():
            return []
        try:
            return await asyncio.to_thread(self._claim_and_prepare, most, announced)
        except StoreUnavailable:
            log.warning("inbox not readable: database unavailable")
            await asyncio.sleep(_STORE_PAUSE)
            return []

    def _claim_and_prepare(self, most: int, announced: bool) -> list[tuple[ClaimedTurn, Prepared]]:
        """Together, because each step in a thread costs a turn the way there and back."""
        turns = self._store.inbox.claim_many(
            PROCESS, self._lease, self._group, self._gate.channels(), most, announced=announced
        )
        return [(turn, self._prepared(turn)) for turn in turns]

    def _prepared(self, turn: ClaimedTurn) -> Prepared:
        """What was chosen, and whether it is a matter of the front desk; an error is the turn's."""
        self._observer.stage("wait", (datetime.now(UTC) - turn.received_at).total_seconds())
        try:
            with self._stage("prepare"):
                choice, desk = _choice(self._store, turn), self._front_desk
                return desk.handle(turn, choice) if desk else Handled(choice)
        except Exception as error:  # must not cost the turns that were claimed with it
            return error

    def _ended(self, turn: ClaimedTurn, ring: Listener, task: asyncio.Task[None]) -> None:
        was_full = len(self._running) >= self._parallel
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("turn broke off: %s", type(error).__name__)
        # Whoever waits for this turn may look; and the conversation may have a next message, or
        # another one have waited for a free hand. Looking for nothing costs as much as a reply.
        self._answered.ring(turn.conversation_id)
        if turn.more or was_full or ring.rang:
            self._arrived.ring()
        if turn.channel not in PULLED_CHANNELS:
            self._to_send.ring()

    async def _take(self, turn: ClaimedTurn, prepared: Prepared) -> None:
        began = time.monotonic()
        try:
            with self._held(turn):
                result = await self._answer(turn, prepared)
        except (LeaseLost, NotFound):
            # Erased, or so late that somebody else has it: their answer counts, not this one.
            result = "dropped"
        except asyncio.CancelledError:
            await self._hand_back(turn)
            raise
        self._observer.turn(turn.channel, result, time.monotonic() - began)
        if result != "answered":
            log.warning("turn %s: %s", turn.message_id, result)

    async def _hand_back(self, turn: ClaimedTurn) -> None:
        """Somebody else takes it at once; what the engine stored of it is read back then."""
        self._observer.turn(turn.channel, "handed_back", 0.0)
        with suppress(LeaseLost, StoreUnavailable):
            await asyncio.to_thread(self._store.inbox.give_back, turn)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._observer.stage(name, time.monotonic() - began)

    async def _answer(self, turn: ClaimedTurn, prepared: Prepared) -> str:
        if isinstance(prepared, Exception):
            raise prepared
        if prepared.replies is not None:
            await self._finish(turn, prepared.replies)
            return "answered"
        choice = prepared.choice
        if self._typing is not None:
            try:
                await self._typing(turn)
            except Exception as error:  # a sign that is not shown must not cost the answer
                log.info("typing sign not shown: %s", type(error).__name__)
        files = await self._files(turn)
        try:
            with self._stage("engine"):
                replies = await self._engine.turn(
                    turn.conversation_id,
                    turn.message_id,
                    choice.text,
                    choice.payload,
                    metadata(turn, choice, files),
                )
        except EngineError as error:
            return await self._failed(turn, error)
        with self._stage("store"):
            await self._finish(turn, replies)
        if files and turn.messages[0].message.kind is not Kind.PAPERS:
            told = {file["paper"] for file in files if file.get("match") or file.get("problem")}
            ids = [taken.message_id for taken in turn.messages]
            await self._write(self._store.received_files.taken_up, ids, told)
        return "answered"

    async def _files(self, turn: ClaimedTurn) -> list[dict[str, Any]]:
        """The files of a turn, each with its id, and with what came of it if that is known."""
        ids = [taken.message_id for taken in turn.messages if taken.message.files]
        first = turn.messages[0].message
        if first.kind is Kind.PAPERS:
            known: Iterable[tuple[str, FileRef]] = zip(
                first.metadata["papers_of"], first.files, strict=True
            )
        elif ids and self._reader is not None:
            found = await self._reader.wait_for(ids, FILES_SECONDS)
            known = ((received.id, received.file) for received in found)
        else:
            known = (
                (f"{taken.message_id}/{position}", file)
                for taken in turn.messages
                for position, file in enumerate(taken.message.files)
            )
        return [
            {"paper": paper} | file.model_dump(mode="json", exclude_none=True, exclude=_AT_PROVIDER)
            for paper, file in known
        ]

    async def _finish(self, turn: ClaimedTurn, replies: list[OutboundReply]) -> None:
        """Store the replies with the names of their documents."""
        if self._documents is not None and any(reply.documents for reply in replies):
            replies = await self._write(self._documents.attach, turn.conversation_id, replies)
        await self._write(self._store.inbox.finish, turn, _fitted(turn.channel, replies))

    async def _failed(self, turn: ClaimedTurn, error: EngineError) -> str:
        self._observer.engine_error(type(error).__name__.removeprefix("Engine").lower())
        outage = isinstance(error, (EngineDown, EngineSlow))
        waited = (datetime.now(UTC) - turn.received_at).total_seconds()
        sorry = apology(turn.language) if waited >= APOLOGY_AFTER_SECONDS or not outage else None
        code = f"engine_{error}"
        given_up = await self._write(self._store.inbox.fail, turn, code, sorry, not outage)
        return "given_up" if given_up else type(error).__name__.removeprefix("Engine").lower()

    async def _write(self, step: Callable[..., Any], *values: Any) -> Any:
        """A step of the store, repeated while the database is away and the claim holds.

        Given up, the lease runs out and the turn is taken again from what the engine stored.
        """
        for attempt in range(_STORE_TRIES):
            try:
                return await asyncio.to_thread(step, *values)
            except StoreUnavailable:
                if attempt == _STORE_TRIES - 1:
                    raise
                await asyncio.sleep(_STORE_PAUSE)
        return None

    @contextmanager
    def _held(self, turn: ClaimedTurn) -> Iterator[None]:
        """Renews the lease for as long as the block takes; most end before the first time."""
        renewals: list[asyncio.Task[None]] = []

        def begin() -> None:
            renewals.append(asyncio.create_task(self._renew(turn)))

        timer = asyncio.get_running_loop().call_later(self._lease / 3, begin)
        try:
            yield
        finally:
            timer.cancel()
            for renewal in renewals:
                renewal.cancel()

    async def _renew(self, turn: ClaimedTurn) -> None:
        while True:
            try:
                await asyncio.to_thread(self._store.inbox.renew, turn, self._lease)
            except LeaseLost:
                return  # the last step notices
            except StoreUnavailable:
                log.warning("lease not renewed: database unavailable")
            await asyncio.sleep(self._lease / 3)


def _choice(store: Store, turn: ClaimedTurn) -> Choice:
    if len(turn.messages) == 1:
        return chosen(store, turn.conversation_id, turn.messages[0].message)
    return together(store, turn.conversation_id, [taken.message for taken in turn.messages])


def _fitted(channel: str, replies: list[OutboundReply]) -> list[OutboundReply]:
    return fitted(replies, CAPABILITIES[channel]) if channel in CAPABILITIES else replies


def metadata(
    turn: ClaimedTurn, choice: Choice, files: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What the engine and the dialogue need to know beside the words; JSON values."""
    last = turn.messages[-1].message
    kind = Kind.TEXT if last.kind is Kind.BUTTON and choice.payload is None else last.kind
    found = {
        "asks": turn.asks,
        "language": turn.language or last.language_hint or "en",
        "language_hint": last.language_hint,
        "channel": turn.channel,
        "kind": kind.value,
        "title": choice.title,
        "profile_name": turn.profile_name,
        "location": last.location.model_dump(exclude_none=True) if last.location else None,
        "files": list(files),
        "reply_to": last.reply_to,
        "phone_country": country_of(turn.address) or country_of(last.alt_address),
        "sent_at": last.sent_at.isoformat(),
        "messages": [taken.message_id for taken in turn.messages],
    }
    return {**last.metadata, **{name: value for name, value in found.items() if value is not None}}
