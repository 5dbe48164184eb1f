"""Takes in WhatsApp messages that never reached us, by asking Twilio for its own list.

Twilio gives a webhook about fifteen seconds of tries; what came while everything was down is found
here at the start and every few minutes. Messages that are known already are recognised by their
sid, so looking too far back is harmless.

A webhook says no time, so the list is also what tells the order. Until the first look after a start
has ended, turns of WhatsApp wait (not longer than GATE_SECONDS): what a killed gateway lost is then
answered before what the person wrote next. Pieces that come in short succession are put in order by
a look within the pause that is made for them. Limit: a message that gets lost while this process
lives is found by a later look, and answered after those that were answered meanwhile.

Processes that take webhooks note in the database that they were started, that they lost a message,
or that pieces came; those that take turns look there every ASKED_SECONDS.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.store.beats import Beats
from bot.store.errors import StoreUnavailable
from bot.store.inbox import Inbox
from bot.store.messages import FileRef, InboundMessage
from connectors.gate import Gate
from connectors.intake_door import Door
from connectors.provider_errors import SendError
from connectors.received_text import MalformedError
from connectors.twilio_client import TwilioClient
from connectors.whatsapp import CHANNEL, date_of, from_resource

log = logging.getLogger(__name__)

AT_START: Final = timedelta(hours=24)
# So far every look overlaps the one before: a message shows in the list a moment after it came.
LOOK_BACK: Final = timedelta(minutes=30)
AT_PIECES: Final = timedelta(seconds=20)
GATE_SECONDS: Final = 10.0
FIRST_RETRY_SECONDS: Final = 2.0
AT_MOST_EVERY_SECONDS: Final = 0.5
ASKED_SECONDS: Final = 1.0
# What other processes note (`store.beats`).
LOST: Final = "whatsapp-lost"
PIECES: Final = "whatsapp-pieces"
_AT_ONCE: Final = 200
_GONE: Final = frozenset({"20404", "404"})


class Reconciliation:
    """Run it as a task, and `run_asked` beside it; the gate is shut when it is made."""

    def __init__(
        self,
        client: TwilioClient,
        door: Door,
        inbox: Inbox,
        gate: Gate,
        beats: Beats,
        between_seconds: float,
    ) -> None:
        self._beats = beats
        self._client, self._door, self._inbox = client, door, inbox
        self._gate, self._between = gate, between_seconds
        self._wanted = asyncio.Event()
        gate.shut(CHANNEL, GATE_SECONDS)

    def look_soon(self) -> None:
        """A message is known to have been lost: later ones wait for it."""
        self._gate.shut(CHANNEL, GATE_SECONDS)
        self._wanted.set()

    def order_pieces(self) -> None:
        """Messages came in short succession: which was written first, Twilio knows."""
        self._wanted.set()

    async def run(self) -> None:
        """Looks at once and then again and again; what failed is tried again sooner."""
        retry, overlap = FIRST_RETRY_SECONDS, LOOK_BACK
        seen = datetime.now(UTC) - AT_START
        while True:
            self._wanted.clear()
            now = datetime.now(UTC)
            try:
                found = await self.look(seen - overlap)
                retry, pause, seen = FIRST_RETRY_SECONDS, self._between, now
                self._gate.open(CHANNEL)
                if found:
                    log.warning("whatsapp: %d missed messages taken in", found)
            except (SendError, StoreUnavailable) as error:
                log.warning("whatsapp reconciliation failed: %s", type(error).__name__)
                pause = min(retry, self._between)
                retry *= 2
            overlap = AT_PIECES if await self._wait(pause) else LOOK_BACK

    async def _wait(self, seconds: float) -> bool:
        """Until the next look; whether it is wanted before its time."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return False
        # However many write in pieces at once, one look every moment serves them all.
        await asyncio.sleep(max(0.0, AT_MOST_EVERY_SECONDS - (time.monotonic() - began)))
        return True

    async def run_asked(self) -> None:
        """Minds what other processes note, from now on."""
        before: dict[str, datetime] | None = None
        while True:
            try:
                noted = await asyncio.to_thread(self._beats.last, LOST, PIECES)
            except StoreUnavailable:
                noted = before or {}
            if before is not None and noted.get(LOST) != before.get(LOST):
                self.look_soon()
            elif before is not None and noted.get(PIECES) != before.get(PIECES):
                self.order_pieces()
            before = noted
            await asyncio.sleep(ASKED_SECONDS)

    async def look(self, since: datetime) -> int:
        """Takes in what is missing since then; gives how many messages there were."""
        listed = [resource async for resource in self._client.received_since(since)]
        missed = 0
        found = list(_in_order(listed))
        for start in range(0, len(found), _AT_ONCE):
            entries = found[start : start + _AT_ONCE]
            messages = [message for _resource, message in entries]
            known = await asyncio.to_thread(self._inbox.known, messages)
            for (resource, message), is_known in zip(entries, known, strict=True):
                if not is_known:
                    missed += await self._take(resource, message)
        return missed

    async def _take(self, resource: Mapping[str, Any], message: InboundMessage) -> bool:
        if resource.get("num_media") not in (None, "0", 0):
            media = await self._media(message.provider_id)
            message = from_resource(resource, media, message.sequence)
        return not (await self._door.take(message)).duplicate

    async def _media(self, sid: str) -> list[FileRef]:
        try:
            return await self._client.media_of(sid)
        except SendError as error:
            if error.code not in _GONE:
                raise
            # Gone at Twilio: the words must still come, and what came after them.
            log.warning("whatsapp message %s: files are gone (%s)", sid, error.code)
            return []


def _in_order(
    listed: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], InboundMessage]]:
    """The messages of a list (oldest first), each with a number that rises with it.

    Twilio's times are whole seconds; within one the list's own order counts.
    """
    seen: Counter[int] = Counter()
    for resource in listed:
        second = int(date_of(resource.get("date_created")).timestamp())
        place = 1000 * second + min(seen[second], 999)
        seen[second] += 1
        try:
            yield resource, from_resource(resource, [], place)
        except MalformedError as error:
            log.warning("whatsapp list entry is malformed: %s", error)
