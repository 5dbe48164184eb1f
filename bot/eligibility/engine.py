"""From facts to an assessment: triage, rules, gates, travel, missing facts, in that order.

The order and the statuses are those of the output contract (oncology reference, C0). Nothing here
knows a disease or a drug; that is in knowledge/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.eligibility.rules import (
    ALWAYS_OPEN,
    Criterion,
    Evidence,
    Gate,
    Limit,
    Origin,
    PathwayRules,
    Rule,
    RuleSet,
    Sign,
)
from bot.eligibility.ruleset import current
from bot.facts.derive import View, derive
from bot.facts.model import CaseFacts

SHOWN: Final = frozenset({"CONSIDER", "CAUTION", "NEEDS_INFO"})
_BEST: Final = {
    "DEFER": 0,
    "CONSIDER": 1,
    "CAUTION": 2,
    "NEEDS_INFO": 3,
    "NOT_YET": 4,
    "TRIAL_ONLY": 5,
    "NO_MATCH": 6,
}
_EMPTY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says about the case, and which criteria made it say so."""

    rule: Rule
    status: str
    decided_by: Criterion | None = None
    open: tuple[Criterion, ...] = ()  # unknown, and the status hangs on them
    kept: tuple[Criterion, ...] = ()  # unknown, but the rule goes on
    warned: tuple[Criterion, ...] = ()  # care criteria that failed
    untested: tuple[Criterion, ...] = ()  # marker criteria unknown when another one decided

    def missing(self, view: View) -> tuple[str, ...]:
        """Ids of the facts that this rule still needs."""
        ids: list[str] = []
        for criterion in (*self.open, *self.kept, *self.untested):
            named = [m for m in criterion.missing if not _is_known(m, view)]
            ids += named or criterion.missing or criterion.when.unknown(view)
        for criterion in self.warned:
            ids += criterion.asks
        return tuple(dict.fromkeys(ids))

    def ids(self) -> tuple[str, ...]:
        """The rows of the reference that this result stands on."""
        named = [self.rule.id]
        decisive = (self.decided_by,) if self.decided_by else self.open
        named += [c.rule for c in (*decisive, *self.warned) if c and c.rule]
        if self.status in self.rule.reports:
            named.append(self.rule.reports[self.status])
        return tuple(dict.fromkeys(named))


def _is_known(name: str, view: View) -> bool:
    return view.values.get(name) is not None or name in view.markers


