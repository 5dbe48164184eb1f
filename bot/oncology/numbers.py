"""Reads measures out of a message: temperature, oxygen, pain score, durations, numbers of times.

Numbers are taken with their own words beside them ("spo2 86", "101 F", "9/10"); the words are
data (`knowledge/measures.yml`). Digits of any script are already plain here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.text import Document

_HOURS = {"hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.0, "year": 8766.0}
_DAY = 24.0


@dataclass(frozen=True)
class MeasureFile:
    """knowledge/measures.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    numbers: dict[str, tuple[str, ...]]
    units: dict[str, tuple[str, ...]]
    ago: frozenset[str]
    lasting: tuple[str, ...]
    a_day: tuple[str, ...]
    a_day_after_since: tuple[str, ...]
    temperature: tuple[str, ...]
    temperature_links: tuple[str, ...]
    after_temperature: tuple[str, ...]
    oxygen: tuple[str, ...]
    oxygen_links: tuple[str, ...]
    after_oxygen: tuple[str, ...]
    room_air: tuple[str, ...]
    pain: tuple[str, ...]
    pain_scale: tuple[str, ...]
    pain_links: tuple[str, ...]
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its meaning. Offsets are into the normalised text."""

    kind: str
    value: float
    nstart: int
    nend: int


@dataclass(frozen=True, slots=True)
class Duration:
    """A stretch of time; `hours` long; `ago` when it ends in the past ("5 days ago")."""

    hours: float
    ago: bool
    nstart: int
    nend: int


@cache
def measure_file() -> MeasureFile:
    """The words of knowledge/measures.yml."""
    return load(KNOWLEDGE / "measures.yml", MeasureFile)


def _any(words: Iterable[str]) -> str:
    """A regular expression for one of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def _amounts() -> dict[str, float]:
    return {w: float(value) for value, words in measure_file().numbers.items() for w in words}


@cache
def _duration() -> re.Pattern[str]:
    file = measure_file()
    unit = "|".join(f"(?P<{name}>{_any(words)})" for name, words in file.units.items())
    return re.compile(
        r"(?<![\w.])(?:(?P<n>\d{1,4}(?:\.\d)?)\s*(?:(?:-|to|or)\s*(?P<n2>\d{1,3})\s*)?\+?\s*|"
        rf"(?P<word>{_any(_amounts())})\s+)(?:{unit})(?!\w)"
        rf"(?:\s*(?P<tail>{_any([*file.ago, *file.lasting])})(?!\w))?"
    )


@cache
def _a_day() -> re.Pattern[str]:
    file = measure_file()
    return re.compile(
        rf"(?<!\w)(?:(?:since|from|theke|se)\s+(?:{_any(file.a_day_after_since)})|"
        rf"(?:{_any(set(file.a_day) - set(file.a_day_after_since))}))(?!\w)"
    )


def durations(doc: Document) -> list[Duration]:
    """Every stretch of time in the message, in order."""
    found: list[Duration] = []
    for match in _duration().finditer(doc.norm):
        amount = _amounts()[match["word"]] if match["word"] else float(match["n"])
        if match["n2"]:
            amount = max(amount, float(match["n2"]))
        unit = next(name for name in _HOURS if match[name])
        ago = match["tail"] in measure_file().ago
        found.append(Duration(amount * _HOURS[unit], ago, *match.span()))
    found += [Duration(_DAY, False, *match.span()) for match in _a_day().finditer(doc.norm)]
    return sorted(found, key=lambda d: d.nstart)


_DEGREE = r"\s*(?:°|º|deg(?:ree)?s?\.?|'|\*|˚|o(?=\s*[cf]\b))?\s*"
_READING = r"(?P<n>\d{2,3}(?:[.,]\d{1,2})?)"
_SCALE = r"(?:f(?:ah?renheit)?|c(?:elsius|entigrade)?)"


@cache
def _temperature() -> tuple[re.Pattern[str], ...]:
    file = measure_file()
    word = _any(file.temperature)
    link = rf"(?:[\s:=\-~,.(>]*(?:{_any(file.temperature_links)})(?!\w))"
    unit = rf"\s*(?:{_any(file.after_temperature)})(?!\w|\s*\d)"
    not_after = rf"(?!\w|[.,]?\d|{unit}|\s*[%/])"
    return (
        re.compile(
            rf"(?<!\w)(?:{word}){link}{{0,4}}[\s:=\-~,.(>]*{_READING}"
            rf"(?P<unit>{_DEGREE}{_SCALE}?){not_after}"
        ),
        re.compile(rf"(?<![\w./]){_READING}{_DEGREE}(?P<unit>{_SCALE}){not_after}"),
        re.compile(
            rf"(?<![\w./]){_READING}(?P<unit>{_DEGREE})"
            rf"(?:plus |\+ ?|ka |ki |ke |of |high |f |c )?(?:{word})(?!\w)"
        ),
        # "38.4 after chemo": only with a decimal, and treatment right behind
        re.compile(
            r"(?<![\w./])(?P<n>(?:3[89]|4[01])[.,]\d)(?P<unit>)\s+(?:after|post|since|following)\s+"
            r"(?:\w+\s+){0,3}(?:chemo\w*|cycle|infusion|car)"
        ),
    )


