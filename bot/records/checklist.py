"""Which records this patient should collect: for this cancer, these pathways, this history.

One paper is one item, whoever asks for it: the strictest freshness and the highest level win, and
what each asker wants to see on the paper is listed once. Missing papers never block first contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from bot.facts.markers import marker_id
from bot.facts.vocabulary import canonical_cancer
from bot.records.catalogue import (
    TRAVEL,
    Ask,
    Catalogue,
    Freshness,
    Group,
    Level,
    Paper,
    Review,
    Test,
    catalogue,
)
from bot.records.conditions import Facts, has_molecular_result, value_of

# Pathways whose papers are asked for; the others are not open to this patient now.
SHOWN = frozenset({"CONSIDER", "CAUTION", "NEEDS_INFO"})
FIRST = 8
_NGS_DONE = frozenset({"tissue", "liquid", "both", "pending"})


class Mark(StrEnum):
    """What we hold of a paper."""

    OPEN = "open"
    FIRST_LOOK = "first_look"  # a phone photo: readable, but the original is still needed
    OUTDATED = "outdated"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Holding:
    """A paper that somebody has: checklist id, its date and format where known."""

    id: str
    date: date | None = None
    format: str | None = None

    @classmethod
    def read(cls, value: Any) -> Holding | None:
        """From `docs_available`: an id, or {"id", "date"?, "format"?}; None if it is neither."""
        if isinstance(value, str):
            return cls(value)
        if not isinstance(value, Mapping) or not isinstance(value.get("id"), str):
            return None
        return cls(value["id"], _date(value.get("date")), value.get("format"))


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One paper to collect: `name` is the paper, `title` adds what must be seen on it.

    `recency_days` is None when any date will do.
    """

    id: str
    name: str
    title: str
    why: str
    format: str
    recency: str
    recency_days: int | None
    level: Level
    rank: int
    asked_by: tuple[str, ...]
    source: str
    as_of: date
    review: Review
    mark: Mark = Mark.OPEN

    @property
    def held(self) -> bool:
        """Whether the paper can be ticked."""
        return self.mark is Mark.HELD

    def as_wire(self) -> dict[str, Any]:
        """As the outward interface carries it."""
        return {
            "id": self.id,
            "title": self.title,
            "why": self.why,
            "format": self.format,
            "level": self.level,
            "recency": self.recency,
            "recency_days": self.recency_days,
            "held": self.held,
            "mark": self.mark.value,
            "asked_by": list(self.asked_by),
            "source": self.source,
            "as_of": self.as_of.isoformat(),
            "review": self.review,
        }


@dataclass(frozen=True, slots=True)
class MissingTest:
    """A test nothing is known of; `biomarkers` are the facts that would settle it."""

    id: str
    title: str
    ask: str
    biomarkers: tuple[str, ...]

    def as_wire(self) -> dict[str, Any]:
        """As the outward interface carries it."""
        return {
            "id": self.id,
            "title": self.title,
            "ask": self.ask,
            "biomarkers": list(self.biomarkers),
        }


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many papers are in hand, critical and all."""

    critical_held: int
    critical: int
    held: int
    total: int

    @property
    def critical_percent(self) -> int:
        """Whole per cent of the critical papers, rounded down; 100 when none is critical."""
        return 100 * self.critical_held // self.critical if self.critical else 100

    @property
    def percent(self) -> int:
        """Whole per cent of all papers, rounded down."""
        return 100 * self.held // self.total if self.total else 100


@dataclass(frozen=True, slots=True)
class ChecklistChange:
    """What differs from an earlier checklist."""

    added: tuple[ChecklistItem, ...] = ()
    removed: tuple[ChecklistItem, ...] = ()
    raised: tuple[ChecklistItem, ...] = ()  # now critical, or needed fresher
    ticked: tuple[ChecklistItem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.raised or self.ticked)


@dataclass(frozen=True, slots=True)
class Checklist:
    """The papers to collect, critical first, and the tests to ask the doctor about."""

    items: tuple[ChecklistItem, ...]
    missing_tests: tuple[MissingTest, ...] = ()

    @property
    def critical(self) -> tuple[ChecklistItem, ...]:
        """Items without which a review cannot start or may be wrong."""
        return tuple(item for item in self.items if item.level == "C")

    def first(self, limit: int = FIRST) -> tuple[ChecklistItem, ...]:
        """The critical items to show first, at most `limit`."""
        return self.critical[:limit]

    def rest(self, limit: int = FIRST) -> tuple[ChecklistItem, ...]:
        """Everything that `first(limit)` leaves for "more if you have them"."""
        shown = {item.id for item in self.first(limit)}
        return tuple(item for item in self.items if item.id not in shown)

    @property
    def open_items(self) -> tuple[ChecklistItem, ...]:
        """Items still needed, critical first."""
        return tuple(item for item in self.items if not item.held)

    def completeness(self) -> Completeness:
        """How much is in hand."""
        critical = self.critical
        return Completeness(
            critical_held=sum(item.held for item in critical),
            critical=len(critical),
            held=sum(item.held for item in self.items),
            total=len(self.items),
        )

    def changed_since(self, previous: Checklist) -> ChecklistChange:
        """What is new, gone, more urgent or ticked compared with `previous`."""
        before = {item.id: item for item in previous.items}
        now = {item.id for item in self.items}
        both = [(before[item.id], item) for item in self.items if item.id in before]
        return ChecklistChange(
            added=tuple(item for item in self.items if item.id not in before),
            removed=tuple(item for item in previous.items if item.id not in now),
            raised=tuple(new for old, new in both if _raised(old, new)),
            ticked=tuple(new for old, new in both if new.held and not old.held),
        )

    def as_wire(self) -> dict[str, Any]:
        """As `intake checklist` prints it, without the line's id."""
        return {
            "items": [item.as_wire() for item in self.items],
            "missing_tests": [test.as_wire() for test in self.missing_tests],
        }


