"""From facts to an assessment: triage, rules, gates, travel, missing facts, in that order.

The order and the statuses are those of the output contract (oncology reference, C0). Nothing here
knows a disease or a drug; that is in knowledge/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.eligibility.matching import EMPTY, match, union
from bot.eligibility.results import SHOWN, Assessment, Outcome, PathwayResult
from bot.eligibility.rules import Evidence, Gate, Limit, PathwayRules, RuleSet, Sign
from bot.eligibility.ruleset import current
from bot.eligibility.wording import reason
from bot.facts.derive import View, derive
from bot.facts.model import CaseFacts, told

__all__ = ["SHOWN", "Assessment", "Outcome", "PathwayResult", "assess"]


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
    live = live_gates(ruleset.gates, view)
    results = [
        _apply_gates(match(p, view, unproven), live, view, suspected=known.suspected)
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
    settled = frozenset() if isinstance(facts, CaseFacts) else told(facts)
    return _with_question(done, next_question_of(done, known, settled))


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
    rules = (pathway.otherwise.rule,) if status == "CONSIDER" else EMPTY
    return PathwayResult(
        pathway.id, pathway.name, status, rules, EMPTY, (reason("emergency"),), EMPTY, EMPTY,
        Evidence("service") if pathway.kind == "service" else Evidence(), pathway.origin,
        before_gates=status,
    )  # fmt: skip


def _unproven(facts: CaseFacts) -> str | None:
    """Why the cancer does not count as proven, when that is known."""
    if facts.suspected:
        return reason("suspected")
    if facts.histology_confirmed == "biopsy_no":
        return reason("no_biopsy")
    if facts.histology_confirmed == "pending":
        return reason("biopsy_pending")
    return None


LiveGates = tuple[tuple[Gate, bool | None], ...]


def live_gates(gates: Sequence[Gate], view: View) -> LiveGates:
    """The gates that fire or may fire for these facts: judged once, for all pathways."""
    return tuple((g, value) for g in gates if (value := g.when.test(view)) is not False)


def _apply_gates(
    result: PathwayResult, gates: LiveGates, view: View, *, suspected: bool | None
) -> PathwayResult:
    """Gates after the match (C1); only a result that would be shown is changed.

    A rule that defers keeps its answer; the gates that say the same are named with it.
    """
    if result.status not in SHOWN and result.status != "DEFER":
        return result
    hard: list[Gate] = []
    soft: list[Gate] = []
    notes: list[Gate] = []
    missing = list(result.missing)
    decisive = list(result.decisive)
    softening: list[str] = []
    for gate, value in gates:
        for effects, fired in ((gate.hard, hard), (gate.soft, soft), (gate.note, notes)):
            limit = effects.get(result.id)
            if limit is None:
                continue
            verdict = _gate_verdict(value, limit, view, result.rules)
            if verdict is True:
                fired.append(gate)
                break
            if verdict is None and fired is hard and not suspected:
                missing += _gate_asks(gate, view)
                decisive += _gate_asks(gate, view)
            elif verdict is None and fired is soft and not suspected:
                softening += _gate_asks(gate, view)
    status = result.status
    if status == "DEFER":
        missing = list(result.missing)
    elif hard:
        status = "DEFER"
    elif soft and status == "CONSIDER":
        status = "CAUTION"
    reasons = tuple(reason("safety", g.say) for g in hard) + result.reasons
    return PathwayResult(
        id=result.id,
        name=result.name,
        status=status,
        rules=result.rules,
        gates=tuple(g.id for g in (*hard, *soft, *notes)),
        reasons=reasons,
        cautions=union((result.cautions, (g.say for g in (*soft, *notes)))),
        missing=tuple(dict.fromkeys(missing)),
        evidence=result.evidence,
        origin=result.origin,
        products=result.products,
        outcomes=result.outcomes,
        fired=(*hard, *soft, *notes),
        before_gates=result.status,
        decisive=tuple(dict.fromkeys(decisive)),
        softening=tuple(dict.fromkeys(softening)) if status == "CONSIDER" else EMPTY,
        awaited=result.awaited,
        helpful=result.helpful,
    )


def _gate_verdict(
    value: bool | None, limit: Limit, view: View, rules: tuple[str, ...]
) -> bool | None:
    """Does the gate fire here? A limit to some cases of the pathway counts as part of it."""
    if limit.rules and limit.rules.isdisjoint(rules):
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