def temperatures(doc: Document) -> Iterator[Measure]:
    """Body temperatures in degrees Celsius (numbers above 45 are read as Fahrenheit)."""
    seen: set[int] = set()
    for pattern in _temperature():
        for match in pattern.finditer(doc.norm):
            if match.start("n") in seen:
                continue
            raw = float(match["n"].replace(",", "."))
            fahrenheit = raw > 45 or match["unit"].strip(" °º˚'*.deg").startswith("f")
            celsius = (raw - 32) * 5 / 9 if fahrenheit else raw
            if 34.0 <= celsius <= 43.0:
                seen.add(match.start("n"))
                yield Measure("temp_c", round(celsius, 1), match.start(), match.end())


@cache
def _oxygen() -> tuple[re.Pattern[str], ...]:
    file = measure_file()
    word = _any(file.oxygen)
    link = rf"(?:[\s:=\-~,.(><]*(?:{_any(file.oxygen_links)})(?!\w))"
    return (
        re.compile(
            rf"(?<!\w)(?:{word}){link}{{0,7}}[\s:=\-~,.(><]*(?P<n>\d{{2,3}})"
            rf"(?!\d|\.\d{{2}}|\s*(?:{_any(file.after_oxygen)})(?!\w))"
        ),
        re.compile(
            r"(?<![\w./])(?P<n>\d{2,3})\s*(?:%|percent|per cent)?\s*(?:of |is |was )?"
            rf"(?:{word}|{_any(file.room_air)})(?!\w|[\s:=]*(?:is|was)?\s*\d{{2}})"
        ),
    )


def oxygen(doc: Document) -> Iterator[Measure]:
    """Oxygen saturations in percent (50 to 100)."""
    seen: set[int] = set()
    for pattern in _oxygen():
        for match in pattern.finditer(doc.norm):
            value = float(match["n"])
            if 50 <= value <= 100 and match.start("n") not in seen:
                seen.add(match.start("n"))
                yield Measure("spo2_pct", value, match.start(), match.end())


@cache
def _pain() -> tuple[re.Pattern[str], ...]:
    file = measure_file()
    word, scale = _any(file.pain), _any(file.pain_scale)
    number = r"(?P<n>\d{1,2}(?:\.5)?)"
    out_of = r"\s*(?:/|out\s?of|on|of|over|in|upon|by)\s*(?:a scale of\s*)?(?:10|ten)\b"
    return (
        re.compile(rf"(?<!\w)(?:{word})(?!\w)[^.\n\d]{{0,40}}?{number}{out_of}"),
        re.compile(rf"(?<![\w/]){number}{out_of}[^.\n\d]{{0,20}}?(?:{word})(?!\w)"),
        re.compile(
            rf"(?<!\w)(?:{word})\s*(?:{scale})[\s:=\-]*(?:(?:{_any(file.pain_links)})\s+)*{number}"
            r"(?!\d|\s*(?:days?|weeks?|months?|hours?))"
        ),
        re.compile(rf"(?<!\w)vas\s*(?:score)?[\s:=]*{number}\s*(?:/\s*10)?(?!\d)"),
    )


def pain_scores(doc: Document) -> Iterator[Measure]:
    """Pain scores out of ten."""
    for pattern in _pain():
        for match in pattern.finditer(doc.norm):
            value = float(match["n"])
            if 0 <= value <= 10:
                yield Measure("pain", value, match.start(), match.end())


@cache
def _times() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w.])(?P<n>\d{1,2})(?:\s*(?:-|to|or)\s*(?P<n2>\d{1,2}))?\s*(?:\+|plus)?\s*"
        rf"(?:{_any(measure_file().times)})(?!\w)"
    )


def counts(doc: Document) -> Iterator[Measure]:
    """Numbers of times ("8 times a day", "10 loose motions")."""
    for match in _times().finditer(doc.norm):
        value = max(float(match["n"]), float(match["n2"] or 0))
        yield Measure("times", value, match.start(), match.end())
