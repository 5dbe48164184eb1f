"""Reads other illnesses, infections, medicines that matter, and fitness: what the gates ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from bot.oncology.context import Timing, assess
from bot.oncology.cued_sites import own_cancers
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook, PatternHit
from bot.oncology.phrases import PhraseBook
from bot.oncology.presence import presence_of
from bot.oncology.reading import Mention
from bot.oncology.signs import Sign
from bot.oncology.text import Document
from bot.oncology.vocabulary import cancer_book


@dataclass(frozen=True)
class Condition:
    """Words that give a fact a value; `denied` and `resolved` are its values when said so."""

    fact: str
    value: str
    when: tuple[str, ...]
    denied: str | None = None
    resolved: str | None = None
    only_denied: bool = False
    sure: float = 0.95


@dataclass(frozen=True)
class Steroid:
    """A steroid's names and how many milligrams of prednisolone one milligram stands for."""

    names: tuple[str, ...]
    factor: float


@dataclass(frozen=True)
class HealthFile:
    """knowledge/comorbidities.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    comorbidities: dict[str, tuple[str, ...]]
    loose: dict[str, tuple[str, ...]]
    facts: tuple[Condition, ...]
    viruses: dict[str, tuple[str, ...]]
    controlled: tuple[str, ...]
    untreated: tuple[str, ...]
    anticoagulants: tuple[tuple[str, ...], ...]
    immunosuppressants: tuple[tuple[str, ...], ...]
    steroids: dict[str, Steroid]
    no_steroids: tuple[str, ...]


@cache
def health_file() -> HealthFile:
    """The words of knowledge/comorbidities.yml."""
    return load(KNOWLEDGE / "comorbidities.yml", HealthFile)


@cache
def _comorbidities() -> PatternBook[str]:
    file = health_file()
    return PatternBook(file.comorbidities.items(), file.groups)


@cache
def _conditions() -> PatternBook[Condition]:
    file = health_file()
    return PatternBook(((c, c.when) for c in file.facts), file.groups)


@cache
def _medicines() -> PhraseBook[tuple[str, str]]:
    file = health_file()
    pairs = (
        ("anticoagulant", file.anticoagulants),
        ("immunosuppressants", file.immunosuppressants),
    )
    return PhraseBook(
        ((name, (fact, names[0])) for fact, drugs in pairs for names in drugs for name in names),
        fuzzy=True,
    )


def read_health(doc: Document, asks: str | None) -> Iterable[Mention]:
    """Comorbidities, infections, viruses, immune state, medicines, steroids, travel and more."""
    if not doc.tokens:
        return []
    return [
        *_other_illnesses(doc, asks),
        *_stated(doc, asks),
        *_viruses(doc),
        *_taken(doc),
        *_steroid(doc),
    ]


def _mention(
    doc: Document, fact: str, value: Any, first: int, last: int, confidence: float = 0.95
) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention(fact, value, doc.words(start, end), start, end, confidence)


def _is_told(doc: Document, first: int, last: int) -> bool:
    """Stated of the patient: not denied, not asked about, not another person's."""
    said = assess(doc, first, last)
    presence = presence_of(doc)
    sign = Sign("", first, last)
    return not (
        said.other_person
        or said.asked
        or said.negated
        or presence.is_denied(sign)
        or presence.is_asked(sign)
    )


def _other_illnesses(doc: Document, asks: str | None) -> Iterator[Mention]:
    named: set[str] = set()
    for hit in _comorbidities().find(doc):
        if hit.value not in named and _is_told(doc, hit.first, hit.last):
            named.add(hit.value)
            yield _mention(doc, "comorbidities", hit.value, hit.first, hit.last)
    loose = [h for h in _loose().find(doc) if h.value not in named]
    together = len({h.value for h in loose} | named) >= 2 and len(doc.tokens) <= _LIST_OF_ILLNESSES
    together = together and not cancer_book().find(doc)  # the organs may be those of the cancer
    for word in loose if together or asks == "comorbidities" else ():
        if _is_told(doc, word.first, word.last):
            yield _mention(doc, "comorbidities", word.value, word.first, word.last, 0.85)


