"""Finds what is doubtful in the rule data although it loads.

Unreachable rules, the same products twice, a stale date, a missing source, facts that nobody can
be asked for, and words that must not be said to patients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import Final

from bot.eligibility.questions import ORDER
from bot.eligibility.rules import Origin, PathwayRules, Rule, RuleSet
from bot.facts.markers import marker_id
from bot.facts.model import fact_names
from bot.facts.record_facts import record_ids
from bot.facts.vocabulary import cancers
from bot.facts.wire import Labs, today

# REQ-103: never said to a patient.
FORBIDDEN: Final = re.compile(
    r"you qualify|you are eligible|\bcure[ds]?\b|guarantee|best treatment|last chance|"
    r"\d+ ?(%|percent) (survival|response|of patients)|survival of",
    re.IGNORECASE,
)
_OWN_IDS: Final = frozenset({"histology", "cd19_expression", "rt_plan"})
# Two answers for the same criteria: the better one always hides the other.
_BETTER: Final = ("DEFER", "CONSIDER", "CAUTION", "NEEDS_INFO", "NOT_YET", "TRIAL_ONLY", "NO_MATCH")


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubtful place: kind, rule and what is wrong."""

    kind: str
    where: str
    problem: str

    def __str__(self) -> str:
        """As `intake rules check` prints it."""
        return f"{self.kind}: {self.where}: {self.problem}"


def check(rules: RuleSet, on: date | None = None) -> list[Finding]:
    """Everything doubtful in a rule set, as of a day (default: today)."""
    day = on or today()
    found: list[Finding] = []
    for pathway in rules.pathways.values():
        for rule in pathway.rules:
            found += _rule(rule, day)
        found += _unreachable(pathway)
        found += _overlapping(pathway)
    for gate in rules.gates:
        found += _dated(gate.id, gate.origin, day)
        found += _worded(gate.id, gate.say)
    return found


def _name(rule: Rule) -> str:
    return f"{rule.id} ({rule.branch})" if rule.branch else rule.id


def _rule(rule: Rule, day: date) -> Iterator[Finding]:
    name = _name(rule)
    yield from _dated(name, rule.origin, day)
    texts = [rule.statement, *rule.cautions]
    for criterion in rule.criteria:
        texts += [criterion.say, criterion.note]
        if criterion.fails == "CAUTION" and not criterion.note:
            yield Finding("wording", name, f"no note for when it is not so: {criterion.say}")
        for missing in criterion.missing:
            if not _nameable(missing):
                yield Finding("unknown id", name, f"{missing!r} in missing")
    for missing in rule.asks:
        if not _nameable(missing):
            yield Finding("unknown id", name, f"{missing!r} in asks")
    for text in texts:
        yield from _worded(name, text)
    bare = rule.evidence.kind == "trial_only" and rule.pathway != "clinical_trial"
    if bare and rule.then in ("CONSIDER", "CAUTION"):
        yield Finding("evidence", name, "shown, but no evidence is given")


def _nameable(name: str) -> bool:
    known = name in fact_names() or name in Labs.model_fields or name in ORDER
    return known or marker_id(name) is not None or name in _OWN_IDS | record_ids()


def _dated(name: str, origin: Origin, day: date) -> Iterator[Finding]:
    if not origin.source:
        yield Finding("source", name, "no source")
    if origin.stale(day):
        yield Finding("stale", name, f"as of {origin.as_of}, review {origin.review}")


def _worded(name: str, text: str) -> Iterator[Finding]:
    if FORBIDDEN.search(text):
        yield Finding("wording", name, "words that must not be said to patients")


def _unreachable(pathway: PathwayRules) -> Iterator[Finding]:
    """Rules that can never hold, or whose answer a better one always hides.

    Criteria that ask for a number above and below the same bound can never hold together; a rule
    whose criteria are all among those of another one is at least as often true.
    """
    for better, hidden in _pairs(pathway):
        covered = (
            better.cancers is None or (hidden.cancers or frozenset(cancers())) <= better.cancers
        )
        if covered and _BETTER.index(better.then) < _BETTER.index(hidden.then):
            yield Finding("unreachable", _name(hidden), f"{_name(better)} always answers better")
    for rule in pathway.rules:
        wanted: dict[str, tuple[float, float]] = {}
        for criterion in rule.criteria:
            for fact, low, high in criterion.when.bounds():
                old = wanted.get(fact, (float("-inf"), float("inf")))
                wanted[fact] = (max(old[0], low), min(old[1], high))
        for fact, (low, high) in wanted.items():
            if low > high:
                yield Finding("unreachable", _name(rule), f"{fact} can not fit all criteria")
        if rule.cancers is not None and not rule.cancers:
            yield Finding("unreachable", _name(rule), "no cancer is left")


def _overlapping(pathway: PathwayRules) -> Iterator[Finding]:
    """The same product twice for one cancer, under criteria of which one set holds the other."""
    for wider, narrower in _pairs(pathway):
        twice = sorted(set(wider.products) & set(narrower.products))
        if twice and wider.then == narrower.then:
            told = f"{', '.join(twice)} given by {_name(wider)} already"
            yield Finding("overlap", _name(narrower), told)


def _pairs(pathway: PathwayRules) -> Iterator[tuple[Rule, Rule]]:
    """Rules for a common cancer of which the first asks for nothing that the second does not."""
    for one, other in permutations(pathway.rules, 2):
        if not _share_cancer(one, other):
            continue
        wants, more = ({c.say for c in r.criteria} for r in (one, other))
        if wants < more or (
            wants == more and pathway.rules.index(one) < pathway.rules.index(other)
        ):
            yield one, other


def _share_cancer(one: Rule, other: Rule) -> bool:
    return one.cancers is None or other.cancers is None or bool(one.cancers & other.cancers)
