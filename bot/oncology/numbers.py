"""Reads measures out of a message: temperature, oxygen, pain score, durations, numbers of times.

Numbers are taken with their own words beside them ("spo2 86", "101 F", "9/10"); the words are
data (`knowledge/measures.yml`). Digits of any script are already plain here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
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
    ago_before: tuple[str, ...]
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
    oxygen_meters: tuple[str, ...]
    before_temperature: frozenset[str]
    has_temperature: frozenset[str]
    not_temperature: frozenset[str]
    units_of_other: frozenset[str]
    after_bare: frozenset[str]
    at_present: frozenset[str]
    weather: frozenset[str]
    calcium: tuple[str, ...]
    potassium: tuple[str, ...]
    glucose: tuple[str, ...]
    breathing_rate: tuple[str, ...]


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
        rf"(?P<word>{_any(_amounts())})\s+)(?P<half>(?:and|n|&)\s*(?:a\s+)?half\s+)?(?:{unit})(?!\w)"
        r"(?P<more>\s+(?:and|n|&)\s+(?:a\s+)?half(?!\w))?"
        rf"(?:\s*(?P<tail>{_any([*file.ago, *file.lasting])})(?!\w))?"
    )


@cache
def _a_day() -> re.Pattern[str]:
    file = measure_file()
    return re.compile(
        rf"(?<!\w)(?:(?:since|from|theke|se)\s+(?:{_any(file.a_day_after_since)})|"
        rf"(?:{_any(set(file.a_day) - set(file.a_day_after_since))}))(?!\w)"
    )


@cache
def _ago_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any(measure_file().ago_before)})$")


def durations(doc: Document) -> list[Duration]:
    """Every stretch of time in the message, in order; worked out once."""
    known = doc.memory.get("durations")
    if not isinstance(known, list):
        known = doc.memory["durations"] = _durations(doc)
    return known


def _durations(doc: Document) -> list[Duration]:
    found: list[Duration] = []
    for match in _duration().finditer(doc.norm):
        amount = _amounts()[match["word"]] if match["word"] else float(match["n"])
        if match["n2"]:
            amount = max(amount, float(match["n2"]))
        amount += 0.5 if match["half"] or match["more"] else 0.0
        unit = next(name for name in _HOURS if match[name])
        before = doc.norm[: match.start()].rstrip()
        ago = match["tail"] in measure_file().ago or bool(_ago_before().search(before))
        found.append(Duration(amount * _HOURS[unit], ago, *match.span()))
    found += [Duration(_DAY, False, *match.span()) for match in _a_day().finditer(doc.norm)]
    return sorted(found, key=lambda d: d.nstart)


def _once(doc: Document, kind: str, read: Callable[[Document], Iterator[Measure]]) -> list[Measure]:
    """The measures of one kind, worked out once for all who ask."""
    known = doc.memory.get(kind)
    if not isinstance(known, list):
        known = doc.memory[kind] = list(read(doc))
    return known


_DEGREE = r"\s*(?:°|º|deg(?:ree)?s?\.?|'|\*|˚|o(?=\s*[cf]\b))?\s*"
_READING = r"(?P<n>\d{2,3}(?:[.,]\d{1,2})?)"
_SCALE = r"(?:f(?:ah?renheit)?|c(?:elsius|entigrade)?)"


@cache
def _temperature_patterns() -> tuple[re.Pattern[str], ...]:
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


def temperatures(doc: Document) -> list[Measure]:
    """Body temperatures in degrees Celsius (numbers above 45 are read as Fahrenheit)."""
    return _once(doc, "temperatures", _temperatures)


def _temperatures(doc: Document) -> Iterator[Measure]:
    seen: set[int] = set()
    for pattern in _temperature_patterns():
        for match in pattern.finditer(doc.norm):
            if match.start("n") in seen:
                continue
            if _of_the_weather(doc, match):
                continue
            raw = float(match["n"].replace(",", "."))
            fahrenheit = raw > 45 or match["unit"].strip(" °º˚'*.deg").startswith("f")
            celsius = (raw - 32) * 5 / 9 if fahrenheit else raw
            if 34.0 <= celsius <= 43.0:
                seen.add(match.start("n"))
                yield Measure("temp_c", round(celsius, 1), match.start(), match.end())
    for match in _BARE.finditer(doc.norm):
        if match.start() not in seen and _is_temperature(doc, match):
            raw = float(match.group().replace(",", "."))
            celsius = (raw - 32) * 5 / 9 if raw > 45 else raw
            yield Measure("temp_c", round(celsius, 1), match.start(), match.end())


def _of_the_weather(doc: Document, match: re.Match[str]) -> bool:
    """ "The temperature here is 40 degrees outside": nobody's fever."""
    around = doc.norm[max(0, match.start() - 20) : match.end() + 30]
    return not measure_file().weather.isdisjoint(_WORDS.findall(around))


# "Now 38.9", "he has 102": a fever without the word.
_BARE = re.compile(
    r"(?<![\w./,])(?:3[67][.,]\d|(?:3[89]|4[01])(?:[.,]\d)?|10[0-5](?:[.,]\d)?)(?![\w%/]|[.,]\d|\s*(?:[%/x]|-\s?\d))"
)
_WORDS = re.compile(r"[^\W\d_]+")


