"""The outbox: what is to be sent, in order within a conversation, and what became of it.

Guarantee: one sender at a time works for a conversation, rows go out in the order they were
written, and a row whose sender died between sending and recording comes back marked
`maybe_sent`. States only move forward: queued, sent, delivered, read; failed only before
delivered. Every event of the provider is kept.
Limit: the providers have no idempotent sending; whether to look a `maybe_sent` row up or to repeat
it is the sender's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.store import attention
from bot.store.attention import ask_for
from bot.store.cases import stored
from bot.store.database import Database, insert_new, put, table_of
from bot.store.delivery_states import MAX_SENDS, RANK, WAITING, Report, advance, event, take_report
from bot.store.errors import LeaseLost, NotFound
from bot.store.messages import Author, OutboundReply, Outgoing, State
from bot.store.outgoing import write_replies
from bot.store.queue import (
    OUTBOX,
    Work,
    backoff,
    claim,
    expire_dead,
    held,
    is_ready,
    let_go,
    put_due,
    release,
    remove,
    renew,
)
from bot.store.records import Delivery, QueueDepth, TurnReplies
from bot.store.sending import CHANGE, next_of
from bot.store.tables import IS_OPEN, IS_TROUBLE, Conversation, DeliveryEvent, Due, Message, Receipt

# What is refused for now is tried for so long; then a coordinator decides.
RETRY_FOR = timedelta(hours=12)
OUTGOING = Message.author != Author.PATIENT
# Built once, and over plain columns: building a statement costs as much as running it, and so do
# objects that nobody keeps.
_MESSAGES = table_of(Message)
_OF_MESSAGE = _MESSAGES.c.id == bindparam("message")
_STATE = select(_MESSAGES.c.state).where(_OF_MESSAGE).with_for_update()
_HEARD = select(
    _MESSAGES.c.state,
    _MESSAGES.c.apologised,
    _MESSAGES.c.turn_id,
    _MESSAGES.c.conversation_id,
).where(_OF_MESSAGE)
_ANSWERS = (
    select(_MESSAGES.c.body)
    .where(Message.turn_id == bindparam("turn"), OUTGOING, Message.state != State.CANCELED)
    .order_by(Message.seq)
)


class Outbox:
    """Messages of the service, from the end of a turn to the reader."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def enqueue(
        self,
        conversation_id: str,
        replies: Sequence[OutboundReply],
        author: Author = Author.BOT,
        author_name: str | None = None,
        once: str | None = None,
    ) -> list[str]:
        """Add messages outside a turn (a coordinator's reply, a reminder); gives their ids.

        With `once` nothing is added when this conversation had something under that name before.
        """
        with self._db.write() as session:
            conversation = self._db.lock_conversation(session, conversation_id)
            if conversation is None:
                raise NotFound(conversation_id)
            if once is not None and not self._first_time(session, conversation_id, once):
                return []
            return write_replies(
                session,
                conversation,
                replies,
                self._db.now(),
                author=author,
                author_name=author_name,
            )

    def claim(
        self, sender_id: str, channels: Collection[str], lease_seconds: float = 60.0
    ) -> Delivery | None:
        """Take the next message of a conversation that may be written to now, or None."""
        return next(iter(self.claim_many(sender_id, channels, lease_seconds, 1)), None)

    def claim_many(
        self, sender_id: str, channels: Collection[str], lease_seconds: float, most: int
    ) -> list[Delivery]:
        """Take the next message of up to `most` conversations, with one commit for all."""
        now, lease = self._db.now(), timedelta(seconds=lease_seconds)
        with self._db.read() as session:
            if not is_ready(session, OUTBOX, now, channels):
                return []
        with self._db.write() as session:
            while taken := claim(session, OUTBOX, sender_id, now, lease, channels, most):
                found = next_of(session, taken, now)
                sent = {delivery.conversation_id for delivery in found}
                for held_one in taken:  # of the others only the pause after the last one was left
                    if held_one.conversation_id not in sent:
                        remove(session, OUTBOX, held_one.conversation_id)
                if found:
                    return found
            return []

    def expire_dead(self, host: str, alive: Callable[[str], bool]) -> None:
        """End the leases of this host's processes that no longer run (called at start)."""
        with self._db.write() as session:
            expire_dead(session, OUTBOX, host, alive, self._db.now())

    def renew(self, delivery: Delivery, lease_seconds: float = 60.0) -> None:
        """Hold the row for longer; LeaseLost when it is held by somebody else."""
        with self._db.write() as session:
            until = self._db.now() + timedelta(seconds=lease_seconds)
            renew(session, OUTBOX, delivery.conversation_id, delivery.token, until)

    def mark_sent(
        self,
        delivery: Delivery,
        provider_id: str | None,
        pace: float = 0.0,
        *,
        relaxed: bool = False,
    ) -> None:
        """The provider took it; the person's next message goes out `pace` seconds from now.

        `relaxed`: a loss of power may undo this, where the provider can be asked again.
        """
        now = self._db.now()
        with self._db.write(relaxed=relaxed) as session:
            self._db.lock_addressee(session, delivery.conversation_id)
            then = now + timedelta(seconds=pace)
            let_go(session, OUTBOX, delivery.conversation_id, delivery.token, then)
            connection = session.connection()
            state = connection.execute(_STATE, {"message": delivery.message_id}).scalar()
            if state is None:
                raise LeaseLost(delivery.message_id)
            put(session, DeliveryEvent, event(delivery.message_id, State.SENT, None, now))
            changed: dict[str, object] = {"provider_id": provider_id} if provider_id else {}
            # A report that came first may have moved it on, or put it back.
            if state not in WAITING and RANK.get(State(state), RANK[State.SENT]) < RANK[State.SENT]:
                changed |= {"state": State.SENT, "error_code": None, "updated_at": now}
            if changed:
                connection.execute(CHANGE, {"message": delivery.message_id, **changed})

    def mark_failed(
        self,
        delivery: Delivery,
        code: str,
        *,
        retry: bool,
        retry_after: float | None = None,
        stop: str | None = None,
    ) -> None:
        """The provider surely did not take it.

        With `retry` it is tried again after `retry_after` seconds or a growing delay, for
        RETRY_FOR. `stop` names why this person must not be written to any more.
        """
        now = self._db.now()
        with self._db.write() as session:
            due, row = self._claimed(session, delivery)
            if stop is not None:
                conversation = session.get_one(Conversation, delivery.conversation_id)
                conversation.stopped_at, conversation.stop_reason = now, stop
            in_time = now - (row.first_tried_at or now) < RETRY_FOR
            if not (retry and stop is None and in_time):
                advance(session, row, State.FAILED, code, now)
                release(due, now)
                return
            _go_back(row, State.QUEUED, code, now)
            wait = timedelta(seconds=retry_after) if retry_after else timedelta()
            release(due, now + max(wait, backoff(due.tries + 1)), failed=True)

    def mark_unknown(self, delivery: Delivery, code: str, retry_after: float = 5.0) -> None:
        """Nobody knows whether the provider took it (timeout after writing): look it up later."""
        now = self._db.now()
        with self._db.write() as session:
            due, row = self._claimed(session, delivery)
            _go_back(row, State.UNKNOWN, code, now)
            release(due, now + timedelta(seconds=retry_after), failed=True)

    def put_back(self, delivery: Delivery, retry_after: float = 0.0) -> None:
        """Surely not sent and nobody's fault (rate limit, graceful stop); no attempt is counted."""
        now = self._db.now()
        with self._db.write() as session:
            due, row = self._claimed(session, delivery)
            _go_back(row, State.QUEUED, row.error_code, now)
            row.attempts -= 1
            release(due, now + timedelta(seconds=retry_after))

    def hold(self, delivery: Delivery, code: str) -> None:
        """The reply window is shut: this waits until the person writes; coordinators are told."""
        now = self._db.now()
        with self._db.write() as session:
            due, row = self._claimed(session, delivery)
            _go_back(row, State.HELD, code, now)
            ask_for(session, delivery.conversation_id, attention.WAITS, now)
            release(due, now)  # what follows waits as well, but for a line that may be sent

    def status(
        self,
        status: str,
        *,
        message_id: str | None = None,
        provider_id: str | None = None,
        code: str | None = None,
        then: State = State.FAILED,
        sends: int = MAX_SENDS,
    ) -> bool:
        """Take a delivery event in; false when it belongs to no message of ours.

        Our own `message_id` (from the callback address) finds the row even when the event comes
        before the answer to the send; `provider_id` serves where there is none. `then` says what a
        failure means: HELD waits for the person to write, QUEUED sends again, up to `sends` times
        in all.
        """
        report = Report(status, message_id, provider_id, code, then, sends)
        with self._db.write() as session:
            return take_report(self._db, session, report)

    def held_in(self, message_id: str) -> str | None:
        """The conversation in which this message waits for the person; None when it does not."""
        with self._db.read() as session:
            return session.scalar(
                select(Message.conversation_id).where(
                    Message.id == message_id, Message.state == State.HELD
                )
            )

    def sent_ids(self, delivery: Delivery) -> frozenset[str]:
        """The provider's ids of this conversation's other messages sent lately."""
        since = (delivery.first_tried_at or delivery.created_at) - timedelta(hours=1)
        with self._db.read() as session:
            found = session.scalars(
                select(Message.provider_id).where(
                    Message.conversation_id == delivery.conversation_id,
                    Message.id != delivery.message_id,
                    OUTGOING,
                    Message.provider_id.is_not(None),
                    Message.updated_at >= since,
                )
            )
            return frozenset(provider_id for provider_id in found if provider_id)

    def for_turn(self, message_id: str) -> TurnReplies | None:
        """The replies to a message; None until there is something to show."""
        with self._db.read() as session:
            connection = session.connection()
            heard = connection.execute(_HEARD, {"message": message_id}).one_or_none()
            if heard is None:
                raise NotFound(message_id)
            done = heard.state in (State.DONE, State.DEAD)
            if not done and not heard.apologised:
                return None
            rows = connection.execute(_ANSWERS, {"turn": heard.turn_id or message_id})
            case = stored(session, heard.conversation_id)
            return TurnReplies(
                done=done,
                replies=tuple(Outgoing.model_validate(row.body) for row in rows),
                asks=case.asks if case else None,
                state=case.state if case else "consent",
                case=case.number if case else None,
            )

    def depth(self) -> QueueDepth:
        """Messages to send, the age of the oldest, and those that failed for good."""
        now = self._db.now()
        with self._db.read() as session:
            waiting, oldest = session.execute(
                select(func.count(Message.seq), func.min(Message.created_at)).where(
                    IS_OPEN, OUTGOING, Message.state != State.HELD
                )
            ).one()
            failed = session.scalar(
                select(func.count(Message.seq)).where(
                    IS_TROUBLE, OUTGOING, Message.state == State.FAILED
                )
            )
        age = (now - oldest).total_seconds() if oldest else 0.0
        return QueueDepth(waiting, max(age, 0.0), failed or 0)

    def retry(self, message_id: str) -> None:
        """Send a failed message again ("try again" of the console)."""
        now = self._db.now()
        with self._db.write() as session:
            row = session.scalar(
                select(Message).where(
                    Message.id == message_id, OUTGOING, Message.state == State.FAILED
                )
            )
            if row is None:
                raise NotFound(message_id)
            conversation = self._db.lock_conversation(session, row.conversation_id)
            if conversation is None:
                raise NotFound(message_id)
            row.state, row.attempts, row.error_code = State.QUEUED, 0, None
            row.first_tried_at = None
            row.epoch, row.updated_at = conversation.epoch, now
            put_due(session, OUTBOX, now, Work(conversation.id, conversation.channel, now))

    def _first_time(self, session: Session, conversation_id: str, once: str) -> bool:
        values = {
            "key": self._db.cipher.lookup("once", conversation_id, once),
            "conversation_id": conversation_id,
            "received_at": self._db.now(),
        }
        return bool(insert_new(session, Receipt, values))

    def _claimed(self, session: Session, delivery: Delivery) -> tuple[Due, Message]:
        self._db.lock_conversation(session, delivery.conversation_id)
        due = held(session, OUTBOX, delivery.conversation_id, delivery.token)
        row = session.scalar(select(Message).where(Message.id == delivery.message_id))
        if row is None:
            raise LeaseLost(delivery.message_id)
        return due, row


def _go_back(row: Message, state: State, code: str | None, now: datetime) -> None:
    """Wait again, unless the provider has reported meanwhile that the message went out."""
    if row.state == State.SENDING:
        row.state, row.error_code, row.updated_at = state, code, now
