"""Conversations: finding the one a message belongs to, stopping, handing over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bot.store.case_tables import CaseRow
from bot.store.crypto import new_id
from bot.store.database import Database, insert_new, table_of
from bot.store.errors import NotFound
from bot.store.messages import PULLED_CHANNELS, InboundMessage, Kind
from bot.store.records import ConversationInfo
from bot.store.tables import Conversation

# Why nobody writes to a person any more: they said so, in words, to us.
ASKED_TO_STOP = "asked"
# What arrived before consent is gone after this time: people are told so.
UNCONSENTED = timedelta(hours=24)
# So much before that, the erasure begins to wait for a conversation that is still at work.
LAST_WORK = timedelta(minutes=30)


_WANTED: BindParameter[Any] = bindparam("wanted", expanding=True)
_KNOWN = select(
    Conversation.id,
    Conversation.address_key,
    Conversation.alt_address_key,
    Conversation.profile_name,
).where(or_(Conversation.address_key.in_(_WANTED), Conversation.alt_address_key.in_(_WANTED)))


_PEOPLE = table_of(Conversation)


class Sender(NamedTuple):
    """The part of a conversation that a message of its person may change."""

    id: str
    channel: str
    address_key: str
    alt_address_key: str | None
    last_inbound_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str | None


# Over plain columns: with every message that comes in, an object of the session costs more than
# the row. FOR NO KEY UPDATE, because rows that refer to the conversation may be inserted meanwhile.
_LOCKED = (
    select(*(_PEOPLE.c[name] for name in Sender._fields))
    .where(_PEOPLE.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_PEOPLE.c.id)
    .with_for_update(key_share=True)
)
_CHANGE = update(_PEOPLE).where(_PEOPLE.c.id == bindparam("person"))
# Met under the other id: the stable one becomes the main address, the old one is kept.
_SWAP = _CHANGE.values(alt_address=_PEOPLE.c.address, alt_address_key=_PEOPLE.c.address_key)


def address_key(database: Database, channel: str, account: str, address: str) -> str:
    """The keyed hash under which a person's conversation is found."""
    return database.cipher.lookup("address", channel, account, address)


def _by_key(session: Session, key: str) -> Conversation | None:
    row = session.scalar(select(Conversation).where(Conversation.address_key == key))
    if row is not None:
        return row
    # A phone number known first as the main address, or as the other one, is the same person.
    return session.scalar(select(Conversation).where(Conversation.alt_address_key == key).limit(1))


def find_or_create(
    database: Database, session: Session, messages: Sequence[InboundMessage], now: datetime
) -> list[Sender]:
    """The senders' conversations, locked, in the order of the messages; names are brought up."""
    keys = [_Keys.of(database, message) for message in messages]
    ids, names = _known(session, keys)
    new: dict[str, dict[str, Any]] = {}
    for message, key in zip(messages, keys, strict=True):
        found = ids.get(key.main) or ids.get(key.other or "") or new_id()
        if key.main not in ids and (key.other or "") not in ids:
            new[key.main] = _new_row(found, message, key, now)
        ids.setdefault(key.main, found)
        if key.other is not None:
            ids.setdefault(key.other, found)
    if new:  # in one order everywhere, so that gateways cannot lock up
        insert_new(session, Conversation, *(new[key] for key in sorted(new)))
        names |= {row["id"]: row["profile_name"] for row in new.values()}
    wanted = sorted({ids[key.main] for key in keys})
    rows = session.connection().execute(_LOCKED, {"ids": wanted})
    senders = {row.id: row for row in map(Sender._make, rows)}
    if len(senders) < len(wanted):  # created by another gateway, or erased, between the two looks
        return find_or_create(database, session, messages, now)
    for message, key in zip(messages, keys, strict=True):
        sender = senders[ids[key.main]]
        if message.profile_name and names.get(sender.id) != message.profile_name:
            names[sender.id] = message.profile_name
            change(session, {"person": sender.id, "profile_name": message.profile_name})
        senders[sender.id] = _met_as(session, sender, message, key)
    return [senders[ids[key.main]] for key in keys]


def change(session: Session, *rows: dict[str, Any]) -> None:
    """Set columns of conversations (locked by the caller): `person` and the same columns in all."""
    if rows:
        session.connection().execute(_CHANGE, list(rows))


class _Keys(NamedTuple):
    main: str
    other: str | None

    @classmethod
    def of(cls, database: Database, message: InboundMessage) -> Self:
        """The keyed hashes of a sender's one or two ids."""
        channel, account, other = message.channel, message.account, message.alt_address
        return cls(
            address_key(database, channel, account, message.address),
            address_key(database, channel, account, other) if other else None,
        )


def _known(session: Session, keys: Sequence[_Keys]) -> tuple[dict[str, str], dict[str, str | None]]:
    """Which keys have a conversation, as the main address before as the other one; and the names
    of these conversations' people.
    """
    wanted = {key for pair in keys for key in pair if key}
    rows = session.connection().execute(_KNOWN, {"wanted": sorted(wanted)}).all()
    known = {row.alt_address_key: row.id for row in rows if row.alt_address_key in wanted}
    known |= {row.address_key: row.id for row in rows if row.address_key in wanted}
    return known, {row.id: row.profile_name for row in rows}


