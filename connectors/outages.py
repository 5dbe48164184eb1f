"""After an outage: asks open questions again whose answering tap Telegram may have thrown away.

Telegram keeps messages for a day but forgets the press of a button after 150 seconds. Who was asked
shortly before or during a longer outage and has said nothing since is asked once more.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from bot.store import Store
from bot.store.errors import NotFound, StoreUnavailable
from bot.store.messages import OutboundReply
from connectors.bell import Bell
from connectors.texts import choose

log = logging.getLogger(__name__)

CHANNEL: Final = "telegram"
PRESS_LASTS: Final = timedelta(seconds=150)
BEAT_SECONDS: Final = 15.0
# What waited at Telegram comes first: an answer that arrived after all needs no question.
SETTLE_SECONDS: Final = 20.0


class Outages:
    """Run it as a task."""

    def __init__(self, store: Store, to_send: Bell, settle: float = SETTLE_SECONDS) -> None:
        self._store, self._to_send, self._settle = store, to_send, settle

    async def run(self) -> None:
        """Notes signs of life until cancelled; acts on every gap that cost taps."""
        while True:
            try:
                gap = await asyncio.to_thread(self._store.beats.beat, CHANNEL)
                if gap > PRESS_LASTS:
                    await asyncio.sleep(self._settle)
                    asked = await asyncio.to_thread(self.ask_again, gap)
                    log.warning("outage of %.0f s: %d questions asked again", gap.seconds, asked)
                    self._to_send.ring()
            except StoreUnavailable:
                log.warning("no sign of life noted: database unavailable")
            await asyncio.sleep(BEAT_SECONDS)

    def ask_again(self, gap: timedelta) -> int:
        """Asks who may have tapped in vain; gives how many were asked."""
        asked = 0
        for conversation_id, seq in self._store.beats.unanswered(CHANNEL, gap):
            question = self._store.beats.question(conversation_id, seq)
            case = self._store.cases.by_conversation(conversation_id)
            if question is None:
                continue
            said = choose(case.language if case else None).said
            replies = [OutboundReply(text=said["asked_again"]), question]
            try:
                once = f"again:{seq}"
                asked += bool(self._store.outbox.enqueue(conversation_id, replies, once=once))
            except NotFound:
                continue
        return asked
