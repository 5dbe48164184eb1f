"""Reads how the disease stands now: its status, how far it has spread, and when it came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.numbers import durations
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.spread import sites_of
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review

HOURS_A_MONTH = 730.5
# A duration this many tokens from the word of relapse is the time until it.
NEAR = 5
# What is read as absence by itself; a denial in it denies nothing further.
DENYING = frozenset({"stable", "remission", "localised", "progressed", "refractory"})


@dataclass(frozen=True)
class StatusFile:
    """knowledge/disease_status.yml"""

    source: str
    as_of: date
    review: Review
    status: dict[str, tuple[str, ...]]
    groups: dict[str, tuple[str, ...]]
    patterns: dict[str, tuple[str, ...]]
    extent: dict[str, tuple[str, ...]]
    brain: dict[str, tuple[str, ...]]
    relapse_links: frozenset[str]
    doubt: frozenset[str]
    fresh: frozenset[str]
    of_a_medicine_before: frozenset[str]
    of_a_medicine_after: frozenset[str]


@cache
def status_file() -> StatusFile:
    """The words of status and spread."""
    return load(KNOWLEDGE / "disease_status.yml", StatusFile)


@cache
def _book(kind: str) -> PhraseBook[str]:
    lists: dict[str, tuple[str, ...]] = getattr(status_file(), kind)
    return PhraseBook((word, value) for value, words in lists.items() for word in words)


@cache
def _statements() -> PatternBook[str]:
    file = status_file()
    return PatternBook(file.patterns.items(), file.groups)


def _status_hits(doc: Document) -> list[Hit[str]]:
    """Set phrases, and statements of what is seen and how it changed, in order."""
    phrases = _book("status").find(doc)
    taken = {i for hit in phrases for i in range(hit.first, hit.last)}
    composed = [
        Hit(p.value, p.first, p.last, doc.tokens[p.first].start, doc.tokens[p.last - 1].end, 0.85)
        for p in _statements().find(doc)
        if taken.isdisjoint(range(p.first, p.last))
    ]
    return sorted([*phrases, *composed], key=lambda hit: hit.first)


def read_status(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`disease_status` as last said, and `months_to_relapse` beside a relapse."""
    hits = _status_hits(doc)
    said = [h for h in hits if _meant(doc, h) and not _of_a_medicine(doc, h)]
    relapses = [hit for hit in said if hit.value == "relapsed"]
    yield from _months_to_relapse(doc, relapses)
    if said:
        yield _mention(doc, "disease_status", _standing(doc, said))


def _of_a_medicine(doc: Document, hit: Hit[str]) -> bool:
    words = status_file()
    before = {t.text for t in doc.tokens[max(0, hit.first - 1) : hit.first]}
    after = {t.text for t in doc.tokens[hit.last : hit.last + 1]}
    named = before & words.of_a_medicine_before or after & words.of_a_medicine_after
    return hit.value == "refractory" and bool(named)


def _standing(doc: Document, said: list[Hit[str]]) -> Hit[str]:
    """The status that counts: of the present before the past, the last one said.

    A disease that came back and then grew or did not respond is still one that came back.
    """
    context = context_of(doc)
    present = [h for h in said if not context.assess(h.first, h.last).past] or said
    last = present[-1]
    if last.value == "progressed":
        relapses = [h for h in present if h.value == "relapsed"]
        return relapses[-1] if relapses else last
    return last


def _months_to_relapse(doc: Document, relapses: list[Hit[str]]) -> Iterator[Mention]:
    for hit in relapses:
        for span in durations(doc):
            first, last = doc.token_span(span.nstart, span.nend)
            before, after = hit.first - last, first - hit.last
            if span.ago or not (0 <= before <= NEAR or 0 <= after <= NEAR):
                continue
            low, high = (last, hit.first) if before >= 0 else (hit.last, first)
            around = {t.text for t in doc.tokens[max(0, low - 1) : high + 1]}
            if not around & status_file().relapse_links and "later" not in _next(doc, last):
                continue
            start, end = doc.origin(span.nstart, span.nend)
            months = round(span.hours / HOURS_A_MONTH, 1)
            value = int(months) if months == int(months) else months
            yield Mention("months_to_relapse", value, doc.words(start, end), start, end)
            return


def _next(doc: Document, last: int) -> set[str]:
    return {t.text for t in doc.tokens[last : last + 2]}


def read_extent(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`extent` in words, or from a site of spread; `brain_mets_status`."""
    hits = [h for h in _book("extent").find(doc) if _meant(doc, h) and not _doubted(doc, h)]
    context = context_of(doc)
    far = [
        h
        for h in sites_of(doc).hits
        if h.value != "nodes" and context.assess(h.first, h.last).present
    ]
    metastatic = [h for h in hits if h.value == "metastatic" and _says_where(doc, h)]
    others = [h for h in hits if h.value != "metastatic"]
    if others and not far:
        yield _mention(doc, "extent", others[-1])
    elif any(h.value == "oligometastatic" for h in others):
        yield _mention(doc, "extent", next(h for h in others if h.value == "oligometastatic"))
    elif far:
        words = doc.words(far[0].start, far[0].end)
        yield Mention("extent", "metastatic", words, far[0].start, far[0].end, 0.9)
    elif metastatic:
        yield _mention(doc, "extent", metastatic[-1])
    for hit in _book("brain").find(doc):
        if _meant(doc, hit):
            yield _mention(doc, "brain_mets_status", hit)


def _doubted(doc: Document, hit: Hit[str]) -> bool:
    before = {t.text for t in doc.tokens[max(0, hit.first - NEAR) : hit.first]}
    return bool(before & status_file().doubt)


def _says_where(doc: Document, hit: Hit[str]) -> bool:
    """ "Spread to the nodes" is no spread to other organs."""
    nodes = [h for h in sites_of(doc).hits if h.value == "nodes" and 0 <= h.first - hit.last <= 3]
    return not nodes


def _meant(doc: Document, hit: Hit[str]) -> bool:
    found = context_of(doc).assess(hit.first, hit.last)
    if found.other_person or found.asked or found.uncertain:
        return False
    if hit.value == "progressed" and doc.tokens[hit.first].text in status_file().fresh:
        return not found.negated  # "no new lesions"
    return hit.value in DENYING or not found.negated


def _mention(doc: Document, fact: str, hit: Hit[str]) -> Mention:
    corrects = context_of(doc).assess(hit.first, hit.last).corrects
    words = doc.words(hit.start, hit.end)
    return Mention(fact, hit.value, words, hit.start, hit.end, hit.score, corrects)
