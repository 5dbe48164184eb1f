"""Whether an organ named without a word for cancer stands for its cancer in its sentence."""

from __future__ import annotations

import re

from bot.oncology.biomarkers import results
from bot.oncology.context import context_of
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit
from bot.oncology.spread import stage_file
from bot.oncology.text import Document
from bot.oncology.vocabulary import treatment_book


def complaint(doc: Document, organ: Hit[str]) -> bool:
    for token in doc.tokens[organ.last : organ.last + 2]:
        if token.breaks:
            return False
        if token.text in words_of("complaint"):
            return True
    return False


def called_primary(doc: Document, hit: Hit[str]) -> bool:
    around = (*doc.tokens[max(0, hit.first - 1) : hit.first], *doc.tokens[hit.last : hit.last + 1])
    return any(token.text == "primary" for token in around)


def whole_sentence(doc: Document, hit: Hit[str]) -> bool:
    """ "My dad is in Peshawar. Larynx." """
    here = context_of(doc).sentence(hit.first)
    return len(context_of(doc).sentences) > 1 and (hit.first, hit.last) == (here.first, here.last)


def of_a_relative(doc: Document, hit: Hit[str]) -> bool:
    """ "My father 60 pancreas": an organ right behind the patient, with nothing said of it."""
    at = hit.first - 1
    while at >= 0 and (doc.tokens[at].text in _YEARS or doc.tokens[at].text.isdigit()):
        at -= 1
    kin = context_of(doc).by_kind["kin"]
    if not any(cue.first <= at < cue.last for cue in kin) or complaint(doc, hit):
        return False
    if len({doc.tokens[cue.last - 1].text for cue in kin}) > 1:  # an account of the family
        return False
    ends = hit.last == len(doc.tokens) or doc.tokens[hit.last].breaks
    treated = any(cure.first == hit.last for cure in treatment_book().find(doc))
    return ends or treated or hit.last in context_of(doc).commas


def of_another(hit: Hit[str], word: Hit[frozenset[str]], named: list[Hit[str]]) -> bool:
    """ "Breast cancer with lung nodules": the word belongs to the organ right before it."""
    return hit.first >= word.last and any(
        other.last == word.first and other.value != hit.value for other in named
    )


def stands_alone(doc: Document, hit: Hit[str]) -> bool:
    commas = context_of(doc).commas
    tokens = doc.tokens
    before = tokens[hit.first - 1].text if hit.first else ""
    after = tokens[hit.last].text if hit.last < len(tokens) else ""
    colon = (
        ":" in doc.norm[tokens[hit.first - 1].nend : tokens[hit.first].nstart] if before else False
    )
    opens = not before or tokens[hit.first].breaks or hit.first in commas or colon
    closes = not after or tokens[hit.last].breaks or hit.last in commas
    opens = (
        opens
        or before.isdigit()
        or before in words_of("lone_before")
        or _A_STAGE.fullmatch(before) is not None
    )
    opens = opens or _TNM_BEFORE.search(doc.norm, 0, tokens[hit.first].nstart) is not None
    closes = closes or _A_STAGE.fullmatch(after) is not None or _TNM.match(after) is not None
    closes = closes or after in stage_file().stage_words
    closes = closes or after in words_of("lone_after") or hit.last in _marker_starts(doc)
    return opens and closes


_YEARS = frozenset({"y", "yr", "yrs", "year", "years", "old", "aged"})
_TNM = re.compile(r"[cpy]{0,2}t$")
_TNM_BEFORE = re.compile(r"[tnm]\s?[0-4x][a-d]?\s*$")
_A_STAGE = re.compile(r"(?:iv|i{1,3}|[1-4])[abc]?\d?")


def _marker_starts(doc: Document) -> set[int]:
    return {result.first for result in results(doc)}
