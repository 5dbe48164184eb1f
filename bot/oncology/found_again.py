"""Reads that something was found anew: a word of a finding beside one of newness, in any language.

"A new lump", "giờ thấy hạch", "appeared in the lung": after treatment that is a course, and what
was told before decides which (`bot.oncology.status`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.context import Timing, context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments
from bot.oncology.vocabulary import Review

NEAR = 3  # words between a finding and what says that it is new
FINDING, NEW = "finding", "new"
_YEAR = re.compile(r"(?:19[89]|20[0-4])\d")


@dataclass(frozen=True)
class FoundAgain:
    """knowledge/found_again.yml: words of each kind, by language."""

    source: str
    as_of: date
    review: Review
    finding: dict[str, tuple[str, ...]]
    new: dict[str, tuple[str, ...]]


@cache
def _file() -> FoundAgain:
    return load(KNOWLEDGE / "found_again.yml", FoundAgain)


@cache
def _book() -> PhraseBook[str]:
    kinds = {FINDING: _file().finding, NEW: _file().new}
    return PhraseBook(
        (word, kind)
        for kind, languages in kinds.items()
        for words in languages.values()
        for word in words
    )


def new_findings(doc: Document) -> Iterator[tuple[int, int]]:
    """Tokens from first to before last of each finding with its newness."""
    hits = _book().find(doc)
    findings = [h for h in hits if h.value == FINDING]
    news = [h for h in hits if h.value == NEW] if findings else []
    sentence_of = context_of(doc).sentence_of
    for new in news:
        near = [h for h in findings if _gap(h, new) <= NEAR]
        near = [h for h in near if sentence_of[h.first] == sentence_of[new.first]]
        if near:
            one = min(near, key=lambda h: _gap(h, new))
            yield min(one.first, new.first), max(one.last, new.last)


def _gap(one: Hit[str], other: Hit[str]) -> int:
    first, last = sorted((one, other), key=lambda h: h.first)
    return last.first - first.last


def long_after(doc: Document, first: int) -> bool:
    """Whether a year is named with a treatment that is over ("operated 2021, now a lump")."""
    given = given_treatments(doc)
    if not given or any(one.status is Timing.ONGOING for one in given):
        return False
    return any(_YEAR.fullmatch(token.text) for token in doc.tokens[:first])
