"""Reads the patient's treatments: name, class, modality, status, cycles, result.

A treatment that is denied, another person's or only asked about is none; one that is asked about
becomes a wish (`pathway_interest`). A general word ("chemo") gives way to a named treatment of
the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from bot.oncology.context import Assertion, Timing, context_of
from bot.oncology.courses import (
    course,
    cycles,
    is_age_or_stage,
    number_at,
    outcome,
    stop_reason,
)
from bot.oncology.cues import words_of
from bot.oncology.given import GENERAL, JOINING, Given, merged, shared, without_general
from bot.oncology.other_illnesses import is_for_another
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.vocabulary import Treatment, listed_book, organ_book, treatment_book, treatments
from bot.oncology.wishes import wish_first, wish_of

MAX_OPERATIONS = 6


def read_treatments(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`treatments`, `current_treatment`, or `treatments_none`."""
    given = given_treatments(doc, asks)
    for one in given:
        words = doc.words(one.start, one.end)
        yield Mention("treatments", one.wire(), words, one.start, one.end, one.score, one.corrects)
        for name in one.treatment.with_:
            part = replace(one, treatment=treatments()[name], cycles=None)
            yield Mention("treatments", part.wire(), words, one.start, one.end, one.score)
    ongoing = [one for one in given if one.status is Timing.ONGOING]
    if ongoing:
        names = ", ".join(dict.fromkeys(one.treatment.name for one in ongoing))
        start, end = ongoing[0].start, ongoing[-1].end
        yield Mention("current_treatment", names, doc.words(start, end), start, end)
    if not given:
        yield from _none(doc, asks)


def given_treatments(doc: Document, asks: str | None = None) -> list[Given]:
    """The patient's treatments in order, without repetitions."""
    key = f"given {asks == 'treatments'}"
    found = doc.memory.get(key)
    if not isinstance(found, list):
        found = doc.memory[key] = without_general(merged(_given(doc, asks == "treatments")))
    return found


def treatment_hits(doc: Document) -> list[Hit[Treatment]]:
    """Every name of a treatment in a document, whatever is said of it."""
    found = doc.memory.get("treatment hits")
    if not isinstance(found, list):
        other = _others(doc)
        plain = [
            _third(doc, hit)
            for hit in treatment_book().find(doc)
            if hit.first not in other
            and (not hit.value.exact or _written_as_name(doc, hit))
            and not _something_removed(doc, hit)
            and not _is_score(doc, hit)
            and not is_for_another(doc, hit.first, hit.last)
        ]
        found = doc.memory["treatment hits"] = _with_listed(doc, plain)
    return found


def _others(doc: Document) -> set[int]:
    """The tokens in which the name of a treatment means something else."""
    return {i for hit in _other_book().find(doc) for i in range(hit.first, hit.last)}


def _with_listed(doc: Document, plain: list[Hit[Treatment]]) -> list[Hit[Treatment]]:
    """Add the short forms that stand beside a treatment, a count, or the word planned."""
    taken = {i for hit in plain for i in range(hit.first, hit.last)}
    found = list(plain)
    for hit in listed_book().find(doc):
        if hit.first in taken or hit.first in _others(doc):
            continue
        verb = {t.text for t in doc.tokens[hit.first : hit.last]} & course().taking_out
        if _takes_out(doc, hit) if verb else _in_list(doc, hit, taken):
            found.append(hit)
            taken.update(range(hit.first, hit.last))
    return sorted(found, key=lambda hit: hit.first)


def _in_list(doc: Document, hit: Hit[Treatment], taken: set[int]) -> bool:
    """Whether a treatment stands beside a short form, joined at most by a count or an "and"."""
    tokens = doc.tokens
    beside = course().beside_transplant if hit.value.modality == "transplant" else frozenset()
    for step, at in ((-1, hit.first - 1), (1, hit.last)):
        for _ in range(3):
            if not 0 <= at < len(tokens):
                break
            text = tokens[at].text
            if at in taken or text in beside:
                return True
            gap = doc.norm[tokens[max(at, at - step) - 1].nend : tokens[max(at, at - step)].nstart]
            if "." in gap or not (text in JOINING or text.isdigit() or text in _UNITS):
                break
            at += step
    return False


