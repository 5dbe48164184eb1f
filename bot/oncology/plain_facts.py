"""Reads facts that stand in the words themselves, and counts of lines and relapses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bot.oncology.context import context_of
from bot.oncology.courses import course, course_words, number_at
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review

MOST = 15
TYPED: dict[str, Any] = {"true": True, "false": False, "1": 1, "2": 2}
WORDS_FOR_NONE = frozenset({"none", "no", "biopsy_no", "false"})


@dataclass(frozen=True)
class PlainFile:
    """knowledge/plain_facts.yml"""

    source: str
    as_of: date
    review: Review
    facts: dict[str, dict[str, tuple[str, ...]]]
    counts: dict[str, tuple[str, ...]]
    ordinal_counts: dict[str, tuple[str, ...]]
    multiplied: dict[str, tuple[str, ...]]


@cache
def plain_file() -> PlainFile:
    """The phrases and what they mean."""
    return load(KNOWLEDGE / "plain_facts.yml", PlainFile)


@cache
def _book() -> PhraseBook[tuple[str, str]]:
    return PhraseBook(
        (phrase, (fact, value))
        for fact, values in plain_file().facts.items()
        for value, phrases in values.items()
        for phrase in phrases
    )


@cache
def _counted(kind: str) -> PhraseBook[str]:
    lists: dict[str, tuple[str, ...]] = getattr(plain_file(), kind)
    return PhraseBook((phrase, fact) for fact, phrases in lists.items() for phrase in phrases)


def read_plain_facts(doc: Document, asks: str | None) -> Iterator[Mention]:
    """One mention per phrase that is meant of the patient."""
    context = context_of(doc)
    for hit in _book().find(doc):
        fact, value = hit.value
        found = context.assess(hit.first, hit.last)
        if found.other_person or found.asked:
            continue
        if found.negated and value not in WORDS_FOR_NONE and value != "pending":
            continue
        yield Mention(
            fact,
            TYPED.get(value, value),
            doc.words(hit.start, hit.end),
            hit.start,
            hit.end,
            corrects=found.corrects,
        )


def says_of_biopsy(doc: Document) -> bool:
    """Whether a phrase says anything of a biopsy."""
    return any(hit.value[0] == "histology_confirmed" for hit in _book().find(doc))


def says_no_biopsy(doc: Document) -> bool:
    """Whether a message says that no biopsy was done."""
    none = ("histology_confirmed", "biopsy_no")
    return any(hit.value == none for hit in _book().find(doc))


def read_counts(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`prior_systemic_lines` and `relapse_count`, when they are said as numbers."""
    for kind, before in (("counts", number_at), ("ordinal_counts", _ordinal_at)):
        for hit in _counted(kind).find(doc):
            number = before(doc, hit.first - 1) if hit.first else None
            if not _of_a_course(doc, hit) and not _of_anything(doc, hit, asks):
                yield from _count(doc, hit, number)
    for hit in _counted("multiplied").find(doc):
        if hit.last < len(doc.tokens):
            after = doc.tokens[hit.last].text
            number = course().times.get(after)
            following = doc.tokens[hit.last + 1].text if hit.last + 1 < len(doc.tokens) else ""
            if number is None and following == "times":
                number = number_at(doc, hit.last)
            yield from _count(doc, hit, number)


def _of_a_course(doc: Document, hit: Hit[str]) -> bool:
    """ "CHOEP x6 relapse": the number counts the cycles."""
    return hit.first > 1 and doc.tokens[hit.first - 2].text == "x"


def _of_anything(doc: Document, hit: Hit[str], asks: str | None) -> bool:
    """ "The third time I write": a time of something else than a relapse."""
    words = {t.text for t in doc.tokens[hit.first : hit.last]}
    if asks == hit.value or hit.value != "relapse_count" or words != {"time"}:
        return False
    return not any("relapse_words" in word.value for word in course_words(doc))


def _ordinal_at(doc: Document, index: int) -> int | None:
    words = course().ordinals
    text = doc.tokens[index].text
    if text in ("st", "nd", "rd", "th") and index:
        return words.get(doc.tokens[index - 1].text + text)
    return words.get(text)


def _count(doc: Document, hit: Hit[str], number: int | None) -> Iterator[Mention]:
    if number is None or not 0 < number <= MOST:
        return
    found = context_of(doc).assess(hit.first, hit.last)
    if found.present and not found.asked:
        words = doc.words(hit.start, hit.end)
        yield Mention(hit.value, number, words, hit.start, hit.end)
