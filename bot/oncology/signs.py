"""Finds signs of illness: composed patterns over the words of a message, as data.

A pattern such as "<cannot> (breathe|breath) properly?" stands for thousands of phrases, too many
to list, so patterns are compiled, kept by their first word, and tried only where that word
stands: the cost is linear in the message. Long words are spelling-repaired first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import PhraseBook
from bot.oncology.text import Document, pack


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


class Pattern:
    """One line of the file: compiled when its first word is first met."""

    __slots__ = ("_compiled", "_source", "firsts", "name", "opens")

    def __init__(self, name: str, source: str, groups: Mapping[str, tuple[str, ...]]) -> None:
        self.name = name
        elements = _elements(source, groups)
        self.opens = source.startswith("^")
        self.firsts = _firsts(elements)
        self._source = "".join(_expression(words, optional) for words, optional in elements)
        self._compiled: re.Pattern[str] | None = None

    def match(self, packed: str, at: int) -> int | None:
        """Where in `packed` a match that starts at `at` ends."""
        if self._compiled is None:
            self._compiled = re.compile(self._source)
        found = self._compiled.match(packed, at)
        return found.end() if found and found.end() > at else None


_ELEMENT = re.compile(r"\(([^)]*)\)(\??)|<(\w+)>(\??)|([^\s?]+)(\??)")

Element = tuple[tuple[str, ...], bool]


def _elements(source: str, groups: Mapping[str, tuple[str, ...]]) -> list[Element]:
    elements: list[Element] = []
    for choice, o1, group, o2, word, o3 in _ELEMENT.findall(source.removeprefix("^")):
        if group:
            if group not in groups:
                raise ValueError(f"no group {group!r} in pattern {source!r}")
            words: Iterable[str] = groups[group]
        else:
            words = choice.split("|") if choice else (word,)
        packed = {pack(w).replace("| ", "").strip() for w in words}
        elements.append((tuple(sorted(packed - {""}, key=len, reverse=True)), bool(o1 or o2 or o3)))
    return elements


def _firsts(elements: list[Element]) -> frozenset[str]:
    firsts: set[str] = set()
    for words, optional in elements:
        firsts.update(word.split()[0] for word in words)
        if not optional:
            return frozenset(firsts)
    raise ValueError("a pattern needs one word that must be there")


def _expression(words: tuple[str, ...], optional: bool) -> str:
    body = "|".join(re.escape(word) for word in words)
    return f"(?:(?:{body}) ){'?' if optional else ''}"


@dataclass(frozen=True, slots=True)
class SignBook:
    """All patterns by first word, and the spelling repair of their long words."""

    file: SignFile
    by_word: Mapping[str, tuple[Pattern, ...]]
    spelling: PhraseBook[str]
    sayings: PhraseBook[str]


@cache
def sign_file() -> SignFile:
    """The knowledge of signs and of the words that excuse them."""
    return load(KNOWLEDGE / "symptoms.yml", SignFile)


@cache
def sign_book() -> SignBook:
    """All patterns, ready to be looked for."""
    file = sign_file()
    by_word: dict[str, list[Pattern]] = defaultdict(list)
    words: set[str] = set()
    for name, sources in file.signs.items():
        for source in sources:
            pattern = Pattern(name, source, file.groups)
            for word in pattern.firsts:
                by_word[word].append(pattern)
            words.update(re.findall(r"[a-z]+", source))
    return SignBook(
        file,
        {word: tuple(patterns) for word, patterns in by_word.items()},
        PhraseBook(((word, word) for word in sorted(words)), fuzzy=True),
        PhraseBook((saying, saying) for saying in file.sayings),
    )


def signs_of(doc: Document) -> list[Sign]:
    """Every sign named in the document, sayings and masked signs left out, in order."""
    found = doc.memory.get("signs")
    if not isinstance(found, list):
        found = doc.memory["signs"] = _find(doc)
    return found


def _find(doc: Document) -> list[Sign]:
    book = sign_book()
    packed, at = _respelt(doc, book)
    longest: dict[tuple[str, int], int] = {}
    for index, token in enumerate(doc.tokens):
        word = packed[at[index] : packed.index(" ", at[index])]
        for pattern in book.by_word.get(word, ()):
            if pattern.opens and not (index == 0 or token.breaks):
                continue
            end = pattern.match(packed, at[index])
            if end is not None:
                last = bisect_left(at, end) if end <= at[-1] else len(at)
                key = (pattern.name, index)
                longest[key] = max(longest.get(key, 0), last)
    signs = [Sign(name, first, last) for (name, first), last in longest.items()]
    sayings = [(hit.first, hit.last) for hit in book.sayings.find_all(doc)]
    signs = [s for s in signs if not any(a <= s.first and s.last <= b for a, b in sayings)]
    return _unmasked(signs, book.file.masks)


def _unmasked(signs: list[Sign], masks: Mapping[str, tuple[str, ...]]) -> list[Sign]:
    hidden: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for sign in signs:
        for name in masks.get(sign.name, ()):
            hidden[name].append((sign.first, sign.last))
    kept = [s for s in signs if not any(s.overlaps(*span) for span in hidden[s.name])]
    return sorted(kept, key=lambda s: (s.first, s.last, s.name))


def _respelt(doc: Document, book: SignBook) -> tuple[str, list[int]]:
    """The text to match in, long words repaired; for each token where it starts there."""
    repaired = {hit.first: hit.value for hit in book.spelling.find(doc) if hit.score < 1.0}
    parts: list[str] = []
    at: list[int] = []
    length = 0
    for index, token in enumerate(doc.tokens):
        if token.breaks:
            parts.append("| ")
            length += 2
        at.append(length)
        text = repaired.get(index, token.text) + " "
        parts.append(text)
        length += len(text)
    return "".join(parts), at