def _new_row(
    conversation_id: str, message: InboundMessage, key: _Keys, now: datetime
) -> dict[str, Any]:
    return {
        "id": conversation_id,
        "channel": message.channel,
        "account": message.account,
        "address_key": key.main,
        "alt_address_key": key.other,
        "address": message.address,
        "alt_address": message.alt_address,
        "profile_name": message.profile_name,
        "created_at": now,
        "expires_at": _arrived(message, now) + UNCONSENTED - LAST_WORK,
        "last_inbound_at": None if message.kind is Kind.BLOCKED else min(message.sent_at, now),
        "epoch": 0,
    }


def _arrived(message: InboundMessage, now: datetime) -> datetime:
    """When it reached us: earlier than now for one that waited on disk for the database."""
    waited = now - message.sent_at
    return message.sent_at if timedelta() < waited < UNCONSENTED else now


def _met_as(session: Session, sender: Sender, message: InboundMessage, key: _Keys) -> Sender:
    """The sender under the ids that a message came with."""
    if sender.address_key != key.main:
        new = {"address": message.address, "address_key": key.main}
        session.connection().execute(_SWAP, {"person": sender.id, **new})
        return sender._replace(address_key=key.main, alt_address_key=sender.address_key)
    if key.other is not None and sender.alt_address_key != key.other:
        other = {"alt_address": message.alt_address, "alt_address_key": key.other}
        change(session, {"person": sender.id, **other})
        return sender._replace(alt_address_key=key.other)
    return sender


def info(row: Conversation) -> ConversationInfo:
    """The record of a row."""
    return ConversationInfo(
        id=row.id,
        public_id=row.address if row.channel in PULLED_CHANNELS else row.id,
        channel=row.channel,
        account=row.account,
        address=row.address,
        alt_address=row.alt_address,
        profile_name=row.profile_name,
        created_at=row.created_at,
        last_inbound_at=row.last_inbound_at,
        stopped_at=row.stopped_at,
        stop_reason=row.stop_reason,
        expires_at=row.expires_at,
        human_owner=row.human_owner,
        epoch=row.epoch,
    )


def keep_until(session: Session, conversation_id: str, expires_at: datetime | None) -> None:
    """Keep a conversation and the chats that share its case so long; None: until asked to erase."""
    session.execute(
        update(Conversation)
        .where(or_(Conversation.id == conversation_id, Conversation.linked_to == conversation_id))
        .values(expires_at=expires_at)
    )


class Conversations:
    """Looking conversations up and changing who speaks in them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, conversation_id: str) -> ConversationInfo | None:
        """By our own id."""
        with self._db.read() as session:
            row = session.get(Conversation, conversation_id)
            return info(row) if row else None

    def by_address(self, channel: str, address: str, account: str = "") -> ConversationInfo | None:
        """By the person's id on a channel; a webchat page's name is its address."""
        key = address_key(self._db, channel, account, address)
        with self._db.read() as session:
            row = _by_key(session, key)
            return info(row) if row else None

    def find(self, name: str) -> ConversationInfo | None:
        """By our own id, the name a browser chat or terminal goes by, or a case number."""
        keys = [address_key(self._db, channel, "", name) for channel in sorted(PULLED_CHANNELS)]
        with self._db.read() as session:
            by_case = select(CaseRow.conversation_id).where(CaseRow.number == name.strip().upper())
            row = session.scalar(
                select(Conversation).where(
                    or_(
                        Conversation.id == name,
                        Conversation.address_key.in_(keys),
                        Conversation.id.in_(by_case),
                    )
                )
            )
            return info(row) if row else None

    def stop(self, conversation_id: str, reason: str) -> None:
        """Send nothing more to this person until they write again."""
        with self._db.write() as session:
            row = self._locked(session, conversation_id)
            row.stopped_at, row.stop_reason = self._db.now(), reason

    def take_over(self, conversation_id: str, owner: str, epoch: int) -> bool:
        """Give the conversation to a coordinator; False when it changed hands since `epoch`."""
        return self._change_hands(conversation_id, owner, epoch)

    def hand_back(self, conversation_id: str, epoch: int) -> bool:
        """Give the conversation back to the bot; False when it changed hands since `epoch`."""
        return self._change_hands(conversation_id, None, epoch)

    def _change_hands(self, conversation_id: str, owner: str | None, epoch: int) -> bool:
        with self._db.write() as session:
            row = self._locked(session, conversation_id)
            if row.epoch != epoch:
                return False
            row.human_owner, row.epoch = owner, row.epoch + 1
            return True

    def expire(self, conversation_id: str, at: datetime | None) -> None:
        """Have the conversation erased at a time (a wish to be forgotten), or not at all."""
        with self._db.write() as session:
            self._locked(session, conversation_id).expires_at = at

    def _locked(self, session: Session, conversation_id: str) -> Conversation:
        row = self._db.lock_conversation(session, conversation_id)
        if row is None:
            raise NotFound(conversation_id)
        return row
