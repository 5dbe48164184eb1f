"""Finds who is writing, about whom, the patient's age and sex, and wishes about telling.

A writer who says "I have" is the patient, one who names an ill relative is a caregiver. Ages and
words of sex count for the patient only: "I am 30, my mother is 62" gives 62.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.context import Context, context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patient import is_ill, patient_kin
from bot.oncology.patterns import PatternBook, PatternHit
from bot.oncology.phrases import PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document


@dataclass(frozen=True)
class PeopleFile:
    """knowledge/people.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    roles: dict[str, tuple[str, ...]]
    female: frozenset[str]
    male: frozenset[str]
    she: frozenset[str]
    he: frozenset[str]
    not_female: frozenset[str]
    non_disclosure: tuple[str, ...]
    knows: tuple[str, ...]
    cannot_agree: tuple[str, ...]
    languages: dict[str, tuple[str, ...]]
    speaks: frozenset[str]
    records: frozenset[str]


@cache
def people_file() -> PeopleFile:
    """The words of knowledge/people.yml."""
    return load(KNOWLEDGE / "people.yml", PeopleFile)


@cache
def _book() -> PatternBook[str]:
    file = people_file()
    return PatternBook(
        [
            *file.roles.items(),
            ("non_disclosure", file.non_disclosure),
            ("knows", file.knows),
            ("cannot_agree", file.cannot_agree),
        ],
        file.groups,
    )


@cache
def _languages() -> PhraseBook[str]:
    return PhraseBook(
        (name, code) for code, names in people_file().languages.items() for name in names
    )


def read_people(doc: Document, asks: str | None) -> Iterable[Mention]:
    """Role, age (age_months under two years), sex, patient_agrees, non_disclosure, languages."""
    if not doc.tokens:
        return []
    context = context_of(doc)
    hits = _book().find_all(doc)
    role = _role(context, hits, asks)
    return [
        *([role] if role else []),
        *_age(context, asks),
        *_sex(context, role),
        *_telling(doc, hits),
        *_language(doc, asks),
    ]


def _mention(
    doc: Document, fact: str, value: object, first: int, last: int, confidence: float = 1.0
) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention(fact, value, doc.words(start, end), start, end, confidence)


def _role(context: Context, hits: list[PatternHit[str]], asks: str | None) -> Mention | None:
    doc = context.doc
    by_role: dict[str, list[PatternHit[str]]] = {}
    for hit in hits:
        if hit.value in people_file().roles:
            by_role.setdefault(hit.value, []).append(hit)
    if "doctor" in by_role:
        hit = by_role["doctor"][0]
        return _mention(doc, "user_role", "doctor", hit.first, hit.last)
    carers = [h for h in by_role.get("caregiver", ()) if _about_patient(context, h)]
    selves = by_role.get("patient", [])
    if selves and not any(is_ill(context, h.last) for h in carers):
        hit = selves[0]
        return _mention(doc, "user_role", "patient", hit.first, hit.last, 0.95)
    if carers:
        hit = max(carers, key=lambda h: (h.last - h.first, -h.first))
        return _mention(doc, "user_role", "caregiver", hit.first, hit.last, 0.95)
    if asks == "user_role":
        return _short_role(context)
    return _named_relative(context)


def _about_patient(context: Context, hit: PatternHit[str]) -> bool:
    return not any(context.owners.is_other(i) for i in range(hit.first, hit.last))


def _short_role(context: Context) -> Mention | None:
    """A bare answer to "who is writing": "me", "son", "my mother"."""
    doc = context.doc
    words = [t.text for t in doc.tokens]
    last = len(words)
    if len(words) <= 4 and set(words) & _ME:
        return _mention(doc, "user_role", "patient", 0, last)
    if context.by_kind["kin"] and len(words) <= 8:
        return _mention(doc, "user_role", "caregiver", 0, last)
    return None


_ME = frozenset({"me", "myself", "self", "patient", "mine", "ami", "main", "mai", "mujhe", "ana"})


def _named_relative(context: Context) -> Mention | None:
    """ "Papa has liver cancer", without "my"."""
    kin = patient_kin(context)
    if kin is None:
        return None
    name, first = kin
    last = first + len(name.split())
    if not is_ill(context, last):
        return None
    return _mention(context.doc, "user_role", "caregiver", first, last, 0.9)


