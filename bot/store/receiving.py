"""Taking messages in: receipts, conversations, rows of the transcript, work for the workers.

Guarantee: the same provider message, at once or months later, from one gateway or several, is
stored once. Everything of one call is one transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bot.store.conversations import Sender, change, find_or_create
from bot.store.crypto import new_id
from bot.store.database import Database, insert_new, put, table_of
from bot.store.messages import PULLED_CHANNELS, Author, InboundMessage, Kind, State
from bot.store.queue import INBOX, OUTBOX, Work, put_due
from bot.store.records import Arrival, Received
from bot.store.tables import IS_OPEN, Message, Receipt

MAX_PAUSE_FACTOR = 4  # somebody who keeps typing is answered after this many pauses

_NAME_CONVERSATION = (
    update(table_of(Receipt))
    .where(table_of(Receipt).c.key == bindparam("of"))
    .values(conversation_id=bindparam("conversation"))
)
_PUT_IN_PLACE = (
    update(table_of(Message))
    .where(table_of(Message).c.id == bindparam("of"), IS_OPEN)
    .where(table_of(Message).c.turn_id.is_(None), table_of(Message).c.state == State.QUEUED)
    .values(sequence=bindparam("place"))
)
_MESSAGES = table_of(Message)
_RELEASE = (
    update(_MESSAGES)
    .where(
        _MESSAGES.c.conversation_id.in_(bindparam("wrote", expanding=True)),
        IS_OPEN,
        _MESSAGES.c.state == State.HELD,
    )
    .returning(_MESSAGES.c.conversation_id)
)
Entry = tuple[str, str, Arrival]  # receipt's key, our id of the message, what came


def take_in(database: Database, session: Session, arrivals: Sequence[Arrival]) -> list[Received]:
    """Store what came at the same time, in its order."""
    now = database.now()
    new = [(_receipt_key(database, arrival.message), new_id(), arrival) for arrival in arrivals]
    fresh = _take_receipts(session, new, now)
    taken = [entry for entry in new if entry[1] in fresh]
    messages = [arrival.message for _key, _id, arrival in taken]
    senders = find_or_create(database, session, messages, now) if taken else []
    named = []
    for (key, message_id, _arrival), sender in zip(taken, senders, strict=True):
        fresh[message_id] = sender.id
        named.append({"of": key, "conversation": sender.id})
    if named:
        session.connection().execute(_NAME_CONVERSATION, named)
    rows = [_row(fresh[entry[1]], entry[1], entry[2], now) for entry in taken]
    put(session, Message, *rows)
    _note_contacts(session, list(zip(taken, senders, strict=True)), now)
    return [
        Received(fresh[message_id], message_id)
        if message_id in fresh
        else _first_time(session, key)
        for key, message_id, _arrival in new
    ]


def known(database: Database, session: Session, messages: Sequence[InboundMessage]) -> list[bool]:
    """Which of these were taken in before, in their order.

    Those still waiting for their turn take the place that the copy gives them: a provider's list
    tells the order of messages whose webhooks came late, crossed, or never.
    """
    keys = [_receipt_key(database, message) for message in messages]
    query = select(Receipt.key, Receipt.message_id).where(Receipt.key.in_(keys))
    found = {row.key: row.message_id for row in session.execute(query)}
    placed = [
        {"of": found[key], "place": message.sequence}
        for key, message in zip(keys, messages, strict=True)
        if found.get(key) is not None and message.sequence is not None
    ]
    if placed:
        session.connection().execute(_PUT_IN_PLACE, placed)
    return [key in found for key in keys]


def _receipt_key(database: Database, message: InboundMessage) -> str:
    names = (message.channel, message.account, message.provider_id)
    return database.cipher.lookup("receipt", *names)


def _take_receipts(session: Session, entries: Sequence[Entry], now: datetime) -> dict[str, str]:
    """Ids of the messages that came for the first time (no conversation yet).

    A concurrent copy waits here for the other's commit; in one order everywhere, so that two
    gateways with the same messages cannot lock each other out.
    """
    values = {
        key: {"key": key, "message_id": message_id, "received_at": now}
        for key, message_id, _arrival in reversed(entries)  # of two copies the first counts
    }
    inserted = insert_new(session, Receipt, *(values[key] for key in sorted(values)))
    return {str(values[key]["message_id"]): "" for key in inserted}


def _first_time(session: Session, key: str) -> Received:
    first = session.get_one(Receipt, key, populate_existing=True)
    return Received(first.conversation_id or "", first.message_id or "", True)


def _row(conversation_id: str, message_id: str, arrival: Arrival, now: datetime) -> dict[str, Any]:
    message = arrival.message
    return {
        "id": message_id,
        "conversation_id": conversation_id,
        "author": Author.PATIENT,
        "kind": message.kind,
        "state": State.QUEUED if arrival.takes_turn else State.DONE,
        "error_code": arrival.kept_as,
        "body": message.model_dump(mode="json", exclude_defaults=True),
        "sequence": message.sequence,
        "provider_id": message.provider_message_id or message.provider_id,
        "epoch": 0,
        "urgent": False,
        "attempts": 0,
        "apologised": False,
        "created_at": now,
        "updated_at": now,
    }


def _note_contacts(session: Session, taken: Sequence[tuple[Entry, Sender]], now: datetime) -> None:
    """Somebody who writes may be written to; somebody who blocked us may not."""
    wrote: dict[str, Sender] = {}
    contacts: dict[str, Sender] = {}
    for (_key, _id, arrival), sender in taken:
        before = contacts.get(sender.id, sender)
        contacts[sender.id] = _contact(before, arrival.message, now)
        # Nothing waits for the person where everything is pulled by a page of theirs.
        if arrival.message.kind is not Kind.BLOCKED and sender.channel not in PULLED_CHANNELS:
            wrote[sender.id] = sender
    # Only where it changes: every changed row is written again.
    known = {sender.id: sender for _entry, sender in taken}
    change(
        session,
        *(_columns(contact) for contact in contacts.values() if contact != known[contact.id]),
    )
    _release_held(session, wrote, now)
    works = [
        _work(arrival, sender, now) for (_key, _id, arrival), sender in taken if arrival.takes_turn
    ]
    if works:
        put_due(session, INBOX, now, *works)


def _contact(sender: Sender, message: InboundMessage, now: datetime) -> Sender:
    if message.kind is Kind.BLOCKED:
        return sender._replace(stopped_at=now, stop_reason="blocked")
    # The provider's window counts from when it was written, not from when it was taken in.
    written = min(message.sent_at, now)
    last = max(sender.last_inbound_at or written, written)
    return sender._replace(last_inbound_at=last, stopped_at=None, stop_reason=None)


def _columns(contact: Sender) -> dict[str, Any]:
    return {
        "person": contact.id,
        "last_inbound_at": contact.last_inbound_at,
        "stopped_at": contact.stopped_at,
        "stop_reason": contact.stop_reason,
    }


def _work(arrival: Arrival, sender: Sender, now: datetime) -> Work:
    pause = timedelta(seconds=0 if arrival.urgent else arrival.pause)
    return Work(sender.id, sender.channel, now + pause, pause * MAX_PAUSE_FACTOR)


def _release_held(session: Session, wrote: Mapping[str, Sender], now: datetime) -> None:
    if not wrote:
        return
    values = {"wrote": sorted(wrote), "state": State.QUEUED, "updated_at": now}
    released = session.connection().execute(_RELEASE, values).scalars().all()
    works = [Work(name, wrote[name].channel, now) for name in sorted(set(released))]
    if works:
        put_due(session, OUTBOX, now, *works)
