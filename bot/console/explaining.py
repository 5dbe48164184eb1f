"""The full explanation of a pathway of the latest assessment: every rule, each criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.opened import open_case
from bot.console.panels import STATUS_TONES, missing_word
from bot.eligibility.explain import Explanation, GateExplanation, RuleExplanation, explain

CRITERION_TONES = {"held": "green", "failed": "red", "unknown": "blue"}


@dataclass(frozen=True, slots=True)
class CriterionView:
    """One criterion: whether it held, and which facts would settle it."""

    text: str
    state: str
    tone: str
    rule: str
    missing: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule with its criteria and where it comes from."""

    id: str
    statement: str
    status: str
    tone: str
    criteria: tuple[CriterionView, ...]
    origin: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything the page says."""

    id: str
    name: str
    status: str
    tone: str
    before: str  # the answer before the safety gates, "" when they changed nothing
    rules: tuple[RuleView, ...]
    gates: tuple[RuleView, ...]
    derived: tuple[str, ...]
    would_change: tuple[str, ...]
    remains: tuple[str, ...]
    version: str
    newer: bool  # the rules are newer than the assessment


def show(visit: Visit) -> Response:
    """The explanation as a page, or as the part of the panel that asked for it."""
    opened = open_case(visit)
    pathway = str(visit.request.path_params["pathway"])
    record = next(iter(visit.store.cases.assessments(opened.case.number)), None)
    if record is None or not isinstance(record.facts, Mapping):
        raise HTTPException(404)
    from bot.intake.knowledge import HouseKnowledge  # loads the rules; only needed here

    try:
        told = explain(HouseKnowledge().assess(record.facts), pathway)
    except KeyError:
        raise HTTPException(404) from None
    visit.store.audit.write(visit.me.name, "case.explain", f"case:{opened.case.number}")
    return visit.page(
        "_explained.html" if visit.live else "explained.html",
        head=casepage.head(visit, opened),
        explained=_view(visit, told, newer=told.version != record.rule_set),
    )


def _view(visit: Visit, told: Explanation, *, newer: bool) -> Explained:
    t = visit.texts
    before = told.before_gates if told.before_gates != told.status else ""
    return Explained(
        id=told.pathway,
        name=t.named("pathway", told.pathway),
        status=t.named("status", told.status),
        tone=STATUS_TONES.get(told.status, "plain"),
        before=t.named("status", before) if before else "",
        rules=tuple(_rule(visit, rule) for rule in told.rules),
        gates=tuple(_gate(visit, gate) for gate in told.gates),
        derived=tuple(_worked_out(visit, text) for text in told.derived),
        would_change=told.would_change,
        remains=told.remains,
        version=told.version,
        newer=newer,
    )


def _worked_out(visit: Visit, text: str) -> str:
    """ "fact: why" with the fact's name."""
    fact, colon, why = text.partition(": ")
    return f"{missing_word(fact, wording(visit.texts))}{colon}{why}"


def _rule(visit: Visit, rule: RuleExplanation) -> RuleView:
    t, words = visit.texts, wording(visit.texts)
    return RuleView(
        id=f"{rule.rule} {rule.branch}".strip(),
        statement=rule.statement,
        status=t.named("status", rule.status) if rule.status else t("explained.silent"),
        tone=STATUS_TONES.get(rule.status or "", "plain"),
        criteria=tuple(
            CriterionView(
                text=c.say,
                state=t(f"explained.{c.state}"),
                tone=CRITERION_TONES[c.state],
                rule=c.rule if c.rule != rule.rule else "",
                missing=", ".join(missing_word(m, words) for m in c.missing),
            )
            for c in rule.criteria
        ),
        origin=_origin(visit, rule.source, rule.as_of, rule.review),
        stale=rule.stale,
    )


def _gate(visit: Visit, gate: GateExplanation) -> RuleView:
    effect = visit.texts(f"explained.{gate.effect}")
    tone = {"stops": "red", "caution": "amber"}.get(gate.effect, "plain")
    origin = _origin(visit, gate.source, gate.as_of, gate.review)
    return RuleView(gate.gate, gate.say, effect, tone, (), origin, gate.stale)


def _origin(visit: Visit, source: tuple[str, ...], as_of: date, review: str) -> str:
    return visit.texts(
        "explained.origin", source=", ".join(source), day=as_of.isoformat(), review=review
    )
