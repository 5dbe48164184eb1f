"""Finds signs of illness as small concepts side by side ("legs" and "gave way", in any order).

Knowledge is `knowledge/pictures.yml`: concepts are words of many languages for one small thing (a
part of the body, what happens to it, how much), a picture is the concepts that together make a
sign. A picture is looked for only around the places of its first concept, in a window of a few
tokens, so the cost is linear in the message.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Literal

from rapidfuzz.distance import OSA

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import PhraseBook, common_words
from bot.oncology.text import STORY_WORDS, Document, pack

Span = tuple[int, int]  # tokens: first, one past the last

_WITHIN = 5  # tokens that may stand between the first concept of a picture and another
# In a long story words stand near each other by chance: there the window is narrower.
_WITHIN_STORY = 2
_SKELETON = 4  # consonants of a word that is known again without its vowels
_SPELT = 6  # letters of the shortest word that is known again when misspelt
_EDITS = 2  # letters a misspelt word may differ in, all of them vowels or doubled
_PREFIX = 3  # letters of the shortest word stem


@dataclass(frozen=True)
class PictureFile:
    """knowledge/pictures.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    swallowed: tuple[str, ...]
    undoing: tuple[str, ...]
    well_spelt: frozenset[str]
    concepts: dict[str, tuple[str, ...]]
    pictures: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for source in (s for sources in self.pictures.values() for s in sources):
            picture = parse(source)
            for name in (*(n for slot in picture.slots for n in slot), *picture.unless):
                if name not in self.concepts:
                    raise ValueError(f"no concept {name!r} in picture {source!r}")
        for word in (w for words in self.concepts.values() for w in words):
            if word.endswith("*") and " " in word:
                raise ValueError(f"only one word can be a stem: {word!r}")


@dataclass(frozen=True, slots=True)
class Picture:
    """Concepts side by side: `slots` all of them, each one of several.

    `ordered`: in this order; `apart`: a comma may part them; `unless`: none of these inside.
    """

    slots: tuple[tuple[str, ...], ...]
    within: int = _WITHIN
    ordered: bool = False
    apart: bool = False
    unless: tuple[str, ...] = ()


def parse(source: str) -> Picture:
    """Read "blood & vomit|cough / 4 - small"; ">" for "&" keeps the order, "," lets commas part."""
    rest, *unless = source.split(" - ")
    rest, _, within = rest.partition("/")
    ordered, apart = ">" in rest, "," in rest
    slots = tuple(
        tuple(name.strip() for name in slot.split("|")) for slot in re.split(r"[&>,]", rest)
    )
    names = tuple(name.strip() for part in unless for name in part.split("|"))
    return Picture(slots, int(within or _WITHIN), ordered, apart, names)


@cache
def picture_file() -> PictureFile:
    """The concepts and pictures of knowledge/pictures.yml."""
    return load(KNOWLEDGE / "pictures.yml", PictureFile)


@cache
def _pictures() -> dict[str, tuple[tuple[str, Picture], ...]]:
    """The pictures with their signs, by each concept of the slot with the fewest."""
    by_concept: dict[str, list[tuple[str, Picture]]] = defaultdict(list)
    for name, sources in picture_file().pictures.items():
        for picture in map(parse, sources):
            for concept in min(picture.slots, key=len):
                by_concept[concept].append((name, picture))
    return {concept: tuple(pictures) for concept, pictures in by_concept.items()}


@cache
def _phrases() -> PhraseBook[frozenset[str]]:
    """Concepts of several words, and the words that only look like one."""
    of: dict[str, set[str]] = defaultdict(set)
    for name, words in picture_file().concepts.items():
        for word in words:
            if not word.endswith("*") and len(pack(word).split()) > 1:
                of[word].add(name)
    for words_swallowed in picture_file().swallowed:
        of.setdefault(words_swallowed, set())
    return PhraseBook((phrase, frozenset(names)) for phrase, names in of.items())


class _Words:
    """Concepts of one word: exact, by stem ("vomit*"), or misspelt."""

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, set[str]] = defaultdict(set)
        for name, words in concepts.items():
            for word in words:
                packed = pack(word.removesuffix("*")).split()
                if len(packed) == 1:
                    (self._stems if word.endswith("*") else self._exact)[packed[0]].add(name)
        self._skeletons: dict[str, list[str]] = defaultdict(list)
        for word in self._exact:
            skeleton = _skeleton(word)
            if len(skeleton) >= _SKELETON and len(word) >= _SPELT:
                self._skeletons[skeleton].append(word)

    def find(self, word: str) -> frozenset[str]:
        """The concepts a word stands for."""
        found = self._known(word)
        if not found and (bare := _ARTICLE.sub("", word)) != word:
            found = self._known(bare)
        if not found and len(word) > _SKELETON and word not in _well_spelt():
            for near in self._skeletons.get(_skeleton(word), ()):
                if OSA.distance(word, near, score_cutoff=_EDITS) <= _EDITS:
                    found |= self._exact[near]
        return frozenset(found)

    def _known(self, word: str) -> set[str]:
        found = set(self._exact.get(word, ()))
        for length in range(_PREFIX, len(word) + 1):
            found |= self._stems.get(word[:length], set())
        return found


# What Arabic writes in one word with the next: "and", "with", "for", "the".
_ARTICLE = re.compile("^(?:[وبف]?ال|لل|[وبف])(?=.{3})")
_VOWELS = re.compile(r"(?<=.)[aeiouy]")
_DOUBLES = re.compile(r"(.)\1+")


