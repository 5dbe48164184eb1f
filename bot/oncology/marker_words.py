"""The vocabulary of markers: names, variants and the words of their results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import PhraseBook
from bot.oncology.vocabulary import Review


@dataclass(frozen=True)
class Marker:
    """One marker. Names in `case` count only in that upper and lower case; a name in `implies`
    is a variant that needs no gene beside it ("L858R"). `positive` and `negative` are the wire
    values of a plain result, `words` further words with their values ("score": a number follows),
    `score` the word before a score.
    """

    kind: str
    names: tuple[str, ...]
    case: tuple[str, ...] = ()
    positive: str | None = None
    negative: str | None = None
    variants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    implies: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    score: str | None = None


@dataclass(frozen=True)
class MarkerFile:
    """knowledge/biomarkers/markers.yml"""

    source: str
    as_of: date
    review: Review
    markers: dict[str, Marker]
    cytogenetics: dict[str, tuple[str, ...]]
    values: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class MarkerName:
    """What a phrase stands for: a marker, in `alone` a variant that needs no gene beside it."""

    id: str
    case: frozenset[str] = frozenset()
    alone: bool = False


@cache
def marker_file() -> MarkerFile:
    """The markers and the words of their results."""
    return load(KNOWLEDGE / "biomarkers" / "markers.yml", MarkerFile)


@cache
def marker_book() -> PhraseBook[MarkerName]:
    """Names of markers, and variants that need no gene beside them."""
    return PhraseBook(_names())


def _names() -> Iterator[tuple[str, MarkerName]]:
    for key, marker in marker_file().markers.items():
        for phrase in marker.implies:
            yield phrase, MarkerName(key, frozenset(), True)
    for key, marker in marker_file().markers.items():
        for phrase in (*marker.names, *marker.case, key):
            yield phrase, MarkerName(key, frozenset(marker.case))
    for phrase in (*_values("msi_high"), *_values("mss"), *_values("msi_unclear")):
        yield phrase, MarkerName("MSI_MMR", frozenset(), True)


def _values(kind: str) -> tuple[str, ...]:
    return marker_file().values[kind]


@cache
def variant_book(marker: str) -> PhraseBook[str]:
    """Names of one marker's variants -> wire value."""
    variants = marker_file().markers[marker].variants
    return PhraseBook((name, value) for value, names in variants.items() for name in names)


@cache
def value_book() -> PhraseBook[frozenset[str]]:
    """Words of results -> their kinds (positive, negative, pending, raised ...)."""
    kinds: dict[str, set[str]] = {}
    for kind, words in marker_file().values.items():
        for word in words:
            kinds.setdefault(word, set()).add(kind)
    return PhraseBook((word, frozenset(found)) for word, found in kinds.items())


@cache
def cytogenetics_book() -> PhraseBook[str]:
    """Chromosome findings of myeloma."""
    found = marker_file().cytogenetics
    return PhraseBook((name, value) for value, names in found.items() for name in names)
