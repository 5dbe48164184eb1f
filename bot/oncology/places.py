"""Finds where the patient is: country and city, in whatever way people name them.

A place counts by what stands beside it. "We live in", "from" and "in" make it home; a wish
("treatment in China"), a visit ("operated in Chennai"), a report's origin and another relative's
home do not. Where a name belongs to two countries the answer is a question, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from bot.oncology.context import Context, context_of
from bot.oncology.gazetteer import (
    City,
    Need,
    PlaceName,
    gazetteer,
    place_names,
    resolve,
)
from bot.oncology.patient import name_of, patient_kin
from bot.oncology.phrases import PhraseBook, common_words
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.scripts import scripts_of
from bot.oncology.signs import sign_file
from bot.oncology.text import Document

ASKED = frozenset({"country", "city", "location"})

_READ_BACK = 0.65  # below 0.7: the dialogue asks before it believes
_RANK = {"home": 4.0, "from": 3.0, "after": 3.0, "in": 2.5, "": 2.0, "now": 1.0}


@dataclass(frozen=True, slots=True)
class _Found:
    """A name in the message: tokens `first` to before `last`, what it stands for, how sure."""

    first: int
    last: int
    place: PlaceName
    cue: str = ""
    rank: float = 0.0
    confidence: float = 1.0


def read_places(doc: Document, asks: str | None) -> Iterable[Mention | Ambiguity]:
    """The patient's country (ISO 3166-1 alpha-2) and city."""
    if not doc.tokens:
        return []
    for character in scripts_of(doc.norm):
        gazetteer().learn_script(character)
    asked = asks in ASKED
    context = context_of(doc)
    cues = _cues(doc)
    judged = [
        kept
        for found in _names(doc, cues, asked)
        if (kept := _judge(doc, context, cues, found, asked)) is not None
    ]
    return list(_emit(doc, _best(doc, judged)))