def _skeleton(word: str) -> str:
    """A word of the Latin alphabet without its inner vowels and double letters."""
    return _VOWELS.sub("", _DOUBLES.sub(r"\1", word)) if word.isascii() and word.isalpha() else ""


@cache
def _well_spelt() -> frozenset[str]:
    return common_words() | picture_file().well_spelt


@cache
def _words() -> _Words:
    return _Words(picture_file().concepts)


@lru_cache(maxsize=16384)
def _of_word(word: str) -> frozenset[str]:
    return _words().find(word)


def find_pictures(doc: Document) -> Iterator[tuple[str, Span]]:
    """The signs pictured in a document, each with its span; the same sign may come twice."""
    places = _places(doc)
    if not places:
        return
    part, piece = _parts(doc)
    undone = frozenset(i for i, t in enumerate(doc.tokens) if t.text in _undoing())
    by_concept = _pictures()
    possible = {id(p): p for concept in places for p in by_concept.get(concept, ())}
    for name, picture in possible.values():
        if all(any(c in places for c in slot) for slot in picture.slots):
            for span in _seen(picture, places, part if picture.apart else piece, undone):
                yield name, span


@cache
def _undoing() -> frozenset[str]:
    return frozenset(picture_file().undoing)


def _places(doc: Document) -> dict[str, list[Span]]:
    """Where each concept stands, in order; words inside a longer phrase belong to it."""
    places: dict[str, list[Span]] = defaultdict(list)
    taken: set[int] = set()
    phrases = _phrases().find_all(doc)
    for hit in phrases:
        if not hit.value:
            taken.update(range(hit.first, hit.last))
    for hit in phrases:
        if hit.value and not (hit.first in taken and hit.last - 1 in taken):
            for concept in hit.value:
                places[concept].append((hit.first, hit.last))
    for index, token in enumerate(doc.tokens):
        if index not in taken:
            for concept in _of_word(token.text):
                places[concept].append((index, index + 1))
    for spans in places.values():
        spans.sort()
    return places


def _parts(doc: Document) -> tuple[list[int], list[int]]:
    """For each token the number of its sentence, and of its stretch between any punctuation."""
    part, piece = [0] * len(doc.tokens), [0] * len(doc.tokens)
    for index in range(1, len(doc.tokens)):
        token = doc.tokens[index]
        ends = token.breaks and bool(
            _FULL_STOP.search(doc.norm, doc.tokens[index - 1].nend, token.nstart)
        )
        part[index] = part[index - 1] + ends
        piece[index] = piece[index - 1] + token.breaks
    return part, piece


_FULL_STOP = re.compile(r"[.!?\n]")


def _seen(
    picture: Picture,
    places: Mapping[str, list[Span]],
    part: list[int],
    undone: frozenset[int],
) -> Iterator[Span]:
    end = 0
    for anchor in _of_slot(picture.slots[0], places):
        if anchor[0] < end:
            continue
        chosen = _complete(picture, places, part, anchor)
        if not chosen:
            continue
        span = min(s[0] for s in chosen), max(s[1] for s in chosen)
        told = {i for s in chosen for i in range(*s)}
        if any(i in undone and i not in told for i in range(*span)):
            continue
        if not any(_inside(places.get(name, ()), span) for name in picture.unless):
            end = span[1]
            yield span


def _of_slot(slot: tuple[str, ...], places: Mapping[str, list[Span]]) -> list[Span]:
    if len(slot) == 1:
        return places.get(slot[0], [])
    return sorted(span for name in slot for span in places.get(name, ()))


def _complete(
    picture: Picture, places: Mapping[str, list[Span]], part: list[int], anchor: Span
) -> list[Span]:
    """Where all concepts stand around the place of the first; nothing when one is missing."""
    chosen = [anchor]
    for slot in picture.slots[1:]:
        best: tuple[int, Span] | None = None
        for name in slot:
            for span in _around(places.get(name, ()), anchor, _window(picture, part)):
                if part[span[0]] != part[anchor[0]] or any(_touch(span, c) for c in chosen):
                    continue
                if picture.ordered and span[0] < chosen[-1][1]:
                    continue
                gap = max(span[0] - anchor[1], anchor[0] - span[1])
                if best is None or gap < best[0]:
                    best = gap, span
        if best is None:
            return []
        chosen.append(best[1])
    return chosen


def _window(picture: Picture, part: list[int]) -> int:
    return min(picture.within, _WITHIN_STORY) if len(part) >= STORY_WORDS else picture.within


_LONGEST = 8  # tokens of the longest concept


def _around(spans: Iterable[Span], anchor: Span, within: int) -> Iterator[Span]:
    """The spans at most `within` tokens before or behind another."""
    ordered = spans if isinstance(spans, list) else list(spans)
    at = bisect_left(ordered, (anchor[0] - within - _LONGEST, 0))
    while at < len(ordered) and ordered[at][0] - anchor[1] <= within:
        if anchor[0] - ordered[at][1] <= within:
            yield ordered[at]
        at += 1


def _touch(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


_BESIDE = 2  # tokens from a picture to a concept that excuses it


def _inside(spans: Iterable[Span], span: Span) -> bool:
    """Whether a concept stands inside a picture or beside it."""
    return any(s[0] < span[1] + _BESIDE and span[0] - _BESIDE < s[1] for s in spans)
