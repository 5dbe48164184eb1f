"""Why a pathway got its answer: every rule with its criteria held, failed or unknown.

`explain` gives the full version for coordinators, `in_short` the few sentences for patients; both
read the same evaluation. Every negative answer says why, what could change it and what care
remains (REQ-104).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.eligibility.matching import judge
from bot.eligibility.results import Assessment, PathwayResult
from bot.eligibility.rules import Criterion, Gate, Rule, RuleSet
from bot.eligibility.ruleset import current
from bot.eligibility.wording import words
from bot.facts.derive import View
from bot.facts.wire import today

_NEGATIVE: Final = frozenset({"NOT_YET", "TRIAL_ONLY", "NO_MATCH", "DEFER"})
_STATES: Final[dict[bool | None, str]] = {True: "held", False: "failed", None: "unknown"}
# What a patient reads of what could change an answer.
_IN_SHORT: Final = 2


@dataclass(frozen=True, slots=True)
class CriterionExplanation:
    """One criterion in plain words: `state` is held, failed or unknown."""

    say: str
    state: str
    rule: str  # the row of the reference that it carries out
    missing: tuple[str, ...]  # ids of the facts that would settle it, while it is unknown


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """One rule, criterion by criterion, in plain words."""

    rule: str
    branch: str
    statement: str
    status: str | None  # None: the rule says nothing about this case
    criteria: tuple[CriterionExplanation, ...]
    products: tuple[str, ...]
    evidence: str
    source: tuple[str, ...]
    as_of: date
    review: str
    stale: bool

    @property
    def held(self) -> tuple[str, ...]:
        """Criteria that are known to hold."""
        return self._in("held")

    @property
    def failed(self) -> tuple[str, ...]:
        """Criteria that are known not to hold."""
        return self._in("failed")

    @property
    def unknown(self) -> tuple[str, ...]:
        """Criteria that the facts leave open."""
        return self._in("unknown")

    def _in(self, state: str) -> tuple[str, ...]:
        return tuple(c.say for c in self.criteria if c.state == state)


@dataclass(frozen=True, slots=True)
class GateExplanation:
    """A safety gate that fired: `effect` is stops, caution or note."""

    gate: str
    say: str
    effect: str
    source: tuple[str, ...]
    as_of: date
    review: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pathway: its rules, gates, what would change the answer and what remains."""

    pathway: str
    name: str
    status: str
    before_gates: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    missing: tuple[str, ...]
    rules: tuple[RuleExplanation, ...]
    gates: tuple[GateExplanation, ...]
    derived: tuple[str, ...]
    would_change: tuple[str, ...]
    remains: tuple[str, ...]
    stale: bool
    version: str

    def lines(self) -> Iterator[str]:
        """The full version, line by line, for a coordinator."""
        before = f" ({self.before_gates} before the gates)"
        yield f"{self.name}: {self.status}{before if self.before_gates != self.status else ''}"
        for name in ("reasons", "cautions", "missing"):
            for text in getattr(self, name):
                yield f"  {name.removesuffix('s')}: {text}"
        for gate in self.gates:
            yield f"  gate {gate.gate} ({gate.effect}): {gate.say} {_origin_of(gate)}"
        for rule in self.rules:
            branch = f", {rule.branch}" if rule.branch else ""
            yield f"  rule {rule.rule}{branch}: {rule.status or 'says nothing'} {_origin_of(rule)}"
            for criterion in rule.criteria:
                row = f" [{criterion.rule}]" if criterion.rule != rule.rule else ""
                yield f"    {criterion.state}: {criterion.say}{row}"
        yield from (f"  worked out: {text}" for text in self.derived)
        yield from (f"  would change: {text}" for text in self.would_change)
        yield from (f"  remains: {text}" for text in self.remains)
        yield f"  rules of version {self.version}"


def _origin_of(part: RuleExplanation | GateExplanation) -> str:
    old = ", older than six months" if part.stale else ""
    return f"(source {', '.join(part.source)}; as of {part.as_of}{old}; review {part.review})"


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
        name=result.name,
        status=result.status,
        before_gates=result.before_gates,
        reasons=result.reasons,
        cautions=result.cautions,
        missing=result.missing,
        rules=told,
        gates=tuple(_gate(g, pathway) for g in result.fired),
        derived=derived,
        would_change=_would_change(result, told),
        remains=words().remains if result.status in _NEGATIVE else (),
        stale=result.stale,
        version=done.version,
    )


def in_short(done: Assessment, pathway: str, rules: RuleSet | None = None) -> tuple[str, ...]:
    """The short version for a patient: why, what could change it, what care remains.

    Raises KeyError for an unknown pathway.
    """
    told = explain(done, pathway, rules)
    shown = (*told.reasons[:1], *told.would_change[:_IN_SHORT], *told.remains)
    return tuple(_sentence(text) for text in dict.fromkeys(shown))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")


def _rule(rule: Rule, view: View) -> RuleExplanation:
    outcome = judge(rule, view)
    return RuleExplanation(
        rule=rule.id,
        branch=rule.branch,
        statement=rule.statement,
        status=outcome.status if outcome else None,
        criteria=tuple(_criterion(c, rule, view) for c in rule.criteria),
        products=rule.products,
        evidence=rule.evidence.text(),
        source=rule.origin.source,
        as_of=rule.origin.as_of,
        review=rule.origin.review,
        stale=rule.origin.stale(today()),
    )


def _criterion(criterion: Criterion, rule: Rule, view: View) -> CriterionExplanation:
    return CriterionExplanation(
        criterion.say,
        _STATES[criterion.when.test(view)],
        criterion.rule or rule.id,
        criterion.missing or criterion.when.unknown(view)
        if criterion.when.test(view) is None
        else (),
    )


def _gate(gate: Gate, pathway: str) -> GateExplanation:
    effects = (("stops", gate.hard), ("caution", gate.soft), ("note", gate.note))
    effect = next(name for name, where in effects if pathway in where)
    origin = gate.origin
    return GateExplanation(
        gate.id, gate.say, effect, origin.source, origin.as_of, origin.review, origin.stale(today())
    )


def _would_change(result: PathwayResult, rules: tuple[RuleExplanation, ...]) -> tuple[str, ...]:
    """What would have to be different, or known, for another answer."""
    phrases = words().would_change
    solved = [g.say for g in result.fired if result.id in g.hard]
    if result.status == "DEFER" and solved:
        return tuple(phrases["solved"].format(say=s) for s in solved)
    speaking = [r for r in rules if r.status is not None]
    if result.status in ("NEEDS_INFO", "CAUTION", "CONSIDER"):
        deciding = [r for r in speaking if r.status == result.before_gates]
        unknown = dict.fromkeys(u for r in deciding for u in r.unknown)
        return tuple(phrases["known"].format(say=u) for u in unknown)
    same = [r for r in speaking if r.status == result.status]
    failed = dict.fromkeys(f for r in same for f in r.failed)
    held = dict.fromkeys(h for r in same for h in r.held)
    if not failed and not held:
        return (phrases["nothing_listed"],)
    return tuple(
        phrases["held" if failed else "no_longer"].format(say=say) for say in (failed or held)
    )