_AGE_UNIT = (
    r"(?:years?|yrs?|yr|y|yo|saal|sal|bochor|bosor|bochhor|ans|anos|sana|sanah|saneh|سنه|عام|سال|"
    r"वर्ष|साल|বছর|বছরের|лет|года|год|岁|tahun|yas|yasinda|miaka)"
)
_OLD = (
    r"(?:old|of age|age|aged|o|ka|ki|ke|er|boyos|umar|m|f|male|female|man|woman|lady|gentleman|"
    r"boy|girl|patient|child|kid)"
)
_AGES = (
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
        r"(?<![\w./])(?P<n>\d{1,3})\s*[/\-,]?\s*(?P<sex>m|f|male|female|man|woman|lady)(?![\w/])"
    ),
    re.compile(
        r"(?<![\w/])(?P<sex>m|f|male|female|man|woman|lady|gentleman|boy|girl)\s*[/\-,:]?\s*"
        r"(?P<n>\d{1,3})(?![\d./%]|\s*(?:cycles?|days?|months?|weeks?|cm|mm|kg|mg|years? (?:ago|back)))"
    ),
    # "my wife (47)", "father, 62,"
    re.compile(
        r"(?<=[a-z])\s*(?:\(\s*|,\s+)(?P<n>\d{2})\s*(?:yrs?|years|y|m|f)?\s*(?:\)|,)(?!\s*\d)"
    ),
    # "is 62", "I am 45", "mother 62" only when nothing else follows the number
    re.compile(
        r"(?<!\w)(?:is|am|im|i'm|he's|she's|turned|turning|shes|hes)\s+(?:now |just |only |about |around "
        r"|almost |nearly |a )?(?P<n>\d{1,3})(?=\s*(?:$|[,.;!\n]|and\b|with\b|from\b|has\b|had\b|diagnosed\b|"
        r"living\b|male\b|female\b|now\b|who\b))"
    ),
)
_BARE_YEARS = re.compile(rf"(?<![\w./])(?P<n>\d{{1,3}})\s*-?\s*{_AGE_UNIT}(?![\w])")
_NOT_AGE_BEFORE = re.compile(
    r"(?:for|since|last|past|after|in|within|over|next|every|from|smok\w*|diabet\w*|before|about|"
    r"than|to|of|upto|survived|survival|live|lived|hypertension|htn|dm|bp|sugar|took|took for|"
    r"tamoxifen|treatment|remission|\d\s*-)\s*(?:the |last |past |about |around |almost |nearly |"
    r"more than |only )*$"
)
_NOT_AGE_AFTER = re.compile(
    r"\s*(?:ago|back|later|before|since|pehle|pahle|phele|age\b(?! )|agey|after|of (?!age)|se\b|"
    r"theke|now|remission|survival|disease|treatment|gap|earlier|smok|pack|in remission|without|"
    r"on |baad|por|prior|previous|hist|h/o|followed)"
)
_MONTHS = re.compile(
    r"(?<![\w.])(?P<n>\d{1,2})\s*-?\s*(?:months?|mnths?|mths?|mo|m|mahine|mash|maas)[\s\-]*"
    r"(?:old|of age|ka bacha|ki bachi|baby|infant|child|boy|girl|male|female|o\b)"
)
_BABY = re.compile(
    r"(?:baby|infant|newborn|son|daughter|child|boy|girl|age|aged)\D{0,12}?(?P<n>\d{1,2})\s*(?:months?|mo|mnths?|mths?)(?!\s*(?:ago|back|of))\b"
)
_BORN = re.compile(
    r"(?:born|dob|date of birth|birth year|year of birth|d\.o\.b\.?|birthday|birthdate)\b[^\d\n]{0,14}"
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


def _age(context: Context, asks: str | None) -> Iterator[Mention]:
    doc = context.doc
    found = [a for a in _ages(doc, asks) if _is_patients(context, a)]
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


def _ages(doc: Document, asks: str | None) -> Iterator[_Age]:
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
    for pattern in _AGES:
        for match in pattern.finditer(text):
            years = int(match["n"])
            if 0 < years <= 110 and not _is_duration(text, match):
                seen = True
                yield _Age(years, *match.span())
        if seen:
            return
    yield from _bare_years(text)
    yield from _spelled(doc, asks)
    if asks == "age_years":
        yield from _answered(text)


_ONLY_MONTHS = re.compile(r"\s*(?P<n>\d{1,2})\s*(?:months?|mnths?|mths?|mo|mahine|mash)\s*\.?\s*")


def _is_duration(text: str, match: re.Match[str]) -> bool:
    return bool(
        _NOT_AGE_BEFORE.search(text, max(0, match.start() - 30), match.start())
        and re.match(rf"\d+\s*{_AGE_UNIT}\b(?!\s*-?\s*(?:old|o\b))", text[match.start("n") :])
    )


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
        told = follows[:1] and follows[0] in ("years", "year", "yrs", "yr") and "old" in follows
        if (
            told or (asks == "age_years" and len(doc.tokens) - (last - index) <= 3)
        ) and value <= 110:
            yield _Age(int(value), doc.tokens[index].nstart, doc.tokens[last - 1].nend)
            return


_ANSWER = re.compile(
    r"^\D{0,24}?(?<![\d.])(?P<n>\d{1,3})\s*(?:\+|ish|years?|yrs?|y|yr|saal|bochor|plus)?[\s.!)]*\D{0,12}$"
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


def _sex(context: Context, role: Mention | None) -> Iterator[Mention]:
    doc = context.doc
    file = people_file()
    for pattern in _AGES[2:4]:
        match = pattern.search(doc.norm)
        if match and int(match["n"]) <= 110 and int(match["n"]) > 0:
            female = match["sex"] in ("f", "female", "woman", "lady", "girl")
            start, end = doc.origin(*match.span())
            yield Mention("sex", _sex_of(female), doc.words(start, end), start, end)
            return
    about_self = role is not None and role.value == "patient"
    kin = None if about_self else patient_kin(context)
    if kin is not None:
        name, first = kin
        female = name in file.female and name not in _AMBIGUOUS
        male = name in file.male and name not in _AMBIGUOUS
        if female or male:
            last = first + len(name.split())
            yield _mention(doc, "sex", _sex_of(female), first, last, 0.95)
            return
    yield from _sex_by_words(context, about_self)


# Words that name a woman in one language and a man in another.
_AMBIGUOUS = frozenset({"mama", "nana", "mami", "abi", "dada"})


def _sex_of(female: bool) -> str:
    return "female" if female else "male"


def _sex_by_words(context: Context, about_self: bool) -> Iterator[Mention]:
    doc = context.doc
    found: dict[str, int] = {}
    for index, token in enumerate(doc.tokens):
        if context.owners.is_other(index) or token.text not in _SEX_WORDS:
            continue
        found.setdefault(_SEX_WORDS[token.text], index)
    if len(found) == 1:
        value, index = next(iter(found.items()))
        yield _mention(doc, "sex", value, index, index + 1, 0.9)
        return
    if about_self or found:
        return
    said = {
        _sex_of(token.text in people_file().she): index
        for index, token in reversed(list(enumerate(doc.tokens)))
        if token.text in people_file().she | people_file().he and not context.owners.is_other(index)
    }
    if len(said) == 1 and not context.by_kind["kin"]:
        value, index = next(iter(said.items()))
        yield _mention(doc, "sex", value, index, index + 1, 0.8)


_SEX_WORDS = {
    "male": "male",
    "man": "male",
    "gentleman": "male",
    "female": "female",
    "woman": "female",
    "lady": "female",
}


def _telling(doc: Document, hits: list[PatternHit[str]]) -> Iterator[Mention]:
    by_value = {hit.value: hit for hit in reversed(hits)}
    hidden = next((h for h in hits if h.value == "non_disclosure" and _denies(doc, h)), None)
    if hidden is not None:
        yield _mention(doc, "non_disclosure", True, hidden.first, hidden.last)
        yield _mention(doc, "patient_agrees", "no", hidden.first, hidden.last)
    elif "cannot_agree" in by_value:
        hit = by_value["cannot_agree"]
        yield _mention(doc, "patient_agrees", "cannot", hit.first, hit.last)
    elif "knows" in by_value:
        hit = by_value["knows"]
        yield _mention(doc, "patient_agrees", "yes", hit.first, hit.last, 0.9)


_HIDING = frozenset(
    [
        "not",
        "dont",
        "doesnt",
        "didnt",
        "isnt",
        "no",
        "never",
        "hide",
        "hiding",
        "hid",
        "hidden",
        "secret",
        "cant",
        "cannot",
        "shouldnt",
        "mustnt",
        "havent",
        "hvnt",
        "without",
        "concealed",
        "concealing",
        "nahi",
        "nhi",
        "mat",
        "ni",
        "na",
        "nai",
        "hoyni",
        "away",
    ]
)


def _denies(doc: Document, hit: PatternHit[str]) -> bool:
    """The patterns allow "does he know"; only with a word of hiding it is a wish to hide."""
    return any(doc.tokens[i].text in _HIDING for i in range(hit.first, hit.last))


def _language(doc: Document, asks: str | None) -> Iterator[Mention]:
    file = people_file()
    for hit in _languages().find(doc):
        before = {t.text for t in doc.tokens[max(0, hit.first - 5) : hit.first]}
        near = before | {t.text for t in doc.tokens[hit.last : hit.last + 3]}
        fact = None
        if asks == "records_language" or (near & file.records and "speak" not in near):
            fact = "records_language"
        elif asks == "language" or before & (file.speaks - {"in"}):
            fact = "language"
        if fact:
            yield _mention(doc, fact, hit.value, hit.first, hit.last, 0.9)