@dataclass(frozen=True, slots=True)
class PathwayResult:
    """The answer for one pathway, with everything that explains it."""

    id: str
    name: str
    status: str
    rules: tuple[str, ...]
    gates: tuple[str, ...]
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    missing: tuple[str, ...]
    evidence: Evidence
    origin: Origin
    products: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    fired: tuple[Gate, ...] = ()
    before_gates: str = ""

    def as_wire(self) -> dict[str, Any]:
        """One entry of `pathways` of the outward interface."""
        return {
            "id": self.id,
            "status": self.status,
            "rules": list(self.rules),
            "gates": list(self.gates),
            "reasons": list(self.reasons),
            "cautions": list(self.cautions),
            "missing": list(self.missing),
            "evidence": self.evidence.text(),
            "source": list(self.origin.source),
            "as_of": self.origin.as_of,
            "review": self.origin.review,
            "products": list(self.products),
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer. `named` is false when no pathway may be named to the patient."""

    triage: str
    triage_reasons: tuple[str, ...]
    travel: str
    travel_reasons: tuple[str, ...]
    pathways: tuple[PathwayResult, ...]
    next_question: str | None
    version: str
    named: bool = True
    view: View | None = field(default=None, compare=False, repr=False)

    def pathway(self, name: str) -> PathwayResult:
        """The result for a pathway id. Raises KeyError."""
        for result in self.pathways:
            if result.id == name:
                return result
        raise KeyError(name)

    def as_wire(self) -> dict[str, Any]:
        """As `intake assess` prints it, without the id."""
        return {
            "triage": self.triage,
            "travel": self.travel,
            "pathways": [p.as_wire() for p in self.pathways],
            "next_question": self.next_question,
            "triage_reasons": list(self.triage_reasons),
            "travel_reasons": list(self.travel_reasons),
            "rules_version": self.version,
        }


def assess(facts: CaseFacts | Mapping[str, Any], rules: RuleSet | None = None) -> Assessment:
    """Assess one case. Raises FactError for facts that cannot be used."""
    from bot.eligibility.questions import next_question_of

    ruleset = rules or current()
    known = facts if isinstance(facts, CaseFacts) else CaseFacts.read(facts)
    view = derive(known)
    triage, triage_reasons = triage_level(known, view, ruleset)
    travel, travel_reasons = _level(ruleset.travel, view, ("HOLD", "CAUTION"), "OK_TO_DISCUSS")
    if triage != "ROUTINE":
        travel, travel_reasons = "HOLD", (*triage_reasons, *travel_reasons)
    if triage == "EMERGENCY_NOW":
        results = [_in_emergency(p) for p in ruleset.pathways.values()]
        return Assessment(
            triage, triage_reasons, travel, travel_reasons, tuple(results), None, ruleset.version,
            named=False, view=view,
        )  # fmt: skip
    unproven = _unproven(known)
    results = [
        _apply_gates(_match(p, view, unproven), ruleset.gates, view, suspected=known.suspected)
        for p in ruleset.pathways.values()
    ]
    done = Assessment(
        triage,
        triage_reasons,
        travel,
        travel_reasons,
        tuple(results),
        None,
        ruleset.version,
        named=not known.suspected,
        view=view,
    )
    return _with_question(done, next_question_of(done, known, frozenset()))


def _with_question(done: Assessment, question: str | None) -> Assessment:
    if question is None:
        return done
    return Assessment(
        done.triage, done.triage_reasons, done.travel, done.travel_reasons, done.pathways, question,
        done.version, done.named, done.view,
    )  # fmt: skip


def triage_level(facts: CaseFacts, view: View, rules: RuleSet) -> tuple[str, tuple[str, ...]]:
    """The triage level (C7) from the flags heard and from the facts, with reasons."""
    by_id = {s.id: s for s in rules.triage if s.when is None}
    urgent: list[str] = []
    emergency: list[str] = []
    for flag in facts.red_flags or ():
        sign = by_id[flag.id]
        weaker = flag.urgent_only or sign.level == "URGENT_TODAY"
        (urgent if weaker else emergency).append(f"{sign.id}: {sign.say}")
    for sign in rules.triage:
        if sign.when is not None and sign.when.test(view) is True:
            (urgent if sign.level == "URGENT_TODAY" else emergency).append(f"{sign.id}: {sign.say}")
    if emergency:
        return "EMERGENCY_NOW", tuple(dict.fromkeys(emergency))
    return ("URGENT_TODAY", tuple(dict.fromkeys(urgent))) if urgent else ("ROUTINE", ())


def _level(
    signs: Sequence[Sign], view: View, levels: tuple[str, ...], default: str
) -> tuple[str, tuple[str, ...]]:
    for level in levels:
        found = tuple(
            s.say
            for s in signs
            if s.level == level and s.when is not None and s.when.test(view) is True
        )
        if found:
            return level, found
    return default, ()


def _in_emergency(pathway: PathwayRules) -> PathwayResult:
    """Only supportive care stays; nothing else is told (C0)."""
    status = "CONSIDER" if pathway.id == "supportive_care" else "DEFER"
    reason = "urgent medical help comes first"
    return PathwayResult(
        pathway.id, pathway.name, status, _EMPTY, _EMPTY, (reason,), _EMPTY, _EMPTY,
        Evidence("service") if pathway.kind == "service" else Evidence(), pathway.origin,
        before_gates=status,
    )  # fmt: skip


def _unproven(facts: CaseFacts) -> str | None:
    """Why the cancer does not count as proven, when that is known."""
    if facts.suspected:
        return "the cancer is suspected and not proven yet"
    if facts.histology_confirmed == "biopsy_no":
        return "no biopsy has been done"
    if facts.histology_confirmed == "pending":
        return "the biopsy result is not there yet"
    return None


def judge(rule: Rule, view: View) -> Outcome | None:
    """One rule, in the order of C0; None when it says nothing about this case."""
    unknown: list[Criterion] = []
    warned: list[Criterion] = []
    forced: list[Criterion] = []  # their failure itself asks for a fact
    for criterion in rule.criteria:
        value = criterion.when.test(view)
        if value is True:
            continue
        if value is None:
            unknown.append(criterion)
        elif criterion.fails == "CAUTION":
            warned.append(criterion)
        elif criterion.fails == "NEEDS_INFO":
            forced.append(criterion)
        elif criterion.fails == "skip":
            return None
        else:
            untested = tuple(c for c in unknown if c.kind == "marker")
            return Outcome(rule, criterion.fails, criterion, untested=untested)
    open_ = (*(c for c in unknown if c.unknown != "keep"), *forced)
    kept = tuple(c for c in unknown if c.unknown == "keep")
    if open_:
        statuses = {"NEEDS_INFO" if c in forced else c.unknown for c in open_}
        if "skip" in statuses:
            return None
        status = "NEEDS_INFO" if "NEEDS_INFO" in statuses else open_[0].unknown
        return Outcome(rule, status, None, open_, kept, tuple(warned))
    status = "CAUTION" if warned and rule.then == "CONSIDER" else rule.then
    return Outcome(rule, status, None, (), kept, tuple(warned))


def _match(pathway: PathwayRules, view: View, unproven: str | None) -> PathwayResult:
    """Best of all rules of a pathway, before any gate."""
    if unproven and pathway.id not in ALWAYS_OPEN:
        return PathwayResult(
            pathway.id, pathway.name, "NEEDS_INFO", _EMPTY, _EMPTY, (unproven,), _EMPTY,
            ("histology",), Evidence(), pathway.origin, before_gates="NEEDS_INFO",
        )  # fmt: skip
    cancer = next(iter(view.entity)) if view.entity else None
    rules = pathway.for_cancer(cancer)
    outcomes = [o for o in (judge(r, view) for r in rules) if o is not None]
    helpful = _EMPTY
    specific = [o for o in outcomes if not _untested_agnostic(o)]
    if len(specific) < len(outcomes) and (specific or pathway.otherwise.status != "NEEDS_INFO"):
        dropped = [o for o in outcomes if _untested_agnostic(o)]
        helpful = _union(o.missing(view) for o in dropped)
        outcomes = specific
    if not outcomes:
        return _otherwise(pathway, cancer, helpful)
    best = min(_BEST[o.status] for o in outcomes)
    winners = [o for o in outcomes if _BEST[o.status] == best]
    return _combined(pathway, winners, outcomes, view, helpful)


def _untested_agnostic(outcome: Outcome) -> bool:
    """A marker for any tumour that was simply not tested (C0)."""
    open_markers = any(c.kind == "marker" for c in outcome.open)
    return outcome.rule.agnostic and (open_markers or bool(outcome.untested))


def _union(many: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for one in many for x in one))


def _otherwise(
    pathway: PathwayRules, cancer: str | None, helpful: tuple[str, ...]
) -> PathwayResult:
    other = pathway.otherwise
    if cancer is None:
        return PathwayResult(
            pathway.id, pathway.name, "NEEDS_INFO", _EMPTY, _EMPTY,
            ("not known yet: which cancer was diagnosed",), _EMPTY, ("cancer_type",),
            Evidence(), pathway.origin, before_gates="NEEDS_INFO",
        )  # fmt: skip
    return PathwayResult(
        pathway.id, pathway.name, other.status, (other.rule,), _EMPTY, (other.statement,), _EMPTY,
        helpful, other.evidence, pathway.origin, before_gates=other.status,
    )  # fmt: skip


def _combined(
    pathway: PathwayRules,
    winners: Sequence[Outcome],
    outcomes: Sequence[Outcome],
    view: View,
    helpful: tuple[str, ...],
) -> PathwayResult:
    status = winners[0].status
    missing = _EMPTY
    if status != "NOT_YET":
        missing = _union((*(o.missing(view) for o in winners), *(o.rule.asks for o in winners)))
    if status == "CAUTION":
        # An open rule could still lift the result, so its facts are worth knowing.
        missing = _union((missing, *(o.missing(view) for o in outcomes if o.open)))
    first = winners[0]
    evidence = first.rule.evidence
    if status == "TRIAL_ONLY":
        evidence = Evidence("trial_only")
    return PathwayResult(
        id=pathway.id,
        name=pathway.name,
        status=status,
        rules=_union(o.ids() for o in winners),
        gates=_EMPTY,
        reasons=_union(_reasons(o) for o in winners),
        cautions=_union((*o.rule.cautions, *(c.note or c.say for c in o.warned)) for o in winners),
        missing=_union((missing, helpful)),
        evidence=evidence,
        origin=_origin(winners),
        products=_union(o.rule.products for o in winners if status in ("CONSIDER", "CAUTION")),
        outcomes=tuple(outcomes),
        before_gates=status,
    )


def _origin(winners: Sequence[Outcome]) -> Origin:
    first = winners[0].rule.origin
    if len(winners) == 1:
        return first
    return Origin(_union(o.rule.origin.source for o in winners), first.as_of, first.review)


def _reasons(outcome: Outcome) -> tuple[str, ...]:
    if outcome.decided_by is not None:
        return (f"not the case: {outcome.decided_by.say}",)
    if outcome.open:
        return tuple(f"not known yet: {c.say}" for c in outcome.open)
    return (outcome.rule.statement,)


def _apply_gates(
    result: PathwayResult, gates: Sequence[Gate], view: View, *, suspected: bool | None
) -> PathwayResult:
    """Gates after the match (C1); only a result that would be shown is changed."""
    if result.status not in SHOWN:
        return result
    hard: list[Gate] = []
    soft: list[Gate] = []
    notes: list[Gate] = []
    missing = list(result.missing)
    for gate in gates:
        for effects, fired in ((gate.hard, hard), (gate.soft, soft), (gate.note, notes)):
            limit = effects.get(result.id)
            if limit is None:
                continue
            verdict = _gate_verdict(gate, limit, view, result.rules)
            if verdict is True:
                fired.append(gate)
                break
            if verdict is None and fired is hard and not suspected:
                missing += _gate_asks(gate, view)
    if not hard and not soft and not notes and len(missing) == len(result.missing):
        return result
    status = result.status
    if hard:
        status = "DEFER"
    elif soft and status == "CONSIDER":
        status = "CAUTION"
    reasons = tuple(f"safety first: {g.say}" for g in hard) + result.reasons
    return PathwayResult(
        id=result.id,
        name=result.name,
        status=status,
        rules=result.rules,
        gates=tuple(g.id for g in (*hard, *soft, *notes)),
        reasons=reasons,
        cautions=_union((result.cautions, (g.say for g in (*soft, *notes)))),
        missing=tuple(dict.fromkeys(missing)),
        evidence=result.evidence,
        origin=result.origin,
        products=result.products,
        outcomes=result.outcomes,
        fired=(*hard, *soft, *notes),
        before_gates=result.status,
    )


def _gate_verdict(gate: Gate, limit: Limit, view: View, rules: tuple[str, ...]) -> bool | None:
    """Does the gate fire here? A limit to some cases of the pathway counts as part of it."""
    value = gate.when.test(view)
    if value is False or (limit.rules and limit.rules.isdisjoint(rules)):
        return False
    if limit.when is None:
        return value
    inside = limit.when.test(view)
    return False if inside is False else value if inside else None


def _gate_asks(gate: Gate, view: View) -> tuple[str, ...]:
    if gate.relevant is not None and gate.relevant.test(view) is False:
        return ()
    if gate.asks:
        known = any(view.values.get(name) is not None for name in gate.asks)
        return () if known else gate.asks
    return gate.when.unknown(view)
