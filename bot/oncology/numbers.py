"""Reads measures out of a message: temperature, oxygen, pain score, durations, counts per day.

Numbers are taken with their own words beside them ("spo2 86", "101 F", "9/10"), with the digits
already made plain (Bengali, Arabic and other digits count) by the normaliser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.oncology.text import Document

_WORD_NUMBERS = {
    word: value
    for value, words in enumerate(
        (
            "zero",
            "one a an ek aik uno wahid",
            "two couple do dui deux dos couple",
            "three teen tin tres",
            "four char chaar",
            "five paanch panch pach",
            "six che chhe choy",
            "seven saat sat",
            "eight aath aat",
            "nine nau noy",
            "ten das dosh",
        )
    )
    for word in words.split()
}
_QUANTITY = (
    r"(?:(?P<n>\d{1,4}(?:\.\d)?)\s*(?:(?:-|to|or)\s*(?P<n2>\d{1,3})\s*)?\+?\s*|"
    rf"(?P<word>{'|'.join(sorted(_WORD_NUMBERS, key=len, reverse=True))}|few|several|half)\s+)"
)

_HOURS = {
    "hour": 1.0,
    "day": 24.0,
    "week": 168.0,
    "month": 730.0,
    "year": 8766.0,
}
_UNITS = {
    "hour": "hours? hrs? hr hrs ghante ghanta ghonta ghontar saa sa3a sa3at",
    "day": "days? dys? day din dino dinon diner yom youm ayam ayyam d",
    "week": "weeks? wks? wk hafte hafta shoptaho soptaho soptah usbu3 usboo3 asabee3 haftey",
    "month": "months? mnths? mths? mth mon mnth mahine mahina mahino mash maash mas shahr shuhoor shohor",
    "year": "years? yrs? yr saal sal bochor bosor sana sanah sneen",
}
_UNIT = "|".join(f"(?P<{name}>{'|'.join(words.split())})" for name, words in _UNITS.items())
_TAIL = "ago|back|before|bfore|pehle|pahle|phele|age|agey|earlier|se|theke|thk|dhore|since"
_DURATION = re.compile(
    rf"(?<![\w.]){_QUANTITY}(?:{_UNIT})(?![a-z])(?:\s*(?P<tail>{_TAIL})(?![a-z]))?"
)
_AGO = frozenset(
    ["ago", "back", "before", "bfore", "pehle", "pahle", "phele", "age", "agey", "earlier"]
)
_YESTERDAY = re.compile(
    r"\b(?:since|from|theke|se)\s+(?P<when>day before yesterday|yesterday|last night|parso|two days|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|last week)|"
    r"\b(?P<when2>kal se|kal raat se|parso se|gotokal theke|porshu theke|for a day|whole day|all day|"
    r"a full day|entire day|the whole day|pore ek din|min ams|min embareh|min mbareh|for days|"
    r"many days|several days|few days)\b"
)


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


def durations(doc: Document) -> list[Duration]:
    """Every stretch of time in the message, in order."""
    found = []
    for match in _DURATION.finditer(doc.norm):
        amount = _amount(match["word"] or match["n"])
        if match["n2"]:
            amount = max(amount, float(match["n2"]))
        unit = next(name for name in _HOURS if match[name])
        found.append(Duration(amount * _HOURS[unit], match["tail"] in _AGO, *match.span()))
    for match in _YESTERDAY.finditer(doc.norm):
        found.append(Duration(24.0, False, *match.span()))
    return sorted(found, key=lambda d: d.nstart)


def _amount(text: str) -> float:
    if text in ("few", "several"):
        return 3.0
    if text == "half":
        return 0.5
    return float(_WORD_NUMBERS[text]) if text in _WORD_NUMBERS else float(text)


_FEVER_WORD = (
    r"temp|temps|temperature|temprature|tempreture|temperture|tempr|tmp|fever|fevr|fevar|feaver|febrile|"
    r"bukhar|bukhaar|jor|jorr|jwor|taap|tap|harara|7arara|hararah|fiebre|fievre|thermometer|pyrexia|"
    r"بخار|حراره|الحراره|حرارته|حرارتها|बुखार|জ্বর|температура"
)
_LINK = (
    r"(?:[\s:=\-~,.(]*(?:is|was|of|upto|up to|up|at|around|about|abt|reading|shows?|showing|came|comes|went|"
    r"goes|now|nw|touched|touching|reached|reaching|hit|hitting|above|over|more than|>|high|hai|to|till|"
    r"today|spiked|spiking|going|the|level|running|recorded|measured|almost|nearly|as|a|with|rising|rose|"
    r"still|just|again|only|currently|on|and off|off and|ho|koto|ase|ache|dekhacche|in|body|peaked|par|pe|k|se|ki|since|morning|night|last|this)?)"
)
_DEGREE = r"\s*(?:°|º|deg(?:ree)?s?\.?|'|\*|˚|o(?=\s*[cf]\b))?\s*"
_TEMPERATURE = (
    re.compile(
        rf"(?<!\w)(?:{_FEVER_WORD})(?:{_LINK}){{0,4}}[\s:=\-]*(?P<n>\d{{2,3}}(?:[.,]\d{{1,2}})?)"
        rf"(?P<unit>{_DEGREE}(?:f(?:ah?renheit)?|c(?:elsius|entigrade)?)?)(?![\w/])"
    ),
    re.compile(
        rf"(?<![\w./])(?P<n>\d{{2,3}}(?:[.,]\d{{1,2}})?){_DEGREE}(?P<unit>f(?:ah?renheit)?|"
        r"c(?:elsius|entigrade)?)(?![\w])"
    ),
    re.compile(
        rf"(?<![\w./])(?P<n>\d{{2,3}}(?:[.,]\d{{1,2}})?)(?P<unit>{_DEGREE})"
        rf"(?:plus |\+ ?|ka |ki |ke |of |high |f |c )?(?:{_FEVER_WORD})(?!\w)"
    ),
)
_AFTER_TEMPERATURE = re.compile(
    r"\s*(?:hours?|hrs?|days?|weeks?|months?|years?|yrs?|kg|mg|cycles?|%|st|nd|rd|th|/|bpm|ml)"
)


def temperatures(doc: Document) -> Iterator[Measure]:
    """Body temperatures in degrees Celsius (numbers above 45 are read as Fahrenheit)."""
    seen: set[int] = set()
    for pattern in _TEMPERATURE:
        for match in pattern.finditer(doc.norm):
            place = match.start("n")
            if place in seen or _AFTER_TEMPERATURE.match(doc.norm, match.end()):
                continue
            raw = float(match["n"].replace(",", "."))
            unit = match["unit"].strip(" °º˚'*.deg")
            celsius = raw if raw <= 45 and not unit.startswith("f") else (raw - 32) * 5 / 9
            if 34.0 <= celsius <= 43.0:
                seen.add(place)
                yield Measure("temp_c", round(celsius, 1), match.start(), match.end())


_OXYGEN_WORD = (
    r"sp\s?o\s?2|spo2|sao2|so2|o2|0\s?2|oxygen|oxigen|oxygin|oxyen|oxymeter|oximeter|sats?|saturation|"
    r"pulse ox|oxi|ox level|oxy|oxijen|oksijen|अक्सीजन|ऑक्सीजन|অক্সিজেন|آکسیجن|اکسجین|الاکسجین|الاوکسجین|اوکسجین|кислород|сатурация|氧饱和度|血氧"
)
_OXYGEN = (
    re.compile(
        rf"(?<!\w)(?:{_OXYGEN_WORD})(?:\s*(?:sat|sats|saturation|saturations|levels?|lvl|stats?|value|count|reading|percentage|percent))?"
        r"[\s:=\-~,.(>]*(?:(?:is|was|are|of|at|around|about|abt|reading|shows?|showing|came|now|dropped|drop|dropping|drops|fell|falling|fallen|"
        r"down|gone|low|only|to|hai|below|under|less than|<|near|nearly|just|just now|level|went|going|goes|has|have|today|till|upto|up to|ho|gaya|ghata|"
        r"hovering|between|in|the|her|his|still|home|room|air|on|without|support|nw|currently|becomes?|became|kome|ase|ache|par|pe|me|falls?|stays?|staying|maintaining|not|as|very|even|keeps)[\s:=\-~,.(]*){0,6}"
        r"(?P<n>\d{2,3})(?!\d|\.\d{2}|\s*(?:l\b|lt|lit|lpm|ltr|lts|ml|hours?|hrs?|days?|min|years?|kg|mg))"
    ),
    re.compile(
        rf"(?<![\w.])(?P<n>\d{{2,3}})\s*(?:%|percent|per cent)?\s*(?:of |is |was )?(?:{_OXYGEN_WORD}|on room air|room air|on ra\b)(?!\w)"
    ),
)


def oxygen(doc: Document) -> Iterator[Measure]:
    """Oxygen saturations in percent (50 to 100)."""
    seen: set[int] = set()
    for pattern in _OXYGEN:
        for match in pattern.finditer(doc.norm):
            value = float(match["n"])
            if 50 <= value <= 100 and match.start("n") not in seen:
                seen.add(match.start("n"))
                yield Measure("spo2_pct", value, match.start(), match.end())


_PAIN_WORD = r"pains?|pian|dard|betha|byatha|batha|vetha|ache|agony|alam|waja3|waga3|taklif|dolor|दर्द|ব্যথা|درد|الم|وجع|headache|backache"
_PAIN = (
    re.compile(
        rf"(?<!\w)(?:{_PAIN_WORD})(?:\s*(?:score|scale|level|lvl|rating|intensity|severity))?[^.\n\d]{{0,30}}?(?P<n>\d{{1,2}}(?:\.5)?)\s*"
        r"(?:/|out\s?of|on|of|over|in|upon|by)\s*(?:a scale of\s*)?(?:10|ten)\b"
    ),
    re.compile(
        rf"(?<![\w/])(?P<n>\d{{1,2}}(?:\.5)?)\s*(?:/|out\s?of|on|of|upon|over)\s*(?:10|ten)\b[^.\n\d]{{0,20}}?(?:{_PAIN_WORD})(?!\w)"
    ),
    re.compile(
        rf"(?<!\w)(?:{_PAIN_WORD})\s*(?:score|scale|level|lvl|rating|intensity|severity)[\s:=\-]*(?:is|of|was|at|around|about|now|like|almost|nearly|on|scale|has|reached|gone|up|to|\s)*(?P<n>\d{{1,2}})(?!\s*(?:days?|weeks?|months?|hours?|\d))"
    ),
    re.compile(r"(?<!\w)vas\s*(?:score)?[\s:=]*(?P<n>\d{1,2})\s*(?:/\s*10)?(?!\d)"),
)


def pain_scores(doc: Document) -> Iterator[Measure]:
    """Pain scores out of ten."""
    for pattern in _PAIN:
        for match in pattern.finditer(doc.norm):
            value = float(match["n"])
            if 0 <= value <= 10:
                yield Measure("pain", value, match.start(), match.end())


_PER_DAY = re.compile(
    r"(?<![\w.])(?P<n>\d{1,2})(?:\s*(?:-|to|or)\s*(?P<n2>\d{1,2}))?\s*(?:\+|plus)?\s*(?:times|time|x|tims|tyms|episodes?|motions?|loose motions?|stools?|"
    r"loose stools?|watery stools?|baar|bar|martaba|bari|marrat|maraat|mrat|dast|watery motions?)(?!\w)"
    r"(?P<per>\s*(?:of diarrh?o?ea |daily|a day|per day|in a day|/ ?day|every day|day|today|since|in 24|in last|a night|in one day|loose|din|dine|roz|in the|yesterday|of|diarrh|already|last|hocche|hochhe|jachhe|so far|bil|ho|aa|he|she|fi|din mein|watery|motions|stools|toilet|with blood)?)"
)


def counts(doc: Document) -> Iterator[Measure]:
    """Numbers of times ("8 times a day", "10 loose motions")."""
    for match in _PER_DAY.finditer(doc.norm):
        value = max(float(match["n"]), float(match["n2"] or 0))
        yield Measure("times", value, match.start(), match.end())
