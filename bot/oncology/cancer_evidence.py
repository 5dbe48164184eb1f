"""What in a message speaks for one cancer or another, or against any: words, markers, receptors."""

from __future__ import annotations

import re

from bot.oncology.biomarkers import markers_of
from bot.oncology.context import context_of
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit
from bot.oncology.spread import disease_words
from bot.oncology.text import Document, pack
from bot.oncology.vocabulary import Evidence, Named, cancers, treatment_book

# A message of this many tokens is an answer of little more than a name.
SHORT = 5
# So many of its letters are capitals where a message is written in them.
CAPITALS = 0.8


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


def about_cancer(doc: Document, *, markers: bool = True) -> bool:
    """Whether the message speaks of cancer or its care at all, by results of `markers` too."""
    if any({"malignant", "generic", "spread"} & h.value for h in disease_words(doc)):
        return True
    kinds = ("chemo", "immunotherapy", "targeted", "hormone", "radiation", "cell_therapy")
    treated = any(h.value.modality in kinds for h in treatment_book().find(doc))
    tested = markers and bool(markers_of(doc))
    return treated or tested or _STAGED.search(doc.norm) is not None


_STAGED = re.compile(
    r"\b(?:stage|stg|gleason|figo|tnm|st\s?[1-4])\b|\b[1-4][abc]\b|\b(?:iv|iii|ii)[abc]?\d?\b|\bi[abc]\d?\b|"
    r"\b[cpy]{0,2}t[1-4][a-d]?\s?n[0-3]"
)


def only_imagined(doc: Document, first: int) -> bool:
    """ "risk of breast cancer", "could it be lung cancer": nothing was found."""
    context = context_of(doc)
    for cue in disease_words(doc):
        if "hypothetical_before" in cue.value and 0 <= first - cue.last <= 4:
            between = context.cues_in(cue.last, first, "boundary", "subject", "kin")
            same = context.sentence_of[cue.first] == context.sentence_of[first]
            if same and not between:
                return True
    return False


def benign(doc: Document, first: int, last: int, options: tuple[str, ...], doubted: bool) -> bool:
    """A word like "benign" about the very same thing, or anywhere after a mere suspicion."""
    if len(options) == 1 and cancers()[options[0]].also_benign:
        return False
    if doubted and any("benign" in cue.value and cue.first >= last for cue in disease_words(doc)):
        return True
    return any(
        "benign" in cue.value
        and (0 <= cue.first - last <= 4 or 0 <= first - cue.last <= 1)
        and context_of(doc).sentence_of[cue.first] == context_of(doc).sentence_of[first]
        and not context_of(doc).negated(cue.first, cue.last)
        for cue in disease_words(doc)
    )


def confirmed(doc: Document) -> bool:
    """Whether the message speaks of a proven cancer of the patient somewhere."""
    context = context_of(doc)
    return any(
        "malignant" in h.value
        and not context.owners.is_other(h.first)
        and not context.sentence(h.first).question
        and not context.negated(h.first, h.last)
        for h in disease_words(doc)
    )


def place_of_relapse(doc: Document, first: int) -> bool:
    """ "Recurrence skull base": where the cancer came back is no other cancer."""
    before = {t.text for t in doc.tokens[max(0, first - 3) : first]}
    return bool(before & words_of("came_back"))


def is_new(doc: Document, first: int) -> bool:
    """ "Kidney cancer 2012, now a new bladder cancer": the new one is what is asked about."""
    before = {t.text for t in doc.tokens[max(0, first - 2) : first]}
    return bool(before & words_of("new_one"))


def turned_into(doc: Document, first: int) -> bool:
    """ "Follicular with transformation to large cell": the later one is the disease now."""
    before = {t.text for t in doc.tokens[max(0, first - 4) : first]}
    return bool(before & words_of("turned_into"))


def case_fits(doc: Document, hit: Hit[Named], asked: bool) -> bool:
    """Short names that are also everyday words count only as they are usually written."""
    exact = hit.value.exact
    if not exact:
        return True
    if len(doc.tokens) > SHORT and _in_capitals(doc.original):
        return _ends_a_part(doc, hit)
    return (asked and len(doc.tokens) <= SHORT) or doc.words(hit.start, hit.end) in exact


def _in_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c.isupper() for c in letters) > CAPITALS * len(letters)


def _ends_a_part(doc: Document, hit: Hit[Named]) -> bool:
    """Where all is in capitals, "HE HAS ALL." is the disease and "THAT IS ALL WE KNOW" is not."""
    behind = doc.tokens[hit.last] if hit.last < len(doc.tokens) else None
    led = hit.first and doc.tokens[hit.first - 1].text in words_of("has")
    return bool(led) and (behind is None or behind.breaks)
