"""Reads that the disease is new: found only lately, or told of with no treatment given yet.

In every language people say it with two things in either order: that it was found, or that the
result came, and that this was yesterday or just now. Each language's words for the two stand in
knowledge/found_lately.yml, so no phrase has to be listed whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.cancers import findings
from bot.oncology.context import Assertion, Timing, context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.status_words import proof
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments, says_none
from bot.oncology.vocabulary import Review

NEAR = 7  # words between the finding and its time
LATELY = 0.75
CLOSE = 2  # the same for "just"
FOUND, WHEN, JUST, BOTH, OLD = "found", "when", "just", "both", "old"


@dataclass(frozen=True)
class FoundLately:
    """knowledge/found_lately.yml: words of each kind, by language."""

    source: str
    as_of: date
    review: Review
    found: dict[str, tuple[str, ...]]
    when: dict[str, tuple[str, ...]]
    # A time that belongs to the word right behind it ("just found").
    just: dict[str, tuple[str, ...]]
    # Words that say both ("acaban de decirme").
    both: dict[str, tuple[str, ...]]
    # What was found is not new ("that I still have it").
    old: dict[str, tuple[str, ...]]


@cache
def _book() -> PhraseBook[str]:
    file = load(KNOWLEDGE / "found_lately.yml", FoundLately)
    kinds = {FOUND: file.found, WHEN: file.when, JUST: file.just, BOTH: file.both, OLD: file.old}
    return PhraseBook(
        (word, kind)
        for kind, languages in kinds.items()
        for words in languages.values()
        for word in words
    )


def found_lately(doc: Document) -> Hit[str] | None:
    """The words that say so, where a cancer of the patient is named and nothing was given yet."""
    hits = _book().find(doc)
    spoken = [h for h in hits if h.value in (FOUND, BOTH)]
    cancers = _untreated_cancers(doc) if spoken else set()
    sentence_of = context_of(doc).sentence_of
    for hit in spoken:
        here = sentence_of[hit.first]
        old = any(h.value == OLD and sentence_of[h.first] == here for h in hits)
        if old or not cancers & {here - 1, here, here + 1}:
            continue
        if not context_of(doc).assess(hit.first, hit.last).present:
            continue
        if hit.value == BOTH:
            return _new(hit, hit)
        for when in hits:
            if sentence_of[when.first] == here and _together(hit, when):
                return _new(*sorted((hit, when), key=lambda h: h.first))
    return None


def _together(found: Hit[str], when: Hit[str]) -> bool:
    """Near each other; "just" stands right before what it is said of."""
    if when.value == JUST:
        return 0 <= found.first - when.last <= CLOSE
    first, last = sorted((found, when), key=lambda h: h.first)
    return when.value == WHEN and last.first - first.last <= NEAR


def _untreated_cancers(doc: Document) -> set[int]:
    """The sentences that name a cancer of the patient; none when a treatment was given."""
    if any(one.status is not Timing.PLANNED for one in given_treatments(doc)):
        return set()
    context = context_of(doc)
    own = [f for f in findings(doc, None) if context.assess(f.first, f.last) == Assertion()]
    return {context.sentence_of[f.first] for f in own}


def _new(first: Hit[str], last: Hit[str]) -> Hit[str]:
    return Hit("newly_diagnosed", first.first, last.last, first.start, last.end, LATELY)


def untreated(doc: Document) -> Iterator[Mention]:
    """A diagnosis of which no treatment has been given yet is a new one."""
    own = [f for f in findings(doc, None) if not context_of(doc).owners.is_other(f.first)]
    if not own:
        return
    given = given_treatments(doc)
    none = says_none(doc) if not given else None
    planned = given and all(one.status is Timing.PLANNED for one in given)
    proven = proof().find(doc) if planned else []
    if planned and not proven and own[0].certain and not own[0].mass_only:
        new = own[0]
        if context_of(doc).assess(new.first, new.last) == Assertion():
            words = doc.words(new.start, new.end)
            yield Mention("disease_status", "newly_diagnosed", words, new.start, new.end, LATELY)
            return
    for hit in (none, proven[0] if proven else None):
        if hit is not None and context_of(doc).assess(own[0].first, own[0].last).present:
            words = doc.words(hit.start, hit.end)
            yield Mention("disease_status", "newly_diagnosed", words, hit.start, hit.end, LATELY)
            return
