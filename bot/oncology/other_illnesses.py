"""Tells whether a treatment was for an illness that is no cancer ("methotrexate for arthritis").

The illness stands near the name of the treatment, and a word that leads to it ("for", "wegen", "ke
liye") right beside the illness. A cancer named right behind it takes the treatment back ("surgery
for hepatitis B related liver cancer"); an illness for which it was stopped is not what it was for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review, cancer_book, disease_book

_REACH: Final = 6  # tokens between a treatment and the illness it is for
_LINK: Final = 2  # tokens between a leading word and the illness
_CANCER: Final = 4  # tokens behind the illness in which a cancer may be named


@dataclass(frozen=True)
class OtherIllnesses:
    """knowledge/treatments/other_illnesses.yml"""

    source: str
    as_of: date
    review: Review
    links: tuple[str, ...]
    links_behind: tuple[str, ...]
    illnesses: tuple[str, ...]
    beside: tuple[str, ...]
    stopping: frozenset[str]


@cache
def _file() -> OtherIllnesses:
    return load(KNOWLEDGE / "treatments" / "other_illnesses.yml", OtherIllnesses)


@cache
def _book() -> PhraseBook[frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for kind in ("links", "links_behind", "illnesses", "beside"):
        for phrase in getattr(_file(), kind):
            kinds.setdefault(phrase, set()).add(kind)
    return PhraseBook((phrase, frozenset(found)) for phrase, found in kinds.items())


@dataclass(frozen=True, slots=True)
class _Words:
    """What one message says of other illnesses, by kind."""

    illnesses: tuple[Hit[frozenset[str]], ...]
    beside: tuple[Hit[frozenset[str]], ...]


def _words(doc: Document) -> _Words:
    found = doc.memory.get("other illnesses")
    if isinstance(found, _Words):
        return found
    hits = _book().find_all(doc)
    before = {hit.last for hit in hits if "links" in hit.value}
    behind = {hit.first for hit in hits if "links_behind" in hit.value}
    cancers = _cancers(doc) if hits else frozenset()
    found = doc.memory["other illnesses"] = _Words(
        tuple(
            hit
            for hit in hits
            if "illnesses" in hit.value
            and not _leads_to_cancer(doc, hit, cancers)
            and (
                before & set(range(hit.first - _LINK + 1, hit.first + 1))
                or behind & set(range(hit.last, hit.last + _LINK))
            )
        ),
        tuple(hit for hit in hits if "beside" in hit.value),
    )
    return found


def _cancers(doc: Document) -> frozenset[int]:
    """Tokens at which a cancer, or a word for one, begins."""
    words = (hit.first for hit in disease_book().find(doc) if hit.value & {"malignant", "tumour"})
    return frozenset((*words, *(hit.first for hit in cancer_book().find(doc))))


def _leads_to_cancer(doc: Document, hit: Hit[frozenset[str]], cancers: frozenset[int]) -> bool:
    """Whether a cancer is named with the illness, or right behind it."""
    for index in range(hit.first, min(hit.last + _CANCER, len(doc.tokens))):
        if index >= hit.last and doc.tokens[index].breaks:
            return False
        if index in cancers:
            return True
    return False


def is_for_another(doc: Document, first: int, last: int) -> bool:
    """Whether the treatment named at the tokens `first` to before `last` is for no cancer."""
    words = _words(doc)
    for near, reach in ((words.illnesses, _REACH), (words.beside, 1)):
        for hit in near:
            low, high = (last, hit.first) if hit.first >= last else (hit.last, first)
            if 0 <= high - low <= reach and not _parted(doc, low, high):
                return True
    return False


def _parted(doc: Document, low: int, high: int) -> bool:
    """Whether a comma, a full stop or a word of stopping stands between."""
    if any(doc.tokens[i].text in _file().stopping for i in range(low, high)):
        return True
    return any(doc.tokens[i].breaks for i in range(low, min(high + 1, len(doc.tokens))))
