"""What is asked next: only what can still change something, each once, and then it stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.eligibility.engine import SHOWN, assess
from bot.eligibility.question_page import ANSWERS, asked, page
from bot.eligibility.questions import next_question
from bot.facts.model import CaseFacts, FactError
from bot.facts.vocabulary import cancers
from tests.eligibility.test_reference import CASES
from tests.eligibility.vignettes_file import FIT

# What a person could still answer to a fact that is open.
POSSIBLE: dict[str, list[Any]] = {
    "age_years": [0.05, 1, 10, 17, 18, 25, 26, 70, 71, 76],
    "sex": ["female", "male"],
    "histology_confirmed": ["biopsy_yes", "biopsy_no", "pending"],
    "extent": ["localised", "locally_advanced", "oligometastatic", "metastatic"],
    "disease_status": ["newly_diagnosed", "remission", "relapsed", "refractory", "progressed"],
    "prior_systemic_lines": [0, 1, 2, 3, 4],
    "months_to_relapse": [3, 12, 13],
    "relapse_count": [1, 2],
    "remission_number": [1, 2],
    "refractory_to": [[], ["lenalidomide"], ["anti_CD38"]],
    "platinum_status": ["sensitive", "resistant"],
    "transplant_fitness": ["fit", "unfit"],
    "transplant_history": ["none", "auto", "allo"],
    "gvhd_status": ["none", "active"],
    "told_inoperable": [True, False],
    "castration_resistant": [True, False],
    "delay_taxane_ok": [True, False],
    "ecog": [0, 1, 2, 3, 4],
    "infection_status": ["none", "active_uncontrolled"],
    "brain_mets_status": ["none", "treated_stable", "untreated_or_symptomatic"],
    "autoimmune_status": ["none", "active_immunosuppressed"],
    "steroid_pred_mg": [0, 20],
    "organ_transplant": ["none", "kidney"],
    "pregnancy_status": ["no", "pregnant"],
    "lvef_pct": [30, 45, 60],
    "child_pugh": ["A", "B", "C"],
    "labs": [{"crcl": 20}, {"bili_xULN": 4}, {"hb": 7}, {"ast_alt_xULN": 6}],
    "oxygen_need": ["none", "continuous"],
    "hbv": ["neg", "pos_controlled"],
    "hcv": ["neg", "pos_controlled"],
    "hiv": ["neg", "pos_controlled"],
    "resectable_lesion": [True, False],
    "rapid_growth": [True],
    "scan_age_weeks": [3, 9],
    "bclc": ["A", "C"],
    "endocrine_lines_metastatic": [0, 1],
}


def shown(facts: dict[str, Any]) -> dict[str, str]:
    return {p.id: p.status for p in assess(facts).pathways if p.status in SHOWN}


def led(facts: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The facts after a cooperative person answered every question, and the questions."""
    known = dict(facts)
    settled = set(known)
    order: list[str] = []
    while (question := next_question(known, settled=settled)) is not None:
        order.append(question)
        settled.add(question)
        if question in ANSWERS:
            more = {**known, question: ANSWERS[question]}
            try:
                assess(more)
            except FactError:
                continue
            known = more
    return known, order


PEOPLE = [case.values[0]["facts"] for case in CASES[::5]]


@pytest.mark.parametrize("facts", PEOPLE, ids=range(len(PEOPLE)))
def test_when_the_questions_stop_no_open_fact_changes_a_shown_status(facts: dict[str, Any]) -> None:
    start = {k: v for k, v in facts.items() if v is not None}
    known, order = led(start)
    assert len(order) == len(set(order))
    before = shown(known)
    derived = assess(known).view
    assert derived is not None
    for name, values in POSSIBLE.items():
        if name in known or name in order or name in derived.values:
            continue
        if name == "oxygen_need" and "spo2_pct" in known:  # one of the two is enough
            continue
        for value in values:
            try:
                after = shown({**known, name: value})
            except FactError:
                continue
            assert {p: after.get(p) for p in before} == before, (name, value)


@pytest.mark.parametrize("facts", PEOPLE[:20], ids=range(20))
def test_nothing_is_asked_of_a_person_who_told_everything(facts: dict[str, Any]) -> None:
    known, _ = led({**FIT, **{k: v for k, v in facts.items() if v is not None}})
    again, order = led(known)
    assert set(order) <= {q for q in order if q not in ANSWERS}
    assert shown(again) == shown(known)


