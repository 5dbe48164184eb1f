"""Reads the patient's treatments: name, class, modality, status, cycles, result.

A treatment that is denied, another person's or only asked about is none; one that is asked about
becomes a wish (`pathway_interest`). A general word ("chemo") gives way to a named treatment of
the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bot.oncology.context import Assertion, Timing, context_of
from bot.oncology.courses import course, cycles, number_at, outcome, stop_reason
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.vocabulary import Treatment, listed_book, organ_book, treatment_book, treatments
from bot.oncology.wishes import wish_first, wish_of

MAX_OPERATIONS = 6

# Names that stand for a whole kind of treatment.
GENERAL = {
    "chemotherapy": "chemo",
    "immunotherapy": "immunotherapy",
    "targeted therapy": "targeted",
    "hormone therapy": "hormone",
    "radiotherapy": "radiation",
    "surgery": "surgery",
    "stem cell transplant": "transplant",
    "platinum chemotherapy": "chemo",
    "taxane": "chemo",
    "anthracycline": "chemo",
    "CAR-T": "cell_therapy",
    "maintenance therapy": "chemo",
}


@dataclass(frozen=True, slots=True)
class Given:
    """One treatment of the patient as found in the words."""

    treatment: Treatment
    first: int
    last: int
    start: int
    end: int
    status: Timing
    cycles: int | None
    response: str | None
    stop_reason: str | None
    score: float
    corrects: bool

    @property
    def general(self) -> bool:
        return self.treatment.name in GENERAL

    def wire(self) -> dict[str, Any]:
        """The treatment as one item of the wire fact."""
        known = self.treatment
        item: dict[str, Any] = {
            "name": known.name,
            "class": _class(known),
            "modality": known.modality,
            "status": self.status.value,
            "cycles": self.cycles,
            "response": self.response,
            "stop_reason": self.stop_reason,
            "components": list(known.components) or None,
        }
        return {key: value for key, value in item.items() if value is not None}


def _class(treatment: Treatment) -> str | list[str] | None:
    if not treatment.classes:
        return None
    return treatment.classes[0] if len(treatment.classes) == 1 else list(treatment.classes)


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
        found = doc.memory[key] = _without_general(_merged(_given(doc, asks == "treatments")))
    return found


def treatment_hits(doc: Document) -> list[Hit[Treatment]]:
    """Every name of a treatment in a document, whatever is said of it."""
    found = doc.memory.get("treatment hits")
    if not isinstance(found, list):
        other = {i for hit in _other_book().find(doc) for i in range(hit.first, hit.last)}
        plain = [
            _third(doc, hit)
            for hit in treatment_book().find(doc)
            if hit.first not in other
            and (not hit.value.exact or _written_as_name(doc, hit))
            and not _something_removed(doc, hit)
            and not _is_score(doc, hit)
        ]
        found = doc.memory["treatment hits"] = _with_listed(doc, plain)
    return found


def _with_listed(doc: Document, plain: list[Hit[Treatment]]) -> list[Hit[Treatment]]:
    """Add the short forms that stand beside a treatment, a count, or the word planned."""
    taken = {i for hit in plain for i in range(hit.first, hit.last)}
    found = list(plain)
    for hit in listed_book().find(doc):
        if hit.first in taken:
            continue
        if _takes_out(doc, hit) if hit.last - hit.first > 1 else _in_list(doc, hit, taken):
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
            if "." in gap or not (text in _JOINING or text.isdigit() or text in _UNITS):
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
    return any(token.text in words_of("not_operated") for token in around)


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
        if status is None:
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
    return _shared(doc, found)


def _number_given(doc: Document, hit: Hit[Treatment]) -> int | None:
    """Cycles of a medicine or sessions; of an operation only a number right before it."""
    if hit.value.modality == "surgery":
        number = number_at(doc, hit.first - 1)
        return number if number and number <= MAX_OPERATIONS else None
    return cycles(doc, hit.first, hit.last, counted=hit.value.name in GENERAL)


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
    if asked:
        return meant.timing or Timing.DONE
    if meant.timing is None:
        rare = wish_of(hit.value) in wish_first() and not _measured(doc, hit)
        return None if rare else Timing.DONE
    return meant.timing


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


_JOINING = frozenset({"and", "plus", "with", "+", "&", "then", ">"})


def _shared(doc: Document, found: list[Given]) -> list[Given]:
    """Treatments named in one list share the number of cycles said once, after or before it."""
    out = list(found)
    for left in range(len(out) - 2, -1, -1):
        a, b = out[left], out[left + 1]
        between = [doc.tokens[i].text for i in range(a.last, b.first)]
        joined = len(between) <= 2 and all(word in _JOINING for word in between)
        if joined and a.response and b.response is None:
            out[left + 1] = b = replace(b, response=a.response)
        if joined and a.cycles is None and b.cycles is not None and not b.general:
            out[left] = replace(a, cycles=b.cycles)
        elif joined and b.cycles is None and a.cycles is not None and not a.general:
            out[left + 1] = replace(b, cycles=a.cycles)
    return out


def _merged(found: list[Given]) -> list[Given]:
    """One entry per treatment: the later words complete the earlier ones."""
    by_name: dict[str, Given] = {}
    for one in found:
        name = one.treatment.name
        known = by_name.get(name)
        if known is None:
            by_name[name] = one
            continue
        status = one.status if one.status is not Timing.PLANNED else known.status
        by_name[name] = replace(
            known,
            status=status,
            cycles=known.cycles or one.cycles,
            response=known.response or one.response,
            stop_reason=known.stop_reason or one.stop_reason,
        )
    return list(by_name.values())


def _without_general(found: list[Given]) -> list[Given]:
    """Drop "chemo" beside "FOLFOX": the general word speaks of the named treatment."""
    out: list[Given] = []
    for one in found:
        named = [
            o
            for o in found
            if not o.general
            and o.treatment.modality == one.treatment.modality
            and (o.status is one.status or abs(o.first - one.last) <= 4)
        ]
        if not (one.general and named):
            out.append(one)
    return out


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
