"""Hears how well the patient gets through the day: ECOG, Karnofsky, Lansky, or lay words (B5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.context import assess, context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import PhraseBook
from bot.oncology.presence import presence_of
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.signs import Sign
from bot.oncology.text import Document


@dataclass(frozen=True)
class PerformanceFile:
    """knowledge/performance_status.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    levels: dict[str, tuple[str, ...]]
    abilities: dict[str, tuple[str, ...]]
    when_asked: dict[str, tuple[str, ...]]
    numeric: dict[str, tuple[str, ...]]
    elsewhere: tuple[str, ...]


@cache
def performance_file() -> PerformanceFile:
    """The words of knowledge/performance_status.yml."""
    return load(KNOWLEDGE / "performance_status.yml", PerformanceFile)


@dataclass(frozen=True, slots=True)
class _Level:
    """What a pattern says: an ECOG level, and whether it only shows an ability."""

    ecog: int
    ability: bool = False


@cache
def _book(asked: bool) -> PatternBook[_Level]:
    """With `asked`, also the short words that answer the question."""
    file = performance_file()
    limits = [(_Level(int(level)), patterns) for level, patterns in file.levels.items()]
    able = [(_Level(int(level), True), patterns) for level, patterns in file.abilities.items()]
    short = [
        (_Level(int(level), True), tuple(f"^ {phrase}" for phrase in phrases))
        for level, phrases in file.when_asked.items()
    ]
    return PatternBook([*limits, *able, *(short if asked else ())], file.groups)


@cache
def _numeric() -> dict[str, re.Pattern[str]]:
    return {
        fact: re.compile(
            rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})"
            r"[\s:=\-,(]*(?:(?:is|of|was|score|status|ps|now|at|grade|level|about|around)[\s:=\-]*){0,3}"
            r"(?P<n>\d{1,3})(?:\s*(?:-|to|/|or)\s*(?P<n2>\d{1,3}))?(?!\d|\.\d|\s*(?:mg|days|cycles))"
        )
        for fact, names in performance_file().numeric.items()
    }


@cache
def _elsewhere() -> PhraseBook[str]:
    return PhraseBook((phrase, phrase) for phrase in performance_file().elsewhere)


def ecog_of_karnofsky(score: int) -> int:
    """B5: 90-100 is 0, 70-80 is 1, 50-60 is 2, 30-40 is 3, 10-20 is 4."""
    return min(4, max(0, (100 - score) // 20))


def read_performance(doc: Document, asks: str | None) -> Iterable[Mention | Ambiguity]:
    """ecog (0 to 4), karnofsky and lansky (10 to 100)."""
    told = list(_told(doc))
    return told or list(_described(doc, asks))


def _told(doc: Document) -> Iterator[Mention | Ambiguity]:
    for fact, pattern in _numeric().items():
        for match in pattern.finditer(doc.norm):
            first, last = doc.token_span(*match.span())
            if first >= len(doc.tokens) or assess(doc, first, last).other_person:
                continue
            start, end = doc.origin(*match.span())
            yield from _number(fact, match, doc.words(start, end), start, end)
            return


def _number(
    fact: str, match: re.Match[str], words: str, start: int, end: int
) -> Iterator[Mention | Ambiguity]:
    values = [int(match[name]) for name in ("n", "n2") if match[name]]
    if fact == "ecog":
        inside = [v for v in values if v <= 4]
        if len(inside) == len(values):
            yield Mention("ecog", max(inside), words, start, end, 1.0 if len(values) == 1 else 0.8)
        elif values[0] >= 10:
            yield from _number("karnofsky", match, words, start, end)
        return
    score = min(values)
    if 10 <= score <= 100:
        yield Mention(fact, score, words, start, end)
        yield Mention("ecog", ecog_of_karnofsky(score), words, start, end, 0.95)


def _described(doc: Document, asks: str | None) -> Iterator[Mention]:
    """The worst limit that is told; where none is, the best ability."""
    presence = presence_of(doc)
    limits: list[tuple[int, int, int]] = []
    abilities: list[tuple[int, int, int]] = []
    asked = asks == "ecog"
    others = {i for hit in _elsewhere().find_all(doc) for i in range(hit.first, hit.last)}
    for hit in _book(asked).find(doc):
        sign = Sign(f"ecog {hit.value.ecog}", hit.first, hit.last)
        plain = asked or _states(doc, hit.first)
        said = assess(doc, hit.first, hit.last)
        if not asked and not others.isdisjoint(range(hit.first, hit.last)):
            continue
        if said.other_person or not (plain or (presence.now(sign) and not said.asked)):
            continue
        found = abilities if hit.value.ability or hit.value.ecog == 0 else limits
        found.append((hit.value.ecog, hit.first, hit.last))
    if limits or abilities:
        level, first, last = max(limits) if limits else min(abilities)
        start, end = doc.tokens[first].start, doc.tokens[last - 1].end
        yield Mention("ecog", level, doc.words(start, end), start, end, 0.85)


def _states(doc: Document, first: int) -> bool:
    """ "Can do light work": without a question mark and a subject it is no question."""
    context = context_of(doc)
    here = context.sentence(first)
    second = here.first + 1
    people = ("subject", "kin", "patient", "self", "pronoun", "stranger")
    return (
        not here.question
        and doc.tokens[here.first].text in _MODALS
        and not context.cues_in(second, second + 1, *people)
        and not any(
            doc.tokens[i].text in _ARTICLES for i in range(second, min(second + 1, here.last))
        )
    )


_MODALS = frozenset({"can", "does", "do"})
_ARTICLES = frozenset({"a", "the", "you", "this", "that"})
