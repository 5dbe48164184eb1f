"""Persistence: one `Store` per process gives access to everything kept about people.

Opening
    Store.open(url, keys, files=None)   `sqlite:///path` or `postgresql://...`; keys newest first
    store.migrate()                     Alembic upgrade to head, in this process
    store.check()                       StoreUnavailable when the database cannot be used
    store.rotate_keys(progress)         everything under the newest key, while in use
    store.close()

Taking messages in (`inbox`)
    receive(msg, pause=0.0, urgent=False) -> Received
    claim(worker, lease_seconds, group=1) -> ClaimedTurn | None
    renew(turn), finish(turn, replies) -> ids, fail(turn, code, apology, counts), give_back(turn)
    depth() -> QueueDepth, retry(message_id), expire_dead(host, alive)
    store.buttons: resolve(conversation, token) -> ButtonMatch | None, current(conversation)

Sending (`outbox`)
    claim(sender, channels, lease_seconds) -> Delivery | None, claim_many, renew(delivery)
    mark_sent, mark_failed, mark_unknown, put_back, hold (until the person writes again)
    status(status, message_id= | provider_id=, code=) -> bool, sent_ids(delivery)
    enqueue(conversation, replies, author, author_name), retry(message_id), depth()
    for_turn(message_id) -> TurnReplies | None      None while there is nothing to show

What did not get through (`dead_letters`)
    given_up(before, limit), waiting(before, limit), of(conversation), try_again(message_id, actor)

Taking a turn (action server)
    with store.turns.begin(conversation, message_id) as turn:
        turn.case, turn.already (stored replies, or None)
        turn.finish(replies=[...], assessment=..., checklist=...)

Reading and changing (console, export)
    store.cases: by_number, by_conversation, history, assessments, checklist
    store.conversations: get, find (any name it goes by), by_address, take_over, hand_back, stop
    store.transcript(conversation, before=None, limit=50), newest first
    store.queries: queue, newest, counts, line, since, view (audited), trouble, deliveries
    store.desk: change, assign, set_state, answered, check_item, notes, tags - all audited
    store.audit: write, entries, verify; store.users; store.sessions
    store.erase(conversation, actor) -> Erased; store.retention: preview, purge(dry_run)

All calls are synchronous and short; asynchronous code runs them through `asyncio.to_thread`.
Changes of the same conversation stand in line; LeaseLost, TurnConflict and StoreUnavailable say
that nothing was stored.
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
