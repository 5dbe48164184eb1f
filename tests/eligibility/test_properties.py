"""What must hold for any facts: order, monotonicity, unknown is neither true nor false."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.eligibility.condition import Condition
from bot.eligibility.engine import assess
from bot.eligibility.rules import PATHWAYS
from bot.eligibility.ruleset import current
from bot.facts.derive import derive
from bot.facts.model import CaseFacts, FactError
from bot.facts.vocabulary import cancers, group
from tests.conftest import SLOW_IS_FINE

MARKERS: dict[str, list[Any]] = {
    "EGFR": ["ex19del", "WT", "positive"],
    "ALK": ["fusion_pos", "neg"],
    "KRAS": ["G12C", "WT"],
    "HER2": ["3+", "2+", "1+", "neg"],
    "CLDN18.2": [75, 10],
    "MSI_MMR": ["MSI-H", "MSS"],
    "TMB": [10, 9.9],
    "PDL1_CPS": [0, 1, 10],
    "CD19": ["pos", "neg"],
    "BRAF": ["V600E", "WT"],
    "BRCA": ["germline", "neg"],
    "FOLR1": [75, 20],
}
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "cancer_type": st.sampled_from(sorted(cancers())),
    "age_years": st.sampled_from([0.5, 1, 11, 17, 18, 25, 26, 60, 70, 71, 75, 80]),
    "prior_systemic_lines": st.integers(0, 5),
    "disease_status": st.sampled_from(["stable", "relapsed", "refractory", "progressed"]),
    "extent": st.sampled_from(["localised", "locally_advanced", "oligometastatic", "metastatic"]),
    "ecog": st.integers(0, 4),
    "infection_status": st.sampled_from(["none", "active_uncontrolled"]),
    "autoimmune_status": st.sampled_from(["none", "mild_controlled", "active_immunosuppressed"]),
    "steroid_pred_mg": st.sampled_from([0, 10, 10.5]),
    "lvef_pct": st.sampled_from([39, 40, 45, 49, 50, 60]),
    "months_to_relapse": st.sampled_from([3, 6, 12, 12.5, 30]),
    "transplant_fitness": st.sampled_from(["fit", "unfit"]),
    "drug_classes_received": st.lists(
        st.sampled_from(["PI", "IMiD", "anti_CD38", "BTKi", "BCL2i", "PD1", "platinum"]),
        unique=True,
    ),
    "classes_complete": st.booleans(),
    "refractory_to": st.lists(st.sampled_from(["lenalidomide", "PD1"]), unique=True),
    "platinum_status": st.sampled_from(["sensitive", "resistant", "refractory"]),
    "told_inoperable": st.booleans(),
    "child_pugh": st.sampled_from(["A", "B", "C"]),
    "biomarkers": st.fixed_dictionaries(
        {}, optional={m: st.sampled_from(v) for m, v in MARKERS.items()}
    ),
}


def _untreated(facts: dict[str, Any]) -> dict[str, Any]:
    """Nobody without any treatment has received, or resists, a drug."""
    given = ("drug_classes_received", "refractory_to", "platinum_status")
    none = facts.get("prior_systemic_lines") == 0
    return {n: v for n, v in facts.items() if not none or n not in given}


people = st.fixed_dictionaries({}, optional=FACTS).map(_untreated)
quick = settings(
    max_examples=150, suppress_health_check=[*SLOW_IS_FINE, HealthCheck.filter_too_much]
)
BEST = ("CONSIDER", "CAUTION", "NEEDS_INFO", "NOT_YET", "TRIAL_ONLY", "NO_MATCH")


def statuses(facts: dict[str, Any]) -> dict[str, str]:
    return {p.id: p.before_gates for p in assess(facts).pathways}


@quick
@given(people)
def test_every_pathway_is_answered_once_and_as_json(facts: dict[str, Any]) -> None:
    wire = assess(facts).as_wire()
    assert tuple(p["id"] for p in wire["pathways"]) == PATHWAYS
    assert json.loads(json.dumps(wire)) == wire
    for p in wire["pathways"]:
        assert p["reasons"]
        assert p["status"] != "NEEDS_INFO" or p["missing"]


@quick
@given(people, st.randoms(use_true_random=False))
def test_order_of_facts_does_not_matter(facts: dict[str, Any], random: Any) -> None:
    names = list(facts)
    random.shuffle(names)
    assert assess({n: facts[n] for n in names}).as_wire() == assess(facts).as_wire()


@quick
@given(people)
def test_unknown_is_the_same_as_not_said(facts: dict[str, Any]) -> None:
    said = {**dict.fromkeys(FACTS), **facts}
    assert assess(said).as_wire() == assess(facts).as_wire()


@quick
@given(people, st.sampled_from(sorted(FACTS)), st.data())
def test_knowing_more_never_asks_for_what_is_known(
    facts: dict[str, Any], name: str, data: Any
) -> None:
    more = {**facts, name: data.draw(FACTS[name])}
    try:
        CaseFacts.read(more)
        after = assess(more)
    except FactError:
        return
    scalar = {n for n in more if n not in ("biomarkers", "drug_classes_received")}
    for p in after.pathways:
        assert not set(p.missing) & scalar, (p.id, p.missing)


@quick
@given(people)
def test_a_known_answer_stays_when_an_unrelated_fact_is_added(facts: dict[str, Any]) -> None:
    before = statuses(facts)
    after = statuses({**facts, "weight_kg": 60, "city": "Dhaka", "passport": "yes"})
    assert before == after


@quick
@given(people)
def test_a_completed_unknown_lies_among_what_was_possible(facts: dict[str, Any]) -> None:
    """Decided without a fact means: decided the same way whatever the fact turns out to be."""
    for name in ("months_to_relapse", "transplant_fitness", "platinum_status"):
        if name in facts:
            continue
        open_ = {p.id for p in assess(facts).pathways if name in p.missing}
        decided = {p: s for p, s in statuses(facts).items() if p not in open_}
        for value in {"months_to_relapse": [3, 30]}.get(name, []):
            if facts.get("disease_status") == "progressed" or "disease_status" not in facts:
                continue
            after = statuses({**facts, name: value})
            for pathway in ("car_t", "checkpoint", "targeted"):
                if decided.get(pathway) in ("TRIAL_ONLY", "NO_MATCH"):
                    assert after[pathway] == decided[pathway]


def _guarded(condition: Condition) -> bool:
    """Whether the condition asks if something is known, which telling more may change."""
    return any(leaf.guard for leaf in condition.leaves())


CRITERIA = [
    c.when
    for p in current().pathways.values()
    for r in p.rules
    for c in r.criteria
    if not _guarded(c.when)
]
# Facts with a stand-in while they are not told: Child-Pugh outside liver cancer, operable when
# local, nothing received without any line. And the cancer itself, which other rules belong to.
REPLACED = {
    "prior_systemic_lines",
    "disease_status",
    "child_pugh",
    "told_inoperable",
    "cancer_type",
}


@quick
@given(people, st.sets(st.sampled_from(sorted(set(FACTS) - REPLACED))))
def test_what_a_criterion_answers_without_a_fact_stays_when_it_is_told(
    facts: dict[str, Any], left_out: set[str]
) -> None:
    """Unknown counts as neither true nor false: an answer given without a fact holds for any."""
    assume(facts.get("prior_systemic_lines") != 0)
    # Nothing is resisted that was never given, when all that was given is told.
    assume(not (facts.get("classes_complete") and facts.get("refractory_to")))
    if facts.get("cancer_type") in group("blood"):  # its extent is told by its name
        left_out = left_out - {"extent"}
    try:
        full = derive(CaseFacts.read(facts))
        part = derive(CaseFacts.read({n: v for n, v in facts.items() if n not in left_out}))
    except FactError:
        return
    for when in CRITERIA:
        before = when.test(part)
        assert before is None or when.test(full) is before


@quick
@given(people, st.sampled_from(sorted(FACTS)), st.data())
def test_a_decided_answer_does_not_become_open_for_want_of_a_known_fact(
    facts: dict[str, Any], name: str, data: Any
) -> None:
    decided = {p for p, status in statuses(facts).items() if status != "NEEDS_INFO"}
    try:
        after = assess({**facts, name: data.draw(FACTS[name])})
    except FactError:
        return
    for result in after.pathways:
        if result.id in decided and result.before_gates == "NEEDS_INFO":
            assert set(result.missing) - set(facts)


@quick
@given(people)
def test_gates_only_lower_a_shown_answer(facts: dict[str, Any]) -> None:
    for p in assess(facts).pathways:
        if p.status != p.before_gates:
            assert p.gates
            assert p.status in ("DEFER", "CAUTION")
            assert p.before_gates in ("CONSIDER", "CAUTION", "NEEDS_INFO")


@quick
@given(people, st.integers(1, 15))
def test_nothing_but_supportive_care_in_an_emergency(facts: dict[str, Any], flag: int) -> None:
    shown = {
        p.id for p in assess({**facts, "red_flags": [f"RF{flag}"]}).pathways if p.status != "DEFER"
    }
    assert shown == {"supportive_care"}


@quick
@given(people, st.lists(st.sampled_from(["ecog", "biomarkers", "labs", "lvef_pct"]), unique=True))
def test_a_settled_fact_is_never_asked_again(facts: dict[str, Any], settled: list[str]) -> None:
    from bot.eligibility.questions import next_question

    asked: set[str] = set(settled)
    for _ in range(60):
        question = next_question(facts, settled=asked)
        if question is None:
            return
        assert question not in asked
        asked.add(question)
    raise AssertionError("the questions never end")
