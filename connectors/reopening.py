"""Outside a channel's reply window: what waits, and the approved line that says so to the person.

A message that may not be sent waits until the person writes, and coordinators see it among those
that were not delivered. Where a template is set up, the person is told once that it waits.
"""

from __future__ import annotations

import asyncio
import logging

from bot.store import Store
from bot.store.errors import NotFound, StoreUnavailable
from bot.store.messages import OutboundReply
from connectors.bell import Bell

log = logging.getLogger(__name__)


class Reopening:
    """Asks people to write, once for each time they fell silent; `line` None: nobody is asked."""

    def __init__(self, store: Store, to_send: Bell, line: OutboundReply | None) -> None:
        self._store, self._to_send, self._line = store, to_send, line

    async def ask(self, message_id: str | None) -> None:
        """Tells the person that this message waits for them, if it does."""
        if self._line is None or message_id is None:
            return
        try:
            if await asyncio.to_thread(self._write, message_id, self._line):
                self._to_send.ring()
        except (NotFound, StoreUnavailable) as error:
            log.warning("person not asked to write: %s", type(error).__name__)

    def _write(self, message_id: str, line: OutboundReply) -> bool:
        conversation_id = self._store.outbox.held_in(message_id)
        found = self._store.conversations.get(conversation_id) if conversation_id else None
        if found is None:
            return False
        silent_since = found.last_inbound_at.isoformat() if found.last_inbound_at else "ever"
        once = f"reopen:{silent_since}"
        return bool(self._store.outbox.enqueue(found.id, [line], once=once))
