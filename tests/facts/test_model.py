"""Facts from the wire: what is accepted, what is refused, and that no value leaks into an error."""

from __future__ import annotations

from typing import Any

import pytest

from bot.facts.derive import derive
from bot.facts.model import CaseFacts, FactError

BAD: list[tuple[Any, str]] = [
    ([], "facts"),
    ("text", "facts"),
    ({"favourite_colour": "red"}, "favourite_colour"),
    ({"age_years": 300}, "age_years"),
    ({"age_years": -1}, "age_years"),
    ({"age_years": "seventy"}, "age_years"),
    ({"age_years": True}, "age_years"),
    ({"age_years": float("inf")}, "age_years"),
    ({"lvef_pct": 5}, "lvef_pct"),
    ({"lvef_pct": 81}, "lvef_pct"),
    ({"ecog": 5}, "ecog"),
    ({"ecog": 1.5}, "ecog"),
    ({"prior_systemic_lines": 16}, "prior_systemic_lines"),
    ({"temp_c": 50}, "temp_c"),
    ({"temp_c": 20}, "temp_c"),
    ({"spo2_pct": 101}, "spo2_pct"),
    ({"disease_status": ["remission", "progressed"]}, "disease_status"),
    ({"disease_status": "a bit better"}, "disease_status"),
    ({"extent": 3}, "extent"),
    ({"cancer_type": "influenza"}, "cancer_type"),
    ({"cancer_type": 7}, "cancer_type"),
    ({"metastatic_sites": "liver"}, "metastatic_sites"),
    ({"treatments": "R-CHOP"}, "treatments"),
    ({"treatments": [{"name": "R-CHOP", "status": "perhaps"}]}, "treatments"),
    ({"treatments": [{"name": "X", "start": "2025-05", "end": "2024-05"}]}, "treatments"),
    ({"biomarkers": ["EGFR"]}, "biomarkers"),
    ({"biomarkers": {"PDL1_TPS": 140}}, "biomarkers.PDL1_TPS"),
    ({"biomarkers": {"FAVOURITE": "pos"}}, "biomarkers.FAVOURITE"),
    ({"labs": {"hb": "low"}}, "labs.hb"),
    ({"labs": {"hb": 90}}, "labs.hb"),
    ({"labs": {"sodium_in_tears": 3}}, "labs.sodium_in_tears"),
    ({"red_flags": ["RF17"]}, "red_flags"),
    ({"red_flags": "RF1"}, "red_flags"),
    ({"child_pugh": "D"}, "child_pugh"),
    ({"diagnosis_date": "2999-01"}, "diagnosis_date"),
    ({"suspected": "perhaps"}, "suspected"),
    ({"drug_classes_received": "PI"}, "drug_classes_received"),
]


