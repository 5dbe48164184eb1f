"""Decides whether a checklist row applies to a patient: small conditions over the wire facts.

A condition holds only when the facts show it; an unknown fact never makes one hold. What a row
does then is the row's own matter (`critical_when`, `helpful_when`, `only_when`, `unless`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

Facts = Mapping[str, Any]

# Results that a gene test gives; stains and blood markers are papers of their own.
# fmt: off
MOLECULAR = frozenset({
    "EGFR", "ALK", "ROS1", "RET", "NTRK", "NRG1", "FGFR2", "FGFR3", "KRAS", "NRAS", "BRAF",
    "MET", "TMB", "POLE", "BRCA", "BRCA1", "BRCA2", "PALB2", "HRR", "ATM", "CHEK2", "CDK12",
    "HRD", "PIK3CA", "AKT1", "PTEN", "ESR1", "IDH1", "IDH2", "FLT3", "NPM1", "KMT2A", "CEBPA",
    "TP53", "KIT", "PDGFRA", "EZH2", "SDHB", "VHL", "NF1",
})
# fmt: on
# A drug that was only planned or refused has left no papers behind.
_NOT_GIVEN = frozenset({"planned", "refused"})


@dataclass(frozen=True, slots=True)
class Condition:
    """Exactly one test. `fact` names a wire fact; a dot goes one level down (`biomarkers.HER2`).

    one_of: the fact is one of these words; contains: the list fact has this item; matches: the
    text fact contains one of these words; at_least: the number is this or more; below: it is
    less; filled / empty: the list fact has items / is known to have none; treated_by: a treatment
    of one of these modalities was given; received: a drug of one of these classes was given;
    group: the group of the cancer; molecular_result: whether any gene result is known.
    """

    fact: str = ""
    one_of: tuple[str, ...] = ()
    contains: str = ""
    matches: tuple[str, ...] = ()
    at_least: float | None = None
    below: float | None = None
    filled: bool = False
    empty: bool = False
    treated_by: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    group: str = ""
    molecular_result: bool | None = None
    any_of: tuple[Condition, ...] = ()
    all_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        given = [f.name for f in fields(self) if getattr(self, f.name) not in ("", (), None, False)]
        if self.molecular_result is False:
            given.append("molecular_result")
        tests = [name for name in given if name != "fact"]
        if len(tests) != 1:
            raise ValueError(f"a condition needs exactly one test, has {len(tests)}")
        if bool(self.fact) != (tests[0] in _OVER_A_FACT):
            raise ValueError(f"{tests[0]} {'needs' if not self.fact else 'takes no'} fact")

    def holds(self, facts: Facts, group: str | None) -> bool:
        """Whether the facts (and the group of the cancer, when known) show this condition."""
        if self.any_of or self.all_of or self.none_of:
            return (
                all(c.holds(facts, group) for c in self.all_of)
                and not any(c.holds(facts, group) for c in self.none_of)
                and (not self.any_of or any(c.holds(facts, group) for c in self.any_of))
            )
        if self.fact:
            return self._holds_for(value_of(facts, self.fact))
        if self.group:
            return group == self.group
        if self.molecular_result is not None:
            return has_molecular_result(facts) is self.molecular_result
        return self._given(facts)

    def _holds_for(self, value: Any) -> bool:
        if value is None:
            return False
        if self.empty:
            return value in ([], (), "none")
        if self.filled:
            return bool(value) and value != "none"
        if self.at_least is not None:
            return isinstance(value, int | float) and value >= self.at_least
        if self.below is not None:
            return isinstance(value, int | float) and value < self.below
        if self.contains:
            return self.contains in _words(value)
        if self.matches:
            return any(word in str(value).lower() for word in self.matches)
        return _word(value) in self.one_of

    def _given(self, facts: Facts) -> bool:
        classes = set(facts.get("drug_classes_received") or ())
        for treatment in treatments_given(facts):
            if treatment.get("modality") in self.treated_by:
                return True
            named = treatment.get("class")
            # A regimen has several classes.
            classes.update(named if isinstance(named, list) else [named])
        return not classes.isdisjoint(self.received)


_OVER_A_FACT = frozenset({"one_of", "contains", "matches", "at_least", "below", "filled", "empty"})


def value_of(facts: Facts, name: str) -> Any:
    """The value of a fact; `biomarkers.CLDN18.2` is looked up in the biomarkers object."""
    head, _, rest = name.partition(".")
    value = facts.get(head)
    if rest:
        return value.get(rest) if isinstance(value, Mapping) else None
    return value


def treatments_given(facts: Facts) -> list[Mapping[str, Any]]:
    """Treatments that were started, whatever became of them."""
    listed = facts.get("treatments") or ()
    return [t for t in listed if isinstance(t, Mapping) and t.get("status") not in _NOT_GIVEN]


def has_molecular_result(facts: Facts) -> bool:
    """Whether the result of at least one gene test is known."""
    biomarkers = facts.get("biomarkers") or {}
    return any(biomarkers.get(name) is not None for name in MOLECULAR)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(values: Any) -> Iterable[str]:
    several = values if isinstance(values, list | tuple | set) else (values,)
    return (_word(value) for value in several)
