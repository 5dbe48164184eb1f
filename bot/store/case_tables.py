"""The tables of a case: facts with their history, assessments, checklist, notes, tags."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.crypto import EncryptedJSON, EncryptedText
from bot.store.tables import Base, of_conversation, row_number


def of_case(**options: Any) -> Mapped[str]:
    """The case a row belongs to and is erased with."""
    return mapped_column(ForeignKey("cases.number", ondelete="CASCADE"), **options)


class CaseRow(Base):
    """One patient's intake. `version` grows with every change: two writers never overwrite."""

    __tablename__ = "cases"
    number: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = of_conversation()
    # A conversation may hold several patients one after the other; one case is current.
    current: Mapped[bool] = mapped_column(default=True)
    channel: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    # What the dialogue remembers: asks, asked, failed, open questions, handover, memory, flags,
    # consent, travel and triage.
    dialogue: Mapped[Any] = mapped_column(EncryptedJSON)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # The desk: how coordinators order and divide their work.
    desk: Mapped[str] = mapped_column(default="new")
    urgent: Mapped[bool] = mapped_column(default=False)
    waiting_since: Mapped[datetime | None]
    # Queue order (`cases.RANK_*`): emergency, urgent, waiting for a human, the rest; then oldest
    # `queue_at` first.
    queue_rank: Mapped[int] = mapped_column(default=3)
    queue_at: Mapped[datetime]
    assigned_to: Mapped[str | None]
    consented: Mapped[bool] = mapped_column(default=False)
    has_open_question: Mapped[bool] = mapped_column(default=False)
    missing_critical: Mapped[int] = mapped_column(default=0)
    # What the weekly page counts without opening the dialogue; None in a case that was last
    # written before these columns were there.
    asks_key: Mapped[str | None]  # keyed hash of the fact asked for
    times_asked: Mapped[int | None]
    times_failed: Mapped[int | None]

    __table_args__ = (
        Index(
            "uq_cases_current",
            "conversation_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
        Index("ix_cases_conversation", "conversation_id"),
        # The console's queue (urgent first, then waiting longest) and its "newest" list.
        Index("ix_cases_queue", "current", "queue_rank", "queue_at", "number"),
        Index("ix_cases_counts", "current", "state", "queue_rank"),
        # The week: what else is counted of its cases is found without opening them.
        Index("ix_cases_created", "created_at", "consented", "number", "conversation_id"),
        Index("ix_cases_language", "current", "language", "queue_rank", "queue_at"),
        Index("ix_cases_newest", "updated_at", "number"),
        Index("ix_cases_assigned", "assigned_to", "current", "queue_rank", "queue_at"),
    )


class FactRow(Base):
    """One version of one fact; the current version is the one not superseded."""

    __tablename__ = "facts"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case()
    name: Mapped[str]
    value: Mapped[Any] = mapped_column(EncryptedJSON, nullable=True)
    words: Mapped[str] = mapped_column(EncryptedText)
    source: Mapped[str]
    status: Mapped[str]
    confidence: Mapped[float]
    message_id: Mapped[str | None]
    actor: Mapped[str | None]  # the coordinator who corrected it
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_facts_history", "case_number", "id"),
        Index(
            "uq_facts_current",
            "case_number",
            "name",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )


class CaseTerm(Base):
    """Keyed hash of a fact's value ("cancer is X"), for the console's filters."""

    __tablename__ = "case_terms"
    case_number: Mapped[str] = of_case(primary_key=True)
    term_key: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_case_terms_key", "term_key", "case_number"),)


class AssessmentRow(Base):
    """One run of the rules: what went in, which rules, what came out."""

    __tablename__ = "assessments"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case()
    rule_set: Mapped[str]  # version or hash of the rules used
    facts: Mapped[Any] = mapped_column(EncryptedJSON)
    result: Mapped[Any] = mapped_column(EncryptedJSON)
    created_at: Mapped[datetime]
    message_id: Mapped[str | None]

    __table_args__ = (
        Index("ix_assessments_case", "case_number", "id"),
        Index("ix_assessments_first", "case_number", "created_at"),
    )


class ChecklistRow(Base):
    """One record or test to collect; `body` is the item as the checklist command prints it."""

    __tablename__ = "checklist_items"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case()
    item_key: Mapped[str]  # hash of case and item id: an item's id tells the disease
    kind: Mapped[str]  # record, test
    level: Mapped[str | None]
    position: Mapped[int]
    body: Mapped[Any] = mapped_column(EncryptedJSON)
    state: Mapped[str] = mapped_column(default="needed")  # needed, received, waived
    updated_at: Mapped[datetime]

    __table_args__ = (Index("uq_checklist_item", "case_number", "item_key", unique=True),)


class Note(Base):
    """A coordinator's note; the patient never sees it."""

    __tablename__ = "notes"
    id: Mapped[int] = row_number()
    case_number: Mapped[str] = of_case(index=True)
    author: Mapped[str]
    body: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]


class Tag(Base):
    """A coordinator's label on a case."""

    __tablename__ = "case_tags"
    case_number: Mapped[str] = of_case(primary_key=True)
    tag_key: Mapped[str] = mapped_column(primary_key=True, index=True)
    tag: Mapped[str] = mapped_column(EncryptedText)
