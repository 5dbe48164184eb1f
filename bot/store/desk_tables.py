"""The tables of the coordinators' work beside a case: quality marks, mentions, saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.case_tables import of_case
from bot.store.crypto import EncryptedJSON, EncryptedText
from bot.store.tables import Base, row_number


class Misreading(Base):
    """A message the assistant understood wrongly, with the right reading; one a message."""

    __tablename__ = "misreadings"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case(index=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    # What the person wrote, after a coordinator looked at the removal of personal data.
    text: Mapped[str] = mapped_column(EncryptedText)
    reading: Mapped[Any] = mapped_column(EncryptedJSON)  # intent, facts
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Objection(Base):
    """An assessment somebody holds to be wrong, and why."""

    __tablename__ = "objections"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case(index=True)
    assessment_id: Mapped[int]
    # The pathway it is about, "" for the whole; a pathway tells the disease.
    pathway: Mapped[str] = mapped_column(EncryptedText)
    reason: Mapped[str] = mapped_column(EncryptedText)
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Mention(Base):
    """A colleague named in a note; gone from their list once they have seen it."""

    __tablename__ = "mentions"
    note_id: Mapped[int] = mapped_column(
        ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True
    )
    username: Mapped[str] = mapped_column(primary_key=True, index=True)
    case_number: Mapped[str] = of_case(index=True)
    seen_at: Mapped[datetime | None]


class SavedView(Base):
    """Filters of the list that somebody keeps under a name."""

    __tablename__ = "saved_views"
    id: Mapped[int] = row_number()
    username: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    query: Mapped[Any] = mapped_column(EncryptedJSON)
    created_at: Mapped[datetime]
