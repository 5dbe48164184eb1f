"""Hears what a question is about: ideas such as "trial" or "price" in the languages people mix.

Ideas are no facts of a case. They stand beside the words for the trained model, so that a topic
learned in one language is known in the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load

_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST: Final = 1_500  # characters of a message that are looked at
_SHORTEST_STEM: Final = 2


@dataclass(frozen=True)
class Decision:
    """A topic that is sure when a question names every one of some ideas, and one of others."""

    topic: str
    every: frozenset[str]
    one_of: frozenset[str]
    none: frozenset[str] = frozenset()

    def holds(self, named: frozenset[str]) -> bool:
        return self.every <= named and bool(self.one_of & named) and not self.none & named


@dataclass(frozen=True)
class IdeaFile:
    """knowledge/question_words.yml: idea -> its words, a star for any ending; what they decide."""

    source: str
    as_of: date
    review: Literal["pending", "approved"]
    ideas: dict[str, tuple[str, ...]]
    decided: tuple[Decision, ...] = ()


@cache
def _file() -> IdeaFile:
    return load(KNOWLEDGE / "question_words.yml", IdeaFile)


def decided_topic(text: str) -> str | None:
    """The topic that the words of a question decide ("CAR-T" and "price"), if they do."""
    named = ideas(text)
    return next((d.topic for d in _file().decided if d.holds(named)), None)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words that must stand together; an open word may end in any way."""

    idea: str
    words: tuple[tuple[str, bool], ...]

    def stands(self, said: list[str], at: int) -> bool:
        """Whether the phrase begins at this word."""
        here = said[at : at + len(self.words)]
        return len(here) == len(self.words) and all(
            word.startswith(stem) if is_open else word == stem
            for word, (stem, is_open) in zip(here, self.words, strict=True)
        )


def _fold(text: str) -> str:
    """Small letters without accents; the Turkish i's are one."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(c for c in bare if not unicodedata.combining(c)).replace("’", "'")


@cache
def _index() -> tuple[dict[str, list[_Phrase]], dict[str, list[_Phrase]], int]:
    """Phrases by their first word, by its stem where that is open, and the longest stem."""
    whole: dict[str, list[_Phrase]] = defaultdict(list)
    stems: dict[str, list[_Phrase]] = defaultdict(list)
    for idea, forms in _file().ideas.items():
        for form in forms:
            words = tuple((w, is_open) for part in form.split() for w, is_open in _words_of(part))
            first, is_open = words[0]
            (stems if is_open else whole)[first].append(_Phrase(idea, words))
    return dict(whole), dict(stems), max(map(len, stems))


def _words_of(part: str) -> list[tuple[str, bool]]:
    """The words of one written word ("didn't" is two); a star opens the last one."""
    words = _WORD.findall(_fold(part))
    return [(w, part.endswith("*") and w is words[-1]) for w in words]


def ideas(text: str) -> frozenset[str]:
    """The ideas that the words of a text name."""
    said = _WORD.findall(_fold(text[:_LONGEST]))
    whole, stems, longest = _index()
    found: set[str] = set()
    for at, word in enumerate(said):
        starting = list(whole.get(word, ()))
        for size in range(_SHORTEST_STEM, min(len(word), longest) + 1):
            starting += stems.get(word[:size], ())
        found.update(p.idea for p in starting if p.idea not in found and p.stands(said, at))
    return frozenset(found)
