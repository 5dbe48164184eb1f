"""What becomes of a message on its way to the reader, as the provider reports it.

Guarantee: reports come late, twice, and before the send's own answer; a state never goes back,
every event is kept, and a report about an earlier sending of the same message changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store import attention
from bot.store.attention import ask_for
from bot.store.database import Database, put
from bot.store.messages import Author, State
from bot.store.queue import OUTBOX, Work, backoff, put_due
from bot.store.tables import DeliveryEvent, Message

# What the provider took and then reported as failed is sent again so often.
MAX_SENDS = 8
# Where a state stands on the way to the reader; an event never moves a message back.
RANK = {
    State.QUEUED: 0,
    State.SENDING: 0,
    State.UNKNOWN: 0,
    State.HELD: 0,
    State.SENT: 1,
    State.FAILED: 2,
    State.DELIVERED: 3,
    State.READ: 4,
}
WAITING = (State.QUEUED, State.HELD)
IN_FLIGHT = (State.SENDING, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Report:
    """One event of the provider; `then` and `sends` say what a failure means."""

    status: str
    message_id: str | None
    provider_id: str | None
    code: str | None
    then: State
    sends: int


def take_report(database: Database, session: Session, report: Report) -> bool:
    """Take an event in; false when it belongs to no message of ours."""
    by_us, by_them = Message.id == report.message_id, Message.provider_id == report.provider_id
    where = by_us if report.message_id else by_them
    row = session.scalar(select(Message).where(where, Message.author != Author.PATIENT))
    if row is None or database.lock_conversation(session, row.conversation_id) is None:
        return False
    session.refresh(row)  # it may have changed before the lock
    now = database.now()
    old_news = _of_an_earlier_try(row, report.provider_id)
    if row.state in IN_FLIGHT and not old_news:
        row.provider_id = report.provider_id or row.provider_id
    failed = report.status == State.FAILED
    if report.status not in RANK or (failed and old_news):
        # A step the reader has no part in, such as "accepted", or one long put right.
        note(session, row, report.status, report.code, now)
    elif failed and report.then in WAITING and row.attempts < report.sends:
        note(session, row, report.status, report.code, now)
        if row.state in (*IN_FLIGHT, State.SENT):
            _wait_again(session, database, row, report, now)
    else:
        advance(session, row, State(report.status), report.code, now)
    return True


def _wait_again(
    session: Session, database: Database, row: Message, report: Report, now: datetime
) -> None:
    row.state, row.error_code, row.updated_at = report.then, report.code, now
    conversation = database.lock_conversation(session, row.conversation_id)
    if report.then is State.HELD:
        ask_for(session, row.conversation_id, attention.WAITS, now)
    if report.then is State.QUEUED and conversation is not None:
        at = now + backoff(row.attempts + 1)
        put_due(session, OUTBOX, now, Work(conversation.id, conversation.channel, at))


def _of_an_earlier_try(row: Message, provider_id: str | None) -> bool:
    """Whether a report is about a sending before the one that counts now."""
    if row.provider_id is None or provider_id is None:
        return False
    same = row.provider_id == provider_id
    return same if row.state in IN_FLIGHT else not same


def advance(session: Session, row: Message, state: State, code: str | None, now: datetime) -> None:
    """Note an event, and move the state on if it is further on the way."""
    note(session, row, state, code, now)
    rank = RANK.get(State(row.state))
    if rank is not None and RANK[state] > rank:
        row.state, row.error_code, row.updated_at = state, code, now
        if state is State.FAILED:
            ask_for(session, row.conversation_id, attention.FAILED, now)


def note(session: Session, row: Message, status: str, code: str | None, now: datetime) -> None:
    """Keep an event."""
    put(session, DeliveryEvent, event(row.id, status, code, now))


def event(message_id: str, status: str, code: str | None, now: datetime) -> dict[str, Any]:
    """The row of an event."""
    return {"message_id": message_id, "status": status, "code": code, "at": now}
