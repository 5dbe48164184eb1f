"""What in a message speaks for one cancer or another: words, marker results, receptors."""

from __future__ import annotations

import re

from bot.oncology.biomarkers import markers_of
from bot.oncology.spread import disease_words
from bot.oncology.text import Document, pack
from bot.oncology.vocabulary import Evidence, treatment_book


def shows(doc: Document, signs: Evidence) -> bool:
    """Whether any of the words or tested markers stands in the message."""
    if any(marker in signs.markers for marker in markers_of(doc)):
        return True
    return any(pack(word) in doc.packed for word in signs.words)


def hormone_result(er: bool | None, pr: bool | None) -> bool | None:
    """Hormone receptors as one result: one positive is enough, a known negative ER else decides."""
    if er or pr:
        return True
    return er


def is_positive(value: object) -> bool | None:
    """A receptor result as yes or no; HER2 2+ alone is neither."""
    if value is None or value == "2+":
        return None
    if isinstance(value, int | float):
        return value >= 1
    return value not in ("neg", "IHC0", "1+", "ultralow", "low", "2+ISH-", "WT")


def about_cancer(doc: Document) -> bool:
    """Whether the message speaks of cancer or its care at all."""
    if any({"malignant", "generic", "spread"} & h.value for h in disease_words(doc)):
        return True
    kinds = ("chemo", "immunotherapy", "targeted", "hormone", "radiation", "cell_therapy")
    treated = any(h.value.modality in kinds for h in treatment_book().find(doc))
    return treated or bool(markers_of(doc)) or _STAGED.search(doc.norm) is not None


_STAGED = re.compile(r"\b(?:stage|stg|gleason|figo|tnm|st\s?[1-4])\b|\b[1-4][abc]\b")
