"""Changes of the rule data that alter no answer, each with the reason, and the run that checks it.

The reason is not taken on trust: `alters_nothing` answers every reachable combination of the facts
that the pathway looks at with the rules as they are and as they are changed, and compares.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.eligibility import rule_files
from bot.eligibility.matching import match
from bot.eligibility.ruleset import current
from bot.facts.derive import derive
from bot.facts.model import CaseFacts, FactError
from tests.eligibility.mutants import answer, opened, rule_mutants

# Change -> why no answer differs.
UNSEEN: Final[Mapping[str, str]] = {
    "CTR-1 standard care first: 0 dropped": (
        "its NOT_YET is the answer of the first rule too when the disease does well, and below "
        "every other answer when it does not or nothing is known"
    ),
}
_PATHWAY: Final = {"CTR-1": "clinical_trial"}

# The facts that the rules of a pathway look at, with every value that one of them tells apart.
# Facts that are only asked for are all told or all open: each is listed on its own.
_TOLD: Final = {
    "measurable_disease": True,
    "labs": {"hb": 11},
    "days_since_chemo": 20,
    "classes_complete": True,
}
SPACE: Final[Mapping[str, Mapping[str, list[Any]]]] = {
    "clinical_trial": {
        # rare with and without a first standard, other solid ones, the one with its own row, blood
        "cancer_type": ["cup", "dmg_dipg", "nsclc", "synovial_sarcoma", "aml", None],
        "disease_status": [
            "newly_diagnosed",
            "on_treatment_responding",
            "stable",
            "remission",
            "relapsed",
            "refractory",
            "progressed",
            None,
        ],
        "prior_systemic_lines": [0, 1, 2, None],
        "months_to_relapse": [6, None],
        "told_palliative_only": [True, False, None],
        "asked": [_TOLD, {}],
        "KRAS": ["G12D", "WT", None],
        "NY-ESO-1": ["pos", "neg", None],
        "MAGE-A4": ["pos", "neg", None],
    }
}


def people(pathway: str) -> Iterator[CaseFacts]:
    """Every consistent combination of the values of a pathway's facts."""
    names, values = zip(*SPACE[pathway].items(), strict=True)
    for chosen in itertools.product(*values):
        facts = {n: v for n, v in zip(names, chosen, strict=True) if v is not None}
        markers = {n: facts.pop(n) for n in ("KRAS", "NY-ESO-1", "MAGE-A4") if n in facts}
        told = facts.pop("asked", {})
        try:
            yield CaseFacts.read({**facts, **told, "biomarkers": markers})
        except FactError:
            continue


def alters_nothing(change: str) -> bool:
    """Whether a change of `UNSEEN` leaves every answer of its pathway as it is."""
    row, _, what = change.partition(": ")
    pathway = _PATHWAY[row.split()[0]]
    reader, file, default = opened(pathway)
    rules = current().pathways[pathway]
    number = next(
        n for n, r in enumerate(file["rules"]) if f"{r['id']} {r.get('branch', '')}".strip() == row
    )
    mutants = rule_mutants(file["rules"][number], file.get("shared") or {})
    source = next(m.source for m in mutants if m.what == what)
    changed = rule_files._rule(reader, source, ("rules", number), file, default)
    replaced = tuple(changed if n == number else r for n, r in enumerate(rules.rules))
    altered = dataclasses.replace(rules, rules=replaced, by_cancer={})
    for facts in people(pathway):
        try:
            view = derive(facts)
        except FactError:
            continue
        if answer(match(rules, view, None)) != answer(match(altered, view, None)):
            return False
    return True
