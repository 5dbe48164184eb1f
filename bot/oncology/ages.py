"""Finds the patient's age: "72yrs", "45/F", "born 1961", "8 mo old", "fifty five years old".

Lengths of time ("diabetic for 10 years") are no ages, and of several ages the patient's counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from bot.oncology.age_forms import (
    AGE_UNIT,
    ANSWER,
    BABY,
    BARE_YEARS,
    BIRTH_YEAR,
    BORN,
    FORMS,
    HAN_DIGITS,
    HAN_YEARS,
    MONTHS,
    NOT_AGE_AFTER,
    NOT_AGE_BEFORE,
    NOT_YET,
    ONLY_MONTHS,
    SINCE_FOUND,
    SINCE_THEN,
)
from bot.oncology.asked import asked_file
from bot.oncology.beside import ages_beside_people
from bot.oncology.context import Context
from bot.oncology.lone_ages import is_measure, lone_ages, only_age
from bot.oncology.other_ages import is_childs, is_no_age_of_now
from bot.oncology.own_ages import own_ages
from bot.oncology.patient import patient_kin
from bot.oncology.people_words import people_file, same_relative
from bot.oncology.reading import Mention
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

# "When I was 12, mother died".
_AT_THAT_TIME = re.compile(r"\bwhen (?:i|he|she|we|they|you) (?:was|were) (?:only |just |about )?$")
_TAKEN_BACK = re.compile(
    r"\b(?:sorry|i mean|i meant|correction|mistake|actually|wrong|perdon|pardon)\b"
)


@dataclass(frozen=True, slots=True)
class _Age:
    years: int
    nstart: int
    nend: int
    months: int | None = None
    confidence: float = 1.0


def read_age(context: Context, asks: str | None, role: str | None = None) -> Iterator[Mention]:
    """`age_years`; `role` is the writer's, for an own age is the patient's only of a patient."""
    doc = context.doc
    own = [_own(context)] if role == "patient" else []
    told = (
        [age for age in group if _is_patients(context, age, role)] for group in _ages(context, asks)
    )
    kept = ([age for age in ages if _is_of_now(doc, age, role)] for ages in chain(own, told))
    found = next((ages for ages in kept if ages), [])
    if not found:
        return
    kin = None if role == "patient" else patient_kin(context)
    if kin is not None and len(found) > 1:
        place = doc.tokens[kin[1]].nstart
        found.sort(key=lambda a: (a.nstart < place, abs(a.nstart - place)))
    age = _corrected(context, found)
    start, end = doc.origin(age.nstart, age.nend)
    words = doc.words(start, end)
    yield Mention("age_years", age.years, words, start, end, age.confidence)
    if age.months is not None and age.years < 2:
        yield Mention("age_months", age.months, words, start, end, age.confidence)


def _is_of_now(doc: Document, age: _Age, role: str | None) -> bool:
    """Whether it is an age of now, and not that of the writer's child."""
    if is_no_age_of_now(doc.norm, age.nstart, age.nend):
        return False
    return role != "patient" or not is_childs(doc.norm, age.nstart, age.nend)


def _corrected(context: Context, found: list[_Age]) -> _Age:
    """The first one, unless another takes it back ("52F ... no sorry 32F")."""
    words = context.doc.norm
    for later in found[1:]:
        if _TAKEN_BACK.search(words[found[0].nend : later.nstart]):
            return later
    return found[0]


def _own(context: Context) -> list[_Age]:
    tokens = context.doc.tokens
    return [
        _Age(years, tokens[first].nstart, tokens[last - 1].nend, confidence=0.95)
        for years, first, last in own_ages(context)
    ]


def _ages(context: Context, asks: str | None) -> Iterator[list[_Age]]:
    """Ages by form, the surest form first."""
    doc = context.doc
    text = doc.norm
    for finder in (_months, _born, _told_twice, _han):
        yield list(finder(text))
    yield from _written(text)
    yield [
        _Age(years, doc.tokens[first].nstart, doc.tokens[last - 1].nend, confidence=0.9)
        for years, first, last in ages_beside_people(context)
    ]
    yield list(_loosely(context, asks))


def _loosely(context: Context, asks: str | None) -> Iterator[_Age]:
    doc = context.doc
    yield from _bare_years(context)
    if asks == "age_years":
        yield from _answered(context)
    elif not _asks_a_number(asks):
        for years, first, last in lone_ages(context):
            start, end = doc.tokens[first].nstart, doc.tokens[last - 1].nend
            yield _Age(years, start, end, confidence=0.8)
    yield from _spelled(doc, asks)


