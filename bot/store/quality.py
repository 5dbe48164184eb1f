"""What coordinators hold to be wrong: messages misunderstood, assessments objected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.facts.case import Purpose
from bot.store import consents
from bot.store.audit import record
from bot.store.case_tables import AssessmentRow, CaseRow
from bot.store.database import Database
from bot.store.desk_tables import Misreading, Objection
from bot.store.errors import NotFound
from bot.store.tables import Conversation, Message

MOST = 5000


@dataclass(frozen=True, slots=True)
class Misread:
    """A message with the reading it should have had; `text` holds no personal data."""

    id: int
    case: str
    message_id: str
    text: str = field(repr=False)
    reading: Mapping[str, Any] = field(repr=False)  # intent: str, facts: {name: value}
    author: str
    language: str
    at: datetime
    # Whether the person agreed that misread messages teach the service.
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Objected:
    """An assessment held to be wrong; `pathway` is "" when the whole of it is meant."""

    id: int
    case: str
    assessment_id: int
    rule_set: str
    pathway: str = field(repr=False)
    reason: str = field(repr=False)
    author: str
    at: datetime


class Quality:
    """Marking and listing."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def misread(
        self, number: str, actor: str, message_id: str, text: str, reading: Mapping[str, Any]
    ) -> None:
        """Keep the right reading of a message of the case; a second one replaces the first.

        Raises NotFound when the case has no such message.
        """
        now = self._db.now()
        with self._db.write() as session:
            row = _case_of_message(session, number, message_id)
            session.execute(delete(Misreading).where(Misreading.message_id == message_id))
            session.add(
                Misreading(
                    case_number=row.number,
                    message_id=message_id,
                    text=text,
                    reading=dict(reading),
                    author=actor,
                    created_at=now,
                )
            )
            record(session, now, actor, "quality.misread", f"case:{row.number}", None)

    def read_rightly(self, number: str, actor: str, message_id: str) -> None:
        """Take the mark off a message."""
        with self._db.write() as session:
            row = _case_of_message(session, number, message_id)
            session.execute(delete(Misreading).where(Misreading.message_id == message_id))
            now = self._db.now()
            record(session, now, actor, "quality.read_rightly", f"case:{row.number}", None)

    def object(self, number: str, actor: str, assessment: int, pathway: str, reason: str) -> None:
        """Hold an assessment of the case to be wrong. Raises NotFound when it is not the case's."""
        now = self._db.now()
        with self._db.write() as session:
            row = session.get(AssessmentRow, assessment)
            if row is None or row.case_number != number:
                raise NotFound(str(assessment))
            session.add(
                Objection(
                    case_number=number,
                    assessment_id=assessment,
                    pathway=pathway,
                    reason=reason,
                    author=actor,
                    created_at=now,
                )
            )
            record(session, now, actor, "quality.objection", f"case:{number}", None)

    def misread_of(self, number: str) -> dict[str, Misread]:
        """The marked messages of a case by message id."""
        with self._db.read() as session:
            return {m.message_id: m for m in _misread(session, number, MOST)}

    def misread_all(self, limit: int = MOST) -> list[Misread]:
        """The marked messages of all cases, newest first."""
        with self._db.read() as session:
            return _misread(session, None, limit)

    def objections(self, number: str | None = None, limit: int = MOST) -> list[Objected]:
        """What was objected to, newest first; of one case or of all."""
        query = (
            select(Objection, AssessmentRow.rule_set)
            .outerjoin(AssessmentRow, AssessmentRow.id == Objection.assessment_id)
            .order_by(Objection.id.desc())
            .limit(limit)
        )
        if number is not None:
            query = query.where(Objection.case_number == number)
        with self._db.read() as session:
            return [
                Objected(
                    o.id,
                    o.case_number,
                    o.assessment_id,
                    rules or "",
                    o.pathway,
                    o.reason,
                    o.author,
                    o.created_at,
                )
                for o, rules in session.execute(query)
            ]

    def counts(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Messages marked and assessments objected to in a span of time."""
        with self._db.read() as session:
            marked, objected = (
                session.scalar(
                    select(func.count())
                    .select_from(table)
                    .where(table.created_at >= since, table.created_at < until)
                )
                or 0
                for table in (Misreading, Objection)
            )
            return marked, objected


def _case_of_message(session: Session, number: str, message_id: str) -> CaseRow:
    main = func.coalesce(Conversation.linked_to, Conversation.id)
    row = session.scalar(
        select(CaseRow)
        .join(Conversation, main == CaseRow.conversation_id)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(CaseRow.number == number, Message.id == message_id, Message.author == "patient")
    )
    if row is None:
        raise NotFound(message_id)
    return row


def _misread(session: Session, number: str | None, limit: int) -> list[Misread]:
    query = (
        select(Misreading, CaseRow.language, CaseRow.dialogue)
        .join(CaseRow, CaseRow.number == Misreading.case_number)
        .order_by(Misreading.id.desc())
        .limit(limit)
    )
    if number is not None:
        query = query.where(Misreading.case_number == number)
    return [
        Misread(
            m.id,
            m.case_number,
            m.message_id,
            m.text,
            m.reading,
            m.author,
            language,
            m.created_at,
            consents.agreed(dialogue, Purpose.IMPROVING),
        )
        for m, language, dialogue in session.execute(query)
    ]
