"""The date of a paper, from the dates that stand on it.

A date beside a word for the examination or the report is taken before any other; one beside a word
for birth never. "03/04/2026" may be March or April: where both are possible the date is left open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Final

from babel.dates import get_month_names

OLDEST_YEARS: Final = 15
MONTHS: Final = 12
_MONTH_LOCALES: Final = frozenset(
    {"en", "es", "fr", "pt", "de", "it", "tr", "ru", "ar", "hi", "bn", "id", "vi"}
)
_SHORTEST_PREFIX: Final = 3
_NEAR: Final = 40  # letters before a date in which a word tells what the date is of
_NUMBERS: Final = re.compile(
    r"(?<![\d.,/-])(?P<one>\d{1,4})\s?(?P<mark>[./-])\s?(?P<two>\d{1,2})\s?(?P=mark)\s?"
    r"(?P<three>\d{2,4})(?![\d/])"
)
_ASIAN: Final = re.compile(
    r"(?P<year>\d{4})\s?年\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日"
)
_MONTH: Final = r"(?P<month>[^\W\d_]{3,12})\.?"
_NAMED: Final = (
    re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?[\s\-/]*(?:de |of )?{_MONTH}"
        r"[\s\-/,]*(?:de |del )?(?P<year>\d{4}|\d{2})(?!\d)"
    ),
    re.compile(
        rf"{_MONTH}[\s\-/]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,\-/]+(?P<year>\d{{4}})(?!\d)"
    ),
)
_BIRTH: Final = re.compile(
    r"birth|\bdob\b|\bd\.o\.b|\bborn\b|\bage\b|nacim|naiss|nascim|nascita|geb\b|geburt|dogum|doğum"
    r"|рожд|ميلاد|जन्म|জন্ম|lahir|ngày sinh|出生",
    re.IGNORECASE,
)
_LATER: Final = re.compile(
    r"expir|valid|next|appoint|review on|follow[ -]?up|print|caduc|prochain|próxim|gültig",
    re.IGNORECASE,
)
_OF_PAPER: Final = re.compile(
    r"report|exam|study|scan|collect|sampl|receiv|perform|discharge|sign|date|dated|fecha|informe"
    r"|prélèv|réalis|datum|befund|data|laudo|tarih|дата|تاريخ|दिनांक|तारीख|তারিখ|tanggal|ngày|日期",
    re.IGNORECASE,
)


def paper_date(text: str, today: date) -> date | None:
    """The newest date that the paper can be from, None when none is sure."""
    labelled: list[date | None] = []
    others: list[date | None] = []
    behind = 0
    for start, end, readings in sorted(_dates(text), key=lambda found: found[:2]):
        before = text[max(behind, start - _NEAR) : start].rpartition("\n")[2]
        behind = end
        possible = {day for day in readings if _possible(day, today)}
        if possible and not _BIRTH.search(before) and not _LATER.search(before):
            day = min(possible) if len(possible) == 1 else None
            (labelled if _OF_PAPER.search(before) else others).append(day)
    found = labelled or others
    sure = [day for day in found if day is not None]
    # An unclear date among them could be the newest: then nothing is sure.
    return max(sure) if sure and len(sure) == len(found) else None


def _possible(day: date, today: date) -> bool:
    return day <= today and (today - day).days <= 366 * OLDEST_YEARS


def _dates(text: str) -> Iterator[tuple[int, int, set[date]]]:
    """Where dates begin and end, each with every way to read it."""
    numbers = list(_NUMBERS.finditer(text))
    day_first = any(_first_is_day(match) for match in numbers)
    month_first = any(int(match["two"]) > MONTHS for match in numbers)
    for match in numbers:
        one, two, three = match["one"], match["two"], match["three"]
        if len(one) == 4:
            yield *match.span(), _made(one, two, three)
        elif len(one) <= 2:
            days = _made(three, two, one) if day_first or not month_first else set[date]()
            months = _made(three, one, two) if month_first or not day_first else set[date]()
            yield *match.span(), days | months
    for match in _ASIAN.finditer(text):
        yield *match.span(), _made(match["year"], match["month"], match["day"])
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            if (month := _month(match["month"])) is not None:
                yield *match.span(), _made(match["year"], str(month), match["day"])


def _first_is_day(match: re.Match[str]) -> bool:
    """Whether this date shows that days stand first; where points divide, they always do."""
    return len(match["one"]) <= 2 and (int(match["one"]) > MONTHS or match["mark"] == ".")


def _made(years: str, months: str, days: str) -> set[date]:
    year = int(years)
    try:
        return {date(year + 2000 if year < 100 else year, int(months), int(days))}
    except ValueError:
        return set()


def _month(name: str) -> int | None:
    plain = _plain(name)
    exact = _months().get(plain)
    if exact is not None or len(plain) < _SHORTEST_PREFIX:
        return exact
    # "Sept", "Okt", "févr": the beginning of one month's name only.
    begun = {number for month, number in _months().items() if month.startswith(plain)}
    return begun.pop() if len(begun) == 1 else None


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for locale in sorted(_MONTH_LOCALES):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                names = get_month_names(width, context=context, locale=locale)
                for number, name in names.items():
                    found.setdefault(_plain(name), number)
    return found


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in folded if not "\u0300" <= c <= "\u036f").strip(". ")