def _months(text: str) -> Iterator[_Age]:
    for pattern in (MONTHS, BABY):
        for match in pattern.finditer(text):
            months = int(match["n"])
            if months <= 35:
                yield _Age(months // 12, match.start("n"), match.end(), months)
                return


def _born(text: str) -> Iterator[_Age]:
    today = date.today()  # noqa: DTZ011 - a day more or less does not matter
    for match in BORN.finditer(text):
        years = today.year - int(match["n"])
        if match["month"] and (today.month, today.day) < (int(match["month"]), int(match["day"])):
            years -= 1
        if 0 <= years <= 110:
            yield _Age(years, *match.span(), confidence=0.9)
            return


def _told_twice(text: str) -> Iterator[_Age]:
    """ "Diagnosed at 34, now 41" and "she will be 8 in June"."""
    for pattern, less in ((SINCE_THEN, 0), (SINCE_FOUND, 0), (NOT_YET, 1)):
        for match in pattern.finditer(text):
            years = int(match["n"]) - less
            if 0 < years <= 110:
                yield _Age(years, match.start("n"), match.end("n"), confidence=0.9)
                return


def _han(text: str) -> Iterator[_Age]:
    """ "七十一岁"."""
    for match in HAN_YEARS.finditer(text):
        tens, ones = match["tens"] or "", (match["ones"] or "").replace("两", "二")
        years = HAN_DIGITS.find(ones) + 1 if ones else 0
        if tens:
            years += 10 * (HAN_DIGITS.find(tens[0]) + 1 or 1)
        if years:
            yield _Age(years, *match.span(), confidence=0.95)


def _written(text: str) -> Iterator[list[_Age]]:
    for pattern in FORMS:
        yield [
            _Age(int(match["n"]), match.start("n"), match.end())
            for match in pattern.finditer(text)
            if 0 < int(match["n"]) <= 110 and not _is_duration(text, match) and not _is_fever(match)
        ]


def _is_duration(text: str, match: re.Match[str]) -> bool:
    return bool(
        NOT_AGE_BEFORE.search(text, max(0, match.start() - 30), match.start())
        and re.match(rf"\d+\s*{AGE_UNIT}\b(?!\s*-?\s*(?:old|o\b))", text[match.start("n") :])
    )


def _is_fever(match: re.Match[str]) -> bool:
    """ "102 F" is a temperature, whatever "45 F" may be."""
    return match.groupdict().get("sex") == "f" and int(match["n"]) >= 95


_TERSE = 5  # tokens of a message in which "2y" can only be an age


def _bare_years(context: Context) -> Iterator[_Age]:
    """ "72yrs" without "old": an age when it is no length of time."""
    text = context.doc.norm
    child = any(t.text in people_file().children for t in context.doc.tokens)
    terse = len(context.doc.tokens) <= _TERSE and not treatment_hits(context.doc)
    for match in BARE_YEARS.finditer(text):
        if match["han"]:
            yield _Age(int(match["han"]), *match.span(), confidence=0.95)
            return
        years = int(match["n"])
        before = text[max(0, match.start() - 30) : match.start()]
        if NOT_AGE_BEFORE.search(before) or NOT_AGE_AFTER.match(text, match.end()):
            continue
        last = match.end() == len(text.strip())
        attached = text[match.end("n") : match.end("n") + 1].isalpha()
        whole = last and (match.start() == 0 or (attached and terse))
        if 18 <= years <= 110 or (years and (whole or child)):
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
        told = before in ("age", "aged", "turned", "turning") or (
            follows[:1] and follows[0] in ("years", "year", "yrs", "yr") and "old" in follows
        )
        if (
            told or (asks == "age_years" and len(doc.tokens) - (last - index) <= 3)
        ) and value <= 110:
            yield _Age(int(value), doc.tokens[index].nstart, doc.tokens[last - 1].nend)
            return


def _asks_a_number(asks: str | None) -> bool:
    """Whether the open question has an answer that could be taken for an age."""
    family = (asks or "").split(".")[0]
    return family in ("biomarkers", "labs", "months_to_relapse") or asks in asked_file().numbers


def _answered(context: Context) -> Iterator[_Age]:
    doc, text = context.doc, context.doc.norm
    months = ONLY_MONTHS.fullmatch(text)
    if months:
        yield _Age(int(months["n"]) // 12, *months.span(), months=int(months["n"]))
        return
    year = BIRTH_YEAR.fullmatch(text)
    if year:
        years = date.today().year - int(year["n"])  # noqa: DTZ011 - the year alone is known
        yield _Age(years, *year.span("n"), confidence=0.9)
        return
    match = ANSWER.match(text.strip())
    offset = len(text) - len(text.lstrip())
    if match and int(match["n"]) <= 110:
        start, end = match.start("n") + offset, match.end("n") + offset
        if not is_measure(doc, doc.token_at(start)):
            yield _Age(int(match["n"]), start, end)
            return
    alone = only_age(context)
    if alone is not None:
        years, first, last = alone
        yield _Age(years, doc.tokens[first].nstart, doc.tokens[last - 1].nend, confidence=0.85)


def _is_patients(context: Context, age: _Age, role: str | None) -> bool:
    """Whether an age is the patient's, not the writer's or another relative's."""
    doc = context.doc
    token = doc.token_at(age.nstart)
    if token >= len(doc.tokens) or context.owners.is_other(token):
        return False
    if _AT_THAT_TIME.search(doc.norm, 0, age.nstart):
        return False
    kin = None if role == "patient" else patient_kin(context)
    here = context.sentence(token)
    people = context.cues_in(here.first, token, "kin", "self", "pronoun", "patient")
    if not people:
        return True
    nearest = people[-1]
    if doc.tokens[nearest.first].text in people_file().several:
        return False
    if "kin" in nearest.value and kin is not None:
        name = " ".join(doc.tokens[i].text for i in range(nearest.first, nearest.last))
        return same_relative(name, kin[0]) or nearest.first == kin[1]
    if "self" in nearest.value and kin is not None:
        subject = doc.tokens[nearest.first].text in ("i", "im", "iam", "i am")
        return not subject
    return True


def age_and_sex(text: str) -> re.Match[str] | None:
    """ "45/F" and the like in a normalised text; groups `n` and `sex`."""
    for form in FORMS[3:5]:
        match = form.search(text)
        if match and 0 < int(match["n"]) <= 110:
            return match
    return None