def _raised(old: ChecklistItem, new: ChecklistItem) -> bool:
    never = float("inf")
    return (new.level == "C" and old.level == "H") or (
        (new.recency_days or never) < (old.recency_days or never)
    )


@dataclass(slots=True)
class _Gathered:
    """A paper while its askers are being heard."""

    paper: Paper
    recency: Freshness
    level: Level = "H"
    look_for: list[str] = field(default_factory=list)
    asked_by: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def checklist(
    facts: Facts,
    pathways: Mapping[str, str],
    held: Iterable[Holding | str] = (),
    *,
    language: str = "en",
    today: date | None = None,
    before_submission: bool = False,
) -> Checklist:
    """The checklist for `facts` and the statuses of `pathways` (pathway id -> C0 status).

    `held` are papers received, beside `docs_available` of the facts. With `today`, papers past
    their freshness are marked outdated. `before_submission`: the case is about to be sent on.
    """
    words = catalogue(language)
    facts = {**_spelled(facts), "before_submission": before_submission}
    gathered = _gather(words, facts, pathways)
    holdings = _holdings(facts, held)
    items = [_item(words, g, holdings.get(g.paper.id, ()), today) for g in gathered.values()]
    items.sort(key=lambda item: (item.level != "C", item.rank, item.id))
    return Checklist(tuple(items), tuple(_missing_tests(words, facts, set(holdings))))


def _gather(words: Catalogue, facts: Facts, pathways: Mapping[str, str]) -> dict[str, _Gathered]:
    group = words.group_of.get(str(facts.get("cancer_type")))
    gathered: dict[str, _Gathered] = {}
    for ask, asker, source in _asks(words, facts, pathways, group):
        paper = words.papers[ask.id]
        if not _wanted(paper, facts, group) or not _wanted(ask, facts, group):
            continue
        fresh = words.recency[ask.recency or paper.recency]
        g = gathered.setdefault(paper.id, _Gathered(paper, words.recency[paper.recency]))
        g.recency = g.recency.stricter(fresh)
        if _level(ask, facts, group) == "C":
            g.level = "C"
        for seen, new in (
            (g.look_for, ask.look_for if isinstance(ask, Ask) else ()),
            (g.asked_by, (asker,)),
            (g.sources, (paper.source, source)),
        ):
            seen.extend(text for text in new if text not in seen)
    return gathered


def _asks(
    words: Catalogue, facts: Facts, pathways: Mapping[str, str], group: Group | None
) -> Iterator[tuple[Ask | Paper, str, str]]:
    """Every wish that concerns this patient, with who wishes and the source."""
    for key in words.base:
        yield words.papers[key], "base", words.papers[key].source
    cancer = str(facts.get("cancer_type"))
    for row in words.cancer_rows:
        if cancer in row.cancers:
            for ask in row.items:
                if not ask.only or cancer in ask.only:
                    yield ask, f"cancer:{cancer}", row.source
    shown = {name for name, status in pathways.items() if status in SHOWN}
    for path_row in words.pathway_rows:
        askers = sorted(shown & set(path_row.pathways))
        also = path_row.also_when
        if not askers and also and also.holds(facts, group) and pathways.get(TRAVEL) != "HOLD":
            askers = list(path_row.pathways)
        for asker in askers:
            for ask in path_row.items:
                if _concerns(ask, cancer, group):
                    yield ask, f"pathway:{asker}", path_row.source


def _concerns(ask: Ask, cancer: str, group: Group | None) -> bool:
    """Whether a pathway's wish is meant for this cancer."""
    return (not ask.cancers or cancer in ask.cancers) and (not ask.groups or group in ask.groups)


