"""Reads the subtype of a cancer that was found."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.context import context_of
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit
from bot.oncology.reading import Mention
from bot.oncology.status_words import status_file
from bot.oncology.text import Document
from bot.oncology.vocabulary import subtype_book

_LATER = frozenset({"then", "became", "becoming", "later"})
_FAR = 40  # tokens from the name of the cancer


def read_subtype(doc: Document, cancer: str, first: int, last: int) -> Iterator[Mention]:
    """`cancer_subtype` of the cancer named at these tokens: the first that is not of before."""
    stated = [hit for hit in subtype_book(cancer).find(doc) if _stated(doc, hit, first, last)]
    now = [hit for hit in stated if not _came_before(doc, hit)]
    for hit in (now or stated)[:1]:
        words = doc.words(hit.start, hit.end)
        yield Mention("cancer_subtype", hit.value, words, hit.start, hit.end, hit.score)


def _stated(doc: Document, hit: Hit[str], first: int, last: int) -> bool:
    meant = context_of(doc).assess(hit.first, hit.last)
    near = hit.first - last <= _FAR and first - hit.last <= _FAR
    return meant.present and not meant.asked and near


def _came_before(doc: Document, hit: Hit[str]) -> bool:
    """ "Choriocarcinoma after a mole", "PV turned myelofibrosis": what it was before."""
    before = {t.text for t in doc.tokens[max(0, hit.first - 2) : hit.first]}
    behind = {t.text for t in doc.tokens[hit.last : hit.last + 3]}
    return bool(before & status_file().after or behind & (words_of("turned_into") | _LATER))
