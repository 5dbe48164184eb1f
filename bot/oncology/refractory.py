"""Reads `refractory_to`: the named drugs on which the cancer grew."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.courses import nearest
from bot.oncology.phrases import Hit
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import Given, given_treatments


def read_refractory(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`refractory_to`: named drugs on which the cancer grew."""
    given = [g for g in given_treatments(doc, asks) if not g.general]
    spans = [(g.first, g.last) for g in given]
    before: tuple[Hit[frozenset[str]], Given] | None = None
    for one in given:
        if not one.treatment.classes or one.treatment.modality in ("surgery", "procedure"):
            continue
        cue = nearest(doc, one.first, one.last, ("refractory",), spans)
        if cue is None and before is not None and _listed(before[1], one):
            cue = before[0]
        before = (cue, one) if cue is not None else None
        if cue is not None:
            words = doc.words(min(one.start, cue.start), max(one.end, cue.end))
            start, end = min(one.start, cue.start), max(one.end, cue.end)
            for name in one.treatment.components or (one.treatment.name,):
                if one.treatment.components and len(one.treatment.components) > 1:
                    break
                yield Mention("refractory_to", name, words, start, end, 0.9)


def _listed(before: Given, one: Given) -> bool:
    """Named in one list with the drug before, and said to have failed with it."""
    return one.first - before.last <= 2 and one.response == before.response == "progressed"