def _wanted(wish: Ask | Paper, facts: Facts, group: Group | None) -> bool:
    if wish.only_when and not wish.only_when.holds(facts, group):
        return False
    return not (wish.unless and wish.unless.holds(facts, group))


def _level(wish: Ask | Paper, facts: Facts, group: Group | None) -> Level:
    if wish.critical_when and wish.critical_when.holds(facts, group):
        return "C"
    if isinstance(wish, Paper) and wish.helpful_when and wish.helpful_when.holds(facts, group):
        return "H"
    return wish.level


def _item(
    words: Catalogue, g: _Gathered, holdings: Iterable[Holding], today: date | None
) -> ChecklistItem:
    title, details = g.paper.title, _distinct(g.look_for, g.paper.title)
    if details:
        title = words.wording["details"].format(title=title, details=", ".join(details))
    return ChecklistItem(
        id=g.paper.id,
        name=g.paper.title,
        title=title,
        why=g.paper.why,
        format=words.formats[g.paper.format],
        recency=g.recency.text,
        recency_days=g.recency.days,
        level=g.level,
        rank=g.paper.rank,
        asked_by=tuple(g.asked_by),
        source=" | ".join(dict.fromkeys(s for s in g.sources if s)),
        as_of=words.as_of,
        review=words.review,
        mark=_mark(holdings, g.recency.days, today),
    )


def _distinct(details: list[str], title: str) -> list[str]:
    """Details that neither the title nor another detail says ("MSI" beside "MSI or MMR")."""

    def said_by(short: str, long: str) -> bool:
        return short != long and bool(re.search(rf"(?<!\w){re.escape(short)}(?!\w)", long))

    return [d for d in details if not any(said_by(d, other) for other in (title, *details))]


_BEST = (Mark.HELD, Mark.OUTDATED, Mark.FIRST_LOOK, Mark.OPEN)


def _mark(holdings: Iterable[Holding], days: int | None, today: date | None) -> Mark:
    """The best that any copy in hand is worth."""
    marks = [_mark_of(holding, days, today) for holding in holdings]
    return min(marks, key=_BEST.index, default=Mark.OPEN)


def _mark_of(holding: Holding, days: int | None, today: date | None) -> Mark:
    if holding.format == "photo":
        return Mark.FIRST_LOOK
    if days is not None and today and holding.date and (today - holding.date).days > days:
        return Mark.OUTDATED
    return Mark.HELD


def _holdings(facts: Facts, held: Iterable[Holding | str]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = {}
    said = (Holding.read(value) for value in facts.get("docs_available") or ())
    received = (h if isinstance(h, Holding) else Holding(h) for h in held)
    for holding in (*said, *received):
        if holding is not None:
            found.setdefault(holding.id, []).append(holding)
    return found


def _missing_tests(words: Catalogue, facts: Facts, held: set[str]) -> Iterator[MissingTest]:
    cancer = str(facts.get("cancer_type"))
    group = words.group_of.get(cancer)
    if group is None:
        return
    for test in words.tests:
        if (test.cancers and cancer not in test.cancers) or cancer in test.other_than:
            continue
        if test.only_when and not test.only_when.holds(facts, group):
            continue
        open_facts = tuple(name for name in test.known_by if not _known(name, facts, held))
        if _done(test, facts, open_facts):
            continue
        ask = words.wording["test"].format(ask=test.ask)
        yield MissingTest(test.id, test.title, ask, open_facts)


def _done(test: Test, facts: Facts, open_facts: tuple[str, ...]) -> bool:
    if test.done_by_ngs and facts.get("ngs_done") in _NGS_DONE:
        return True
    if not test.known_by:
        return has_molecular_result(facts)
    return not open_facts or (test.any_known and len(open_facts) < len(test.known_by))


def _known(name: str, facts: Facts, held: set[str]) -> bool:
    """`a|b` is either, `fact.x` a fact, `item.x` a paper in hand, anything else a biomarker."""
    if "|" in name:
        return any(_known(each, facts, held) for each in name.split("|"))
    kind, _, rest = name.partition(".")
    if kind == "item":
        return rest in held
    if kind == "fact":
        return value_of(facts, rest) is not None
    return (facts.get("biomarkers") or {}).get(name) is not None


def _spelled(facts: Facts) -> dict[str, Any]:
    """The facts with cancer and biomarkers under the ids that the checklist files use."""
    cancer, markers = facts.get("cancer_type"), facts.get("biomarkers")
    spelled = dict(facts)
    if isinstance(cancer, str):
        spelled["cancer_type"] = canonical_cancer(cancer) or cancer
    if isinstance(markers, Mapping):
        spelled["biomarkers"] = {marker_id(str(k)) or str(k): v for k, v in markers.items()}
    return spelled


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
