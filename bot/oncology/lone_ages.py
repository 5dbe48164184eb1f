"""Finds numbers that stand by themselves and can only be an age: "..., 55.", "Ms Lin 47, Taipei".

A number is one when a comma, a full stop or a bracket stands on both its sides, or when it follows
a person or a place and something ends behind it. What measures or counts is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.oncology.biomarkers import results
from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.gazetteer import gazetteer
from bot.oncology.labs import lab_tokens
from bot.oncology.people_words import people_file
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

YOUNGEST: Final = 13
OLDEST: Final = 105
MOST_SESSIONS: Final = 39  # of radiotherapy; a higher number behind a treatment counts none
_EDGE = re.compile(r"[,.;:!?()\[\]\n|/–—]|\s-\s")
_DECIMAL = re.compile(r"[.,:/\-]\d|\s?[%°+x×]|\s?->")
_FRACTION = re.compile(r"[\d.][.,/:\-]$")


def lone_ages(context: Context) -> Iterator[tuple[int, int, int]]:
    """Years and their tokens, first those beside a person or a place."""
    doc = context.doc
    taken, treated = _taken(doc)
    found = []
    for first in range(len(doc.tokens)):
        read = _years(doc, first)
        if read is None or first in taken:
            continue
        years, last = read
        to_place = _before_place(doc, last)
        no_course = to_place and years > MOST_SESSIONS and first not in treated
        if not no_course and _measured(doc, first, taken | treated):
            continue
        if not (_ends(doc, last) or to_place):
            continue
        beside = _beside_person(context, first) or _beside_place(doc, first)
        opens = _opens(doc, first) or (first == 0 and _before_place(doc, last, comma=True))
        if beside or opens or to_place:
            found.append((not beside, years, first, last))
    for _, years, first, last in sorted(found):
        yield years, first, last


def only_age(context: Context) -> tuple[int, int, int] | None:
    """The one number of an answer to the question for the age that can be one, whatever else
    is said there ("63 yes biopsy, nodes only"); None if there are several.
    """
    doc = context.doc
    taken, treated = _taken(doc)
    found = [
        (read[0], first, read[1])
        for first in range(len(doc.tokens))
        if first not in taken
        and (read := _years(doc, first))
        and not _measured(doc, first, taken | treated)
    ]
    return found[0] if len(found) == 1 else None


def is_measure(doc: Document, first: int) -> bool:
    """Whether a number counts or measures something ("PSA 45", "45 cycles")."""
    return first in _taken(doc)[0] or _counts(doc, first)


def _taken(doc: Document) -> tuple[set[int], set[int]]:
    """Tokens of results, of blood too, and of treatments."""
    measured = {i for result in results(doc) for i in range(result.first, result.last)}
    measured |= lab_tokens(doc)
    treated = {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
    return measured, treated


def _years(doc: Document, first: int) -> tuple[int, int] | None:
    token = doc.tokens[first]
    if token.text.isdigit():
        before, behind = doc.norm[max(0, token.nstart - 2) : token.nstart], doc.norm[token.nend :]
        if len(token.text) != 2 or _DECIMAL.match(behind) or _FRACTION.search(before):
            return None
        years, last = int(token.text), first + 1
    else:
        spelled = number_at(doc, first)
        if spelled is None or (first and number_at(doc, first - 1)):
            return None
        years, last = int(spelled[0]), spelled[1]
    return (years, last) if YOUNGEST <= years <= OLDEST else None


def _gap(doc: Document, index: int) -> str:
    """What stands before a token."""
    start = doc.tokens[index - 1].nend if index else 0
    end = doc.tokens[index].nstart if index < len(doc.tokens) else len(doc.norm)
    return doc.norm[start:end]


def _opens(doc: Document, first: int) -> bool:
    if first == 0:
        return False
    gap = _gap(doc, first)
    return bool(_EDGE.search(gap)) and "/" not in gap and ":" not in gap


def _ends(doc: Document, last: int) -> bool:
    """Whether something ends behind the number, a unit of age or a word of sex between."""
    for _ in range(2):
        if last == len(doc.tokens) or _EDGE.search(_gap(doc, last)):
            return True
        if doc.tokens[last].text not in people_file().age_tails:
            return False
        last += 1
    return last == len(doc.tokens) or bool(_EDGE.search(_gap(doc, last)))


def _measured(doc: Document, first: int, others: set[int]) -> bool:
    """Whether the word before, or the one behind, makes the number a measure or a count."""
    before = doc.tokens[first - 1].text if first else ""
    if first - 1 in others and not _opens(doc, first):
        return True
    if _counts(doc, first):
        return True
    counted = before.isdigit() and not _opens(doc, first)
    return before in people_file().measured_before or counted


def _counts(doc: Document, first: int) -> bool:
    """Whether the word right behind says what the number counts."""
    behind = doc.tokens[first + 1].text if first + 1 < len(doc.tokens) else ""
    beside = first + 1 < len(doc.tokens) and not _EDGE.search(_gap(doc, first + 1))
    return beside and behind in words_of("counted") and behind not in people_file().age_tails


def _beside_person(context: Context, first: int) -> bool:
    doc = context.doc
    before = doc.tokens[first - 1] if first else None
    if before is None:
        return False
    if before.text in people_file().age_tails and not _EDGE.search(_gap(doc, first)):
        return True  # "male 59"
    if any(cue.last == first for kind in ("kin", "patient") for cue in context.by_kind[kind]):
        return True
    if before.text in people_file().third and before.text in people_file().he | people_file().she:
        return True  # "he 19"
    written = doc.words(before.start, before.end)
    titled = first > 1 and doc.tokens[first - 2].text in people_file().titles
    return titled and written[:1].isupper()


def _before_place(doc: Document, last: int, *, comma: bool = False) -> bool:
    """ "Prostate cancer 66 Odesa", "71, Kingston": a place behind it, and nothing more said there.

    `comma` allows one between the number and the place.
    """
    if last >= len(doc.tokens) or (not comma and _EDGE.search(_gap(doc, last))):
        return False
    for size in (2, 1):
        end = last + size
        if end <= len(doc.tokens):
            place = gazetteer().get(" ".join(t.text for t in doc.tokens[last:end]))
            if place and place.need == "none":
                return end == len(doc.tokens) or bool(_EDGE.search(_gap(doc, end)))
    return False


def _beside_place(doc: Document, first: int) -> bool:
    if not first:
        return False
    one = doc.tokens[first - 1].text
    names = (one, f"{doc.tokens[first - 2].text} {one}") if first > 1 else (one,)
    return any((place := gazetteer().get(name)) and place.need == "none" for name in names)
