"""What a checklist is: papers with what we hold of them, missing tests, completeness, changes.

Values only; `bot.records.checklist` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bot.records.catalogue import Level, Review

FIRST = 8
# The first of them are the same for everybody: without them no specialist can begin.
ALWAYS = 3
# What an earlier list is compared by: paper id -> level, freshness in days, whether it was ticked.
Snapshot = Mapping[str, tuple[str, int | None, bool]]


class Mark(StrEnum):
    """What we hold of a paper."""

    OPEN = "open"
    WAIVED = "waived"  # a coordinator said that it is not needed
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
    """One paper to collect: `name` is the paper, `details` what must be seen on it, `title` both.

    `of_cancer` are the details that are critical for this cancer, whatever the pathways want;
    `critical_for_cancer` says that the cancer itself needs this paper.
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
    details: tuple[str, ...] = ()
    of_cancer: tuple[str, ...] = ()
    critical_for_cancer: bool = False

    @property
    def held(self) -> bool:
        """Whether the paper can be ticked."""
        return self.mark is Mark.HELD

    @property
    def settled(self) -> bool:
        """Whether nobody need send it any more."""
        return self.mark in (Mark.HELD, Mark.WAIVED)

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
    """How many papers are in hand, critical and all; what was waived does not count."""

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
    """What differs from an earlier checklist; `removed` are the ids of papers."""

    added: tuple[ChecklistItem, ...] = ()
    removed: tuple[str, ...] = ()
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
        """The critical items to show first, at most `limit`; this cancer's own before the rest."""
        always, others = self.critical[:ALWAYS], self.critical[ALWAYS:]
        ordered = (*always, *sorted(others, key=lambda item: not item.critical_for_cancer))
        chosen = {item.id for item in ordered[:limit]}
        return tuple(item for item in self.critical if item.id in chosen)

    def rest(self, limit: int = FIRST) -> tuple[ChecklistItem, ...]:
        """Everything that `first(limit)` leaves for "more if you have them"."""
        shown = {item.id for item in self.first(limit)}
        return tuple(item for item in self.items if item.id not in shown)

    @property
    def open_items(self) -> tuple[ChecklistItem, ...]:
        """Items still needed, critical first."""
        return tuple(item for item in self.items if not item.settled)

    def completeness(self) -> Completeness:
        """How much is in hand."""
        counted = [item for item in self.items if item.mark is not Mark.WAIVED]
        critical = [item for item in counted if item.level == "C"]
        return Completeness(
            critical_held=sum(item.held for item in critical),
            critical=len(critical),
            held=sum(item.held for item in counted),
            total=len(counted),
        )

    def snapshot(self) -> Snapshot:
        """What a later list needs to know of this one to say what changed."""
        return {item.id: (item.level, item.recency_days, item.held) for item in self.items}

    def changed_since(self, before: Snapshot) -> ChecklistChange:
        """What is new, gone, more urgent or ticked compared with an earlier list."""
        now = {item.id for item in self.items}
        both = [item for item in self.items if item.id in before]
        return ChecklistChange(
            added=tuple(item for item in self.items if item.id not in before),
            removed=tuple(key for key in before if key not in now),
            raised=tuple(item for item in both if _raised(before[item.id], item)),
            ticked=tuple(item for item in both if item.held and not before[item.id][2]),
        )

    def as_wire(self) -> dict[str, Any]:
        """As `intake checklist` prints it, without the line's id."""
        return {
            "items": [item.as_wire() for item in self.items],
            "missing_tests": [test.as_wire() for test in self.missing_tests],
        }


def _raised(before: tuple[str, int | None, bool], now: ChecklistItem) -> bool:
    level, days, _ = before
    never = float("inf")
    return (now.level == "C" and level == "H") or ((now.recency_days or never) < (days or never))


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