@pytest.mark.parametrize("word", ["unknown", "declined"])
def test_what_a_person_does_not_know_or_tell_is_not_asked_again(word: str) -> None:
    person: dict[str, Any] = {"cancer_type": "dlbcl_lbcl", "disease_status": "relapsed"}
    order: list[str] = []
    while (question := assess(person).next_question) is not None:
        assert question not in order, order
        order.append(question)
        marker = question.removeprefix("biomarkers.")
        if marker != question:
            person["biomarkers"] = {**person.get("biomarkers", {}), marker: word}
        else:
            person[question] = word
    assert {"age_years", "ecog", "months_to_relapse"} <= set(order)


@pytest.mark.parametrize(
    ("told", "never", "then"),
    [
        ({"ngs_done": "no"}, "ngs_done", None),
        ({"ngs_done": "pending"}, "ngs_done", None),
        ({"drug_classes_received": ["PI"]}, "drug_classes_received", "classes_complete"),
        ({"drug_classes_received": ["PI"], "classes_complete": False}, "classes_complete", None),
    ],
)
def test_what_was_told_is_not_asked_again(
    told: dict[str, Any], never: str, then: str | None
) -> None:
    person = {**FIT, "cancer_type": "multiple_myeloma", "disease_status": "relapsed"}
    person |= {"prior_systemic_lines": 1, "extent": "disseminated_blood", **told}
    order: list[str] = []
    while question := assess({**person, **dict.fromkeys(order, "unknown")}).next_question:
        order.append(question)
    assert never not in order
    assert then is None or then in order


def test_a_gene_test_that_was_not_done_is_not_called_unknown() -> None:
    person = {**FIT, "cancer_type": "multiple_myeloma", "disease_status": "relapsed"}
    for answer in ("no", "pending"):
        found = assess({**person, "ngs_done": answer}).pathway("targeted")
        assert found.status == "NEEDS_INFO"
        assert "ngs_done" not in found.missing
        assert found.missing
        assert not any("not known yet" in reason for reason in found.reasons)


def test_genes_of_any_tumour_are_asked_for_by_one_question_first() -> None:
    person = {**FIT, "cancer_type": "esophageal_scc", "extent": "metastatic"}
    person |= {"disease_status": "progressed", "prior_systemic_lines": 1}
    for answer, more in ((None, False), ("no", False), ("tissue", True)):
        order: list[str] = []
        facts = {**person, **({"ngs_done": answer} if answer else {})}
        facts["biomarkers"] = {"PDL1_CPS": 1}
        while question := assess({**facts, **dict.fromkeys(order, "unknown")}).next_question:
            if question.startswith("biomarkers."):
                order.append(question)
                break
            order.append(question)
        genes = {"biomarkers.BRAF", "biomarkers.NTRK", "biomarkers.RET", "biomarkers.HER2"}
        assert bool(genes & set(order)) == more, (answer, order)
        assert ("ngs_done" in order) == (answer is None), (answer, order)


def test_a_fact_that_only_describes_is_not_asked() -> None:
    person = {**FIT, "cancer_type": "nsclc", "extent": "metastatic", "disease_status": "progressed"}
    trial = assess(person).pathway("clinical_trial")
    assert {"measurable_disease", "days_since_chemo"} <= set(trial.missing)
    assert not {"measurable_disease", "days_since_chemo"} & set(trial.decisive)


def test_one_rule_that_holds_for_sure_settles_its_pathway() -> None:
    person = {
        **FIT,
        "cancer_type": "multiple_myeloma",
        "prior_systemic_lines": 3,
        "disease_status": "relapsed",
        "drug_classes_received": ["PI", "IMiD"],
        "biomarkers": {"BCMA": "pos"},
    }
    cells = assess(person).pathway("car_t")
    assert cells.status == "CONSIDER"
    assert "refractory_to" not in cells.decisive


def test_what_can_only_add_a_caution_comes_after_what_can_settle() -> None:
    open_ones = ("steroid_pred_mg", "ecog", "radiation_history")
    person = {k: v for k, v in FIT.items() if k not in open_ones}
    person |= {"cancer_type": "rcc", "extent": "metastatic", "treatments": []}
    _, order = led({**person, "disease_status": "newly_diagnosed"})
    assert [q for q in order if q in open_ones] == ["ecog", "steroid_pred_mg", "radiation_history"]


@pytest.mark.parametrize("cancer", sorted(cancers()))
def test_the_questions_end(cancer: str) -> None:
    assert len(asked(cancer, ANSWERS)) <= 40
    assert len(asked(cancer, {})) <= 40


def test_the_page_is_up_to_date() -> None:
    told = Path(__file__).parents[2] / "docs" / "questions.md"
    assert told.read_text(encoding="utf-8") == page()


def test_every_possible_answer_is_one() -> None:
    for name, values in {**POSSIBLE, **{k: [v] for k, v in ANSWERS.items()}}.items():
        for value in values:
            CaseFacts.read({name: value})
