"""The names of organs, cancers and treatments in further languages (knowledge/language)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load

SHORTEST = 3  # letters of a word to which a small word may be attached


@dataclass(frozen=True)
class Names:
    """knowledge/language/*/names.yml, by the ids of the vocabulary.

    `diagnoses` name the cancer of an organ as a whole; the key of `vague` is one of the phrases of
    that vague word in knowledge/cancers.
    """

    organs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    diagnoses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cancers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    vague: dict[str, tuple[str, ...]] = field(default_factory=dict)
    treatments: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def _languages() -> tuple[Names, ...]:
    paths = sorted((KNOWLEDGE / "language").glob("*/names.yml"))
    return tuple(load(path, Names) for path in paths)


def names_of(kind: str) -> Iterator[tuple[str, str]]:
    """Phrase and id of one kind ("organs", "cancers" ...) in every language."""
    for names in _languages():
        for key, phrases in getattr(names, kind).items():
            for phrase in phrases:
                for form in attached(phrase):
                    yield form, key


def attached(phrase: str) -> Iterator[str]:
    """A phrase, and in Arabic letters with the small words that are written together with it."""
    yield phrase
    if not "\u0621" <= phrase[0] <= "\u064a" or len(phrase.split()[0]) < SHORTEST:
        return
    yield "و" + phrase
    if phrase.startswith("ال"):
        yield "لل" + phrase[2:]
        yield "بال" + phrase[2:]
        return
    for small in ("ب", "ل", "وب"):
        yield small + phrase
