"""What the told treatments say: drugs and classes received, lines, resistance, dates.

A treatment that was planned, refused or merely asked about was not received. Where the told list
leaves a count open the answer is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.facts.model import CaseFacts
from bot.facts.vocabulary import class_id, classes, drugs_of, is_treatment
from bot.facts.wire import Treatment, today

# One class holds drugs that only lower testosterone beside those that block its receptor; told by
# the name of the class, without a drug, it is the latter.
ARPI: Final = "androgen receptor drug"
SYSTEMIC: Final = frozenset({"chemo", "immunotherapy", "targeted", "cell_therapy", "radioligand"})
# Words for a kind of treatment that name no drug; they say nothing about the number of lines.
_GENERIC: Final = frozenset(
    {"chemotherapy", "maintenance therapy", "immunotherapy", "targeted therapy", "cell therapy"}
)
_PROGRESSED: Final = frozenset(
    {
        "progressed",
        "progression",
        "progressing",
        "progressive",
        "progressive_disease",
        "disease_progression",
        "pd",
        "refractory",
        "primary_refractory",
        "no_response",
        "non_response",
        "not_responding",
        "not_responded",
        "did_not_respond",
        "resistant",
        "failed",
        "failure",
        "grew",
    }
)
_NOT_REFRACTORY: Final = frozenset(
    {
        "cr",
        "pr",
        "vgpr",
        "scr",
        "cmr",
        "complete",
        "complete_response",
        "complete_remission",
        "partial",
        "partial_response",
        "partial_remission",
        "very_good_partial_response",
        "responded",
        "responding",
        "remission",
        "response",
        "no_evidence_of_disease",
        "ned",
    }
)


@dataclass(frozen=True, slots=True)
class Given:
    """One treatment that was really given."""

    told: Treatment
    drugs: frozenset[str]
    classes: frozenset[str]
    modality: str | None
    regimen: bool

    @property
    def names(self) -> frozenset[str]:
        """Everything a rule may ask for: the name itself, its drugs and their classes."""
        own = {self.told.name.strip().lower()} if self.told.name else set()
        return self.drugs | self.classes | frozenset(own)

    @property
    def progressed_on(self) -> bool | None:
        """Did the cancer grow on it? None when not told."""
        for text in (self.told.response, self.told.stop_reason):
            word = (text or "").strip().lower().replace(" ", "_").replace("-", "_")
            if word in _PROGRESSED:
                return True
            if word in _NOT_REFRACTORY:
                return False
        return None


@dataclass(frozen=True, slots=True)
class History:
    """The treatment history as far as it is certain."""

    received: frozenset[str]
    complete: bool
    refractory: frozenset[str]
    lines: int | None
    lines_reason: str
    least_lines: int
    transplant: str | None
    days_since_cell_therapy: int | None
    platinum_status: str | None
    last_refractory: bool | None
    on_chemo_now: bool | None
    irradiated: bool | None
    drugs_told: bool  # any drug treatment is told, whether it counts as a line or not


def told_history(facts: CaseFacts) -> History:
    """Read the told treatments and the explicit class list together."""
    given = [given_as(t) for t in facts.treatments or () if t.status not in ("planned", "refused")]
    listed = facts.drug_classes_received or frozenset()
    names = frozenset().union(*(g.names for g in given)) | _with_classes(listed)
    if "ARPI/ADT" in listed.union(*(g.classes for g in given if not g.drugs)):
        names |= {ARPI}
    systemic = [g for g in given if _is_systemic(g)]
    nothing_given = _nothing_given(facts)
    lines, reason = _lines(facts, given, systemic)
    return History(
        received=names,
        complete=_is_complete(facts) or (nothing_given and not names),
        refractory=frozenset().union(*(g.names for g in given if g.progressed_on)),
        lines=lines,
        lines_reason=reason,
        least_lines=_least_lines(facts, given, systemic),
        transplant=_transplant(given),
        days_since_cell_therapy=_days_since_cells(given),
        platinum_status=_platinum(facts, systemic),
        last_refractory=systemic[-1].progressed_on if systemic else None,
        irradiated=True if any(g.modality == "radiation" for g in given) else None,
        drugs_told=any(_is_drug(g) for g in given) or bool(facts.drug_classes_received),
        on_chemo_now=True if any(g.told.status == "ongoing" for g in systemic) else None,
    )


def _nothing_given(facts: CaseFacts) -> bool:
    """An empty list of treatments says that none was given, unless another fact says one was."""
    given = (
        bool(facts.prior_systemic_lines)
        or bool(facts.refractory_to)
        or facts.disease_status == "on_treatment_responding"
    )
    return facts.treatments is not None and not facts.treatments and not given


def _is_complete(facts: CaseFacts) -> bool:
    """A list that was confirmed as complete; without any list there is nothing to confirm.

    A name on it that we do not know may be any drug.
    """
    told = facts.drug_classes_received
    listed = told is not None or facts.treatments is not None
    return bool(facts.classes_complete) and listed and all(map(is_treatment, told or ()))


def classes_behind_names(listed: Iterable[str]) -> frozenset[str]:
    """Classes, and drugs with their classes, however they are written."""
    return _with_classes(frozenset(class_id(name) for name in listed if isinstance(name, str)))


def _with_classes(listed: frozenset[str]) -> frozenset[str]:
    """A drug named in the class list stands for its classes too."""
    found = [drugs_of(name) for name in listed - classes()]
    return listed.union(*(f.classes for f in found if f), *(f.drugs for f in found if f))


def given_as(told: Treatment) -> Given:
    """A told treatment with what its name and its class stand for."""
    stated = told.drug_class
    stated_list = [stated] if isinstance(stated, str) else stated or []
    listed = frozenset(class_id(c) for c in stated_list)
    # A drug may stand where its class should.
    known = [
        found
        for name in (told.name, *sorted(listed - classes()))
        if name and (found := drugs_of(name))
    ]
    return Given(
        told=told,
        drugs=frozenset().union(*(k.drugs for k in known)),
        classes=listed.union(_class_named(told.name), *(k.classes for k in known)),
        modality=told.modality or next((k.modality for k in known), None),
        regimen=any(k.regimen for k in known),
    )


def _class_named(name: str | None) -> set[str]:
    """The class when a treatment is told by its class alone ("BTK inhibitor")."""
    told = class_id(name) if name else ""
    return {told} & (classes() - {"other", "procedure", "complementary"})


def _is_systemic(given: Given) -> bool:
    if given.modality is not None:
        return given.modality in SYSTEMIC
    return bool(given.classes - {"procedure", "complementary", "radioligand", "steroid", "other"})


def _is_drug(given: Given) -> bool:
    """Hormones and steroids too, which count as no line."""
    return _is_systemic(given) or bool(given.classes - {"procedure", "complementary"})


def _lines(
    facts: CaseFacts, given: Sequence[Given], systemic: Sequence[Given]
) -> tuple[int | None, str]:
    """Lines of drug treatment: regimens count, cycles do not (B1)."""
    if facts.treatments is None:
        return None, ""
    if not facts.treatments:
        return (0, "no treatment so far") if _nothing_given(facts) else (None, "")
    unclear = [g for g in systemic if not g.classes and not g.drugs - _GENERIC]
    if unclear or any(g.modality is None and not g.classes for g in given):
        return None, ""
    numbered = [g.told.line for g in systemic if g.told.line is not None]
    if numbered and len(numbered) == len(systemic):
        return max(numbered), "lines as numbered in the history"
    counted = _without_maintenance(facts, given, systemic)
    kept: list[Given] = []
    for item in counted:
        counts = _counts(item, facts.months_to_relapse)
        if counts is None:
            return None, ""
        if counts:
            kept.append(item)
    separate = _all_separate(kept) and not _told_again(kept)
    return (len(kept), "one line for each regimen told") if separate else (None, "")


def _told_again(items: Sequence[Given]) -> bool:
    """Whether a drug may only be named again: as the part of its regimen that stopped working."""
    seen: set[str] = set()
    for item in items:
        named = item.drugs - _GENERIC
        if named and named <= seen and not item.told.start:
            return True
        seen |= named
    return False


def _least_lines(facts: CaseFacts, given: Sequence[Given], systemic: Sequence[Given]) -> int:
    """How many lines there were at the very least, when their number is not certain.

    Counted are named drugs that certainly followed one another. A drug told again that was part
    of an earlier regimen, and treatment around an operation, add nothing. Classes without a drug
    are one line at least.
    """
    lines = 0
    some = False
    before: Given | None = None
    seen: set[str] = set()
    for item in _without_maintenance(facts, given, systemic):
        named = item.drugs - _GENERIC
        if _counts(item, facts.months_to_relapse) is not True:
            continue
        some = some or bool(item.classes)
        if not named or named <= seen:
            continue
        if before is None or _follows(before, item):
            lines += 1
        seen |= named
        before = item
    return max(lines, int(some))


def _without_maintenance(
    facts: CaseFacts, given: Sequence[Given], systemic: Sequence[Given]
) -> list[Given]:
    """Induction, transplant and maintenance are one line (myeloma, B1)."""
    after_transplant = False
    out: list[Given] = []
    for item in given:
        if item.modality == "transplant":
            after_transplant = True
            continue
        if item not in systemic:
            continue
        intent = _intent(item)
        single = len(item.drugs) <= 1 and not item.regimen
        follows = after_transplant and facts.cancer_type == "multiple_myeloma" and single
        if intent in ("maintenance", "conditioning", "bridging", "consolidation") or (
            follows and item.progressed_on is not True and not out[1:]
        ):
            after_transplant = False
            continue
        after_transplant = False
        out.append(item)
    return out


def _intent(item: Given) -> str:
    return re.sub(r"[^a-z]", "", (item.told.intent or "").lower())


def _counts(item: Given, months_to_relapse: float | None) -> bool | None:
    """Adjuvant treatment counts only when the relapse came within 6 to 12 months (B1).

    Up to 6 months it counts, beyond 12 it does not, in between it depends on the disease.
    """
    if _intent(item) not in ("adjuvant", "neoadjuvant", "neoadj", "adj", "perioperative"):
        return True
    if months_to_relapse is None or 6 < months_to_relapse <= 12:
        return None
    return months_to_relapse <= 6


def _all_separate(items: Sequence[Given]) -> bool:
    """Are the entries certainly lines of their own, not parts of one regimen?"""
    return all(_follows(a, b) for a, b in pairwise(items))


def _follows(first: Given, second: Given) -> bool:
    if first.regimen or second.regimen or first.progressed_on:
        return True
    if first.told.start and second.told.start:
        ends = first.told.end or first.told.start
        return second.told.start >= ends and second.told.start > first.told.start
    # Two single drugs of one class are given after one another, not together.
    return bool(first.classes & second.classes)


def _transplant(given: Sequence[Given]) -> str | None:
    for item in given:
        words = f"{item.told.name or ''} {' '.join(item.classes)}".lower()
        if item.modality == "transplant" or "transplant" in words:
            if any(w in words for w in ("allo", "donor", "sibling", "haplo", "matched")):
                return "allo"
            if any(w in words for w in ("auto", "asct", "own")):
                return "auto"
    return None


def _days_since_cells(given: Sequence[Given]) -> int | None:
    days = [
        (today() - when).days
        for g in given
        if g.classes & {"CAR_T", "TIL", "TCR_T"} and (when := g.told.end or g.told.start)
    ]
    recent = [d for d in days if d >= 0]
    return min(recent) if recent else None


def _platinum(facts: CaseFacts, systemic: Sequence[Given]) -> str | None:
    """Growth on platinum is refractory; after a single platinum line the interval decides."""
    with_platinum = [g for g in systemic if "platinum" in g.classes]
    if not with_platinum:
        return None
    if with_platinum[-1].progressed_on:
        return "refractory"
    if len(systemic) == 1 and facts.months_to_relapse is not None:
        return "resistant" if facts.months_to_relapse < 6 else "sensitive"
    return None
