"""Reads `metastatic_sites`: the sites of spread that belong to the patient and are not denied."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.cancers import findings
from bot.oncology.context import context_of
from bot.oncology.reading import Mention
from bot.oncology.spread import sites_of
from bot.oncology.text import Document


def read_sites(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`metastatic_sites` of the patient, not denied."""
    context = context_of(doc)
    taken = {i for f in findings(doc, asks) for i in range(f.first, f.last)}
    for hit in sites_of(doc).hits:
        if hit.first in taken:
            continue
        found = context.assess(hit.first, hit.last)
        if found.present and not found.uncertain:
            words = doc.words(hit.start, hit.end)
            yield Mention("metastatic_sites", hit.value, words, hit.start, hit.end, hit.score)