_LIST_OF_ILLNESSES = 12  # tokens of a message that is little more than such a list


@cache
def _loose() -> PhraseBook[str]:
    return PhraseBook((word, name) for name, words in health_file().loose.items() for word in words)


def _stated(doc: Document, asks: str | None) -> Iterator[Mention]:
    presence = presence_of(doc)
    done: set[str] = set()
    for hit in _longest_by_fact(_conditions().find_all(doc)):
        condition = hit.value
        if condition.fact in done:
            continue
        said = assess(doc, hit.first, hit.last)
        sign = Sign("", hit.first, hit.last)
        if said.other_person or presence.is_asked(sign) or (said.asked and asks != condition.fact):
            continue
        if said.timing is Timing.PLANNED and condition.fact == "organ_transplant":
            continue
        value: str | None = condition.value
        if said.negated or presence.is_denied(sign):
            value = condition.value if condition.only_denied else condition.denied
        elif condition.only_denied:
            continue
        elif not presence.now(sign):
            value = condition.resolved if presence.is_resolved(sign) else None
            if condition.fact in ("organ_transplant", "autoimmune_status", "told_inoperable"):
                value = condition.value
        if value is not None:
            done.add(condition.fact)
            truth: Any = True if value == "true" else value
            yield _mention(doc, condition.fact, truth, hit.first, hit.last, condition.sure)


def _longest_by_fact(hits: list[PatternHit[Condition]]) -> list[PatternHit[Condition]]:
    """Of overlapping matches of one fact only the longest."""
    kept: list[PatternHit[Condition]] = []
    for hit in sorted(hits, key=lambda h: (h.first - h.last, h.first)):
        rivals = (k for k in kept if k.value.fact == hit.value.fact)
        if not any(k.first < hit.last and hit.first < k.last for k in rivals):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.first)


_POSITIVE = r"positive|pos|\+\s?ve|\+|reactive|carrier|detected|infection|infected|hai|yes"
_NEGATIVE = (
    r"negative|neg|-\s?ve|non[\s-]?reactive|not reactive|nonreactive|not detected|nil|absent|no\b"
)


@cache
def _virus() -> re.Pattern[str]:
    groups = "|".join(
        f"(?P<{virus}>{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})"
        for virus, names in health_file().viruses.items()
    )
    return re.compile(rf"(?<!\w)(?:{groups})(?![a-z])")


_RESULT = re.compile(
    r"(?:[\s:=,/&]*(?:is|was|test|tests|status|virus|dna|rna|and|or|all|both|hiv|hcv|hbv|came|are|"
    r"result|report|surface|antigen|-(?!\s?ve))){0,6}[\s:=(]*"
    rf"(?:(?P<neg>{_NEGATIVE})|(?P<pos>{_POSITIVE}))(?![a-z])"
)


def _viruses(doc: Document) -> Iterator[Mention]:
    done: set[str] = set()
    for match in _virus().finditer(doc.norm):
        virus = next(name for name in health_file().viruses if match[name])
        result = _RESULT.match(doc.norm, match.end())
        first, last = doc.token_span(match.start(), result.end() if result else match.end())
        if virus in done or last <= first:
            continue
        said = assess(doc, first, last)
        if said.other_person or said.asked or said.uncertain:
            continue
        negative = result is not None and result["neg"] is not None
        denied = negative or said.negated or presence_of(doc).is_denied(Sign("", first, last))
        if not denied and result is None and not _has(doc, first):
            continue
        done.add(virus)
        yield _mention(doc, virus, "neg" if denied else _treated(doc, first), first, last)


