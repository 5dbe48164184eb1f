"""Finds vocabulary phrases in a document: all patterns at once, then bounded spelling repair.

Matching is over whole tokens, so "mets" is not found in "cements", and "R-CHOP", "R CHOP" and
"rchop" are one phrase. Spelling repair looks only at words that no phrase explains: words for
names of 7 or 8 letters may differ by one edit, longer ones by two, shorter ones not at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Generic, TypeVar

import ahocorasick
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.sounds import (
    LEAST_CONSONANTS,
    LEAST_LETTERS,
    forms,
    heard,
    least_likeness,
    likeness,
    skeleton,
    sounds_of,
)
from bot.oncology.text import Document, pack

V = TypeVar("V")

MIN_FUZZY_LETTERS = 7


@dataclass(frozen=True, slots=True)
class Hit(Generic[V]):
    """A phrase found: its value, tokens `first` to before `last`, offsets into the original.

    `score` is 1.0 for the spelling known, less for a repaired one.
    """

    value: V
    first: int
    last: int
    start: int
    end: int
    score: float = 1.0

    def overlaps(self, other: Hit[V]) -> bool:
        return self.first < other.last and other.first < self.last


class PhraseBook(Generic[V]):
    """Phrases with their values.

    A phrase given twice keeps its first value. With `fuzzy` the words of the phrases are also
    recognised when misspelt.
    """

    def __init__(self, phrases: Iterable[tuple[str, V]], *, fuzzy: bool = False) -> None:
        self._values: dict[str, V] = {}
        for phrase, value in phrases:
            for form in _forms(phrase):
                self._values.setdefault(form, value)
        self._automaton = ahocorasick.Automaton()
        for form, value in self._values.items():
            self._automaton.add_word(form, (len(form), form.count(" ") - 1, value))
        if self._values:
            self._automaton.make_automaton()
        self._repair = _Repair(self._values) if fuzzy else None
        self._widest = max((form.count(" ") - 1 for form in self._values), default=0)

    def __contains__(self, phrase: str) -> bool:
        return pack(phrase) in self._values

    def __len__(self) -> int:
        return len(self._values)

    def get(self, phrase: str) -> V | None:
        """The value of a whole phrase."""
        return self._values.get(pack(phrase))

    def find_all(self, doc: Document) -> list[Hit[V]]:
        """Every exact occurrence, overlapping ones too, in order of their end."""
        if not self._values or not doc.tokens:
            return []
        return self._search(doc, doc.packed, doc._packed_at, None)

    def find(self, doc: Document) -> list[Hit[V]]:
        """Occurrences that do not overlap, the longest first choice, in order; found once."""
        known = doc.memory.get(f"find {id(self)}")
        if known is None or known[0] is not self:
            known = doc.memory[f"find {id(self)}"] = (self, self._find(doc))
        found: list[Hit[V]] = known[1]
        return found

    def _find(self, doc: Document) -> list[Hit[V]]:
        if not self._values or not doc.tokens:
            return []
        hits = longest(self._search(doc, doc.packed, doc._packed_at, None))
        if self._repair is None:
            return hits
        covered = {index for hit in hits for index in range(hit.first, hit.last)}
        repaired = self._repair.words(doc, covered)
        if not repaired:
            return hits
        found = [
            hit
            for first, last in _around(repaired, self._widest, len(doc.tokens))
            for hit in self._search(doc, *_repacked(doc, repaired, first, last), repaired, first)
            if hit.score < 1.0
        ]
        return longest([*hits, *found])

    def misspelt(self, doc: Document) -> dict[int, str]:
        """Token index -> the word of the book that was meant, for words that are misspelt."""
        return self._repair.words(doc, set()) if self._repair else {}

    def _search(
        self,
        doc: Document,
        packed: str,
        at: list[int],
        repaired: Mapping[int, str] | None,
        offset: int = 0,
    ) -> list[Hit[V]]:
        """Phrases in `packed`, whose tokens start at `at`; its first token is number `offset`."""
        hits: list[Hit[V]] = []
        tokens = doc.tokens
        for end, (length, words, value) in self._automaton.iter(packed):
            first = bisect_left(at, end - length + 2) + offset
            last = first + words
            score = 1.0
            if repaired:
                score -= 0.15 * sum(index in repaired for index in range(first, last))
            hits.append(
                Hit(value, first, last, tokens[first].start, tokens[last - 1].end, max(score, 0.4))
            )
        return hits


def longest(hits: list[Hit[V]]) -> list[Hit[V]]:
    """Drop hits inside or across a longer one; of equals, the exact spelling and the first win."""
    if len(hits) < 2:
        return hits
    taken: list[Hit[V]] = []
    used: set[int] = set()
    for hit in sorted(hits, key=_preference):
        span = range(hit.first, hit.last)
        if used.isdisjoint(span):
            used.update(span)
            taken.append(hit)
    return sorted(taken, key=_FIRST)


def _preference(hit: Hit[V]) -> tuple[int, float, int]:
    return hit.first - hit.last, -hit.score, hit.first


_FIRST = attrgetter("first")


_JOINABLE = re.compile(r"[^\W\d_]+(?:[-/'][^\W\d_]+)+")


def _forms(phrase: str) -> Iterable[str]:
    """The packed forms of a phrase: as written, and hyphenated parts run together."""
    packed = pack(phrase)
    if len(packed) < 3:
        return
    if "|" in packed:
        packed = packed.replace("| ", "")
    yield packed
    if _JOINABLE.fullmatch(phrase) and len(phrase) >= 4:
        yield f" {packed.replace(' ', '')} "


def _around(repaired: Iterable[int], widest: int, count: int) -> list[tuple[int, int]]:
    """Stretches of tokens in which a phrase could hold a repaired word; they do not overlap."""
    stretches: list[tuple[int, int]] = []
    for index in sorted(repaired):
        first, last = max(0, index - widest + 1), min(count, index + widest)
        if stretches and first <= stretches[-1][1]:
            first = stretches.pop()[0]
        stretches.append((first, last))
    return stretches


def _repacked(
    doc: Document, repaired: Mapping[int, str], first: int, last: int
) -> tuple[str, list[int]]:
    """Tokens `first` to before `last` as text to search, and where each starts in it."""
    parts: list[str] = [" "]
    at: list[int] = []
    length = 1
    for index in range(first, last):
        token = doc.tokens[index]
        text = repaired.get(index, token.text)
        if token.breaks:
            parts.append("| ")
            length += 2
        at.append(length)
        parts.append(text + " ")
        length += len(text) + 1
    return "".join(parts), at


class _Repair:
    """Nearest vocabulary word, looked up in small buckets by length and first or last letters."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._known: set[str] = set()
        for form in values:
            self._known.update(form.split())
        self._buckets: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= MIN_FUZZY_LETTERS and word.isalpha() and word not in common_words():
                self._buckets[len(word), word[:1]].append(word)
                self._buckets[len(word), word[-3:]].append(word)
        self._said: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= LEAST_LETTERS and word.isascii() and word.isalpha():
                for sounds in sorted(sounds_of(word)):
                    self._said[skeleton(sounds)].append((sounds, word))
        self._seen: dict[str, str | None] = {}

    def words(self, doc: Document, covered: set[int]) -> dict[int, str]:
        """Token index -> vocabulary word, for tokens outside `covered` that are misspelt."""
        out: dict[int, str] = {}
        for index, word in _repairable(doc):
            if index in covered or word in self._known:
                continue
            nearest = self._nearest(word)
            if nearest:
                out[index] = nearest
        for index, word in _in_other_scripts(doc):
            if index not in covered and index not in out and word not in self._known:
                meant = self._by_sound(word)
                if meant:
                    out[index] = meant
        return out

    def _by_sound(self, word: str) -> str | None:
        """The name that a word of another script sounds like, if it is one."""
        for form in forms(word):
            sounds = heard(form)
            if sounds is None:
                return None
            consonants = skeleton(sounds)
            if len(consonants) < LEAST_CONSONANTS:
                continue
            near = [(likeness(sounds, said), name) for said, name in self._said.get(consonants, ())]
            most = max(near, default=(0.0, ""))[0]
            nearest = sorted({name for degree, name in near if degree == most})
            if most >= least_likeness(len(consonants)) and (
                len(nearest) == 1 or self._same(nearest)
            ):
                return nearest[0]
        return None

    def _nearest(self, word: str) -> str | None:
        if word not in self._seen:
            if len(self._seen) > 20_000:
                self._seen.clear()
            self._seen[word] = self._look_up(word)
        return self._seen[word]

    def _look_up(self, word: str) -> str | None:
        best: dict[str, int] = {}
        for length in range(max(MIN_FUZZY_LETTERS, len(word) - 2), len(word) + 3):
            allowed = 1 if length <= 8 else 2
            for key in (word[:1], word[-3:]):
                names = self._buckets.get((length, key))
                if not names:
                    continue
                for name, distance, _ in process.extract(
                    word, names, scorer=OSA.distance, score_cutoff=allowed, limit=3
                ):
                    best[name] = int(distance)
        if not best:
            return None
        least = min(best.values())
        nearest = [name for name, distance in best.items() if distance == least]
        return nearest[0] if len(nearest) == 1 or self._same(nearest) else None

    def _same(self, words: list[str]) -> bool:
        """Whether words equally near all name the same thing."""
        first = self._values.get(f" {words[0]} ")
        return first is not None and all(self._values.get(f" {w} ") == first for w in words)


def _repairable(doc: Document) -> list[tuple[int, str]]:
    """Words that may be misspelt names, once for all books."""
    found = doc.memory.get("repairable")
    if not isinstance(found, list):
        found = doc.memory["repairable"] = [
            (index, token.text)
            for index, token in enumerate(doc.tokens)
            if MIN_FUZZY_LETTERS - 1 <= len(token.text) <= 24
            and token.text.isalpha()
            and token.text not in common_words()
        ]
    return found


def _in_other_scripts(doc: Document) -> list[tuple[int, str]]:
    """Words that are not in Latin letters, once for all books."""
    found = doc.memory.get("other scripts")
    if not isinstance(found, list):
        found = doc.memory["other scripts"] = [
            (index, token.text)
            for index, token in enumerate(doc.tokens)
            if token.text[0] > "\u024f"
            and LEAST_CONSONANTS <= len(token.text) <= 24
            and token.text not in common_words()
        ]
    return found


@cache
def common_words() -> frozenset[str]:
    """Everyday words that lie close to a name of the vocabulary and must not be repaired."""
    words: set[str] = set()
    for path in sorted((KNOWLEDGE / "language").glob("*/common_words.yml")):
        words.update(load(path, tuple[str, ...]))
    return frozenset(words)