def nearest_city(latitude: float, longitude: float) -> tuple[str, str] | None:
    """City and country (ISO 3166-1 alpha-2) of coordinates in degrees; None far from any city."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    city = gazetteer().nearest(latitude, longitude)
    return (city.name, city.country) if city else None


Cues = Mapping[str, list[tuple[int, int]]]


def _cues(doc: Document) -> Cues:
    out: dict[str, list[tuple[int, int]]] = {}
    for hit in _cue_book().find_all(doc):
        for kind in hit.value:
            out.setdefault(kind, []).append((hit.first, hit.last))
    return out


@cache
def _cue_book() -> PhraseBook[tuple[str, ...]]:
    spec = place_names()
    kinds: dict[str, list[str]] = {}
    for kind, phrases in (*spec.cues.items(), *spec.not_home.items()):
        for phrase in phrases:
            kinds.setdefault(phrase, []).append(kind)
    for kind, phrases in (("thing", spec.thing), ("person", spec.person)):
        for phrase in phrases:
            kinds.setdefault(phrase, []).append(kind)
    return PhraseBook((phrase, tuple(found)) for phrase, found in kinds.items())


def _names(doc: Document, cues: Cues, asked: bool) -> Iterator[_Found]:
    """Names of the gazetteer, the longest first, never overlapping; then misspelt ones."""
    index = 0
    skipped = {i for hit in _no_place().find_all(doc) for i in range(hit.first, hit.last)}
    while index < len(doc.tokens):
        if index in skipped:
            index += 1
            continue
        found = _longest_at(doc, index) or _inflected(doc, index)
        if found is None and (asked or _cue_before(cues, index)):
            found = _misspelt(doc, index, asked)
        if found is None:
            index += 1
            continue
        yield found
        index = found.last


@cache
def _no_place() -> PhraseBook[str]:
    return PhraseBook((phrase, phrase) for phrase in place_names().no_place)


@cache
def _everyday() -> frozenset[str]:
    """Words of illness and treatment: no misspelt places."""
    words = {
        w for sources in sign_file().signs.values() for s in sources for w in _LETTERS.findall(s)
    }
    return frozenset(words) | common_words()


_LETTERS = re.compile(r"[a-z]+")


def _longest_at(doc: Document, first: int) -> _Found | None:
    names = gazetteer().names
    tokens = doc.tokens
    best: _Found | None = None
    key = ""
    for last in range(first, min(first + gazetteer().longest, len(tokens))):
        if last > first and tokens[last].breaks:
            break
        key = f"{key} {tokens[last].text}" if key else tokens[last].text
        place = names.get(key)
        if place is not None:
            best = _Found(first, last + 1, place)
    return best


def _inflected(doc: Document, index: int) -> _Found | None:
    """Names with a case ending or a joined preposition ("ঢাকায়", "بعمان")."""
    word = doc.tokens[index].text
    if word.isascii() or len(word) < 4:
        return None
    names = gazetteer().names
    forms = [word[:-cut] for cut in (1, 2, 3) if len(word) - cut >= 3]
    if "\u0600" <= word[0] <= "\u06ff":
        forms = [word[cut:] for cut in (1, 2, 3) if len(word) - cut >= 3]
    for form in forms:
        place = names.get(form)
        if place is not None and place.need == "none":
            return _Found(index, index + 1, place, confidence=0.9)
    return None


def _misspelt(doc: Document, index: int, asked: bool) -> _Found | None:
    word = doc.tokens[index].text
    if not word.isascii() or not word.isalpha() or word in _everyday():
        return None
    name = gazetteer().nearest_spelling(word, countries=True, cities=True)
    place = gazetteer().get(name) if name else None
    if place is None:
        return None
    return _Found(index, index + 1, place, confidence=0.8 if asked else _READ_BACK)


def _cue_before(cues: Cues, index: int) -> str:
    """The strongest cue that ends right before a token, at most one word away."""
    for kind in ("home", "from", "in"):
        if any(last in (index, index - 1) and last > 0 for _, last in cues.get(kind, ())):
            exact = any(last == index for _, last in cues.get(kind, ()))
            if exact or kind == "home":
                return kind
    return ""


def _cue(doc: Document, cues: Cues, found: _Found) -> str:
    before = _cue_before(cues, found.first)
    if before:
        return before
    if found.first >= 1 and doc.tokens[found.first - 1].text == "the":
        before = _cue_before(cues, found.first - 1)
        if before:
            return before
    if any(first == found.last for first, _ in cues.get("after", ())):
        return "after"
    return ""


def _judge(
    doc: Document, context: Context, cues: Cues, found: _Found, asked: bool
) -> _Found | None:
    """The name with its rank, or None when it is not the patient's place."""
    cue = _cue(doc, cues, found)
    if not asked and not _believable(doc, cues, found, cue):
        return None
    if asked and found.last - found.first == len(doc.tokens):
        return _with(found, cue, 5.0, found.confidence)
    if found.place.kind == "people" and not _is_person(doc, cues, found, cue, asked):
        return None
    here = context.sentence(found.first)
    start = max(
        [here.first, *(b.last for b in context.cues_in(here.first, found.first, "boundary"))]
    )
    if any(last == found.first for _, last in cues.get("formerly", ())):
        return None
    if cue != "home" and (treated := _treated_at(cues, found)) is not None:
        if here.question or _within(cues, "wish", start, treated):
            return None
        return _subject(doc, context, found, cue, 0.6, min(found.confidence, _READ_BACK))
    if context.negated(found.first, found.last):
        return None
    confidence = found.confidence
    rank = _RANK[cue] + (1.0 if asked else 0.0)
    if cue != "home":
        if _within(cues, "now", start, found.first):
            rank, confidence = _RANK["now"] + (rank / 10), min(confidence, 0.8)
        elif _within(cues, "visited", start, found.first, reach=5) or (
            not asked and (_within(cues, "wish", start, found.first) or here.question)
        ):
            return None
        elif _beside_institution(cues, found):
            rank, confidence = 0.5, min(confidence, _READ_BACK)
    return _subject(doc, context, found, cue, rank, confidence)


def _treated_at(cues: Cues, found: _Found) -> int | None:
    """Where the words of treatment begin that end at the place ("operated in Lima")."""
    starts = [first for first, last in cues.get("treated", ()) if 0 <= found.first - last <= 1]
    return min(starts, default=None)


def _alone(doc: Document, found: _Found) -> bool:
    """Whether a place stands as a sentence of its own ("... 8 cycles. Sylhet")."""
    before = found.first == 0 or doc.tokens[found.first].breaks
    after = found.last == len(doc.tokens) or doc.tokens[found.last].breaks
    return before and after and found.first > 0


def _with(found: _Found, cue: str, rank: float, confidence: float) -> _Found:
    return _Found(found.first, found.last, found.place, cue, rank, confidence)


def _believable(doc: Document, cues: Cues, found: _Found, cue: str) -> bool:
    need: Need = found.place.need
    if found.place.kind == "people":
        return True
    if need == "none":
        titled = found.first and doc.tokens[found.first - 1].text in _TITLES
        return not titled
    token = doc.tokens[found.first]
    capital = doc.original[token.start : token.start + 1].isupper()
    if need == "capital":
        shouting = doc.original.isupper()
        all_capitals = doc.words(token.start, doc.tokens[found.last - 1].end).isupper()
        if found.place.kind == "country":
            return bool(cue) or (all_capitals and not shouting)
        return capital and cue in ("home", "from", "in") and not shouting
    if cue in ("home", "from", "in") or (_alone(doc, found) and capital):
        return True
    if cue == "after" and len(token.text) >= 4:
        return found.place.kind != "city" or found.place.cities[0].population > 200_000
    return _pair_follows(doc, found)


