"""Takes in WhatsApp messages that never reached us, by asking Twilio for its own list.

Twilio gives a webhook about fifteen seconds of tries; what came while everything was down is found
here at the start and every few minutes. Messages that are known already are recognised by their
sid, so looking too far back is harmless.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.store.errors import StoreUnavailable
from bot.store.messages import FileRef
from connectors.intake_door import Door
from connectors.provider_errors import SendError
from connectors.received_text import MalformedError
from connectors.twilio_client import TwilioClient
from connectors.whatsapp import from_resource

log = logging.getLogger(__name__)

AT_START: Final = timedelta(hours=24)
# Looks back over more than one round: a message shows in the list a moment after it came.
LOOK_BACK: Final = timedelta(minutes=30)


class Reconciliation:
    """Run it as a task."""

    def __init__(self, client: TwilioClient, door: Door, between_seconds: float) -> None:
        self._client, self._door, self._between = client, door, between_seconds

    async def run(self) -> None:
        """Looks at once and then again and again; failures wait for the next round."""
        back = AT_START
        while True:
            try:
                found = await self.look(datetime.now(UTC) - back)
                back = LOOK_BACK
                if found:
                    log.warning("whatsapp: %d missed messages taken in", found)
            except (SendError, StoreUnavailable) as error:
                log.warning("whatsapp reconciliation failed: %s", type(error).__name__)
            await asyncio.sleep(self._between)

    async def look(self, since: datetime) -> int:
        """Takes in what is missing since then; gives how many messages there were."""
        missed = 0
        async for resource in self._client.received_since(since):
            try:
                media = await self._media(resource.get("sid"), resource.get("num_media"))
                received = await self._door.take(from_resource(resource, media))
            except MalformedError as error:
                log.warning("whatsapp list entry is malformed: %s", error)
                continue
            missed += not received.duplicate
        return missed

    async def _media(self, sid: object, count: object) -> list[FileRef]:
        return [] if count in (None, "0", 0) else await self._client.media_of(str(sid))
