"""Everything beside the transcript: the panels, open questions, notes, work and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.console import package, panels, queue, transcript, treatments
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.opened import Opened
from bot.console.panels import Choice
from bot.console.plain import DESK_STATES, Wording
from bot.console.roles import Right
from bot.console.transcript import shown
from bot.records.papers.received import received_papers
from bot.store import console_queries
from bot.store.audit import Entry
from bot.store.records import FactVersion

HISTORY = 40
PATIENT = "patient"  # who acts in the log when nobody of ours does


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note."""

    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question of the person; `seal` names it in a form."""

    text: str
    seal: str


@dataclass(frozen=True, slots=True)
class WorkField:
    """One select of the work panel."""

    screen: str
    label: str
    options: tuple[Choice, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class TagView:
    """A label of the case, and the list of all cases with it."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history."""

    at: datetime
    actor: str
    text: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Side:
    """Everything beside the transcript."""

    poll: str
    facts: tuple[panels.FactGroup, ...]
    fact_count: int
    addable: tuple[Choice, ...]
    timeline: treatments.Timeline | None
    verdict: panels.Verdict | None
    papers: panels.Papers
    package: package.Panel
    handover: tuple[str, ...]
    open_questions: tuple[Asked, ...]
    notes: tuple[NoteView, ...]
    work: tuple[WorkField, ...]
    tags: tuple[TagView, ...]
    colleagues: tuple[str, ...]
    history: tuple[Event, ...]


def side(visit: Visit, opened: Opened) -> Side:
    """Everything beside the transcript."""
    case, words = opened.case, wording(visit.texts)
    latest = visit.store.cases.assessments(case.number)
    items = visit.store.cases.checklist(case.number)
    editable = visit.may(Right.CHANGE_CASES)
    return Side(
        poll=visit.link("side", number=case.number),
        facts=panels.facts(case, opened.history, words),
        fact_count=len(case.facts),
        addable=panels.addable(case, words) if editable else (),
        timeline=treatments.timeline(case, visit.now.date()),
        verdict=panels.verdict(
            latest[0] if latest else None, words, visit.store.quality.objections(case.number)
        ),
        papers=panels.papers(items, received_papers(case), words),
        package=package.panel(visit, opened, items),
        handover=tuple(queue.reasons(visit.texts, opened.line)),
        open_questions=tuple(
            Asked(transcript.shown(q), console_queries.seal(q)) for q in case.open_questions
        ),
        notes=notes_of(visit, case.number),
        work=_work(visit, opened),
        tags=tuple(
            TagView(shown(tag), visit.link("queue", query={"tag": visit.store.desk.tag_key(tag)}))
            for tag in visit.store.desk.tags(case.number)
        ),
        colleagues=tuple(
            a.username
            for a in visit.store.users.all()
            if not a.disabled and a.username != visit.me.name
        ),
        history=_history(visit, opened, words),
    )


def notes_of(visit: Visit, number: str) -> tuple[NoteView, ...]:
    """The notes of a case, oldest first."""
    notes = visit.store.desk.notes(number)
    return tuple(NoteView(shown(n.body), n.author, n.created_at) for n in notes)


def _work(visit: Visit, opened: Opened) -> tuple[WorkField, ...]:
    t, line = visit.texts, opened.line
    people = [a.username for a in visit.store.users.all() if not a.disabled]
    if line.assigned_to and line.assigned_to not in people:
        people.append(line.assigned_to)
    assign = (
        Choice("", t("work.nobody"), line.assigned_to is None),
        *(Choice(name, name, name == line.assigned_to) for name in sorted(people)),
    )
    desk = tuple(Choice(s, t(f"desk.{s}"), s == line.desk) for s in DESK_STATES)
    return (
        WorkField("assign", t("work.assign"), assign, line.assigned_to or ""),
        WorkField("desk", t("work.desk"), desk, line.desk),
    )


def _history(visit: Visit, opened: Opened, words: Wording) -> tuple[Event, ...]:
    t = visit.texts
    entries = visit.store.audit.entries(object_=f"case:{opened.case.number}", limit=HISTORY)
    events = [Event(e.at, e.actor, _done(visit, e)) for e in entries if e.action != "case.correct"]
    before: dict[str, FactVersion] = {}
    for version in opened.history:
        old = before.get(version.name)
        before[version.name] = version
        if version.actor:
            events.append(Event(version.created_at, version.actor, _change(old, version, words)))
    created = Event(opened.line.created_at, t("history.somebody"), t("history.first"))
    events.append(created)
    return tuple(_folded(sorted(events, key=lambda e: e.at, reverse=True))[:HISTORY])


def _folded(newest_first: Iterable[Event]) -> list[Event]:
    """The same by the same person several times in a row is one line."""
    out: list[Event] = []
    for event in newest_first:
        last = out[-1] if out else None
        if last is not None and (last.actor, last.text) == (event.actor, event.text):
            out[-1] = replace(last, times=last.times + 1)
        else:
            out.append(event)
    return out


def _change(old: FactVersion | None, new: FactVersion, words: Wording) -> str:
    def said(version: FactVersion | None) -> str:
        if version is None:
            return "–"
        if version.status != "known":
            return words.t(f"facts.{version.status}")
        return transcript.shown(words.text(version.name, version.value))

    fact = words.label(new.name)
    return words.t("history.changed", fact=fact, old=said(old), new=said(new))


def _done(visit: Visit, entry: Entry) -> str:
    done, reason = action_words(visit, entry.action, entry.actor), entry.reason or ""
    if entry.action == "case.state":
        return f"{done}: {visit.texts.named('desk', reason)}"
    return f"{done}: {reason}" if entry.action == "case.assign" and reason else done


def action_words(visit: Visit, action: str, actor: str = PATIENT) -> str:
    """An audit action in words; what the person said, and others noted, says so."""
    noted = actor != PATIENT and visit.texts.has(f"noted.{action}")
    return visit.texts.named("noted" if noted else "action", action)
