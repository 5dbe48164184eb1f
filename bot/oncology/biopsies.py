"""Reads `histology_confirmed` from short words ("sí, biopsia") and from results of tissue.

A Gleason score or an immunostain can only come from tissue. Phrases that say more stand in
knowledge/plain_facts.yml and come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.answers import replies, reply_padding
from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.plain_facts import says_of_biopsy
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review

_LONGEST = 7  # tokens of an answer
_SCORE_NEAR = 4


@dataclass(frozen=True)
class BiopsyFile:
    """knowledge/biopsies.yml"""

    source: str
    as_of: date
    review: Review
    words: frozenset[str]
    done: frozenset[str]
    not_done: frozenset[str]
    beside: frozenset[str]
    of_tissue: frozenset[str]
    scored: frozenset[str]


@cache
def biopsy_file() -> BiopsyFile:
    """The words of a biopsy."""
    return load(KNOWLEDGE / "biopsies.yml", BiopsyFile)


def read_biopsies(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`histology_confirmed`, where no phrase says more."""
    if says_of_biopsy(doc):
        return
    value = _answered(doc)
    if value is not None:
        end = doc.tokens[-1].end
        words = doc.words(doc.tokens[0].start, end)
        yield Mention("histology_confirmed", value, words, doc.tokens[0].start, end, 0.9)
        return
    for index, token in enumerate(doc.tokens):
        if token.text in biopsy_file().of_tissue or _is_score(doc, index):
            meant = context_of(doc).assess(index, index + 1)
            if meant.present and not (meant.asked or meant.uncertain or meant.timing):
                words = doc.words(token.start, token.end)
                yield Mention(
                    "histology_confirmed", "biopsy_yes", words, token.start, token.end, 0.85
                )
                return


def _answered(doc: Document) -> str | None:
    """What a short message says of the biopsy alone; None if it says more or nothing."""
    file, texts = biopsy_file(), {t.text for t in doc.tokens}
    if len(doc.tokens) > _LONGEST or not texts & file.words or "?" in doc.norm:
        return None
    said = replies(doc)
    known = file.words | file.done | file.not_done | file.beside | reply_padding()
    answered = {i for hit in said for i in range(hit.first, hit.last)}
    if any(t.text not in known and i not in answered for i, t in enumerate(doc.tokens)):
        return None
    kinds = {hit.value for hit in said}
    if kinds - {"yes", "no"}:
        return None
    if "no" in kinds or texts & file.not_done:
        return "biopsy_no"
    return "biopsy_yes" if "yes" in kinds or texts & file.done else None


def _is_score(doc: Document, index: int) -> bool:
    if doc.tokens[index].text not in biopsy_file().scored:
        return False
    near = doc.tokens[index + 1 : index + 1 + _SCORE_NEAR]
    return any(token.text.isdigit() for token in near)