def _is_score(doc: Document, hit: Hit[Treatment]) -> bool:
    """ "IPI 4" is the prognostic index, no drug."""
    own = doc.tokens[hit.first].text
    before = doc.tokens[hit.first - 1].text if hit.first else ""
    if own == "r" and before in course().before_margin:
        return True
    number = hit.last < len(doc.tokens) and doc.tokens[hit.last].text.isdigit()
    behind = doc.tokens[hit.last + 1].text if hit.last + 1 < len(doc.tokens) else ""
    counted = behind in _UNITS or behind in _ORDINAL
    return hit.last - hit.first == 1 and number and not counted and own in course().also_scores


def _third(doc: Document, hit: Hit[Treatment]) -> Hit[Treatment]:
    """ "3rd chemo" is the third one, no regimen Rd."""
    first = doc.tokens[hit.first]
    if first.text in _ORDINAL and doc.norm[max(0, first.nstart - 1) : first.nstart].isdigit():
        return replace(hit, value=treatments()["chemotherapy"], first=hit.last - 1)
    return hit


def _something_removed(doc: Document, hit: Hit[Treatment]) -> bool:
    """A stent or stitches taken out are no operation."""
    if hit.value.name != "surgery":
        return False
    around = (*doc.tokens[max(0, hit.first - 3) : hit.first], *doc.tokens[hit.last : hit.last + 2])
    removed = (t for t in around if t.text in words_of("not_operated"))
    return any(doc.words(t.start, t.end) not in _NO_THING for t in removed)


_NO_THING = frozenset({"PORT"})  # radiotherapy after the operation


def _takes_out(doc: Document, hit: Hit[Treatment]) -> bool:
    """ "Remove the bladder", but not "remove my name": a part of the body follows."""
    words = {t.text for t in doc.tokens[hit.first : hit.last]}
    if not words & course().taking_out or _something_removed(doc, hit):
        return False
    parts = {h.first for h in organ_book().find(doc)}
    follow = range(hit.last - 1, min(hit.last + 4, len(doc.tokens)))
    return any(i in parts or doc.tokens[i].text in course().growths for i in follow)


def _written_as_name(doc: Document, hit: Hit[Treatment]) -> bool:
    """An abbreviation that is also a word: as usually written, or followed by its cycles."""
    glued = doc.original[hit.end : hit.end + 1].isalnum()
    if doc.words(hit.start, hit.end) in hit.value.exact:
        return not glued
    following = [t.text for t in doc.tokens[hit.last : hit.last + 2]]
    counted = len(following) == 2 and following[0] == "x" and following[1].isdigit()
    if not counted and following and following[0].isdigit():
        return len(following) == 1 or following[1] in _UNITS or doc.tokens[hit.last + 1].breaks
    return counted


_ORDINAL = frozenset({"st", "nd", "rd", "th"})
_UNITS = frozenset({"cycle", "cycles", "cycl", "times", "x", "rounds", "doses", "done"})


def _given(doc: Document, asked: bool) -> list[Given]:
    context = context_of(doc)
    hits = treatment_hits(doc)
    spans = [(h.first, h.last) for h in hits]
    found: list[Given] = []
    for hit in hits:
        meant = context.assess(hit.first, hit.last)
        status = _status(doc, hit, meant, asked)
        if status is None or _is_purpose(doc, hit, hits):
            continue
        found.append(
            Given(
                hit.value,
                hit.first,
                hit.last,
                hit.start,
                hit.end,
                status,
                _number_given(doc, hit),
                outcome(doc, hit.first, hit.last, spans),
                stop_reason(doc, hit.first, hit.last),
                1.0 if hit.score == 1.0 else 0.85,
                meant.corrects,
            )
        )
    return shared(doc, found)


_PURPOSE = 8  # tokens from an operation to what it is for


def _is_purpose(doc: Document, hit: Hit[Treatment], hits: list[Hit[Treatment]]) -> bool:
    """ "Surgery on Friday to remove the tumour" is one operation, named once."""
    around = {t.text for t in doc.tokens[max(0, hit.first - 1) : hit.last]}
    if "to" not in around or not around & course().taking_out:
        return False
    sentence = context_of(doc).sentence_of
    return any(
        one.value.modality == "surgery"
        and 0 <= hit.first - one.last <= _PURPOSE
        and sentence[one.first] == sentence[hit.first]
        for one in hits
    )


