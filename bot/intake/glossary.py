"""Explains a word of our own questions and papers to somebody who asks what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.ideas import ideas
from bot.oncology.knowledge_files import KNOWLEDGE, load

MEANING = "meaning"  # the idea that a question asks for the meaning of a word
MORE = frozenset({"cost", "price", "where", "how_long"})  # ideas of a question that asks for more
BESIDE = 5  # words beside the one that is asked about ("what is the meaning of ...")
BESIDE_SHORT = 3  # beside one so short that it may be part of anything ("what is a CT")
SHORT = 4  # letters
LONGEST_TEXT = 300  # characters
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Entry:
    """Words that mean one thing, and what they mean."""

    words: tuple[str, ...]
    text: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_TEXT:
            raise ValueError(f"{self.words[0]}: {len(self.text)} of {LONGEST_TEXT} characters")


@dataclass(frozen=True)
class GlossaryFile:
    """knowledge/glossary.yml."""

    source: str
    as_of: date
    review: Literal["pending", "approved"]
    entries: tuple[Entry, ...]


@cache
def glossary() -> GlossaryFile:
    """The words of knowledge/glossary.yml."""
    return load(KNOWLEDGE / "glossary.yml", GlossaryFile)


@cache
def _by_words() -> dict[str, str]:
    """What each word means; the longest come first, so that "er positive" is not "er"."""
    said = {_plain(word): entry.text for entry in glossary().entries for word in entry.words}
    return dict(sorted(said.items(), key=lambda pair: -len(pair[0])))


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def explained(text: str) -> str | None:
    """What a word means that a short question asks about; None if it asks about none of ours."""
    said, named = _plain(text), ideas(text)
    if MEANING not in named or named & MORE:
        return None
    return next((means for word, means in _by_words().items() if _asked(word, said)), None)


def _asked(word: str, said: str) -> bool:
    """Whether a question holds the word and little else."""
    beside = len(said.split()) - len(word.split())
    return f" {word} " in f" {said} " and beside <= (BESIDE_SHORT if len(word) < SHORT else BESIDE)
