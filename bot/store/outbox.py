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
from operator import attrgetter

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.store import attention
from bot.store.attention import ask_for
from bot.store.cases import current_row
from bot.store.conversations import ASKED_TO_STOP
from bot.store.database import Database, insert_new
from bot.store.delivery_states import MAX_SENDS, WAITING, Report, advance, note, take_report
from bot.store.errors import LeaseLost, NotFound
from bot.store.messages import Author, OutboundReply, Outgoing, State
from bot.store.outgoing import overtaken, write_replies
from bot.store.queue import (
    OUTBOX,
    Work,
    backoff,
    claim,
    expire_dead,
    held,
    is_ready,
    put_due,
    release,
    remove,
    renew,
)
from bot.store.records import Delivery, QueueDepth, TurnReplies
from bot.store.tables import IS_OPEN, IS_TROUBLE, Conversation, Due, Message, Receipt

# What is refused for now is tried for so long; then a coordinator decides.
RETRY_FOR = timedelta(hours=12)
OUTGOING = Message.author != Author.PATIENT
# Built once: building a statement costs as much as running it.
_HEARD = select(Message.state, Message.apologised, Message.turn_id, Message.conversation_id).where(
    Message.id == bindparam("message")
)
_ANSWERS = (
    select(Message.body)
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
        now = self._db.now()
        with self._db.read() as session:
            if not is_ready(session, OUTBOX, now, channels):
                return None
        with self._db.write() as session:
            lease = timedelta(seconds=lease_seconds)
            while (taken := claim(session, OUTBOX, sender_id, now, lease, channels)) is not None:
                conversation = session.get_one(Conversation, taken.conversation_id)
                row = _next_open(session, conversation, now)
                if row is None:  # only the pause after the last one was left
                    remove(session, OUTBOX, taken.conversation_id)
                    continue
                maybe = row.state in (State.SENDING, State.UNKNOWN)
                row.state, row.updated_at = State.SENDING, now
                row.attempts += 1
                row.first_tried_at = row.first_tried_at or now
                return _delivery(session, conversation, row, taken.token, taken.lease_until, maybe)
            return None

    def expire_dead(self, host: str, alive: Callable[[str], bool]) -> None:
        """End the leases of this host's processes that no longer run (called at start)."""
        with self._db.write() as session:
            expire_dead(session, OUTBOX, host, alive, self._db.now())

    def renew(self, delivery: Delivery, lease_seconds: float = 60.0) -> None:
        """Hold the row for longer; LeaseLost when it is held by somebody else."""
        with self._db.write() as session:
            until = self._db.now() + timedelta(seconds=lease_seconds)
            renew(session, OUTBOX, delivery.conversation_id, delivery.token, until)

    def mark_sent(self, delivery: Delivery, provider_id: str | None, pace: float = 0.0) -> None:
        """The provider took it; the person's next message goes out `pace` seconds from now."""
        now = self._db.now()
        with self._db.write() as session:
            due, row = self._claimed(session, delivery)
            row.provider_id = provider_id or row.provider_id
            if row.state in WAITING:  # a report that came first has put it back already
                note(session, row, State.SENT, None, now)
            else:
                advance(session, row, State.SENT, None, now)
            release(due, now + timedelta(seconds=pace))

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
            heard = session.execute(_HEARD, {"message": message_id}).one_or_none()
            if heard is None:
                raise NotFound(message_id)
            done = heard.state in (State.DONE, State.DEAD)
            if not done and not heard.apologised:
                return None
            rows = session.execute(_ANSWERS, {"turn": heard.turn_id or message_id})
            case = current_row(session, heard.conversation_id)
            return TurnReplies(
                done=done,
                replies=tuple(Outgoing.model_validate(row.body) for row in rows),
                asks=case.dialogue.get("asks") if case else None,
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


def _next_open(session: Session, conversation: Conversation, now: datetime) -> Message | None:
    """The first row to send; what must not be sent any more is canceled on the way."""
    rows = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id, OUTGOING, IS_OPEN)
        .where(Message.state != State.HELD)
        .with_for_update()
    )
    # Sorted here: to save the sorting, SQLite would read the whole conversation in order.
    for row in sorted(rows, key=attrgetter("seq")):
        certain = row.state == State.QUEUED
        if certain and _unwanted(conversation, row):
            row.state, row.error_code, row.updated_at = State.CANCELED, "stopped", now
        elif certain and overtaken(conversation, row.author, row.epoch, row.urgent):
            row.state, row.error_code, row.updated_at = State.CANCELED, "taken_over", now
        else:
            return row
    return None


def _unwanted(conversation: Conversation, row: Message) -> bool:
    """Whether the person wants no messages; one who only asked us to stop still gets answers."""
    if conversation.stopped_at is None:
        return False
    return conversation.stop_reason != ASKED_TO_STOP or row.turn_id is None


def _delivery(
    session: Session,
    conversation: Conversation,
    row: Message,
    token: str,
    lease_until: datetime,
    maybe_sent: bool,
) -> Delivery:
    case = current_row(session, conversation.id)
    return Delivery(
        message_id=row.id,
        conversation_id=conversation.id,
        token=token,
        lease_until=lease_until,
        channel=conversation.channel,
        account=conversation.account,
        address=conversation.address,
        alt_address=conversation.alt_address,
        author=Author(row.author),
        content=Outgoing.model_validate(row.body),
        attempts=row.attempts,
        created_at=row.created_at,
        last_inbound_at=conversation.last_inbound_at,
        language=case.language if case else None,
        maybe_sent=maybe_sent,
        first_tried_at=row.first_tried_at,
    )


def _go_back(row: Message, state: State, code: str | None, now: datetime) -> None:
    """Wait again, unless the provider has reported meanwhile that the message went out."""
    if row.state == State.SENDING:
        row.state, row.error_code, row.updated_at = state, code, now
