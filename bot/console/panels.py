"""The panels beside the transcript: facts, assessment, records, in words a coordinator reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.console.correction import correctable
from bot.console.plain import GROUPS, Entry, Wording, group_of, place_of
from bot.console.texts import readable
from bot.console.transcript import shown
from bot.facts.case import Case, Fact, FactSource, FactStatus
from bot.records.papers.received import ReceivedPaper
from bot.store.quality import Objected
from bot.store.records import AssessmentRecord, ChecklistItem, FactVersion

URGENCY_TONES = {"EMERGENCY_NOW": "red", "URGENT_TODAY": "amber", "ROUTINE": "green"}
TRAVEL_TONES = {"HOLD": "red", "CAUTION": "amber", "OK_TO_DISCUSS": "green"}
STATUS_TONES = {
    "CONSIDER": "green",
    "CAUTION": "amber",
    "DEFER": "red",
    "NEEDS_INFO": "blue",
    "TRIAL_ONLY": "plain",
    "NOT_YET": "plain",
    "NO_MATCH": "plain",
}
# Order on the page, and the statuses that are open to see at once (C10).
STATUS_RANK = tuple(STATUS_TONES)
SHOWN_AT_ONCE = frozenset({"CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO"})
IN_EMERGENCY = SHOWN_AT_ONCE - {"DEFER"}
# Below this the bot reads a fact back before it believes it.
SURE = 0.995


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select box."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FactView:
    """One fact of the panel."""

    name: str
    label: str
    text: str
    known: bool
    entries: tuple[Entry, ...]
    words: str
    message: str | None
    source: str
    confidence: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts that belong together."""

    title: str
    facts: tuple[FactView, ...]


