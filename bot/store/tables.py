"""The tables: people's conversations, messages and queues, cases, and who looked at them.

Columns that could tell who somebody is or what they have are encrypted or keyed hashes; in clear
stand ids, times, states and counts. `*_key` columns are `Cipher.lookup` hashes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TextClause,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.store.crypto import EncryptedJSON, EncryptedText


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive times are a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, always."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration
        datetime: UtcTime(),
        str: String(),
        int: Integer(),
        float: Float(),
        bool: Boolean(),
    }


def row_number() -> Mapped[int]:
    """A growing 64-bit key (SQLite grows only INTEGER keys)."""
    return mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )


def of_conversation(**options: Any) -> Mapped[str]:
    """The conversation a row belongs to and is erased with."""
    return mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), **options)


class Secret(Base):
    """Wrapped secrets of this database, such as the lookup key."""

    __tablename__ = "secrets"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Conversation(Base):
    """One person on one channel."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    account: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)
    alt_address_key: Mapped[str | None] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(EncryptedText)
    alt_address: Mapped[str | None] = mapped_column(EncryptedText)
    profile_name: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None]
    # Set until consent is given; also by a request to erase. Erased when past.
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    human_owner: Mapped[str | None]
    # Grows with every change of hands; replies of the bot from an older epoch are not sent.
    epoch: Mapped[int] = mapped_column(default=0)
    # Shares the case of that conversation (`links`); cleared when it is erased.
    linked_to: Mapped[str | None] = mapped_column(index=True)


class Receipt(Base):
    """A provider message that was taken; outlives an erasure, so nothing is taken in twice."""

    __tablename__ = "receipts"
    key: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    message_id: Mapped[str | None]  # None once erased
    conversation_id: Mapped[str | None] = mapped_column(index=True)


# A query must say the same words for a database to use an index that holds only these rows.
IS_OPEN = text("messages.state IN ('queued', 'sending', 'unknown', 'held')")
IS_TROUBLE = text("messages.state IN ('dead', 'failed', 'unknown')")


def only_where(condition: TextClause) -> dict[str, Any]:
    """Options of an index over the rows that meet `condition`."""
    bare = text(condition.text.removeprefix("messages."))
    return {"sqlite_where": bare, "postgresql_where": bare}


class Message(Base):
    """One line of a transcript, in either direction, and its place in the queues."""

    __tablename__ = "messages"
    seq: Mapped[int] = row_number()
    id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str] = of_conversation()
    author: Mapped[str]
    author_name: Mapped[str | None]  # account name of a coordinator
    kind: Mapped[str]
    state: Mapped[str]
    # Incoming: InboundMessage; outgoing: Outgoing.
    body: Mapped[Any] = mapped_column(EncryptedJSON)
    # The first incoming message of the turn this line belongs to.
    turn_id: Mapped[str | None]
    sequence: Mapped[int | None] = mapped_column(BigInteger)  # the provider's order, if it has one
    provider_id: Mapped[str | None]  # outgoing: the id the provider gave
    epoch: Mapped[int] = mapped_column(default=0)
    urgent: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None]
    apologised: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_messages_transcript", "conversation_id", "seq"),
        Index("ix_messages_turn", "turn_id"),
        Index("ix_messages_provider", "provider_id"),
        # The queues and the list of failures hold few rows of many.
        Index("ix_messages_open", "conversation_id", "state", "seq", **only_where(IS_OPEN)),
        Index("ix_messages_trouble", "seq", **only_where(IS_TROUBLE)),
    )


class Due(Base):
    """A conversation with work in a queue ("inbox" or "outbox"), and who holds it now."""

    __tablename__ = "due"
    queue: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = of_conversation(primary_key=True)
    channel: Mapped[str]
    ready_at: Mapped[datetime]
    waiting_since: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)  # failures in a row, for the backoff
    token: Mapped[str | None]  # the fence: a new one with every claim
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]

    __table_args__ = (Index("ix_due_ready", "queue", "ready_at"),)


class LinkCode(Base):
    """A code to join a conversation's case, kept as a keyed hash; `asked_by` once it was given."""

    __tablename__ = "link_codes"
    key: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = of_conversation(index=True)
    made_by: Mapped[str]
    asked_by: Mapped[str | None]
    expires_at: Mapped[datetime]


class Beat(Base):
    """When a channel was last known to be served, to notice an outage afterwards."""

    __tablename__ = "beats"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Button(Base):
    """A token issued with a reply, and the payload it stands for."""

    __tablename__ = "button_tokens"
    token: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = of_conversation()
    message_seq: Mapped[int] = mapped_column(BigInteger)
    turn_id: Mapped[str | None]
    position: Mapped[int]
    title: Mapped[str] = mapped_column(EncryptedText)
    payload: Mapped[str] = mapped_column(EncryptedText)
    issued_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_button_tokens_latest", "conversation_id", "message_seq", "position"),
    )


class DeliveryEvent(Base):
    """What the provider said about an outgoing message; every event is kept."""

    __tablename__ = "delivery_events"
    id: Mapped[int] = row_number()
    message_id: Mapped[str] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str]
    code: Mapped[str | None]
    at: Mapped[datetime]


class Turn(Base):
    """A turn the action server has taken: its replies are read back, never produced twice."""

    __tablename__ = "turns"
    message_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = of_conversation(index=True)
    replies: Mapped[Any] = mapped_column(EncryptedJSON)
    created_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what to which object. Append-only; each entry's hash covers the one before."""

    __tablename__ = "audit"
    seq: Mapped[int] = row_number()
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    # The text may be rotated to another key, or removed with the person it is about; its keyed
    # hash stays in the chain.
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    reason_key: Mapped[str | None]
    hash: Mapped[str]

    __table_args__ = (
        Index("ix_audit_object", "object", "seq"),
        Index("ix_audit_action", "action", "at"),
    )


class AuditHead(Base):
    """The last hash of the audit chain; its single row also puts writers in line."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str]


class User(Base):
    """A coordinator's account."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    disabled: Mapped[bool] = mapped_column(default=False)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)  # a code works once
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class LoginSession(Base):
    """A logged-in browser; the cookie's token is kept only as a hash."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_expires_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    second_factor: Mapped[bool] = mapped_column(default=False)
