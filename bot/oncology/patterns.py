"""Matches composed patterns over the words of a message: "<cannot> (breathe|breath) properly?".

Such a pattern stands for thousands of phrases, too many to list for a phrase book, so patterns
are compiled, kept by their first word, and tried only where that word stands: the cost is linear
in the message. Long words are spelling-repaired first. `(a|b)` is one of several, `word?` may be
missing, `<name>` is a group, `^` the start of a message or of a part of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.oncology.phrases import PhraseBook
from bot.oncology.text import Document, pack

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class PatternHit(Generic[V]):
    """A pattern found: its value, tokens `first` to before `last`."""

    value: V
    first: int
    last: int


class _Pattern(Generic[V]):
    """One pattern: compiled when its first word is first met."""

    __slots__ = ("_compiled", "_source", "firsts", "opens", "value")

    def __init__(self, value: V, source: str, groups: Mapping[str, tuple[str, ...]]) -> None:
        self.value = value
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


class PatternBook(Generic[V]):
    """Patterns with their values."""

    def __init__(
        self,
        patterns: Iterable[tuple[V, Iterable[str]]],
        groups: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        by_word: dict[str, list[_Pattern[V]]] = defaultdict(list)
        words: set[str] = set()
        for value, sources in patterns:
            for source in sources:
                pattern = _Pattern(value, source, groups or {})
                for word in pattern.firsts:
                    by_word[word].append(pattern)
                words.update(re.findall(r"[a-z]+", source))
        self._by_word = dict(by_word)
        self._spelling = PhraseBook(((word, word) for word in sorted(words)), fuzzy=True)

    def find_all(self, doc: Document) -> list[PatternHit[V]]:
        """Every match, the longest of each value at each place, in order; they may overlap."""
        packed, at, repaired = self._respelt(doc)
        longest: dict[tuple[int, int], PatternHit[V]] = {}
        for index, patterns in self._tried(doc, repaired):
            token = doc.tokens[index]
            for pattern in patterns:
                if pattern.opens and not (index == 0 or token.breaks):
                    continue
                end = pattern.match(packed, at[index])
                if end is None:
                    continue
                last = bisect_left(at, end) if end <= at[-1] else len(at)
                key = (id(pattern.value), index)
                if key not in longest or longest[key].last < last:
                    longest[key] = PatternHit(pattern.value, index, last)
        return sorted(longest.values(), key=lambda hit: (hit.first, hit.last))

    def find(self, doc: Document) -> list[PatternHit[V]]:
        """Matches that do not overlap, the longest first choice, in order."""
        used: set[int] = set()
        kept: list[PatternHit[V]] = []
        for hit in sorted(self.find_all(doc), key=lambda h: (h.first - h.last, h.first)):
            if not any(i in used for i in range(hit.first, hit.last)):
                used.update(range(hit.first, hit.last))
                kept.append(hit)
        return sorted(kept, key=lambda hit: hit.first)

    def _respelt(self, doc: Document) -> tuple[str, list[int], dict[int, str]]:
        """The text to match in, where each token starts there, and the long words repaired."""
        repaired = self._spelling.misspelt(doc)
        if not repaired:
            return doc.packed, doc._packed_at, repaired
        parts: list[str] = []
        at: list[int] = []
        start, done, shift = 0, 0, 0
        for index in sorted(repaired):
            place, token = doc._packed_at[index], doc.tokens[index]
            parts += (doc.packed[start:place], repaired[index])
            at += [p + shift for p in doc._packed_at[done : index + 1]]
            shift += len(repaired[index]) - len(token.text)
            start, done = place + len(token.text), index + 1
        parts.append(doc.packed[start:])
        at += [p + shift for p in doc._packed_at[done:]]
        return "".join(parts), at, repaired

    def _tried(
        self, doc: Document, repaired: Mapping[int, str]
    ) -> Iterator[tuple[int, list[_Pattern[V]]]]:
        """Each token at which a pattern can begin, with the patterns."""
        positions = doc.positions()
        for word in positions.keys() & self._by_word.keys():
            for index in positions[word]:
                if index not in repaired:
                    yield index, self._by_word[word]
        for index, word in repaired.items():
            if word in self._by_word:
                yield index, self._by_word[word]


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
