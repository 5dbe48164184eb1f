"""One treatment as found in the words, and how the treatments of one message are put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.oncology.context import Timing
from bot.oncology.courses import course
from bot.oncology.text import Document
from bot.oncology.vocabulary import Treatment

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


JOINING = frozenset({"and", "plus", "with", "+", "&", "then", ">", "some", "et", "y", "e", "r"})


def shared(doc: Document, found: list[Given]) -> list[Given]:
    """Treatments named in one list share the number of cycles said once, after or before it."""
    out = list(found)
    for left in range(len(out) - 2, -1, -1):
        a, b = out[left], out[left + 1]
        between = [doc.tokens[i].text for i in range(a.last, b.first)]
        joined = len(between) <= 2 and all(word in JOINING for word in between)
        if joined and a.response and b.response is None:
            out[left + 1] = b = replace(b, response=a.response)
        if joined and a.cycles is None and b.cycles is not None and not b.general:
            out[left] = replace(a, cycles=b.cycles)
        elif joined and b.cycles is None and a.cycles is not None and not a.general:
            out[left + 1] = replace(b, cycles=a.cycles)
    return out


def merged(found: list[Given]) -> list[Given]:
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


def without_general(found: list[Given]) -> list[Given]:
    """Drop "chemo" beside "FOLFOX": the general word speaks of the named treatment.

    How often "6 chemo" was given goes to the one treatment that it speaks of. What is told as a
    course of its own stays ("25 sessions of radiation, then brachytherapy").
    """
    out: list[Given] = []
    counted: dict[str, int] = {}
    for one in found:
        named = [
            o
            for o in found
            if not o.general
            and o.treatment.modality == one.treatment.modality
            and (o.status is one.status or abs(o.first - one.last) <= 4)
        ]
        if not (one.general and named) or _from_outside(named):
            out.append(one)
        elif one.cycles and len(named) == 1 and _beside(one, named[0]):
            counted[named[0].treatment.name] = one.cycles
    return [replace(o, cycles=o.cycles or counted.get(o.treatment.name)) for o in out]


def _from_outside(named: list[Given]) -> bool:
    """Whether the named ones are radiotherapy from inside, of which the word does not speak."""
    return all(o.treatment.name in course().given_inside for o in named)


def _beside(one: Given, named: Given) -> bool:
    """Whether only a count can stand between the two names."""
    return max(named.first - one.last, one.first - named.last) <= 2
