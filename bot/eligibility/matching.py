"""Rules against one case: each rule in the order of C0, then the best of a pathway."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.eligibility.results import Outcome, PathwayResult
from bot.eligibility.rules import ALWAYS_OPEN, Criterion, Evidence, Origin, PathwayRules, Rule
from bot.eligibility.wording import reason, words
from bot.facts.derive import View
from bot.facts.wire import today

_BEST: Final = {
    "DEFER": 0,
    "CONSIDER": 1,
    "CAUTION": 2,
    "NEEDS_INFO": 3,
    "NOT_YET": 4,
    "TRIAL_ONLY": 5,
    "NO_MATCH": 6,
}
EMPTY: tuple[str, ...] = ()


def judge(rule: Rule, view: View) -> Outcome | None:
    """One rule, in the order of C0; None when it says nothing about this case."""
    unknown: list[Criterion] = []
    warned: list[Criterion] = []
    forced: list[Criterion] = []  # their failure itself asks for a fact
    for criterion in rule.criteria:
        value = criterion.when.test(view)
        if value is True or (value is False and criterion.fails == "keep"):
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
        return Outcome(rule, status, None, open_, kept, tuple(warned), unmet=tuple(forced))
    status = "CAUTION" if warned and rule.then == "CONSIDER" else rule.then
    return Outcome(rule, status, None, (), kept, tuple(warned))


def match(pathway: PathwayRules, view: View, unproven: str | None) -> PathwayResult:
    """Best of all rules of a pathway, before any gate."""
    if unproven and pathway.id not in ALWAYS_OPEN:
        return PathwayResult(
            pathway.id, pathway.name, "NEEDS_INFO", EMPTY, EMPTY, (unproven,), EMPTY,
            ("histology",), Evidence(), pathway.origin, before_gates="NEEDS_INFO",
            decisive=("histology",), awaited=match(pathway, view, None).status,
        )  # fmt: skip
    cancer = next(iter(view.entity)) if view.entity else None
    rules = pathway.for_cancer(cancer)
    outcomes = [o for o in (judge(r, view) for r in rules) if o is not None]
    helpful = EMPTY
    specific = [o for o in outcomes if not _untested_agnostic(o)]
    if len(specific) < len(outcomes) and (specific or pathway.otherwise.status != "NEEDS_INFO"):
        dropped = [o for o in outcomes if _untested_agnostic(o)]
        helpful = union(o.untested_markers(view) for o in dropped)
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


def union(many: Iterable[Iterable[str]]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for one in many:
        for item in one:
            seen[item] = None
    return tuple(seen) if seen else EMPTY


def _otherwise(
    pathway: PathwayRules, cancer: str | None, helpful: tuple[str, ...]
) -> PathwayResult:
    other = pathway.otherwise
    if cancer is None:
        return PathwayResult(
            pathway.id, pathway.name, "NEEDS_INFO", EMPTY, EMPTY,
            (reason("unknown_cancer"),), EMPTY, ("cancer_type",),
            Evidence(), pathway.origin, before_gates="NEEDS_INFO", decisive=("cancer_type",),
        )  # fmt: skip
    return PathwayResult(
        pathway.id, pathway.name, other.status, (other.rule,), EMPTY, (other.statement,), EMPTY,
        helpful, other.evidence, pathway.origin, before_gates=other.status,
        decisive=_lifting(other.status, helpful), helpful=helpful,
    )  # fmt: skip


def _combined(
    pathway: PathwayRules,
    winners: Sequence[Outcome],
    outcomes: Sequence[Outcome],
    view: View,
    helpful: tuple[str, ...],
) -> PathwayResult:
    status = winners[0].status
    missing = EMPTY
    if status != "NOT_YET":
        missing = union((*(o.missing(view) for o in winners), *(o.rule.asks for o in winners)))
    if status == "CAUTION":
        # An open rule could still lift the result, so its facts are worth knowing.
        missing = union((missing, *(o.missing(view) for o in outcomes if o.open)))
    origin = _origin(winners)
    open_ = status in ("CONSIDER", "CAUTION")
    return PathwayResult(
        id=pathway.id,
        name=pathway.name,
        status=status,
        rules=union(o.ids() for o in winners),
        gates=EMPTY,
        reasons=_with_care(union(_reasons(o) for o in winners), origin, status),
        cautions=union(_cautions(o) for o in winners),
        missing=union((missing, helpful)),
        evidence=_evidence(status, winners),
        origin=origin,
        products=union(o.rule.products for o in winners) if open_ else EMPTY,
        outcomes=tuple(outcomes),
        before_gates=status,
        decisive=union((_decisive(status, winners, outcomes, view), _lifting(status, helpful))),
        helpful=tuple(m for m in helpful if m not in missing),
    )


def _lifting(status: str, helpful: tuple[str, ...]) -> tuple[str, ...]:
    """Untested markers of any tumour can lift everything below the best answer."""
    return () if status == "CONSIDER" else helpful


def _cautions(outcome: Outcome) -> tuple[str, ...]:
    if not outcome.warned:
        return outcome.rule.cautions
    return (*outcome.rule.cautions, *(c.note or c.say for c in outcome.warned))


def _decisive(
    status: str, winners: Sequence[Outcome], outcomes: Sequence[Outcome], view: View
) -> tuple[str, ...]:
    """Ids whose answer can change this status.

    One rule that holds for sure settles its status; what its neighbours lack does not matter then.
    """
    ids: list[str] = []
    if status == "NEEDS_INFO":
        ids += union((*(o.open_ids(view) for o in winners), *(o.kept_ids(view) for o in winners)))
    elif status in ("CONSIDER", "CAUTION"):
        shaky = [o.kept_ids(view) for o in winners]
        if all(shaky):
            ids += union(shaky)
        if status == "CAUTION":
            ids += union(o.open_ids(view) for o in outcomes if o.open)
    return tuple(dict.fromkeys(ids))


def _evidence(status: str, winners: Sequence[Outcome]) -> Evidence:
    """The evidence of all rules that fired: each with its regulators and regions."""
    if status == "TRIAL_ONLY":
        return Evidence("trial_only")
    first = winners[0].rule.evidence
    alike = [o.rule.evidence for o in winners if o.rule.evidence.kind == first.kind]
    if len(alike) == 1:
        return first
    return Evidence(
        first.kind,
        union(e.regulators for e in alike),
        union(e.regions for e in alike),
        "; ".join(dict.fromkeys(e.note for e in alike if e.note)),
    )


def _origin(winners: Sequence[Outcome]) -> Origin:
    """All sources; the oldest date, and signed only when every rule is."""
    origins = [o.rule.origin for o in winners]
    if len(origins) == 1:
        return origins[0]
    oldest = min(origins, key=lambda o: (bool(o.signed_by), o.signed_on or o.as_of, o.as_of))
    return replace(oldest, source=union(o.source for o in origins))


def _with_care(reasons: tuple[str, ...], origin: Origin, status: str) -> tuple[str, ...]:
    """What may be considered on the strength of an old rule says so at once."""
    if status not in ("CONSIDER", "CAUTION") or not origin.stale(today()):
        return reasons
    return (f"{reasons[0]} {words().stale}", *reasons[1:])


def _open_word(outcome: Outcome, criterion: Criterion) -> str:
    """A check that was not made yet is told as such; everything else as unknown."""
    return "unmet" if criterion in outcome.unmet and criterion.kind == "care" else "unknown"


def _reasons(outcome: Outcome) -> tuple[str, ...]:
    if outcome.decided_by is not None:
        name = "not_yet" if outcome.status == "NOT_YET" else "not_matched"
        return (reason(name, outcome.decided_by.say),)
    if outcome.open:
        return tuple(reason(_open_word(outcome, c), c.say) for c in outcome.open)
    return (outcome.rule.statement,)
