"""The treatments of a case as a picture: one bar each on a line of years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.console.transcript import shown
from bot.export.timeline import Bar, bars
from bot.facts.case import Case

# Kinds of treatment that have a colour of their own; the rest are medicines.
TONES = {
    "surgery": "surgery",
    "radiation": "radiation",
    "transplant": "cells",
    "cell_therapy": "cells",
}
NARROWEST = 1.2  # per cent of the width: a treatment of a day is still seen
MOST_YEARS = 9  # named below the line


@dataclass(frozen=True, slots=True)
class Row:
    """One treatment: `left` and `width` in per cent of the span."""

    name: str
    years: str
    tone: str
    ongoing: bool
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Year:
    """One year of the line and its place in per cent."""

    name: str
    left: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture; `undated` are treatments without any date."""

    rows: tuple[Row, ...]
    years: tuple[Year, ...]
    undated: tuple[str, ...]


def timeline(case: Case, today: date) -> Timeline | None:
    """The picture of a case's treatments, None when none is known."""
    fact = case.facts.get("treatments")
    told = bars(fact.value, today) if fact and isinstance(fact.value, list) else ()
    if not told:
        return None
    dated = [(bar, bar.start) for bar in told if bar.start is not None]
    first = int(min((start for _, start in dated), default=today.year))
    last = max(today.year + 1, first + 1)
    span = last - first
    step = -(-span // MOST_YEARS)
    return Timeline(
        rows=tuple(_row(bar, start, first, span) for bar, start in dated),
        years=tuple(Year(str(y), 100 * (y - first) / span) for y in range(first, last, step)),
        undated=tuple(shown(bar.name) for bar in told if bar.start is None),
    )


def _row(bar: Bar, start: float, first: int, span: int) -> Row:
    end = bar.end if bar.end is not None else start
    left = 100 * (start - first) / span
    # The end of 2024 is the beginning of 2025 in the chart's own count.
    years = dict.fromkeys((int(start), int(max(start, end - 0.01))))
    return Row(
        name=shown(bar.name),
        years="–".join(map(str, years)),
        tone=TONES.get(bar.modality, "medicine"),
        ongoing=bar.ongoing,
        left=min(left, 100 - NARROWEST),
        width=max(NARROWEST, min(100 * (end - start) / span, 100 - left)),
    )