def _number_given(doc: Document, hit: Hit[Treatment]) -> int | None:
    """Cycles of a medicine or sessions; of an operation only a number right before it."""
    if hit.value.modality == "surgery":
        if not hit.first or doc.tokens[hit.first].breaks or is_age_or_stage(doc, hit.first - 1):
            return None
        number = number_at(doc, hit.first - 1)
        return number if number and number <= MAX_OPERATIONS else None
    chemo = hit.value.modality == "chemo"
    return cycles(doc, hit.first, hit.last, counted=hit.value.name in GENERAL, chemo=chemo)


def _status(doc: Document, hit: Hit[Treatment], meant: Assertion, asked: bool) -> Timing | None:
    """When the treatment is given; None when it is not the patient's, denied, or only a wish."""
    if meant.other_person or hit.score < 0.7:
        return None
    if meant.timing is Timing.REFUSED:
        return Timing.REFUSED
    if meant.negated or (meant.unavailable and not _plainly_given(doc, hit)):
        return None
    if meant.asked and not _plainly_given(doc, hit):
        return None
    if any(t.text in words_of("done_inside") for t in doc.tokens[hit.first : hit.last]):
        return Timing.DONE
    if hit.value.modality == "surgery" and meant.timing is Timing.ONGOING:
        # "Since surgery she is fine" was, "I am having surgery on Friday" is to come.
        before = doc.tokens[max(0, hit.first - 3) : hit.first]
        to_come = any(token.text in _UNDERGOING for token in before)
        return Timing.PLANNED if to_come else Timing.DONE
    if asked:
        return meant.timing or Timing.DONE
    if meant.timing is None:
        rare = wish_of(hit.value) in wish_first() and not _measured(doc, hit)
        return None if rare else Timing.DONE
    return meant.timing


_UNDERGOING = frozenset({"having", "undergoing", "getting"})


def is_wish(doc: Document, hit: Hit[Treatment]) -> bool:
    """Whether the person only asks about a treatment."""
    meant = context_of(doc).assess(hit.first, hit.last)
    if meant.other_person or meant.negated:
        return False
    if meant.asked and not _plainly_given(doc, hit):
        return True
    rare = wish_of(hit.value) in wish_first() and not _measured(doc, hit)
    return meant.timing is None and rare


_DOSE = re.compile(r"\d\s?(?:gy|gray|fractions?|fr|sessions?)\b")


def _measured(doc: Document, hit: Hit[Treatment]) -> bool:
    """A dose or a number of sessions beside the name: it was given."""
    tokens = doc.tokens
    low, high = max(0, hit.first - 3), min(len(tokens), hit.last + 4)
    return _DOSE.search(doc.norm, tokens[low].nstart, tokens[high - 1].nend) is not None


def _plainly_given(doc: Document, hit: Hit[Treatment]) -> bool:
    """A word right at the name says that it was given, so the question is about something else."""
    if hit.first and doc.tokens[hit.first - 1].text in words_of("to_come"):
        return False  # "can it still be operated"
    context = context_of(doc)
    here = context.sentence(hit.first)
    for kind in (Timing.DONE.value, Timing.ONGOING.value, "ongoing_near", "ongoing_before"):
        for cue in context.cues_in(here.first, here.last, kind):
            if 0 <= hit.first - cue.last <= 1:
                return True
            if 0 <= cue.first - hit.last <= 1 and not context.cues_in(
                here.first, hit.first, "asked_before"
            ):
                return True
    return False


def says_none(doc: Document, *, asked: bool = False) -> Hit[str] | None:
    """Where it is said that no treatment has been given."""
    for hit in _none_book().find(doc):
        clear = any(word in course().none_clear for word in hit.value.split())
        if (clear or asked) and not context_of(doc).owners.is_other(hit.first):
            return hit
    return None


def _none(doc: Document, asks: str | None) -> Iterator[Mention]:
    """ "no treatment yet": the list of treatments is known to be empty."""
    hit = says_none(doc, asked=asks == "treatments")
    if hit is not None:
        words = doc.words(hit.start, hit.end)
        yield Mention("treatments_none", True, words, hit.start, hit.end)
        return
    if asks == "treatments" and len(doc.tokens) <= 2:
        texts = {t.text for t in doc.tokens}
        if texts & {"no", "none", "nil", "nothing", "nahi", "nai", "nei", "na"}:
            yield Mention("treatments_none", True, doc.original, 0, len(doc.original))


@cache
def _other_book() -> PhraseBook[bool]:
    return PhraseBook((phrase, True) for phrase in course().not_treatments)


@cache
def _none_book() -> PhraseBook[str]:
    return PhraseBook((phrase, phrase) for phrase in course().none)