_TITLES = frozenset(
    {"dr", "mr", "mrs", "ms", "miss", "prof", "sir", "madam", "professor", "doctor"}
)


def _pair_follows(doc: Document, found: _Found) -> bool:
    """Whether a country stands right behind a city ("Kandy, Sri Lanka")."""
    following = _longest_at(doc, found.last) if found.last < len(doc.tokens) else None
    return (
        following is not None
        and following.place.kind in ("country", "region")
        and bool(set(following.place.countries) & set(found.place.countries))
    )


def _is_person(doc: Document, cues: Cues, found: _Found, cue: str, asked: bool) -> bool:
    if any(first == found.last for first, _ in cues.get("thing", ())):
        return False
    if asked or any(first == found.last for first, _ in cues.get("person", ())):
        return True
    if cue in ("from", "home") and found.place.need == "cue":
        return True
    before = [t.text for t in doc.tokens[max(0, found.first - 2) : found.first]]
    if before and before[-1] in ("a", "an"):
        before.pop()
    return bool(before) and before[-1] in _TO_BE


_TO_BE = frozenset({"patient", "pt", "am", "im", "iam", "are", "is", "hes", "shes", "were", "m"})


def _within(cues: Cues, kind: str, start: int, end: int, reach: int = 12) -> bool:
    return any(
        first >= start and last <= end and end - last <= reach for first, last in cues.get(kind, ())
    )


def _beside_institution(cues: Cues, found: _Found) -> bool:
    return any(
        0 <= found.first - last <= 1 or 0 <= first - found.last <= 0
        for first, last in cues.get("institution", ())
    )


def _subject(
    doc: Document, context: Context, found: _Found, cue: str, rank: float, confidence: float
) -> _Found | None:
    """Whose place it is: the patient's counts most, the writer's less, another relative's not."""
    here = context.sentence(found.first)
    kin = patient_kin(context)
    patient = kin[0] if kin else None
    people = [
        (c.first, c)
        for c in context.cues_in(
            here.first, found.first, "kin", "self", "patient", "pronoun", "stranger"
        )
    ]
    people += [
        (i, None)  # type: ignore[misc]
        for i in range(here.first, found.first)
        if doc.tokens[i].text in ("we", "us", "our")
    ]
    if not people:
        return _with(found, cue, rank, confidence)
    nearest = max(people, key=lambda p: p[0])[1]
    if nearest is None:
        return _with(found, cue, rank, confidence)
    if "stranger" in nearest.value:
        return None
    if "kin" in nearest.value:
        name = name_of(doc, nearest.first, nearest.last)
        if patient is not None and name != patient and cue in ("home", "in", "from"):
            return None
        return _with(found, cue, rank + 0.5, confidence)
    if "self" in nearest.value and patient is not None and cue in ("home", "in"):
        return _with(found, cue, rank - 1.5, min(confidence, _READ_BACK))
    return _with(found, cue, rank, confidence)


def _name(doc: Document, first: int, last: int) -> str:
    return " ".join(doc.tokens[i].text for i in range(first, last))


def _best(doc: Document, judged: list[_Found]) -> list[_Found]:
    """The best place, and the names that belong to it (the city of the country)."""
    if not judged:
        return []
    top = max(judged, key=lambda f: (f.rank, -f.first))
    if top.place.kind == "city":
        near = [f for f in judged if f.place.kind != "city" and _agree(f, top)]
        near.sort(key=lambda f: (abs(f.first - top.last), -f.rank))
        return [top, *near[:1]]
    near = [f for f in judged if f.place.kind == "city" and _agree(f, top)]
    near.sort(key=lambda f: (-f.rank, abs(f.last - top.first)))
    return [*near[:1], top]


def _agree(one: _Found, other: _Found) -> bool:
    return bool(set(one.place.countries) & set(other.place.countries))


def _emit(doc: Document, places: list[_Found]) -> Iterator[Mention | Ambiguity]:
    if not places:
        return
    countries = set(places[0].place.countries)
    for found in places[1:]:
        countries &= set(found.place.countries)
    for found in places:
        start, end = doc.tokens[found.first].start, doc.tokens[found.last - 1].end
        words = doc.words(start, end)
        if found.place.kind == "city":
            city = _city(found.place, countries)
            yield Mention("city", city.name, words, start, end, found.confidence)
        options = resolve(name_of(doc, found.first, found.last), found.place, countries)
        if len(options) == 1:
            sure = found.confidence if found.place.kind != "people" else min(found.confidence, 0.75)
            yield Mention("country", options[0], words, start, end, sure)
        else:
            yield Ambiguity("country", options, words, start, end)
            return
        if len(places) > 1:
            countries = {options[0]}


def _city(place: PlaceName, countries: set[str]) -> City:
    return next((c for c in place.cities if c.country in countries), place.cities[0])
