"""Finds the names of places in a message, and the words beside them that say what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from bot.oncology.gazetteer import PlaceName, gazetteer
from bot.oncology.knowledge_files import KNOWLEDGE
from bot.oncology.phrases import PhraseBook, common_words
from bot.oncology.place_words import place_names
from bot.oncology.text import Document

READ_BACK = 0.65  # below 0.7: the dialogue asks before it believes
_SPELLING_REPAIRED = 0.8
_INFLECTED = 0.9
_SHORT = 6  # letters


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A name in the message: tokens `first` to before `last`, what it stands for, how sure.

    `cue` is the kind of the words beside it, `since` the token where those begin.
    """

    first: int
    last: int
    place: PlaceName
    cue: str = ""
    since: int = 0
    rank: float = 0.0
    confidence: float = 1.0


class PlaceCues:
    """The words of knowledge/places.yml that stand in one message, by kind."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._ends: dict[int, dict[str, int]] = {}
        for hit in _cue_book().find_all(doc):
            ending = self._ends.setdefault(hit.last, {})
            for kind in hit.value:
                self._spans.setdefault(kind, []).append((hit.first, hit.last))
                ending[kind] = min(hit.first, ending.get(kind, hit.first))

    def of(self, kind: str) -> list[tuple[int, int]]:
        """Spans of tokens of one kind."""
        return self._spans.get(kind, [])

    def within(self, kind: str, start: int, end: int, reach: int = 12) -> tuple[int, int] | None:
        """The last words of a kind between two tokens, at most `reach` before the second."""
        found = [
            (first, last)
            for first, last in self.of(kind)
            if first >= start and last <= end and end - last <= reach
        ]
        return max(found, key=lambda span: span[1], default=None)

    def begins(self, kind: str, at: int) -> bool:
        """Whether words of a kind begin at a token."""
        return any(first == at for first, _ in self.of(kind))

    def before(self, at: int) -> tuple[str, int]:
        """The strongest cue that ends right before a token, one word between at most, and where."""
        if at < len(self.doc.tokens) and self.doc.tokens[at].breaks:
            return "", at
        here = self._ends.get(at, {})
        near = self._ends.get(at - 1, {}) if not self._number(at - 1) else {}
        if "home" in here or "home" in near:
            return "home", min(here.get("home", at), near.get("home", at))
        for kind in ("from", "in"):
            if kind in here:
                return kind, here[kind]
        return "", at

    def _number(self, at: int) -> bool:
        return at >= 0 and self.doc.tokens[at].text.isdigit()

    def beside(self, first: int, last: int) -> tuple[str, int]:
        """The kind of the words beside a name, and the token where they begin."""
        kind, since = self.before(first)
        if not kind and first and self.doc.tokens[first - 1].text in _ARTICLES:
            kind, since = self.before(first - 1)
        if kind:
            return kind, since
        joined = last < len(self.doc.tokens) and not self.doc.tokens[last].breaks
        return ("after", first) if joined and self.begins("after", last) else ("", first)


_ARTICLES = frozenset({"the", "la", "le", "el", "al"})


@cache
def _cue_book() -> PhraseBook[tuple[str, ...]]:
    spec = place_names()
    kinds: dict[str, list[str]] = {}
    lists: Mapping[str, tuple[str, ...]] = {
        **spec.cues,
        **spec.not_home,
        "thing": spec.thing,
        "person": spec.person,
    }
    for kind, phrases in lists.items():
        for phrase in phrases:
            kinds.setdefault(phrase, []).append(kind)
    return PhraseBook((phrase, tuple(found)) for phrase, found in kinds.items())


def names_in(doc: Document, cues: PlaceCues, asked: bool) -> Iterator[PlaceMention]:
    """Names of the gazetteer, the longest first, never overlapping; then misspelt ones."""
    index = 0
    skipped = {i for hit in _no_place().find_all(doc) for i in range(hit.first, hit.last)}
    while index < len(doc.tokens):
        if index in skipped:
            index += 1
            continue
        found = longest_at(doc, index) or _inflected(doc, index)
        if found is None and (asked or (cues.before(index)[0] and not _after_an_a(doc, index))):
            found = _misspelt(doc, index, asked)
        if found is None or _glued(doc, found):
            index += 1
            continue
        yield found
        index = found.last


def _after_an_a(doc: Document, index: int) -> bool:
    """ "Such a monster": the English article is not the French "à"."""
    before = doc.tokens[index - 1] if index else None
    return before is not None and doc.words(before.start, before.end) == "a"


def _glued(doc: Document, found: PlaceMention) -> bool:
    """Letters of a code ("SF3B1") are no place."""
    behind = doc.norm[doc.tokens[found.last - 1].nend :][:1]
    return behind.isdigit()


@cache
def _no_place() -> PhraseBook[str]:
    return PhraseBook((phrase, phrase) for phrase in place_names().no_place)


@cache
def everyday() -> frozenset[str]:
    """Words that the knowledge of illness is written in: no misspelt places."""
    words = set(common_words())
    for path in sorted(KNOWLEDGE.rglob("*.yml")):
        if path.name != "places.yml":
            words.update(_LETTERS.findall(path.read_text(encoding="utf-8").lower()))
    return frozenset(words)


_LETTERS = re.compile(r"[a-z]+")


def longest_at(doc: Document, first: int) -> PlaceMention | None:
    """The longest name of the gazetteer that begins at a token."""
    names = gazetteer().names
    tokens = doc.tokens
    reach = gazetteer().reach(tokens[first].text)
    best: PlaceMention | None = None
    key = ""
    for last in range(first, min(first + reach, len(tokens))):
        if last > first and tokens[last].breaks:
            break
        key = f"{key} {tokens[last].text}" if key else tokens[last].text
        place = names.get(key)
        if place is not None:
            best = PlaceMention(first, last + 1, place)
    return best


def _inflected(doc: Document, index: int) -> PlaceMention | None:
    """Names with a case ending or a joined preposition ("ঢাকায়", "بعمان", "İzmir'de")."""
    word = doc.tokens[index].text
    if len(word) < 4:
        return None
    if word.isascii():
        forms = _without_ending(word)
        before = doc.tokens[index - 1].text if index else ""
        if before in _RUSSIAN_IN:  # "iz Tashkenta", "v Almaty"
            forms = [*forms, word[:-1]]
        elif before in _POLISH_IN:  # "z Krakowa", "w Warszawie"
            stems = [word[:-cut] for cut in (1, 2)]
            forms = [*forms, *stems, *(f"{stem}{end}" for stem in stems for end in "ae")]
        elif word[0] in "dl" and doc.norm[doc.tokens[index].nstart + 1 :][:1] == "'":
            forms = [*forms, word[1:]]  # "un patient d'Abidjan"
    elif "\u0600" <= word[0] <= "\u06ff":
        joined = (p for p in _JOINED if word.startswith(p) and len(word) - len(p) >= 3)
        forms = [word[len(prefix) :] for prefix in joined]
    else:
        forms = [word[:-cut] for cut in (1, 2, 3) if len(word) - cut >= 3]
        if "\u0400" <= word[0] <= "\u052f":
            forms += [word[:-1] + ending for ending in "аяь"]  # "из России", "в Москве"
    names = gazetteer().names
    for form in forms:
        place = names.get(form)
        if place is None:
            continue
        if len(form) < _SHORT and doc.original[doc.tokens[index].start].islower():
            continue  # a word of its own, in the scripts that have capitals
        if place.need == "none" or (place.kind == "city" and len(word) - len(form) >= 3):
            return PlaceMention(index, index + 1, place, confidence=_INFLECTED)
    return None


_POLISH_IN = frozenset({"z", "ze", "w", "we"})
_RUSSIAN_IN = frozenset({"iz", "v", "vo", "pod", "goroda"})
# Prepositions and the article that Arabic writes together with a name.
_JOINED = ("ب", "ل", "و", "ف", "ال", "بال", "وال", "لل", "وب", "من")


def _without_ending(word: str) -> list[str]:
    if len(word) < 6 or word in everyday():
        return []
    return [
        word[: -len(ending)]
        for ending in place_names().endings
        if word.endswith(ending) and len(word) - len(ending) >= 4
    ]


def _misspelt(doc: Document, index: int, asked: bool) -> PlaceMention | None:
    word = doc.tokens[index].text
    if not word.isascii() or not word.isalpha() or word in everyday():
        return None
    name = gazetteer().nearest_spelling(word, countries=True, cities=True)
    place = gazetteer().get(name) if name else None
    if place is None:
        return None
    confidence = _SPELLING_REPAIRED if asked else READ_BACK
    return PlaceMention(index, index + 1, place, confidence=confidence)