@pytest.mark.parametrize(("facts", "field"), BAD, ids=lambda x: str(x)[:40])
def test_unusable_facts_are_refused_by_name(facts: Any, field: str) -> None:
    with pytest.raises(FactError) as caught:
        CaseFacts.read(facts)
    assert caught.value.fact.startswith(field)
    message = str(caught.value)
    assert "\n" not in message
    for value in ("seventy", "a bit better", "influenza", "perhaps"):
        assert value not in message


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"disease_status": "remission", "progression_pattern": "widespread"}, "disease_status"),
    ({"disease_status": "newly_diagnosed", "relapse_count": 1}, "disease_status"),
    ({"disease_status": "newly_diagnosed", "months_to_relapse": 6}, "disease_status"),
    ({"disease_status": "newly_diagnosed", "prior_systemic_lines": 2}, "disease_status"),
    ({"disease_status": "relapsed", "relapse_count": 0}, "relapse_count"),
    ({"extent": "localised", "metastatic_sites": ["liver"]}, "extent"),
    ({"extent": "localised", "stage_group": "extensive"}, "extent"),
    ({"sex": "male", "pregnancy_status": "pregnant"}, "pregnancy_status"),
    ({"brain_mets_status": "none", "metastatic_sites": ["brain"]}, "brain_mets_status"),
    ({"gvhd_status": "active", "transplant_history": "none"}, "gvhd_status"),
    ({"ecog": 0, "karnofsky": 40}, "ecog"),
    ({"relapse_count": 0, "months_to_relapse": 6}, "relapse_count"),
    ({"disease_status": "remission", "rapid_growth": True}, "disease_status"),
    ({"disease_status": "refractory", "treatments": []}, "disease_status"),
    ({"age_years": 8, "age_months": 8}, "age_years"),
    ({"prior_systemic_lines": 0, "refractory_to": ["lenalidomide"]}, "refractory_to"),
    ({"age_years": 71, "sex": "female", "pregnancy_status": "pregnant"}, "pregnancy_status"),
    (
        {"cancer_type": "nsclc", "extent": "localised", "stage_group": "IVA"},
        "extent",
    ),
    ({"biomarkers": {"MSI_MMR": "MSI-H", "MSI": "MSS"}}, "biomarkers.MSI_MMR"),
    ({"biomarkers": {"CD19": "pos", "CD19 expression": "neg"}}, "biomarkers.CD19"),
    ({"biomarkers": {"PDL1_CPS": 1, "CPS": 20}}, "biomarkers.PDL1_CPS"),
]


@pytest.mark.parametrize(
    "facts",
    [
        {"cancer_type": "hnscc", "extent": "localised", "stage_group": "IVA"},
        {"extent": "localised", "stage_group": "IV", "disease_status": "relapsed"},
        {"biomarkers": {"NTRK1": "neg", "NTRK3": "fusion_pos"}},
        {"biomarkers": {"EGFR": "L858R", "EGFR T790M": "pos"}},
        {"biomarkers": {"PDL1_CPS": 20, "CPS": ">=10"}},
    ],
)
def test_facts_that_can_both_be_true_are_kept(facts: dict[str, Any]) -> None:
    assert derive(CaseFacts.read({"cancer_type": "nsclc"} | facts)).values


@pytest.mark.parametrize(("facts", "field"), CONTRADICTIONS)
def test_contradicting_facts_are_asked_back(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(FactError) as caught:
        derive(CaseFacts.read(facts))
    assert caught.value.fact == field


@pytest.mark.parametrize("nothing", [None, "unknown", "declined", "Unknown"])
def test_unknown_in_every_form_is_no_fact(nothing: Any) -> None:
    assert CaseFacts.read({"ecog": nothing, "extent": nothing}) == CaseFacts.read({})


SAME: list[tuple[str, Any, Any]] = [
    ("extent", "Localized", "localised"),
    ("sex", "F", "female"),
    ("histology_confirmed", "Biopsy yes", "biopsy_yes"),
    ("hiv", "positive", "pos"),
    ("cancer_type", "Multiple Myeloma", "multiple_myeloma"),
    ("cancer_type", "DLBCL", "dlbcl_lbcl"),
    ("temp_c", 101, 38.33),
    ("temp_c", 100.4, 38.0),
    ("child_pugh", "B7", "B"),
    ("child_pugh", 10, "C"),
    ("stage_group", "stage 4", "IV"),
    ("stage_group", "IIIB", "IIIB"),
    ("drug_classes_received", ["btki", "Proteasome inhibitor"], frozenset({"BTKi", "PI"})),
]


@pytest.mark.parametrize(("name", "written", "read"), SAME)
def test_spelling_does_not_matter(name: str, written: Any, read: Any) -> None:
    assert getattr(CaseFacts.read({name: written}), name) == read


def test_treatments_may_be_plain_names() -> None:
    facts = CaseFacts.read({"treatments": ["R-CHOP", {"name": "R-ICE", "status": "done"}]})
    assert [t.name for t in facts.treatments or ()] == ["R-CHOP", "R-ICE"]
