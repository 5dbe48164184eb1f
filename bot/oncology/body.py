"""Reads measures of the body: ejection fraction, Child-Pugh, weight, height, recent operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from bot.oncology.context import assess
from bot.oncology.numbers import durations
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

_RECENT_DAYS = 43

_IS = (
    r"[\s:=\-(]*(?:(?:is|was|of|about|around|now|only|approx|just|came|low|at|score|level|class)"
    r"[\s:=\-]*){0,3}"
)
_EF = re.compile(
    rf"(?<!\w)(?:lvef|l\.v\.e\.f|ef|ejection fraction){_IS}(?P<n>\d{{2}})(?!\d|\.\d{{2}})\s*%?"
)
_CHILD = re.compile(
    r"(?<!\w)(?:(?:child[\s\-]*(?:turcotte[\s\-]*)?pugh|cp|ctp)\b[\s:=\-]*"
    r"(?:(?:score|class|grade|status|stage|is|was|of)[\s:=\-]*){0,3}|"
    r"child\b[\s:=\-]*(?:(?:score|class|grade)[\s:=\-]*){1,2}|child[\s\-]?(?=[bc]\b)|child-(?=a\b))(?:(?P<class>[abc])[\s\-(]*(?P<s1>\d{1,2})?|(?P<s2>\d{1,2}))"
    r"(?!\w|\s*(?:mg|months|years))"
)
_KG = re.compile(
    r"(?<!\w)(?:(?:weight|wt|weighs|weighing|weigh|ojon|wajan|vajan|wazan|wazn|peso)[\s:=\-]*"
    r"(?:(?:is|now|about|around|of|only|just|currently|approx)[\s:=\-]*){0,3}(?P<n>\d{2,3}(?:\.\d)?)\s*(?:kgs?|kilos?|kg\.)?(?![\d%])|"
    r"(?P<n2>\d{2,3}(?:\.\d)?)\s*(?:kgs?|kilos?|kilograms?)(?!\w))"
)
_LOST_KG = re.compile(
    r"(?:lost|lose|losing|loss of|reduced|dropped|down|weight loss(?: of)?|gained|gain)\W+"
    r"(?:\w+\W+){0,3}?$"
)
_CM = re.compile(
    r"(?<!\w)(?:(?:height|ht|tall)[\s:=\-]*(?:is|of|about)?[\s:=\-]*(?P<n>1\d\d)\s*(?:cms?)?|"
    r"(?P<n2>1\d\d)\s*cms?(?:\s*tall)?)(?!\d)"
)
_FEET = re.compile(
    r"(?<!\w)(?:height|ht)[\s:=\-]*(?:is|of)?\s*(?P<f>[3-7])\s*(?:feet|foot|ft|')\s*(?P<i>\d{1,2})?"
)
_LOSS_PCT = re.compile(
    r"(?:lost|loss of|lose|losing|weight loss(?: of)?)\W{0,3}(?:about |around |almost )?"
    r"(?P<n>\d{1,2})\s*(?:%|percent|per cent)"
    r"(?:\W{0,3}(?:of )?(?:his |her |my |body )*(?:weight|wt))?"
)
_LOSS_KG = re.compile(
    r"(?:lost|loss of|lose|losing|weight loss(?: of)?|reduced|dropped)\W{0,3}"
    r"(?:about |around |almost |weight |of |by )*(?P<n>\d{1,2})\s*(?:kgs?|kilos?)"
)
_WEEKS_PREGNANT = re.compile(
    r"(?P<n>\d{1,2})\s*(?P<unit>weeks?|wks?|months?|mnths?)\s*(?:of\s+)?(?:pregnant|pregnancy|pregnent)"
)

Check = Callable[[re.Match[str]], object | None]


def _first(match: re.Match[str], *names: str) -> float:
    return float(next(match[name] for name in names if match[name]))


def _between(low: float, high: float, *names: str) -> Check:
    def check(match: re.Match[str]) -> object | None:
        value = _first(match, *names)
        value = int(value) if value == int(value) else value
        return value if low <= value <= high else None

    return check


def _child(match: re.Match[str]) -> object | None:
    if match["class"]:
        return match["class"].upper()
    score = int(match["s2"])
    if not 5 <= score <= 15:
        return None
    return "A" if score <= 6 else "B" if score <= 9 else "C"


def _kilograms(match: re.Match[str]) -> object | None:
    before = match.string[max(0, match.start() - 40) : match.start()]
    if _LOST_KG.search(before) or re.search(r"(?:lost|loss)\W*$", before):
        return None
    return _between(2, 300, "n", "n2")(match)


def _centimetres(match: re.Match[str]) -> object:
    inches = int(match["f"]) * 12 + int(match["i"] or 0)
    return round(inches * 2.54)


def _weeks(match: re.Match[str]) -> object | None:
    weeks = int(match["n"]) * (4 if match["unit"].startswith("m") else 1)
    return weeks if weeks <= 45 else None


_MEASURES: tuple[tuple[str, re.Pattern[str], Check], ...] = (
    ("lvef_pct", _EF, _between(10, 80, "n")),
    ("child_pugh", _CHILD, _child),
    ("weight_loss_pct", _LOSS_PCT, _between(1, 60, "n")),
    ("weight_kg", _KG, _kilograms),
    ("height_cm", _CM, _between(100, 199, "n", "n2")),
    ("height_cm", _FEET, _centimetres),
    ("pregnancy_weeks", _WEEKS_PREGNANT, _weeks),
)


def read_body(doc: Document, asks: str | None) -> Iterable[Mention]:
    """lvef_pct, child_pugh, weight_kg, height_cm, weight_loss_pct, recent_procedures."""
    found = list(_measures(doc))
    found.extend(_loss(doc, found))
    found.extend(_procedures(doc))
    return found


def _measures(doc: Document) -> Iterator[Mention]:
    done: set[str] = set()
    for fact, pattern, check in _MEASURES:
        for match in pattern.finditer(doc.norm):
            first, last = doc.token_span(*match.span())
            if fact in done or last <= first or assess(doc, first, last).other_person:
                continue
            value = check(match)
            if value is not None:
                done.add(fact)
                start, end = doc.origin(*match.span())
                yield Mention(fact, value, doc.words(start, end), start, end, 0.95)


def _loss(doc: Document, found: list[Mention]) -> Iterator[Mention]:
    """Weight lost in percent, from kilograms lost and the weight now."""
    weight = next((m.value for m in found if m.fact == "weight_kg"), None)
    match = _LOSS_KG.search(doc.norm)
    if match and weight and not any(m.fact == "weight_loss_pct" for m in found):
        lost = float(match["n"])
        start, end = doc.origin(*match.span())
        percent = round(100 * lost / (weight + lost))
        if percent <= 60:
            yield Mention("weight_loss_pct", percent, doc.words(start, end), start, end, 0.8)


def _procedures(doc: Document) -> Iterator[Mention]:
    """Operations and procedures of the last six weeks, with the days since."""
    spans = [s for s in durations(doc) if s.ago]
    for hit in treatment_hits(doc) if spans else ():
        if hit.value.modality not in ("surgery", "procedure"):
            continue
        said = assess(doc, hit.first, hit.last)
        if not said.present or said.asked:
            continue
        for span in spans:
            first, _ = doc.token_span(span.nstart, span.nend)
            days = round(span.hours / 24)
            if 0 <= first - hit.last <= 4 and days < _RECENT_DAYS:
                item = {"type": hit.value.name, "days": days}
                yield Mention(
                    "recent_procedures", item, doc.words(hit.start, hit.end), hit.start, hit.end
                )
                break
