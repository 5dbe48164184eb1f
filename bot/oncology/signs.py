"""Finds signs of illness in a message, sayings and masked signs left out.

A sign is a phrase of `knowledge/symptoms.yml` or a picture of `knowledge/pictures.yml`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import PhraseBook
from bot.oncology.pictures import find_pictures
from bot.oncology.text import Document


@dataclass(frozen=True)
class SignFile:
    """knowledge/symptoms.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    signs: dict[str, tuple[str, ...]]
    masks: dict[str, tuple[str, ...]]
    sayings: tuple[str, ...]
    presence: dict[str, tuple[str, ...]]
    symptoms: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign found: tokens `first` to before `last`."""

    name: str
    first: int
    last: int

    def overlaps(self, first: int, last: int) -> bool:
        return self.first < last and first < self.last


@cache
def sign_file() -> SignFile:
    """The knowledge of signs and of the words that excuse them."""
    return load(KNOWLEDGE / "symptoms.yml", SignFile)


@cache
def presence_words(kind: str) -> frozenset[str]:
    """The words of one kind that decide whether a sign is there now."""
    return frozenset(sign_file().presence[kind])


@cache
def _book() -> PatternBook[str]:
    file = sign_file()
    return PatternBook(file.signs.items(), file.groups)


@cache
def _sayings() -> PhraseBook[str]:
    return PhraseBook((saying, saying) for saying in sign_file().sayings)


def signs_of(doc: Document) -> list[Sign]:
    """Every sign named in the document, in order; worked out once."""
    found = doc.memory.get("signs")
    if not isinstance(found, list):
        found = doc.memory["signs"] = _find(doc)
    return found


def _find(doc: Document) -> list[Sign]:
    sayings = [(hit.first, hit.last) for hit in _sayings().find_all(doc)]
    phrases = (Sign(hit.value, hit.first, hit.last) for hit in _book().find_all(doc))
    pictures = (Sign(name, *span) for name, span in find_pictures(doc))
    found = {s for s in phrases if not any(a <= s.first and s.last <= b for a, b in sayings)}
    # A saying spoils a picture it only touches: "my heart bleeds for my little brother".
    found.update(s for s in pictures if not any(s.overlaps(*saying) for saying in sayings))
    return _unmasked(found, sign_file().masks)


def _unmasked(signs: Collection[Sign], masks: Mapping[str, tuple[str, ...]]) -> list[Sign]:
    hidden: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for sign in signs:
        for name in masks.get(sign.name, ()):
            hidden[name].append((sign.first, sign.last))
    kept = [s for s in signs if not any(s.overlaps(*span) for span in hidden[s.name])]
    return sorted(kept, key=lambda s: (s.first, s.last, s.name))
