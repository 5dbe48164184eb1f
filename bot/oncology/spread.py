"""Reads where a cancer has spread: sites and the words that make an organ a site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bot.oncology.context import context_of
from bot.oncology.cues import words_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review, cancer_book, disease_book


@dataclass(frozen=True)
class StageSystem:
    """A staging or grading system; group 1 (or 2) of `pattern` is its value.

    One of `words` stands in everything the pattern finds.
    """

    system: str
    words: tuple[str, ...]
    pattern: str


@dataclass(frozen=True)
class StageFile:
    """knowledge/stages.yml"""

    source: str
    as_of: date
    review: Review
    stage_words: tuple[str, ...]
    ordinals: dict[str, int]
    last_stage: tuple[str, ...]
    early_stage: tuple[str, ...]
    limited: tuple[str, ...]
    extensive: tuple[str, ...]
    systems: tuple[StageSystem, ...]
    sites: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tnm_groups: dict[str, dict[str, str]] = field(default_factory=dict)
    beside_site: frozenset[str] = frozenset()
    site_cue: frozenset[str] = frozenset()
    only_there: frozenset[str] = frozenset()
    nothing_there: frozenset[str] = frozenset()
    told_before: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    begins_in: dict[str, frozenset[str]] = field(default_factory=dict)


@cache
def stage_file() -> StageFile:
    """The words of stage and spread."""
    return load(KNOWLEDGE / "stages.yml", StageFile)


@cache
def site_book() -> PhraseBook[str]:
    """Names of the organs to which cancers spread."""
    return PhraseBook((word, site) for site, words in stage_file().sites.items() for word in words)


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites of spread in a document, and the tokens that belong to them."""

    hits: tuple[Hit[str], ...]
    spread: tuple[Hit[frozenset[str]], ...]  # every word of spread, whether or not a site follows
    tokens: frozenset[int]


def sites_of(doc: Document) -> Sites:
    """Find the sites of a document, once."""
    found = doc.memory.get("sites")
    if not isinstance(found, Sites):
        found = doc.memory["sites"] = _find(doc)
    return found


def disease_words(doc: Document) -> list[Hit[frozenset[str]]]:
    """Words of disease of a document, once."""
    found = doc.memory.get("disease")
    if not isinstance(found, list):
        found = doc.memory["disease"] = disease_book().find(doc)
    return found


def _only_a_spot(doc: Document, hit: Hit[frozenset[str]]) -> bool:
    """ "Spots in the liver" are spread of a known cancer, else only something seen."""
    return doc.tokens[hit.first].text in words_of("seen")


def _cancer_named(doc: Document) -> bool:
    """Whether a cancer of the patient is named; a late father's leaves a spot what it is."""
    owners = context_of(doc).owners
    named = [hit.first for hit in disease_words(doc) if {"malignant", "generic"} & hit.value]
    named += [hit.first for hit in cancer_book().find(doc)]
    return any(not owners.is_other(first) for first in named)


def _find(doc: Document) -> Sites:
    spread = tuple(
        hit
        for hit in disease_words(doc)
        if "spread" in hit.value and (not _only_a_spot(doc, hit) or _cancer_named(doc))
    )
    places = site_book().find(doc)
    named: dict[int, Hit[str]] = {}
    if spread and places:
        for cue in spread:
            for hit in (*_following(doc, cue, places), *_preceding(doc, cue, places)):
                named.setdefault(hit.first, hit)
    hits = tuple(named[first] for first in sorted(named))
    tokens = frozenset(i for hit in hits for i in range(hit.first, hit.last))
    return Sites(hits, spread, tokens)


def _following(
    doc: Document, cue: Hit[frozenset[str]], places: Iterable[Hit[str]]
) -> Iterator[Hit[str]]:
    """Sites after the word of spread: the first within three tokens, then the rest of the list."""
    here = context_of(doc).sentence(cue.first)
    at, allowed = cue.last, 3
    for place in places:
        if place.first < cue.last or place.first >= here.last:
            continue
        between = [doc.tokens[i].text for i in range(at, place.first)]
        listed = all(word in words_of("site_list") for word in between)
        if (len(between) > allowed and not listed) or (not listed and at != cue.last):
            return
        if place.value == "other" and place.first == cue.last and _kind_of_cancer(doc, cue):
            return
        if any("malignant" in h.value for h in disease_words(doc) if at <= h.first < place.first):
            return
        yield place
        at, allowed = place.last, 4


def _kind_of_cancer(doc: Document, cue: Hit[frozenset[str]]) -> bool:
    """ "Metastatic colon": the word before the organ says how far its own cancer has come."""
    return cue.last - cue.first == 1 and doc.tokens[cue.first].text == "metastatic"


def _preceding(
    doc: Document, cue: Hit[frozenset[str]], places: Iterable[Hit[str]]
) -> Iterator[Hit[str]]:
    """Sites right before the word of spread ("liver and bone mets", "liver me fail gaya")."""
    if doc.tokens[cue.first].text not in words_of("behind_site"):
        return
    at = cue.first
    for place in sorted(places, key=lambda h: -h.first):
        if place.last > cue.first:
            continue
        between = [doc.tokens[i].text for i in range(place.last, at)]
        if len(between) > 3 or not all(word in words_of("site_list") for word in between):
            return
        yield place
        at = place.first
