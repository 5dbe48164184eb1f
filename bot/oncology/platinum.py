"""Reads `platinum_status` from a platinum-free interval ("PFI 14 mo")."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from bot.oncology.context import context_of
from bot.oncology.courses import course, number_at
from bot.oncology.disease_course import extent_file
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.text import Document

# Months without platinum from which a relapse counts as sensitive (reference B1).
SENSITIVE = 6
_NEAR = 3  # tokens between the words for it and the number


@cache
def _book() -> PhraseBook[bool]:
    return PhraseBook((name, True) for name in extent_file().platinum_free)


def read_platinum_interval(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`platinum_status` and `months_to_relapse`, from the time behind the words for it."""
    for hit in _book().find(doc):
        meant = context_of(doc).assess(hit.first, hit.last)
        found = _months(doc, hit)
        if found is None or not meant.present or meant.asked:
            continue
        months, last = found
        start, end = hit.start, doc.tokens[last - 1].end
        words = doc.words(start, end)
        status = "sensitive" if months >= SENSITIVE else "resistant"
        yield Mention("platinum_status", status, words, start, end)
        yield Mention("months_to_relapse", months, words, start, end)


def _months(doc: Document, hit: Hit[bool]) -> tuple[int, int] | None:
    """The months behind the words, and the token after them."""
    for at in range(hit.last, min(hit.last + _NEAR, len(doc.tokens) - 1)):
        number = number_at(doc, at)
        if number is not None:
            unit = course().month_units.get(doc.tokens[at + 1].text)
            return None if unit is None else (round(number * unit), at + 2)
    return None
