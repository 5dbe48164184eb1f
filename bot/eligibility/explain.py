"""Why a pathway got its answer: every rule with its criteria held, failed or unknown.

The full version is for coordinators, the short one for patients; both read the same evaluation.
Every negative answer says why, what could change it and what care remains (REQ-104).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.eligibility.matching import judge
from bot.eligibility.results import Assessment, PathwayResult
from bot.eligibility.rules import Rule, RuleSet
from bot.eligibility.ruleset import current
from bot.facts.derive import View

REMAINS = (
    "Supportive care (pain, breath, food, mood) helps at any stage.",
    "A second opinion can look at the whole plan again.",
    "The local cancer team stays the first place to ask.",
)


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """One rule, criterion by criterion, in plain words."""

    rule: str
    branch: str
    statement: str
    status: str | None  # None: the rule says nothing about this case
    held: tuple[str, ...]
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    products: tuple[str, ...]
    evidence: str
    source: tuple[str, ...]
    as_of: str
    review: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pathway: its rules, gates, what would change the answer and what remains."""

    pathway: str
    status: str
    before_gates: str
    rules: tuple[RuleExplanation, ...]
    gates: tuple[str, ...]
    derived: tuple[str, ...]
    would_change: tuple[str, ...]
    remains: tuple[str, ...]


def explain(done: Assessment, pathway: str, rules: RuleSet | None = None) -> Explanation:
    """The full explanation of one pathway. Raises KeyError for an unknown pathway."""
    result = done.pathway(pathway)
    ruleset = rules or current()
    view = done.view
    told: tuple[RuleExplanation, ...] = ()
    if view is not None and done.triage != "EMERGENCY_NOW":
        cancer = next(iter(view.entity)) if view.entity else None
        told = tuple(_rule(r, view) for r in ruleset.pathways[pathway].for_cancer(cancer))
    derived = tuple(f"{n}: {why}" for n, why in view.why.items()) if view else ()
    return Explanation(
        pathway=pathway,
        status=result.status,
        before_gates=result.before_gates,
        rules=told,
        gates=tuple(f"{g.id}: {g.say}" for g in result.fired),
        derived=derived,
        would_change=_would_change(result, told),
        remains=REMAINS if result.status in _NEGATIVE else (),
    )


_NEGATIVE = frozenset({"NOT_YET", "TRIAL_ONLY", "NO_MATCH", "DEFER"})


def _rule(rule: Rule, view: View) -> RuleExplanation:
    outcome = judge(rule, view)
    by_answer: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for criterion in rule.criteria:
        by_answer[criterion.when.test(view)].append(criterion.say)
    return RuleExplanation(
        rule=rule.id,
        branch=rule.branch,
        statement=rule.statement,
        status=outcome.status if outcome else None,
        held=tuple(by_answer[True]),
        failed=tuple(by_answer[False]),
        unknown=tuple(by_answer[None]),
        products=rule.products,
        evidence=rule.evidence.text(),
        source=rule.origin.source,
        as_of=rule.origin.as_of,
        review=rule.origin.review,
    )


def _would_change(result: PathwayResult, rules: tuple[RuleExplanation, ...]) -> tuple[str, ...]:
    """What would have to be different, or known, for another answer."""
    if result.fired and result.status == "DEFER":
        return tuple(f"when this is solved: {g.say}" for g in result.fired if result.id in g.hard)
    speaking = [r for r in rules if r.status is not None]
    if result.status == "NEEDS_INFO":
        return tuple(dict.fromkeys(f"knowing whether {u}" for r in speaking for u in r.unknown))
    if result.status in ("NOT_YET", "TRIAL_ONLY", "NO_MATCH"):
        same = [r for r in speaking if r.status == result.status]
        failed = [f"if {f}" for r in same for f in r.failed]
        return tuple(dict.fromkeys(failed or [f"if no longer: {h}" for r in same for h in r.held]))
    return ()