def _has(doc: Document, first: int) -> bool:
    before = {t.text for t in doc.tokens[max(0, first - 5) : first]}
    after = {t.text for t in doc.tokens[first : first + 6]}
    if before & _HAVING or after & {"carrier", "treatment", "medicine", "patient"}:
        return True
    # The illness itself ("hep b"), beside a cancer of the liver, not its test or vaccine.
    named = not doc.tokens[first].text.startswith(("hb", "anti"))
    return named and not after & _NO_ILLNESS and "hcc" in own_cancers(doc, None)


_NO_ILLNESS = frozenset(
    [
        "test",
        "tests",
        "tested",
        "testing",
        "vaccine",
        "vaccinated",
        "vaccination",
        "status",
        "screening",
    ]
)
_HAVING = frozenset(
    ["has", "have", "had", "having", "with", "due", "chronic", "known", "background", "carrier",
     "and", "also", "from", "because", "related", "history"]
)  # fmt: skip


def _treated(doc: Document, first: int) -> str:
    here = presence_of(doc).context.sentence(first)
    words = f" {' '.join(t.text for t in doc.tokens[here.first : here.last])} "
    file = health_file()
    if any(f" {name} " in words for name in file.untreated):
        return "pos_untreated"
    if any(f" {name} " in words for name in file.controlled):
        return "pos_controlled"
    return "pos"


def _taken(doc: Document) -> Iterator[Mention]:
    named: set[tuple[str, str]] = set()
    for hit in _medicines().find(doc):
        if hit.value in named or not _is_told(doc, hit.first, hit.last):
            continue
        if presence_of(doc).now(Sign("", hit.first, hit.last)):
            named.add(hit.value)
            yield _mention(doc, *hit.value, hit.first, hit.last, hit.score)


_TIMES = {
    "bd": 2, "bid": 2, "twice": 2, "b.d": 2, "tds": 3, "tid": 3, "thrice": 3, "qid": 4, "qds": 4,
    "two times": 2, "2 times": 2, "three times": 3, "3 times": 3, "four times": 4, "4 times": 4,
    "8 hourly": 3, "6 hourly": 4, "12 hourly": 2, "1-0-1": 2, "1-1-1": 3,
}  # fmt: skip


@cache
def _dose() -> re.Pattern[str]:
    names = sorted((n for s in health_file().steroids.values() for n in s.names), key=len)
    every = "|".join(map(re.escape, sorted(_TIMES, key=len, reverse=True)))
    return re.compile(
        rf"(?<!\w)(?P<drug>{'|'.join(map(re.escape, names[::-1]))})(?!\w)[^.\n\d]{{0,18}}?"
        rf"(?P<mg>\d{{1,4}}(?:\.\d{{1,2}})?)(?![\d.]|\s*(?:weeks?|wks?|days?|months?|mths?|years?|yrs?|cycles?|times|tablets?|tabs?|x)\b)\s*(?:mg|milligrams?|mgs)?(?:[^\n\d]{{0,12}}?(?P<times>{every})(?!\w))?"
    )


@cache
def _none() -> PatternBook[str]:
    return PatternBook([("no_steroids", health_file().no_steroids)])


def _steroid(doc: Document) -> Iterator[Mention]:
    """The daily steroid dose as milligrams of prednisolone."""
    total = 0.0
    span: tuple[int, int] | None = None
    factors = {n: s.factor for s in health_file().steroids.values() for n in s.names}
    for match in _dose().finditer(doc.norm):
        first, last = doc.token_span(*match.span())
        if last <= first or not _is_told(doc, first, last):
            continue
        if not presence_of(doc).now(Sign("", first, last)):
            continue
        times = _TIMES.get(match["times"] or "", 1)
        total += float(match["mg"]) * times * factors[match["drug"]]
        span = (first, last) if span is None else (span[0], last)
    if span is not None and 0 < total <= 2500:
        yield _mention(doc, "steroid_pred_mg", round(total, 1), *span)
        return
    for hit in _none().find(doc):
        if not assess(doc, hit.first, hit.last).other_person:
            yield _mention(doc, "steroid_pred_mg", 0, hit.first, hit.last)
            return
