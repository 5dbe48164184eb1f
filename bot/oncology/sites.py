"""Reads `metastatic_sites`: the sites of spread that belong to the patient and are not denied.

The spine beside a cancer of the brain is no bone: it is where cells went along the nerve canal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.oncology.cancers import findings
from bot.oncology.context import context_of
from bot.oncology.cued_sites import cued_file, cued_sites, own_cancers, own_organs
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit
from bot.oncology.reading import Mention
from bot.oncology.spread import sites_of
from bot.oncology.text import Document


def read_sites(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`metastatic_sites` of the patient, not denied."""
    for hit in patient_sites(doc, asks):
        words = doc.words(hit.start, hit.end)
        yield Mention("metastatic_sites", hit.value, words, hit.start, hit.end, hit.score)


def patient_sites(doc: Document, asks: str | None) -> list[Hit[str]]:
    """Where the patient's cancer has spread, by words of spread or of what was seen there."""
    context = context_of(doc)
    taken = {i for f in findings(doc, asks) for i in range(f.first, f.last)}
    own = own_organs(doc, asks) or frozenset()
    kept = []
    for hit in (*sites_of(doc).hits, *cued_sites(doc, asks)):
        found = context.assess(hit.first, hit.last)
        at_home = hit.value in own and _only_seen(doc, hit)
        if hit.first not in taken and found.present and not found.uncertain and not at_home:
            kept.append(hit)
    if own_cancers(doc, asks) & cued_file().along_the_canal:
        kept = [replace(hit, value=_CANAL) if _is_spine(doc, hit) else hit for hit in kept]
    return sorted(kept, key=lambda hit: hit.first)


def _only_seen(doc: Document, hit: Hit[str]) -> bool:
    """ "Spots in the liver" of a liver cancer are that cancer."""
    before = {t.text for t in doc.tokens[max(0, hit.first - _NEAR) : hit.first]}
    return bool(before & words_of("seen"))


def _is_spine(doc: Document, hit: Hit[str]) -> bool:
    return doc.tokens[hit.first].text.startswith(_SPINE)


_NEAR = 4  # tokens
_CANAL = "other"
_SPINE = ("spin", "vertebr", "backbone")
