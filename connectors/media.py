"""Fetches files that people sent from the provider into our own store and finds out what they are.

Guarantee: a file is fetched from the provider's own hosts only, up to the channel's size, and goes
sealed to storage piece by piece. It is tried again while that can help; whatever comes of it is
noted with its message, so that the person and the coordinators hear of it. Nothing is kept when the
message was erased meanwhile. After a restart the last days are looked through again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bot.limits import SharedClaims
from bot.records.papers.evidence import Evidence
from bot.records.papers.isolation import read_apart
from bot.records.papers.matching import match
from bot.records.papers.problems import KEPT, Problem
from bot.store import Store
from bot.store.errors import BadKeys, NotFound, StoreUnavailable
from bot.store.files import FileStore
from bot.store.messages import FileRef
from bot.store.received_files import ReceivedFile
from connectors.bell import Bell
from connectors.capabilities import capabilities
from connectors.provider_errors import Action, SendError
from connectors.virus_scan import ScannerAway, VirusScanner

log = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(days=2)
# What one person may send in a day; enough for a thick folder, page by page.
MOST_FILES: Final = 150
MOST_STORED: Final = 1_000_000_000
FETCHES: Final = 3
READINGS: Final = 1  # each is a process of its own; two cores serve the conversations too
# Pauses before the next try, in seconds; a provider that names a longer one is believed.
PAUSES: Final = (2.0, 8.0, 30.0, 120.0, 600.0, 1800.0)
_LONGEST_PAUSE: Final = 3600.0
# Media may be a moment later than the message that names it.
_NOT_FOUND_TRIES: Final = 2
_NOT_FOUND: Final = frozenset({"404", "400"})
_BETWEEN_SECONDS: Final = 60.0
_GATHER_SECONDS: Final = 0.1  # many messages at once make one round
# Messages of two processes may become visible in another order than they were numbered.
_OVERLAP: Final = 100
_LOOK_AGAIN: Final = 0.25  # another process may have read the file
_PAGE: Final = 200


class MediaSource(Protocol):
    """A channel that files can be fetched from."""

    def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes, in pieces. Raises SendError."""


@dataclass(slots=True)
class _Try:
    """A file that is tried again at `due` (monotonic seconds)."""

    received: ReceivedFile
    number: int
    due: float


# A process that has taken a file on has it for so long; then it is whoever's who looks first.
CLAIM_SECONDS: Final = 90.0


