"""Reads when the cancer was found: "diagnosed in Jan 2025", "found 2 months back", "last year".

The date counts when the words of diagnosis stand near it, or when it was asked for. Kept as
year-month, or as the year alone when no month was told; a date in the future is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.oncology.context import context_of
from bot.oncology.numbers import durations
from bot.oncology.reading import Mention
from bot.oncology.text import Document

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero janvier yanayir",
            "february feb febrero fevrier fabrayir",
            "march mar marzo mars",
            "april apr abril avril",
            "may mayo mai",
            "june jun junio juin",
            "july jul julio juillet",
            "august aug agosto aout",
            "september sept sep septiembre septembre",
            "october oct octubre octobre",
            "november nov noviembre novembre",
            "december dec diciembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_FOUND = re.compile(
    r"(?<!\w)(?:diagnosed|diagnosis|diagnose|dx|dxd|dx'd|detected|found|discovered|came to know|"
    r"pata chala|dhora porse|dhora poreche|diagnosis date)(?!\w)"
)
_DATE = re.compile(
    rf"(?<!\w)(?P<month>{'|'.join(_MONTHS)})\.?[\s,/\-']*(?:of\s+)?(?P<year>20\d\d|19\d\d|'\d\d)(?!\d)|"
    r"(?<![\d/.])(?:(?:0?[1-9]|[12]\d|3[01])[/\-.])?(?P<m>0?[1-9]|1[0-2])[/\-.](?P<y>20\d\d)(?!\d)|"
    r"(?<![\d/.])(?P<y2>20\d\d)[/\-](?P<m2>0[1-9]|1[0-2])(?!\d)|"
    r"(?<![\d/.\-])(?P<only>20[0-4]\d)(?![\d/.]|\s*(?:mg|ml|u/l|iu))|"
    r"(?<!\w)(?P<last>last month|this month|last year|this year|last week|this week|today|"
    r"yesterday)(?!\w)"
)
_REACH = 40  # characters between the words of diagnosis and the date


def read_dates(doc: Document, asks: str | None) -> Iterable[Mention]:
    """diagnosis_date, as "2025-01" or "2025"."""
    asked = asks == "diagnosis_date"
    for value, nstart, nend in sorted(_dates(doc), key=lambda found: found[1]):
        first, _ = doc.token_span(nstart, nend)
        if not asked and not _is_of_diagnosis(doc, nstart):
            continue
        if first < len(doc.tokens) and context_of(doc).owners.is_other(first):
            continue
        start, end = doc.origin(nstart, nend)
        return [Mention("diagnosis_date", value, doc.words(start, end), start, end, 0.9)]
    return []


def _is_of_diagnosis(doc: Document, nstart: int) -> bool:
    before = doc.norm[max(0, nstart - _REACH) : nstart]
    found = list(_FOUND.finditer(before))
    if not found:
        return False
    return not re.search(r"[.;\n!?]|\d{4}", before[found[-1].end() :])


def _dates(doc: Document) -> Iterator[tuple[str, int, int]]:
    today = date.today()  # noqa: DTZ011 - months matter, not zones
    for match in _DATE.finditer(doc.norm):
        told = _told(match, today)
        if told is not None and told[0] <= today:
            value = f"{told[0]:%Y-%m}" if told[1] else f"{told[0]:%Y}"
            yield value, match.start(), match.end()
    for span in durations(doc):
        if span.ago or span.hours >= 24 * 28:
            when = today - timedelta(hours=min(span.hours, 24 * 365 * 60))
            yield f"{when:%Y-%m}", span.nstart, span.nend


@dataclass(frozen=True, slots=True)
class Told:
    """A date written out, at a place of the normalised text; no month where none was told."""

    year: int
    month: int | None
    nstart: int
    nend: int


def told_dates(doc: Document) -> Iterator[Told]:
    """The dates with a year that a message writes out ("March 2022", "03/2022", "2022")."""
    today = date.today()  # noqa: DTZ011 - months matter, not zones
    for match in _DATE.finditer(doc.norm):
        told = None if match["last"] else _told(match, today)
        if told is not None:
            month = told[0].month if told[1] else None
            yield Told(told[0].year, month, match.start(), match.end())


def _told(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    """The date and whether its month was told."""
    if match["month"]:
        year = match["year"]
        number = int(year) if len(year) == 4 else 2000 + int(year[1:])
        return date(number, _MONTHS[match["month"]], 1), True
    if match["m"] or match["m2"]:
        return date(int(match["y"] or match["y2"]), int(match["m"] or match["m2"]), 1), True
    if match["only"]:
        return date(int(match["only"]), 1, 1), False
    word = match["last"]
    if word.endswith("year"):
        return date(today.year - (word == "last year"), 1, 1), False
    days = {"last month": 30, "last week": 7, "yesterday": 1}.get(word, 0)
    return (today - timedelta(days=days)).replace(day=1), True
