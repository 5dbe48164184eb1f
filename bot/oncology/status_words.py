"""The words of disease status (knowledge/disease_status.yml and each language's status.yml)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import PhraseBook
from bot.oncology.vocabulary import Review


@dataclass(frozen=True)
class StatusFile:
    """knowledge/disease_status.yml"""

    source: str
    as_of: date
    review: Review
    status: dict[str, tuple[str, ...]]
    answers: dict[str, tuple[str, ...]]
    abbreviations: dict[str, str]
    beside_name: dict[str, str]
    abbreviation_after: frozenset[str]
    abbreviation_before: frozenset[str]
    proof: frozenset[str]
    groups: dict[str, tuple[str, ...]]
    patterns: dict[str, tuple[str, ...]]
    other_subjects: frozenset[str]
    of_the_disease: frozenset[str]
    passed: frozenset[str]
    returning: frozenset[str]
    background: frozenset[str]
    near_words: dict[str, frozenset[str]]
    trend_words: frozenset[str]
    fresh: frozenset[str]
    of_a_medicine_before: frozenset[str]
    of_a_medicine: frozenset[str]
    not_status: tuple[str, ...]
    told_by: frozenset[str]
    told_of: frozenset[str]
    verbs: frozenset[str]
    modals: frozenset[str]
    begun: frozenset[str]
    supposed: frozenset[str]
    denied: frozenset[str]
    nearly: frozenset[str]
    ended: frozenset[str]
    until: frozenset[str]
    reached: frozenset[str]
    spreading: frozenset[str]
    after: frozenset[str]
    comes_back: frozenset[str]
    comes_back_too: frozenset[str]
    auxiliaries: frozenset[str]
    limbs: frozenset[str]
    failing: frozenset[str]
    quiet: frozenset[str]
    be: frozenset[str]
    turns: frozenset[str]
    hoped: frozenset[str]
    of_anything: frozenset[str]
    of_growths: frozenset[str]
    persons: frozenset[str]
    pronouns: frozenset[str]
    feeling: frozenset[str]
    first_told: frozenset[str]
    came_with: frozenset[str]


@dataclass(frozen=True)
class StatusWords:
    """knowledge/language/*/status.yml: set phrases of one language, and statements.

    A group belongs to its language; its name must be its own.
    """

    status: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def status_file() -> StatusFile:
    """The words of status."""
    return load(KNOWLEDGE / "disease_status.yml", StatusFile)


@cache
def _languages() -> tuple[StatusWords, ...]:
    files = sorted((KNOWLEDGE / "language").glob("*/status.yml"))
    return tuple(load(path, StatusWords) for path in files)


@cache
def phrases() -> PhraseBook[str]:
    lists = [status_file().status, *(words.status for words in _languages())]
    return PhraseBook(
        ((word, value) for words in lists for value, listed in words.items() for word in listed),
        fuzzy=True,
    )


@cache
def answers() -> PhraseBook[str]:
    lists = status_file().answers
    return PhraseBook(((word, v) for v, words in lists.items() for word in words), fuzzy=True)


@cache
def statements() -> PatternBook[str]:
    file = status_file()
    groups = dict(file.groups)
    patterns = list(file.patterns.items())
    for words in _languages():
        groups |= words.groups
        patterns += words.patterns.items()
    return PatternBook(patterns, groups)


@cache
def growing() -> frozenset[str]:
    words = (*status_file().groups["more"], "growing", "grown", "grow", "progressed", "increase")
    return frozenset(word for phrase in words for word in phrase.split())


@cache
def not_status() -> PhraseBook[bool]:
    return PhraseBook((phrase, True) for phrase in status_file().not_status)


@cache
def proof() -> PhraseBook[bool]:
    return PhraseBook((word, True) for word in status_file().proof)


@cache
def near_words() -> dict[str, str]:
    return {word: v for v, words in status_file().near_words.items() for word in words}
