"""Figures of a span of time for the weekly page: counts only, nobody is named in them.

A case belongs to the span in which it began. People who never agreed are erased after a day; they
are counted from the audit trail, so that the funnel does not begin after its first loss.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from bot.store.case_tables import AssessmentRow, CaseRow, CaseTerm, ChecklistRow
from bot.store.cases import INDEXED_FACTS, asks_key, term_key
from bot.store.database import Database
from bot.store.index_tables import TalkFigures
from bot.store.indexing import Talk
from bot.store.tables import AuditEntry

# A person who has not written for this long has left, for now.
LEFT_AFTER = timedelta(days=1)
TALKING = ("consent", "intake", "confirm")
# Values of each fact that can be counted, by fact.
Values = Mapping[str, Collection[str]]


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


def figures(
    database: Database, since: datetime, until: datetime, values: Values, questions: Collection[str]
) -> Figures:
    """The figures of the cases that began in [since, until).

    `values` are those that cancer_type and country may have, `questions` the facts that are asked
    for: they are counted by their keyed hashes, so that no case need be opened.
    """
    span = (CaseRow.created_at >= since, CaseRow.created_at < until)
    left = database.now() - LEFT_AFTER
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
                CaseRow.asks_key,
                CaseRow.times_asked,
                CaseRow.times_failed,
            ).where(*span)
        ).all()
        old = _opened(session, [r.number for r in rows if r.times_asked is None])
        listed = _listed(session, span)
        first = _first_lists(session, span)
        with_list = listed & first.keys()
        reached = {r.conversation_id: first[r.number] for r in rows if r.number in with_list}
        talk = _talk(session, span, reached)
        expired = _expired(session, since, until)
        counted = _values(database, session, span, values)
    named = {asks_key(database.cipher, question): question for question in questions}
    return Figures(
        started=len(rows) + expired,
        consented=sum(r.consented for r in rows),
        diagnosed=counted["cancer_type"].total(),
        checklist=len(listed),
        complete=sum(r.number in listed and not r.missing_critical for r in rows),
        left_at=Counter(
            _asked_for(r, old, named) or r.state
            for r in rows
            if r.state in TALKING and r.updated_at < left
        )
        + Counter({"consent": expired}),
        languages=Counter(r.language for r in rows),
        channels=Counter(r.channel for r in rows),
        cancers=counted["cancer_type"],
        countries=counted["country"],
        asked=_times(rows, old, "asked"),
        not_understood=_times(rows, old, "failed"),
        **talk,
    )


def _opened(session: Session, numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """The dialogues of cases that were written before their figures stood beside them."""
    query = select(CaseRow.number, CaseRow.dialogue).where(CaseRow.number.in_(numbers))
    return {row[0]: row[1] or {} for row in session.execute(query)} if numbers else {}


def _asked_for(
    row: Row[*tuple[Any, ...]], old: Mapping[str, dict[str, Any]], named: Mapping[str, str]
) -> str | None:
    if row.number in old:
        return old[row.number].get("asks")
    return named.get(row.asks_key or "")


def _times(
    rows: Iterable[Row[*tuple[Any, ...]]], old: Mapping[str, dict[str, Any]], what: str
) -> int:
    written = sum(getattr(row, f"times_{what}") or 0 for row in rows)
    return written + sum(sum(dialogue.get(what, {}).values()) for dialogue in old.values())


def _listed(session: Session, span: tuple[ColumnElement[bool], ...]) -> set[str]:
    """Cases that got a list of records."""
    # Looked up case by case: a semi-join would read every list there is.
    item = select(ChecklistRow.id).where(ChecklistRow.case_number == CaseRow.number).limit(1)
    query = select(CaseRow.number).where(*span, item.scalar_subquery().is_not(None))
    return set(session.scalars(query))


def _first_lists(session: Session, span: tuple[ColumnElement[bool], ...]) -> dict[str, datetime]:
    """When the list came, if one did, by case: with the first assessment."""
    rows = session.execute(
        select(AssessmentRow.case_number, func.min(AssessmentRow.created_at))
        .join(CaseRow, AssessmentRow.case_number == CaseRow.number)
        .where(*span)
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


def _values(
    database: Database, session: Session, span: tuple[ColumnElement[bool], ...], values: Values
) -> dict[str, Counter[str]]:
    counted = session.execute(
        select(CaseTerm.term_key, func.count())
        .join(CaseRow, CaseRow.number == CaseTerm.case_number)
        .where(*span)
        .group_by(CaseTerm.term_key)
    )
    by_key: dict[str, int] = {row[0]: row[1] for row in counted}
    found: dict[str, Counter[str]] = {}
    for fact in INDEXED_FACTS:
        keys = {value: term_key(database.cipher, fact, value) for value in values[fact]}
        found[fact] = Counter({v: by_key[key] for v, key in keys.items() if key in by_key})
    return found


def _talk(
    session: Session, span: tuple[ColumnElement[bool], ...], first: Mapping[str, datetime]
) -> dict[str, Any]:
    """Turns, messages and answering times, from the figures kept of each conversation."""
    # Taken as text and read at once: one by one takes twice as long.
    rows = session.execute(
        select(TalkFigures.conversation_id, cast(TalkFigures.figures, Text))
        .join(CaseRow, CaseRow.conversation_id == TalkFigures.conversation_id)
        .where(*span)
    ).all()
    kept = json.loads(f"[{','.join(row[1] for row in rows)}]")
    talks = {row[0]: Talk(**talk) for row, talk in zip(rows, kept, strict=True)}
    reached = [(talks[t], at.timestamp()) for t, at in first.items() if t in talks]
    return {
        "messages": sum(talk.messages for talk in talks.values()),
        "turns_to_checklist": tuple(sum(turn <= at for turn in talk.turns) for talk, at in reached),
        "time_to_checklist": tuple(at - talk.begun for talk, at in reached if talk.begun),
        "answered_by_bot": tuple(s for talk in talks.values() for s in talk.by_bot),
        "answered_by_people": tuple(s for talk in talks.values() for s in talk.by_people),
    }
