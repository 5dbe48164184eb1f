"""Reads `refractory_to`: the named drugs on which the cancer grew."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.courses import nearest
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments


def read_refractory(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`refractory_to`: named drugs on which the cancer grew."""
    given = [g for g in given_treatments(doc, asks) if not g.general]
    spans = [(g.first, g.last) for g in given]
    for one in given:
        if not one.treatment.classes or one.treatment.modality in ("surgery", "procedure"):
            continue
        cue = nearest(doc, one.first, one.last, ("refractory",), spans)
        if cue is not None:
            words = doc.words(min(one.start, cue.start), max(one.end, cue.end))
            start, end = min(one.start, cue.start), max(one.end, cue.end)
            for name in one.treatment.components or (one.treatment.name,):
                if one.treatment.components and len(one.treatment.components) > 1:
                    break
                yield Mention("refractory_to", name, words, start, end, 0.9)