@dataclass(frozen=True, slots=True)
class PathwaySection:
    """One part of a pathway's explanation."""

    title: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathwayView:
    """One pathway with its explanation."""

    id: str
    name: str
    status: str
    tone: str
    meaning: str
    sections: tuple[PathwaySection, ...]
    evidence: str
    rules: tuple[str, ...]
    source: str
    as_of: str
    stale: bool
    pending: bool


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """What somebody holds to be wrong about the assessment."""

    pathway: str
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """One assessment."""

    at: datetime
    triage: str
    triage_tone: str
    travel: str
    travel_tone: str
    shown: tuple[PathwayView, ...]
    rest: tuple[PathwayView, ...]
    rule_set: str
    id: int
    objections: tuple[ObjectionView, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """One record to collect, or a test to ask about."""

    id: int
    title: str
    why: str
    how: str
    got: bool
    waived: bool
    files: tuple[tuple[str, str], ...] = ()  # name and file id of what came in for it


@dataclass(frozen=True, slots=True)
class PaperGroup:
    """Records of one level."""

    title: str
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """The checklist and how far it is."""

    got: int
    total: int
    groups: tuple[PaperGroup, ...]


def facts(case: Case, history: Iterable[FactVersion], wording: Wording) -> tuple[FactGroup, ...]:
    """The facts of a case in groups, in reading order."""
    current = {v.name: v for v in history if v.superseded_at is None}
    views: dict[str, list[FactView]] = {}
    for name in sorted(case.facts, key=place_of):
        view = _fact(name, case.facts[name], current.get(name), wording)
        views.setdefault(group_of(name), []).append(view)
    return tuple(
        FactGroup(wording.t(f"facts.group.{group}"), tuple(views[group]))
        for group in (*GROUPS, "other")
        if group in views
    )


def _fact(name: str, fact: Fact, version: FactVersion | None, wording: Wording) -> FactView:
    t = wording.t
    known = fact.status is FactStatus.KNOWN
    sure = fact.confidence >= SURE or fact.source is not FactSource.SAID
    return FactView(
        name=name,
        label=wording.label(name),
        text=shown(wording.text(name, fact.value)) if known else t(f"facts.{fact.status}"),
        known=known,
        entries=_cleaned(wording.entries(name, fact.value)) if known else (),
        words=shown(fact.words),
        message=fact.message_id,
        source=t(f"facts.source.{fact.source}"),
        confidence="" if sure else t("facts.sure", percent=round(fact.confidence * 100)),
        by=shown((version.actor or "") if version else ""),
        at=version.created_at if version else None,
    )


def _cleaned(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(shown(e.text), shown(e.note)) for e in entries)


def addable(case: Case, wording: Wording) -> tuple[Choice, ...]:
    """Facts that are not there yet, to be filled in by hand."""
    missing = sorted(correctable() - case.facts.keys(), key=wording.label)
    return tuple(Choice(name, wording.label(name)) for name in missing)


def verdict(
    record: AssessmentRecord | None, wording: Wording, objected: Iterable[Objected] = ()
) -> Verdict | None:
    """The latest assessment; None before the first."""
    if record is None or not isinstance(record.result, Mapping):
        return None
    t, result = wording.t, record.result
    ranked = sorted(
        (p for p in result.get("pathways", ()) if isinstance(p, Mapping)),
        key=lambda p: STATUS_RANK.index(p["status"]) if p.get("status") in STATUS_RANK else 99,
    )
    views = [_pathway(p, wording) for p in ranked]
    # In an emergency nothing else matters, so what is put off does not fill the page (C0).
    at_once = IN_EMERGENCY if result.get("triage") == "EMERGENCY_NOW" else SHOWN_AT_ONCE
    first = {str(p["id"]) for p in ranked if p.get("status") in at_once}
    return Verdict(
        at=record.created_at,
        triage=t.named("urgency", result.get("triage")),
        triage_tone=URGENCY_TONES.get(str(result.get("triage")), ""),
        travel=t.named("travel", result.get("travel")),
        travel_tone=TRAVEL_TONES.get(str(result.get("travel")), ""),
        shown=tuple(v for v in views if v.id in first),
        rest=tuple(v for v in views if v.id not in first),
        rule_set=str(result.get("rules_version") or record.rule_set)[:24],
        id=record.id,
        objections=tuple(
            ObjectionView(
                t.named("pathway", o.pathway) if o.pathway else t("objection.whole"),
                shown(o.reason),
                o.author,
                o.at,
            )
            for o in objected
            if o.assessment_id == record.id
        ),
    )


def flag_names(flags: Sequence[str], wording: Wording) -> tuple[str, ...]:
    """Warning signs by id and name."""
    t = wording.t
    return tuple(f"{f}: {t(f'flag.{f}')}" if t.has(f"flag.{f}") else f for f in flags)


def _pathway(pathway: Mapping[str, Any], wording: Wording) -> PathwayView:
    t = wording.t
    status = str(pathway.get("status"))
    sections = (
        ("reasons", _sentences(pathway.get("reasons"))),
        ("cautions", _sentences(pathway.get("cautions"))),
        ("missing", tuple(missing_word(m, wording) for m in _list(pathway.get("missing")))),
        ("gates", _sentences(pathway.get("gates"))),
    )
    return PathwayView(
        id=str(pathway.get("id")),
        name=t.named("pathway", pathway.get("id")),
        status=t.named("status", status),
        tone=STATUS_TONES.get(status, "plain"),
        meaning=t(f"meaning.{status}") if t.has(f"meaning.{status}") else "",
        sections=tuple(PathwaySection(t(f"assessment.{k}"), v) for k, v in sections if v),
        evidence=", ".join(_evidence(e, wording) for e in _list(pathway.get("evidence"))),
        rules=tuple(str(r) for r in _list(pathway.get("rules"))),
        source=", ".join(str(s) for s in _list(pathway.get("source"))),
        as_of=str(pathway.get("as_of") or ""),
        stale=pathway.get("stale") is True,
        pending=pathway.get("review") == "pending",
    )


def _evidence(value: Any, wording: Wording) -> str:
    """ "approved(FDA, EMA)" with its first word in plain words."""
    word, bracket, rest = str(value).partition("(")
    return wording.t.named("evidence", word.strip()) + (f" ({rest}" if bracket else "")


def _sentences(value: Any) -> tuple[str, ...]:
    out = []
    for item in _list(value):
        if isinstance(item, Mapping):
            item = item.get("text") or item.get("reason") or item.get("id") or ""
        out.append(str(item))
    return tuple(out)


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def missing_word(ident: Any, wording: Wording) -> str:
    """A missing fact, marker or record by its name."""
    name = str(ident)
    return wording.label(name) if wording.t.has(f"fact.{name}") else readable(name)


def papers(
    items: Sequence[ChecklistItem], received: Sequence[ReceivedPaper], wording: Wording
) -> Papers:
    """The checklist by level; tests to ask about stand apart and are not counted."""
    t = wording.t
    groups: dict[str, list[Paper]] = {"critical": [], "helpful": [], "tests": []}
    for item in items:
        group = "tests" if item.kind == "test" else "critical" if item.level == "C" else "helpful"
        groups[group].append(_paper(item, received, wording))
    records = [*groups["critical"], *groups["helpful"]]
    return Papers(
        got=sum(p.got for p in records),
        total=len(records),
        groups=tuple(PaperGroup(t(f"checklist.{k}"), tuple(v)) for k, v in groups.items() if v),
    )


def _paper(item: ChecklistItem, received: Sequence[ReceivedPaper], wording: Wording) -> Paper:
    body: Mapping[str, Any] = item.body if isinstance(item.body, Mapping) else {"title": item.body}
    files = [(p.name, p.file) for p in received if body.get("id") in p.items and p.key]
    how = " ".join(str(body[k]) for k in ("format", "recency") if body.get(k))
    return Paper(
        id=item.id,
        title=str(body.get("title") or body.get("id") or ""),
        why=str(body.get("why") or body.get("ask") or ""),
        how=how,
        got=item.state == "received" or bool(body.get("held")),
        waived=item.state == "waived",
        files=tuple((shown(n or "") or wording.t("talk.file_unnamed"), f) for n, f in files),
    )
