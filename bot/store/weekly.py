"""Figures of a span of time for the weekly page: counts only, nobody is named in them.

A case belongs to the span in which it began. People who never agreed are erased after a day; they
are counted from the audit trail, so that the funnel does not begin after its first loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.store.case_tables import AssessmentRow, CaseRow, ChecklistRow, FactRow
from bot.store.cases import INDEXED_FACTS
from bot.store.database import Database
from bot.store.messages import Author
from bot.store.tables import AuditEntry, Message

# A person who has not written for this long has left, for now.
LEFT_AFTER = timedelta(days=1)
TALKING = ("consent", "intake", "confirm")


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the weekly page shows. Durations in seconds, one entry an occurrence."""

    started: int = 0
    consented: int = 0
    diagnosed: int = 0
    checklist: int = 0
    complete: int = 0
    left_at: Counter[str] = field(default_factory=Counter)  # by the fact asked for
    languages: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    cancers: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    turns_to_checklist: tuple[int, ...] = ()
    time_to_checklist: tuple[float, ...] = ()
    answered_by_bot: tuple[float, ...] = ()
    answered_by_people: tuple[float, ...] = ()
    messages: int = 0  # by patients
    asked: int = 0
    not_understood: int = 0  # answers the assistant asked for again


@dataclass(frozen=True, slots=True)
class Began:
    """Cases begun, and of those the ones with consent, in one week."""

    since: datetime
    started: int
    consented: int


def weeks(database: Database, starts: Iterable[datetime]) -> list[Began]:
    """How many cases began in the weeks with these beginnings."""
    found = []
    with database.read() as session:
        for since in starts:
            query = (
                select(CaseRow.consented, func.count())
                .where(CaseRow.created_at >= since, CaseRow.created_at < since + timedelta(days=7))
                .group_by(CaseRow.consented)
            )
            by: dict[bool, int] = {bool(agreed): n for agreed, n in session.execute(query)}
            began = sum(by.values()) + _expired(session, since, since + timedelta(days=7))
            found.append(Began(since, began, by.get(True, 0)))
    return found


def figures(database: Database, since: datetime, until: datetime) -> Figures:
    """The figures of the cases that began in [since, until)."""
    now = database.now()
    with database.read() as session:
        rows = session.execute(
            select(
                CaseRow.number,
                CaseRow.conversation_id,
                CaseRow.channel,
                CaseRow.language,
                CaseRow.state,
                CaseRow.consented,
                CaseRow.missing_critical,
                CaseRow.updated_at,
                CaseRow.dialogue,
            ).where(CaseRow.created_at >= since, CaseRow.created_at < until)
        ).all()
        numbers = select(CaseRow.number).where(
            CaseRow.created_at >= since, CaseRow.created_at < until
        )
        values = _values(session, numbers)
        listed = set(
            session.scalars(
                select(ChecklistRow.case_number)
                .where(ChecklistRow.case_number.in_(numbers))
                .distinct()
            )
        )
        judged = _judged(session, numbers)
        first = {
            r.conversation_id: judged[r.number] for r in rows if r.number in listed & set(judged)
        }
        talk = _talk(session, since, until, first)
        expired = _expired(session, since, until)
    asked, failed = (
        sum(sum((r.dialogue or {}).get(name, {}).values()) for r in rows)
        for name in ("asked", "failed")
    )
    return Figures(
        started=len(rows) + expired,
        consented=sum(r.consented for r in rows),
        diagnosed=sum(values["cancer_type"].values()),
        checklist=len(listed),
        complete=sum(r.number in listed and not r.missing_critical for r in rows),
        left_at=Counter(
            (r.dialogue or {}).get("asks") or r.state
            for r in rows
            if r.state in TALKING and r.updated_at < now - LEFT_AFTER
        )
        + Counter({"consent": expired}),
        languages=Counter(r.language for r in rows),
        channels=Counter(r.channel for r in rows),
        cancers=values["cancer_type"],
        countries=values["country"],
        asked=asked,
        not_understood=failed,
        **talk,
    )


def _judged(session: Session, numbers: Any) -> dict[str, datetime]:
    """When each case was assessed first."""
    rows = session.execute(
        select(AssessmentRow.case_number, func.min(AssessmentRow.created_at))
        .where(AssessmentRow.case_number.in_(numbers))
        .group_by(AssessmentRow.case_number)
    )
    return {row[0]: row[1] for row in rows}


def _expired(session: Session, since: datetime, until: datetime) -> int:
    """People who began in the span and were erased a day later, as they never agreed."""
    day = timedelta(days=1)
    query = select(func.count()).where(
        AuditEntry.action == "conversation.erase",
        AuditEntry.actor == "retention",
        AuditEntry.at >= since + day,
        AuditEntry.at < until + day,
    )
    return session.scalar(query) or 0


def _values(session: Session, numbers: Any) -> dict[str, Counter[str]]:
    rows = session.execute(
        select(FactRow.name, FactRow.value).where(
            FactRow.case_number.in_(numbers),
            FactRow.name.in_(INDEXED_FACTS),
            FactRow.superseded_at.is_(None),
        )
    )
    counted: dict[str, Counter[str]] = {name: Counter() for name in INDEXED_FACTS}
    for name, value in rows:
        if value is not None:
            counted[name][str(value)] += 1
    return counted


def _talk(
    session: Session, since: datetime, until: datetime, first: dict[str, datetime]
) -> dict[str, Any]:
    """Turns, messages and answering times, in one walk over the messages of the span's cases."""
    talks = select(CaseRow.conversation_id).where(
        CaseRow.created_at >= since, CaseRow.created_at < until
    )
    rows = session.execute(
        select(Message.conversation_id, Message.turn_id, Message.author, Message.created_at)
        .where(Message.conversation_id.in_(talks))
        .order_by(Message.conversation_id, Message.seq)
        .execution_options(yield_per=2000)
    )
    turns: dict[str, set[str]] = {}
    begun: dict[str, datetime] = {}
    by_bot: list[float] = []
    by_people: list[float] = []
    messages, here, by_hand = 0, "", True
    heard: datetime | None = None
    last_heard: datetime | None = None
    for talk, turn, author, at in rows:
        if talk != here:
            here, heard, by_hand = talk, None, True
        begun.setdefault(talk, at)
        if author == Author.PATIENT:
            messages += 1
            heard, by_hand = at, False
            if talk in first and at <= first[talk]:
                turns.setdefault(talk, set()).add(turn or "")
        elif author == Author.BOT and heard is not None:
            by_bot.append((at - heard).total_seconds())
            last_heard, heard = heard, None
        elif author == Author.COORDINATOR and not by_hand:
            by_people.append((at - (heard or last_heard or at)).total_seconds())
            heard, by_hand = None, True
    return {
        "messages": messages,
        "turns_to_checklist": tuple(len(t) for t in turns.values()),
        "time_to_checklist": tuple((first[t] - begun[t]).total_seconds() for t in turns),
        "answered_by_bot": tuple(by_bot),
        "answered_by_people": tuple(by_people),
    }
