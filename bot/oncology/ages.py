"""Finds the patient's age: "72yrs", "45/F", "born 1961", "8 mo old", "fifty five years old".

Lengths of time ("diabetic for 10 years") are no ages, and of several ages the patient's counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.oncology.beside import ages_beside_people
from bot.oncology.context import Context
from bot.oncology.patient import patient_kin
from bot.oncology.reading import Mention
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document

_AGE_UNIT = (
    r"(?:years?|yrs?|yr|y|yo|saal|sal|bochor|bosor|bochhor|ans|anos|sana|sanah|saneh|سنه|عام|سال|"
    r"वर्ष|साल|বছর|বছরের|лет|года|год|岁|tahun|yas|yasinda|miaka)"
)
_OLD = (
    r"(?:old|of age|age|aged|o|ka|ki|ke|er|boyos|umar|m|f|male|female|man|woman|lady|gentleman|"
    r"boy|girl|patient|child|kid)"
)
AGE_FORMS = (
    # "45 years old", "72 yr old", "45 y/o", "45yo"
    re.compile(rf"(?<![\w.])(?P<n>\d{{1,3}})\s*-?\s*{_AGE_UNIT}\.?[\s\-/,]*{_OLD}(?![\w])"),
    # "aged 45", "age: 45", "umar 45", "boyosh 45"
    re.compile(
        r"(?<!\w)(?:age|aged|ages|umar|umr|umur|boyos|boyosh|bayas|edad|edat|omr|3omr|omro|3omro|"
        r"umri|umra|عمر|عمره|عمرها|عمری|उम्र|বয়স|возраст|年龄|yas|yasi|vayasu)\b"
        r"(?:\s*(?:is|of|:|=|-|hai|about|around|abt|approx|approximately|nearly|almost|ho|at|her|"
        r"his|my|the|now|group)\b)*[\s:=\-,.]*(?P<n>\d{1,3})(?!\s*(?:months?|mo\b|weeks?|days?))(?!\d)"
    ),
    # "45M", "45/F", "45 F", "M/45", "F 45", "male 45", "45 male"
    re.compile(
        r"(?<![\w./+])(?P<n>\d{2,3}|\d(?=\s*(?:/|male|female)))\s*[/\-]?\s*,?\s*"
        r"(?P<sex>(?<!, )(?:m|f)|male|female|man|woman|lady|boy|girl)(?![\w/])(?!-)"
    ),
    re.compile(
        r"(?<![\w/'’])(?<!\bi )(?P<sex>(?:m|f)(?=\s*[/\-,: ]\s*\d{2})|male|female|man|woman|lady|"
        r"gentleman|boy|girl)\s*[/\-,:]?\s*(?P<n>\d{1,3})"
        r"(?![\d./%]|\s*(?:cycles?|days?|months?|weeks?|cm|mm|kg|mg|years? (?:ago|back)))"
    ),
    # "uncle Carlos, 62, stomach cancer"
    re.compile(r"(?<=[a-z]),\s+(?P<n>\d{2})\s*(?:yrs?|years|y|m|f)?,(?!\s*\d)"),
    # "... remission. 52, Lima": a number that is a sentence of its own
    re.compile(r"(?<=[a-z)][.!\n])\s*(?P<n>[2-9]\d)(?=\s*(?:[.,!\n]\s|[.,!]?$))"),
    # "is 62", "I am 45", "mother 62" only when nothing else follows the number
    re.compile(
        r"(?<!\w)(?:(?:he|she|i|patient|pt|mother|father|mum|mom|dad|papa|wife|husband|son|daughter|"
        r"brother|sister|who|amma|baba|ji|age)\s+is|am|i am|im|i'm|he's|she's|turned|turning|shes|"
        r"hes)\s+"
        r"(?:now |just |only |about |around |almost |nearly |a )?(?P<n>\d{1,3})"
        r"(?=\s*(?:$|[,.;!\n]|and\b|with\b|from\b|has\b|had\b|diagnosed\b"
        r"|in\b|years\b|living\b|male\b|female\b|now\b|who\b))"
    ),
)
_BARE_YEARS = re.compile(rf"(?<![\w./])(?P<n>\d{{1,3}})\s*-?\s*{_AGE_UNIT}(?![\w])")
_NOT_AGE_BEFORE = re.compile(
    r"(?:for|since|last|past|after|in|within|over|next|every|from|smok\w*|diabet\w*|before|about|"
    r"than|to|of|upto|survived|survival|live|lived|hypertension|htn|dm|bp|sugar|took|took for|"
    r"treatment|remission|\d\s*-)\s*(?:the |last |past |about |around |almost |nearly |"
    r"more than |only )*$"
)
_NOT_AGE_AFTER = re.compile(
    r"\s*(?:ago|back|later|before|since|pehle|pahle|phele|age\b(?! )|agey|after|of (?!age)|se\b|"
    r"theke|now|remission|survival|disease|treatment|gap|earlier|smok|pack|in remission|without|"
    r"on |baad|por|prior|previous|hist|h/o|followed)"
)
_MONTHS = re.compile(
    r"(?<![\w.])(?P<n>\d{1,2})\s*-?\s*(?:months?|mnths?|mths?|mo|mahine|mash|maas)[\s\-]*"
    r"(?:old|of age|ka bacha|ki bachi|baby|infant|child|boy|girl|male|female)"
)
_BABY = re.compile(
    r"(?:baby|infant|newborn|son|daughter|child|boy|girl|age|aged)\D{0,12}?(?P<n>\d{1,2})\s*"
    r"(?:months?|mo|mnths?|mths?)(?!\s*(?:ago|back|of))\b"
)
_BORN = re.compile(
    r"(?:born|dob|date of birth|birth year|year of birth|d\.o\.b\.?|birthday|birthdate)\b"
    r"[^\d\n]{0,14}"
    r"(?:\d{1,2}[\s/.\-](?:\d{1,2}|[a-z]{3,9})[\s/.\-,]*)?(?:[a-z]{3,9}\s+(?:\d{1,2},?\s+)?)?"
    r"(?P<n>(?:19|20)\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class _Age:
    years: int
    nstart: int
    nend: int
    months: int | None = None
    confidence: float = 1.0


def read_age(context: Context, asks: str | None) -> Iterator[Mention]:
    doc = context.doc
    found = [a for a in _ages(context, asks) if _is_patients(context, a)]
    if not found:
        return
    kin = patient_kin(context)
    if kin is not None and len(found) > 1:
        place = doc.tokens[kin[1]].nstart
        found.sort(key=lambda a: (a.nstart < place, abs(a.nstart - place)))
    age = found[0]
    start, end = doc.origin(age.nstart, age.nend)
    words = doc.words(start, end)
    yield Mention("age_years", age.years, words, start, end, age.confidence)
    if age.months is not None and age.years < 2:
        yield Mention("age_months", age.months, words, start, end, age.confidence)


def _ages(context: Context, asks: str | None) -> Iterator[_Age]:
    doc = context.doc
    text = doc.norm
    for pattern in (_MONTHS, _BABY):
        for match in pattern.finditer(text):
            months = int(match["n"])
            if months <= 35:
                yield _Age(months // 12, match.start("n"), match.end(), months)
                return
    for match in _BORN.finditer(text):
        years = date.today().year - int(match["n"])  # noqa: DTZ011 - a year, no zone matters
        if 0 <= years <= 110:
            yield _Age(years, *match.span(), confidence=0.9)
            return
    seen = False
    for pattern in AGE_FORMS:
        for match in pattern.finditer(text):
            years = int(match["n"])
            if 0 < years <= 110 and not _is_duration(text, match) and not _is_fever(match):
                seen = True
                yield _Age(years, match.start("n"), match.end())
        if seen:
            return
    for years, at in ages_beside_people(context):
        seen = True
        yield _Age(years, doc.tokens[at].nstart, doc.tokens[at].nend, confidence=0.9)
    if seen:
        return
    yield from _bare_years(text)
    if asks == "age_years":
        yield from _answered(text)
    yield from _spelled(doc, asks)


_ONLY_MONTHS = re.compile(r"\s*(?P<n>\d{1,2})\s*(?:months?|mnths?|mths?|mo|mahine|mash)\s*\.?\s*")


def _is_duration(text: str, match: re.Match[str]) -> bool:
    return bool(
        _NOT_AGE_BEFORE.search(text, max(0, match.start() - 30), match.start())
        and re.match(rf"\d+\s*{_AGE_UNIT}\b(?!\s*-?\s*(?:old|o\b))", text[match.start("n") :])
    )


def _is_fever(match: re.Match[str]) -> bool:
    """ "102 F" is a temperature, whatever "45 F" may be."""
    return match.groupdict().get("sex") == "f" and int(match["n"]) >= 95


def _bare_years(text: str) -> Iterator[_Age]:
    """ "72yrs" without "old": an age when it is no length of time."""
    for match in _BARE_YEARS.finditer(text):
        years = int(match["n"])
        before = text[max(0, match.start() - 30) : match.start()]
        if _NOT_AGE_BEFORE.search(before) or _NOT_AGE_AFTER.match(text, match.end()):
            continue
        if 18 <= years <= 110 or (
            years and match.start() == 0 and match.end() == len(text.strip())
        ):
            yield _Age(years, *match.span(), confidence=0.9)
            return


def _spelled(doc: Document, asks: str | None) -> Iterator[_Age]:
    """ "Fifty five years old"."""
    for index in range(len(doc.tokens)):
        read = number_at(doc, index)
        if read is None:
            continue
        value, last = read
        follows = [t.text for t in doc.tokens[last : last + 3]]
        before = doc.tokens[index - 1].text if index else ""
        told = before in ("age", "aged") or (
            follows[:1] and follows[0] in ("years", "year", "yrs", "yr") and "old" in follows
        )
        if (
            told or (asks == "age_years" and len(doc.tokens) - (last - index) <= 3)
        ) and value <= 110:
            yield _Age(int(value), doc.tokens[index].nstart, doc.tokens[last - 1].nend)
            return


_ANSWER = re.compile(
    r"^\D{0,34}?(?<![\d.])(?P<n>\d{1,3})\s*(?:\+|ish|years?|yrs?|y|yr|saal|bochor|plus)?[\s.!)]*\D{0,12}$"
)


def _answered(text: str) -> Iterator[_Age]:
    months = _ONLY_MONTHS.fullmatch(text)
    if months:
        yield _Age(int(months["n"]) // 12, *months.span(), months=int(months["n"]))
        return
    match = _ANSWER.match(text.strip())
    if match and int(match["n"]) <= 110:
        offset = len(text) - len(text.lstrip())
        yield _Age(int(match["n"]), match.start("n") + offset, match.end("n") + offset)


def _is_patients(context: Context, age: _Age) -> bool:
    """Whether an age is the patient's, not the writer's or another relative's."""
    doc = context.doc
    token = doc.token_at(age.nstart)
    if token >= len(doc.tokens) or context.owners.is_other(token):
        return False
    kin = patient_kin(context)
    here = context.sentence(token)
    people = context.cues_in(here.first, token, "kin", "self", "pronoun", "patient")
    if not people:
        return True
    nearest = people[-1]
    if "kin" in nearest.value and kin is not None:
        name = " ".join(doc.tokens[i].text for i in range(nearest.first, nearest.last))
        return name == kin[0] or nearest.first == kin[1]
    if "self" in nearest.value and kin is not None:
        subject = doc.tokens[nearest.first].text in ("i", "im", "iam", "i am")
        return not subject
    return True


def age_and_sex(text: str) -> re.Match[str] | None:
    """ "45/F" and the like in a normalised text; groups `n` and `sex`."""
    for form in AGE_FORMS[2:4]:
        match = form.search(text)
        if match and 0 < int(match["n"]) <= 110:
            return match
    return None
