"""Persistence: one `Store` per process gives access to everything kept about people.

Opening
    Store.open(url, keys) -> Store      `sqlite:///path` or `postgresql://...`; keys newest first
    store.migrate()                     Alembic upgrade to head, in this process
    store.check()                       raises StoreUnavailable when the database cannot be used
    store.close()

Taking messages in (connectors)
    store.inbox.receive(msg, pause=0.0, urgent=False) -> Received
    store.inbox.claim(worker_id, lease_seconds=60, group=1) -> ClaimedTurn | None
    store.inbox.renew(claim, lease_seconds) -> None            LeaseLost when somebody else has it
    store.inbox.finish(claim, replies) -> list[message ids]    one transaction, fenced
    store.inbox.fail(claim, code, apology=None, counts=True) -> None
    store.inbox.depth() -> QueueDepth; store.inbox.dead(...); store.inbox.retry(message_id)
    store.buttons.resolve(conversation_id, token) -> ButtonMatch | None
    store.buttons.current(conversation_id) -> list[IssuedButton]   the choices of the last reply

Sending (connectors)
    store.outbox.claim(sender_id, channels, lease_seconds=60) -> Delivery | None
    store.outbox.mark_sent(delivery, provider_id, pace=0.0)
    store.outbox.mark_failed(delivery, code, retry_after=None, retry=True, stop=None)
    store.outbox.hold(delivery, code)                          until the person writes again
    store.outbox.status(message_id | provider_id, status, code) provider's delivery events
    store.outbox.enqueue(conversation_id, replies, author, author_name) -> list[message ids]
    store.outbox.for_turn(message_id) -> TurnReplies | None    None while the turn is not finished
    store.outbox.depth() -> QueueDepth

Taking a turn (action server)
    with store.turns.begin(conversation_id, message_id) as turn:
        turn.case, turn.already (stored replies, or None)
        turn.finish(replies=[...], assessment=..., checklist=...)

Reading (console, export)
    store.cases.by_number(number), by_conversation(conversation_id), history(case_number)
    store.conversations.get(id), find(id or webchat name or case number)
    store.transcript(conversation_id, before=None, limit=50) -> list[TranscriptLine], newest first
    store.queries: case lists paged by key, counts
    store.audit.write(actor, action, object, reason); store.users, store.sessions
    store.erase(conversation_id, actor) -> Erased
    store.retention.purge(dry_run=False) -> list[Erased]

All calls are synchronous and short; asynchronous code runs them through `asyncio.to_thread`.
"""

from bot.store.crypto import new_key
from bot.store.errors import (
    BadKeys,
    LeaseLost,
    NotFound,
    StoreError,
    StoreUnavailable,
    TurnConflict,
)
from bot.store.messages import (
    Author,
    FileRef,
    InboundMessage,
    IssuedButton,
    Kind,
    Location,
    OutboundReply,
    Outgoing,
    ReplyButton,
    State,
)
from bot.store.store import Store

__all__ = [
    "Author",
    "BadKeys",
    "FileRef",
    "InboundMessage",
    "IssuedButton",
    "Kind",
    "LeaseLost",
    "Location",
    "NotFound",
    "OutboundReply",
    "Outgoing",
    "ReplyButton",
    "State",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "TurnConflict",
    "new_key",
]
