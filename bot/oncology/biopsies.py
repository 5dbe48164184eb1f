"""Reads `histology_confirmed` from short words ("sí, biopsia") and from results of tissue.

A Gleason score or an immunostain can only come from tissue. Phrases that say more stand in
knowledge/plain_facts.yml and come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from bot.oncology.answers import replies, reply_padding
from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.plain_facts import says_of_biopsy
from bot.oncology.reading import Mention
from bot.oncology.spread import disease_words, site_book
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review, cancer_book, organ_book

_LONGEST = 9  # tokens of an answer
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
    kind: frozenset[str]
    only_cells: frozenset[str]
    of_blood: frozenset[str]
    tested: frozenset[str]
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
    for first, last in _parts(doc):
        value = _answered(doc, first, last)
        if value is not None:
            start, end = doc.tokens[first].start, doc.tokens[last - 1].end
            yield Mention("histology_confirmed", value, doc.words(start, end), start, end, 0.9)
            return
    for index, token in enumerate(doc.tokens):
        of_tissue = token.text in biopsy_file().of_tissue or _is_score(doc, index)
        if of_tissue or _was_tested(doc, index):
            meant = context_of(doc).assess(index, index + 1)
            if meant.present and not (meant.asked or meant.uncertain or meant.timing):
                words = doc.words(token.start, token.end)
                yield Mention(
                    "histology_confirmed", "biopsy_yes", words, token.start, token.end, 0.85
                )
                return


def _parts(doc: Document) -> list[tuple[int, int]]:
    """The whole of a message, then its parts between commas and sentence ends."""
    edges = {0, len(doc.tokens), *context_of(doc).commas}
    edges |= {sentence.first for sentence in context_of(doc).sentences}
    return [(0, len(doc.tokens)), *pairwise(sorted(edges))]


def _answered(doc: Document, first: int, last: int) -> str | None:
    """What a short message, or a part of one, says of the biopsy alone; None if it says more.

    "Biopsy" alone answers nothing; "biopsy of the neck node" names one that was done.
    """
    file, tokens = biopsy_file(), doc.tokens[first:last]
    texts = {t.text for t in tokens}
    named = texts & file.words
    if len(tokens) > _LONGEST or not named or "?" in doc.norm:
        return None
    said = [hit for hit in replies(doc) if first <= hit.first and hit.last <= last]
    plain = file.words | file.done | file.not_done | file.beside | reply_padding()
    kind = _kinds(doc, first, last)
    answered = {i for hit in said for i in range(hit.first, hit.last)}
    unknown = [i for i in range(first, last) if i not in answered and i not in kind]
    if any(doc.tokens[i].text not in plain for i in unknown):
        return None
    replied = {hit.value for hit in said}
    if replied - {"yes", "no"}:
        return None
    if "no" in replied or texts & file.not_done:
        return "biopsy_no"
    if not ("yes" in replied or texts & file.done or kind):
        return None
    return "fnac_only" if named <= file.only_cells and not texts & file.of_blood else "biopsy_yes"


def _kinds(doc: Document, first: int, last: int) -> frozenset[int]:
    """The tokens that say which biopsy it was: how, of what, when, or what it showed."""
    file = biopsy_file()
    found = {i for hit in organ_book().find(doc) for i in range(hit.first, hit.last)}
    found |= {i for hit in site_book().find(doc) for i in range(hit.first, hit.last)}
    found |= {i for hit in cancer_book().find(doc) for i in range(hit.first, hit.last)}
    found |= {i for hit in context_of(doc).by_kind["kin"] for i in range(hit.first, hit.last)}
    found |= {i for i, t in enumerate(doc.tokens) if t.text in file.kind or _is_time(t.text)}
    return frozenset(i for i in found if first <= i < last and doc.tokens[i].text not in file.words)


def _is_time(text: str) -> bool:
    return text.isdigit() and (len(text) <= 2 or text.startswith(("19", "20")))


def _was_tested(doc: Document, index: int) -> bool:
    """ "The gall bladder was tested, adenocarcinoma": what tissue showed stands behind."""
    if doc.tokens[index].text not in biopsy_file().tested:
        return False
    before = any(0 <= index - hit.last <= 3 for hit in organ_book().find(doc))
    kinds = [h.first for h in disease_words(doc) if {"histology", "malignant"} & h.value]
    kinds += [hit.first for hit in cancer_book().find(doc)]
    return before and any(0 < at - index <= 5 for at in kinds)


def _is_score(doc: Document, index: int) -> bool:
    if doc.tokens[index].text not in biopsy_file().scored:
        return False
    near = doc.tokens[index + 1 : index + 1 + _SCORE_NEAR]
    return any(token.text.isdigit() for token in near)