class MediaCollector:
    """Run it as a task; `arrived` is rung when a message came in, `filed` (else `arrived`) when it
    had files, `settled` by this one.

    `claims` keeps several processes from fetching the same file; without them each does, and the
    same bytes are stored under the same key.
    """

    def __init__(
        self,
        store: Store,
        files: FileStore,
        sources: Mapping[str, MediaSource],
        arrived: Bell,
        *,
        filed: Bell | None = None,
        scanner: VirusScanner | None = None,
        read: Callable[[Iterator[bytes]], Evidence] = read_apart,
        pauses: Sequence[float] | None = None,
        claims: SharedClaims | None = None,
    ) -> None:
        self._claims = claims
        self._store, self._files, self._sources = store, files, sources
        self._arrived, self._scanner, self._read = arrived, scanner, read
        self._filed = filed or arrived
        self._pauses = PAUSES if pauses is None else pauses
        self.settled = Bell()
        self._seen = 0  # the newest message looked at
        self._running: dict[str, asyncio.Task[None]] = {}
        self._later: dict[str, _Try] = {}
        self._fetches = asyncio.Semaphore(FETCHES)
        self._readings = asyncio.Semaphore(READINGS)

    async def run(self) -> None:
        """Collects until cancelled; now and then looks through everything again."""
        await asyncio.to_thread(self._files.sweep)
        try:
            while True:
                ring = self._filed.listen()
                try:
                    await self._start()
                except StoreUnavailable:
                    log.warning("files not collected: database unavailable")
                due = min((t.due for t in self._later.values()), default=float("inf"))
                wait = min(_BETWEEN_SECONDS, max(0.0, due - time.monotonic()))
                if not await ring.heard(wait) and wait == _BETWEEN_SECONDS:
                    await self._look_through()
                await asyncio.sleep(_GATHER_SECONDS)
        finally:
            for task in self._running.values():
                task.cancel()

    async def collect(self) -> None:
        """One round: everything that waits is fetched and read, or put off."""
        await self._start()
        while self._running:
            await asyncio.gather(*self._running.values())

    async def wait_for(
        self, message_ids: Sequence[str], seconds: float
    ) -> tuple[ReceivedFile, ...]:
        """The files of messages, once it is known what they are or so many seconds are over."""
        until = time.monotonic() + seconds
        while True:
            ring = self.settled.listen()
            found = await asyncio.to_thread(self._store.received_files.of, message_ids)
            left = until - time.monotonic()
            if left <= 0 or all(received.file.settled for received in found):
                return tuple(found)
            await ring.heard(min(left, _LOOK_AGAIN))

    async def _look_through(self) -> None:
        self._seen = 0
        now = datetime.now(UTC)
        with contextlib.suppress(StoreUnavailable):
            repair = self._store.received_files.repair
            await asyncio.to_thread(self._files.sweep)
            if await asyncio.to_thread(repair, now - LOOK_BACK, now - timedelta(seconds=30)):
                self._arrived.ring()

    async def _start(self) -> None:
        """Begins with what is new, and with what is due again."""
        now = time.monotonic()
        for again in [t for t in self._later.values() if t.due <= now]:
            del self._later[again.received.id]
            self._begin(again.received, again.number)
        since = datetime.now(UTC) - LOOK_BACK
        after = max(0, self._seen - _OVERLAP)
        while True:
            found = await asyncio.to_thread(self._store.received_files.awaited, since, after, _PAGE)
            for received in found.files:
                known = received.id in self._running or received.id in self._later
                if not known and (received.channel in self._sources or received.file.key):
                    self._begin(received, 0)
            self._seen = max(self._seen, found.seq)
            if found.complete:
                return
            after = found.seq

    def _begin(self, received: ReceivedFile, number: int) -> None:
        task = asyncio.create_task(self._handle(received, number))
        self._running[received.id] = task
        task.add_done_callback(lambda _done: self._running.pop(received.id, None))

    async def _handle(self, received: ReceivedFile, number: int) -> None:
        claims = self._claims if number == 0 else None
        if claims is not None and not await asyncio.to_thread(claims.mine, received.id):
            return  # what that process does not finish is found when all is looked through
        try:
            await self._settle(received)
        except SendError as error:
            log.warning("file of message %s not fetched: %s", received.message_id, error)
            await self._failed(received, number, error)
        except (OSError, StoreUnavailable, ScannerAway) as error:
            name = type(error).__name__
            log.error("file of message %s not stored or checked: %s", received.message_id, name)
            await self._failed(received, number, SendError(Action.RETRY, name))
        except Exception as error:  # one file must not hold the others up
            log.error("file of message %s: %s", received.message_id, type(error).__name__)
            await self._failed(received, len(self._pauses), SendError(Action.RETRY, "failed"))

    async def _settle(self, received: ReceivedFile) -> None:
        if await asyncio.to_thread(self._is_full, received):
            await self._note(received, Problem.TOO_MANY)
            return
        key = received.file.key
        if key is None:
            async with self._fetches:
                key = await self._fetch(received)
        if key is None:
            return
        async with self._readings:
            await self._look(received, key)

    def _is_full(self, received: ReceivedFile) -> bool:
        """Whether the person has sent what a day holds, this file aside."""
        since = datetime.now(UTC) - timedelta(days=1)
        usage = self._store.received_files.usage(received.conversation_id, since)
        own = received.file.key is not None
        others = usage.stored - (received.file.size or 0) * own
        return usage.files - own >= MOST_FILES or others >= MOST_STORED

    async def _fetch(self, received: ReceivedFile) -> str | None:
        """Stores the file; gives its key, None when there is nothing to read."""
        limit = capabilities(received.channel).received_bytes
        if (received.file.size or 0) > limit:
            await self._note(received, Problem.TOO_LARGE)
            return None
        with self._files.writer(received.conversation_id) as writer:
            async for piece in self._sources[received.channel].fetch(received.file):
                if writer.size + len(piece) > limit:
                    raise SendError(Action.CONTENT, "too_large")
                await asyncio.to_thread(writer.write, piece)
            stored = await asyncio.to_thread(writer.commit)
        keep = self._store.received_files.keep
        if not await asyncio.to_thread(keep, received, stored.key, stored.size):
            await asyncio.to_thread(self._files.remove, stored.key)
            return None
        return stored.key

    async def _look(self, received: ReceivedFile, key: str) -> None:
        """Checks and reads what is stored, and notes what came of it."""
        try:
            if self._scanner is not None and await self._scanner.infected(self._files.chunks(key)):
                await self._note(received, Problem.VIRUS)
                return
            evidence = await asyncio.to_thread(self._read, self._files.chunks(key))
        except (NotFound, BadKeys):
            await self._note(received, Problem.GONE)
            return
        if evidence.problem is not None:
            await self._note(received, Problem(evidence.problem))
            return
        found = match(evidence, caption=received.caption, file_name=received.file.name or "")
        await asyncio.to_thread(self._store.received_files.settle, received, match=found.to_json())
        self._ring()

    async def _failed(self, received: ReceivedFile, number: int, error: SendError) -> None:
        """Tries again later while that can help; then notes what is wrong."""
        missing = error.action is Action.CONTENT and error.code in _NOT_FOUND
        pauses = self._pauses[:_NOT_FOUND_TRIES] if missing else self._pauses
        if error.action is Action.CONTENT and not missing:
            pauses = ()
        if number < len(pauses):
            pause = min(max(pauses[number], error.retry_after or 0.0), _LONGEST_PAUSE)
            self._later[received.id] = _Try(received, number + 1, time.monotonic() + pause)
            self._filed.ring_here()
            return
        problem = Problem.GONE if error.action is Action.CONTENT else Problem.AWAY
        with contextlib.suppress(StoreUnavailable):
            await self._note(received, _BY_CODE.get(error.code, problem))

    async def _note(self, received: ReceivedFile, problem: Problem) -> None:
        """What is wrong with the file goes into its message; what is not kept is removed, after
        the message has forgotten where it was."""
        log.warning("file of message %s: %s", received.message_id, problem)
        key = await asyncio.to_thread(self._settled_with, received, problem)
        if key is not None:
            await asyncio.to_thread(self._files.remove, key)
        self._ring()

    def _settled_with(self, received: ReceivedFile, problem: Problem) -> str | None:
        """Notes the problem; gives the key of bytes that nothing refers to any more."""
        store = self._store.received_files
        kept = {other.id: other.file.key for other in store.of([received.message_id])}
        store.settle(received, problem=problem.value, keep=problem in KEPT)
        return None if problem in KEPT else kept.get(received.id)

    def _ring(self) -> None:
        self.settled.ring()
        self._arrived.ring()  # a turn of its own may have been opened


_BY_CODE: Final = {"too_large": Problem.TOO_LARGE, "broken": Problem.BROKEN}
