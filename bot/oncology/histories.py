"""Reads what treatments say of the patient's history: transplants and radiotherapy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.oncology.context import Timing
from bot.oncology.given import Given
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments
from bot.oncology.vocabulary import organ_book


def read_transplants(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`transplant_history` of a transplant that is still to come."""
    for one in given_treatments(doc, asks):
        if one.treatment.modality == "transplant" and one.status is Timing.PLANNED:
            words = doc.words(one.start, one.end)
            yield Mention("transplant_history", "planned", words, one.start, one.end)
            return


_DOSE = re.compile(r"\b(\d{1,2}(?:\.\d{1,2})?)\s?(?:gy|gray|grays)\b")


def read_radiation(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`radiation_history`: the site and the dose of radiotherapy, where told."""
    for one in given_treatments(doc, asks):
        if one.treatment.modality != "radiation" or one.status in (Timing.PLANNED, Timing.REFUSED):
            continue
        item: dict[str, str] = {"name": one.treatment.name}
        site = _site(doc, one)
        if site:
            item["site"] = site
        near = doc.norm[doc.tokens[one.first].nstart : doc.tokens[one.last - 1].nend + 60]
        dose = _DOSE.search(near)
        if dose:
            item["dose"] = f"{dose[1]} Gy"
        if len(item) > 1:
            words = doc.words(one.start, one.end)
            yield Mention("radiation_history", item, words, one.start, one.end, 0.9)


_TO = frozenset(("to", "on", "of", "for", "at", "in", "the", "her", "his", "my", "left", "right"))


def _site(doc: Document, one: Given) -> str | None:
    """The place before the name ("brain radiation") or behind it ("radiation to the chest")."""
    own = doc.words(one.start, one.end).lower()
    if own.startswith(("whole brain", "wbrt")):
        return "brain"
    for hit in organ_book().find(doc):
        behind = [t.text for t in doc.tokens[one.last : hit.first]]
        if hit.first >= one.last and len(behind) <= 3 and all(w in _TO for w in behind):
            return hit.value
        if hit.last == one.first:
            return hit.value
    return None
