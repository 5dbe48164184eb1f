"""Which message of a conversation is sent next, and to whom.

Over plain columns: objects that nobody keeps would cost more than the statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, and_, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from bot.store.case_tables import CaseRow
from bot.store.conversations import ASKED_TO_STOP
from bot.store.database import Addressee, table_of
from bot.store.messages import Author, Outgoing, State
from bot.store.outgoing import overtaken
from bot.store.queue import Held
from bot.store.records import Delivery
from bot.store.tables import IS_OPEN, Conversation, Message


class _Person(NamedTuple):
    """Who is written to; `language` is that of the case."""

    id: str
    channel: str
    account: str
    address: str
    alt_address: str | None
    last_inbound_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str | None
    epoch: int
    language: str | None


class _Open(NamedTuple):
    """A message that has not surely been sent."""

    seq: int
    id: str
    conversation_id: str
    author: str
    state: str
    body: Any
    turn_id: str | None
    epoch: int
    urgent: bool
    attempts: int
    created_at: datetime
    first_tried_at: datetime | None


_MESSAGES, _PEOPLE, _CASES = table_of(Message), table_of(Conversation), table_of(CaseRow)
_OF_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
CHANGE = update(_MESSAGES).where(_MESSAGES.c.id == bindparam("message"))
_PERSONS = (
    select(*(_PEOPLE.c[name] for name in _Person._fields[:-1]), _CASES.c.language)
    .outerjoin_from(
        _PEOPLE,
        _CASES,
        and_(
            _CASES.c.conversation_id == func.coalesce(_PEOPLE.c.linked_to, _PEOPLE.c.id),
            text("cases.current"),
        ),
    )
    .where(_PEOPLE.c.id.in_(_OF_IDS))
)
_OPEN = (
    select(*(_MESSAGES.c[name] for name in _Open._fields))
    .where(
        _MESSAGES.c.conversation_id.in_(_OF_IDS),
        _MESSAGES.c.author != Author.PATIENT,
        IS_OPEN,
        _MESSAGES.c.state != State.HELD,
    )
    .with_for_update()
)


def next_of(session: Session, taken: Sequence[Held], now: datetime) -> list[Delivery]:
    """The first row to send of each; what must not be sent any more is canceled on the way."""
    connection = session.connection()
    ids = {"ids": [held_one.conversation_id for held_one in taken]}
    people = {row[0]: _Person._make(row) for row in connection.execute(_PERSONS, ids)}
    rows: dict[str, list[_Open]] = {}
    # Sorted here: to save the sorting, SQLite would read whole conversations in order.
    for row in sorted(map(_Open._make, connection.execute(_OPEN, ids)), key=attrgetter("seq")):
        rows.setdefault(row.conversation_id, []).append(row)
    found: list[Delivery] = []
    for held_one in taken:
        person = people[held_one.conversation_id]
        for row in rows.get(person.id, ()):
            reason = _canceled(person, row)
            if reason is None:
                found.append(_delivery(person, row, held_one, now))
                break
            gone = {"state": State.CANCELED, "error_code": reason, "updated_at": now}
            connection.execute(CHANGE, {"message": row.id, **gone})
    if found:
        connection.execute(
            CHANGE,
            [
                {
                    "message": delivery.message_id,
                    "state": State.SENDING,
                    "updated_at": now,
                    "attempts": delivery.attempts,
                    "first_tried_at": delivery.first_tried_at,
                }
                for delivery in found
            ],
        )
    return found


def _canceled(person: _Person, row: _Open) -> str | None:
    """Why a message that surely was not sent must not be; None when it may."""
    if row.state != State.QUEUED:
        return None
    if _unwanted(person, row):
        return "stopped"
    to = Addressee(person.id, person.channel, person.epoch)
    return "taken_over" if overtaken(to, row.author, row.epoch, row.urgent) else None


def _unwanted(person: _Person, row: _Open) -> bool:
    """Whether the person wants no messages; one who only asked us to stop still gets answers."""
    if person.stopped_at is None:
        return False
    return person.stop_reason != ASKED_TO_STOP or row.turn_id is None


def _delivery(person: _Person, row: _Open, held_one: Held, now: datetime) -> Delivery:
    return Delivery(
        message_id=row.id,
        conversation_id=person.id,
        token=held_one.token,
        lease_until=held_one.lease_until,
        channel=person.channel,
        account=person.account,
        address=person.address,
        alt_address=person.alt_address,
        author=Author(row.author),
        content=Outgoing.model_validate(row.body),
        attempts=row.attempts + 1,
        created_at=row.created_at,
        last_inbound_at=person.last_inbound_at,
        language=person.language,
        maybe_sent=row.state in (State.SENDING, State.UNKNOWN),
        first_tried_at=row.first_tried_at or now,
    )
