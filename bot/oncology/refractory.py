"""Reads `refractory_to`: the named drugs on which the cancer grew."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.context import context_of
from bot.oncology.courses import course, course_words, nearest
from bot.oncology.given import Given
from bot.oncology.phrases import Hit
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments


def read_refractory(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`refractory_to`: named drugs on which the cancer grew."""
    given = [g for g in given_treatments(doc, asks) if not g.general]
    spans = [(g.first, g.last) for g in given]
    before: tuple[Hit[frozenset[str]], Given] | None = None
    for one in given:
        if not one.treatment.classes or one.treatment.modality in ("surgery", "procedure"):
            continue
        of_all = _said_of_all(doc, one)
        cue = of_all or nearest(doc, one.first, one.last, ("refractory",), spans)
        if cue is None and before is not None and _listed(before[1], one):
            cue = before[0]
        before = (cue, one) if cue is not None else None
        if cue is not None:
            start, end = min(one.start, cue.start), max(one.end, cue.end)
            if of_all is not None:  # several names share these words
                start, end = one.start, one.end
            words = doc.words(start, end)
            for name in one.treatment.components or (one.treatment.name,):
                if one.treatment.components and len(one.treatment.components) > 1:
                    break
                yield Mention("refractory_to", name, words, start, end, 0.9)


def _said_of_all(doc: Document, one: Given) -> Hit[frozenset[str]] | None:
    """ "Both failed", "nothing worked": said of every treatment named before in the sentence."""
    here = context_of(doc).sentence(one.first)
    for cue in course_words(doc):
        behind = one.last <= cue.first and cue.last <= here.last
        before = {t.text for t in doc.tokens[max(0, cue.first - 2) : cue.first]}
        if behind and "refractory" in cue.value and before & course().of_all:
            return cue
    return None


def _listed(before: Given, one: Given) -> bool:
    """Named in one list with the drug before, and said to have failed with it."""
    return one.first - before.last <= 2 and one.response == before.response == "progressed"