def _is_temperature(doc: Document, match: re.Match[str]) -> bool:
    """Whether a number alone is a body temperature, by the words before and behind it."""
    file = measure_file()
    before = doc.norm[max(0, match.start() - 40) : match.start()]
    words = _WORDS.findall(before)[-4:]
    if not file.not_temperature.isdisjoint(words):
        return False
    following = _WORDS.match(doc.norm[match.end() : match.end() + 20].lstrip(" "))
    behind = following.group() if following else ""
    if behind in file.units_of_other:
        return False
    parted = not before.strip() or before.rstrip()[-1] in ",.;:-\n("
    if "." in match.group() or "," in match.group():
        return parted or (bool(words) and words[-1] in file.before_temperature)
    if behind and behind not in file.after_bare:
        return False
    hot = float(match.group()) > 45
    allowed = file.before_temperature if hot else file.has_temperature
    return not parted and bool(words) and words[-1] in allowed and float(match.group()) != 100


@cache
def _oxygen_patterns() -> tuple[re.Pattern[str], ...]:
    file = measure_file()
    word = _any(file.oxygen)
    link = rf"(?:[\s:=\-~,.(><]*(?:{_any(file.oxygen_links)})(?!\w))"
    meter = _any(file.oxygen_meters)
    return (
        re.compile(
            rf"(?<!\w)(?:{meter})(?:[\s:=\-~(><]+[^\W\d_]+){{0,4}}[\s:=\-~(><]+(?P<n>\d{{2,3}})"
            rf"(?!\d|\.\d{{2}}|\s*(?:{_any(file.after_oxygen)})(?!\w))"
        ),
        re.compile(
            rf"(?<!\w)(?:{word}){link}{{0,7}}[\s:=\-~,.(><]*(?P<n>\d{{2,3}})"
            rf"(?!\d|\.\d{{2}}|\s*(?:{_any(file.after_oxygen)})(?!\w))"
        ),
        re.compile(
            r"(?<![\w./])(?P<n>\d{2,3})\s*(?:%|percent|per cent)?\s*(?:of |is |was |for |de )?"
            rf"(?:{word}|{_any(file.room_air)})(?!\w|[\s:=]*(?:is|was)?\s*\d{{2}})"
        ),
    )


def oxygen(doc: Document) -> list[Measure]:
    """Oxygen saturations in percent (50 to 100)."""
    return _once(doc, "oxygen", _oxygen)


def _oxygen(doc: Document) -> Iterator[Measure]:
    seen: set[int] = set()
    for pattern in _oxygen_patterns():
        for match in pattern.finditer(doc.norm):
            value = float(match["n"])
            if 50 <= value <= 100 and match.start("n") not in seen:
                seen.add(match.start("n"))
                yield Measure("spo2_pct", value, match.start(), match.end())
    if not seen and _ANY_OXYGEN.search(doc.norm):
        for match in _METER_SHOWS.finditer(doc.norm):
            seen.add(match.start("n"))
            yield Measure("spo2_pct", float(match["n"]), match.start(), match.end())
    if seen:
        for match in _NOW_OXYGEN.finditer(doc.norm, min(seen)):
            if match.start("n") not in seen:
                yield Measure("spo2_pct", float(match["n"]), match.start(), match.end())


# "On oxygen at home, the machine still reads 83."
_ANY_OXYGEN = re.compile(r"(?<!\w)(?:oxygen|o2|concentrator|oximeter)(?!\w)")
_METER_SHOWS = re.compile(
    r"(?<!\w)(?:reads|reading|shows|showing|still)\s+(?:only |just |at )?(?P<n>[6-9]\d)"
    r"(?!\w|[./]\d|\s*(?:kg|mg|year|month|day|l\b))"
)

# "It was 88 in the morning, now 97": the second number has no word of its own.
_NOW_OXYGEN = re.compile(
    r"(?<!\w)now(?: it)?(?: is| at| up to| back to| around)?\s+(?P<n>[89]\d|100)"
    r"(?![\w./]|\s*(?:kg|mg|years))"
)


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
        re.compile(rf"(?<!\w)(?:{scale})\s*{number}\s+(?:{word})(?!\w)"),
        re.compile(rf"(?<!\w)vas\s*(?:score)?[\s:=]*{number}\s*(?:/\s*10)?(?!\d)"),
    )


def pain_scores(doc: Document) -> list[Measure]:
    """Pain scores out of ten."""
    return _once(doc, "pain_scores", _pain_scores)


def _pain_scores(doc: Document) -> Iterator[Measure]:
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


def vital_numbers(doc: Document) -> Iterator[Measure]:
    """Calcium and glucose in mg/dl, potassium in mmol/l, breaths a minute, beside their names."""
    for kind, pattern in _vital().items():
        for match in pattern.finditer(doc.norm):
            value = float(match["n"].replace(",", "."))
            if kind == "calcium" and value < _MOLAR_CALCIUM:
                value *= _MG_PER_MMOL
            yield Measure(kind, value, match.start(), match.end())


_MOLAR_CALCIUM = 5.0  # no calcium in mg/dl is so low
_MG_PER_MMOL = 4.008


@cache
def _vital() -> dict[str, re.Pattern[str]]:
    file = measure_file()
    number = r"(?:[\s:=\-~,(><]+[^\W\d_]+){0,4}?[\s:=\-~,(><]*(?P<n>\d{1,3}(?:[.,]\d{1,2})?)"
    other = r"(?![\w%])(?!\s*(?:mg(?!/)|g|tab|year|yr|month|day|week|hour)s?\b)"
    named = {
        "calcium": file.calcium,
        "potassium": file.potassium,
        "glucose": file.glucose,
        "breathing_rate": file.breathing_rate,
    }
    return {
        kind: re.compile(rf"(?<!\w)(?:{_any(names)})(?!\w){number}{other}")
        for kind, names in named.items()
    }
