"""Triage (C7), travel (C8) and what an emergency suppresses (C0)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.eligibility.engine import assess
from tests.eligibility.vignettes_file import FIT

CASE = {
    **FIT,
    "cancer_type": "dlbcl_lbcl",
    "prior_systemic_lines": 2,
    "disease_status": "relapsed",
}

EMERGENCY, URGENT, ROUTINE = "EMERGENCY_NOW", "URGENT_TODAY", "ROUTINE"

CONFUSED = ("confusion", "confused", "unresponsive", "new_confusion")
FITS = ("seizure", "seizures", "fits", "convulsion", "convulsions")
YELLOW = ("jaundice", "yellow_eyes")
SHIVERING = ("rigors", "shivering", "chills")
NOT_EATING = (
    "no_oral_intake",
    "severe_vomiting",
    "dehydration",
    "not_eating_24h",
    "cannot_keep_anything_down",
    "urinary_retention",
    "new_jaundice",
)
LINES = ("central_line", "port", "picc")
BREATHLESS = ("breathlessness", "breathless", "dyspnoea", "dyspnea")
ONE_SIDED = ("weakness_one_side", "one_sided_weakness", "face_drooping", "cannot_speak")
# Named without any severity, as the trigger phrases of the reference.
NOW_BY_NAME = (
    *("cannot breathe", "can't breathe", "gasping", "breathless at rest", "severe breathlessness"),
    *("vomiting blood", "coughing blood a lot", "major bleeding", "severe bleeding"),
    *("heavy bleeding", "bleeding won't stop", "black stool and dizzy"),
    *("not recognising us", "very drowsy", "talking nonsense", "cannot wake"),
    *("one side not moving", "sudden weakness", "can’t speak"),
    *("legs weak", "legs numb", "leg weakness", "leg numbness", "can't walk since yesterday"),
    *("lost control of stool", "face and neck swollen", "face and neck swelling"),
    *("noisy breathing", "stridor", "cannot swallow saliva"),
    *("self-harm", "suicidal thoughts", "want to die"),
    *("throat closing", "anaphylaxis", "overdose", "took too many tablets"),
)
TODAY_BY_NAME = (
    *("bleeding", "mild bleeding", "coughing blood", "blood streaks"),
    *("one swollen leg", "one leg swollen", "not eaten for 2 days", "nothing stays down"),
)

TRIAGE: list[tuple[dict[str, Any], str]] = [
    *(({"red_flags": [f"RF{n}"]}, EMERGENCY) for n in range(1, 16)),
    ({"red_flags": ["RF16"]}, URGENT),
    ({"red_flags": []}, ROUTINE),
    ({}, ROUTINE),
    ({"red_flags": ["RF2:U"]}, URGENT),
    ({"red_flags": [{"id": "RF2", "urgent_only": True}]}, URGENT),
    ({"red_flags": ["RF16", "RF4"]}, EMERGENCY),
    ({"spo2_pct": 89}, EMERGENCY),
    ({"spo2_pct": 90}, ROUTINE),
    ({"temp_c": 38.0, "days_since_chemo": 42}, EMERGENCY),
    ({"temp_c": 37.9, "days_since_chemo": 5}, ROUTINE),
    ({"temp_c": 38.0, "days_since_chemo": 43}, URGENT),
    ({"temp_c": 38.0}, URGENT),
    ({"temp_c": 100.4, "days_since_chemo": 5}, EMERGENCY),
    ({"temp_c": 38.5, "cancer_type": "aml"}, EMERGENCY),
    ({"temp_c": 38.5, "days_since_cell_therapy": 56}, EMERGENCY),
    ({"temp_c": 38.5, "days_since_cell_therapy": 57}, URGENT),
    ({"temp_c": 38.5, "labs": {"anc": 0.9}}, EMERGENCY),
    ({"temp_c": 38.5, "labs": {"anc": 1.0}}, URGENT),
    ({"temp_c": 38.5, "symptoms": ["confusion"]}, EMERGENCY),
    ({"temp_c": 38.5, "symptoms": ["jaundice"]}, EMERGENCY),
    ({"symptoms": ["jaundice"]}, URGENT),
    ({"symptoms": ["seizure"]}, EMERGENCY),
    ({"symptoms": [{"name": "pain", "severity": 8}]}, URGENT),
    ({"symptoms": [{"name": "pain", "severity": 7}]}, ROUTINE),
    ({"symptoms": [{"name": "fatigue", "severity": 9}]}, ROUTINE),
    *(({"symptoms": [{"name": b, "severity": 8}]}, EMERGENCY) for b in BREATHLESS),
    *(({"symptoms": [{"name": b, "severity": 7}]}, ROUTINE) for b in BREATHLESS),
    *(({"symptoms": [{"name": b, "severity": 9}]}, EMERGENCY) for b in BREATHLESS),
    ({"symptoms": ["breathlessness"]}, ROUTINE),
    *(({"symptoms": [w]}, EMERGENCY) for w in NOW_BY_NAME),
    *(({"symptoms": [w]}, URGENT) for w in TODAY_BY_NAME),
    *(
        ({"symptoms": [{"name": w, "severity": n}]}, EMERGENCY)
        for w in ("bleeding", "coughing blood")
        for n in (8, 9)
    ),
    *(({"symptoms": [{"name": w, "severity": 7}]}, URGENT) for w in ("bleeding", "coughing blood")),
    *(({"symptoms": [w]}, EMERGENCY) for w in ONE_SIDED),
    ({"symptoms": ["chest pain"]}, EMERGENCY),
    ({"symptoms": ["bowel_obstruction"]}, EMERGENCY),
    ({"symptoms": ["constipation", "vomiting", "abdominal_swelling"]}, EMERGENCY),
    ({"symptoms": ["constipation", "severe_vomiting", "abdominal_swelling"]}, EMERGENCY),
    ({"symptoms": ["constipation", "vomiting"]}, ROUTINE),
    ({"symptoms": ["constipation", "abdominal_swelling"]}, ROUTINE),
    ({"symptoms": ["vomiting", "abdominal_swelling"]}, ROUTINE),
    *(({"symptoms": [s]}, EMERGENCY) for s in CONFUSED + FITS),
    *(({"symptoms": [s]}, URGENT) for s in YELLOW + NOT_EATING),
    *(({"temp_c": 38.0, "symptoms": [s]}, EMERGENCY) for s in (*YELLOW, *SHIVERING)),
    *(({"temp_c": 37.9, "symptoms": [s]}, URGENT) for s in YELLOW),
    *(({"temp_c": 37.9, "symptoms": [s]}, ROUTINE) for s in SHIVERING),
    *(({"temp_c": 38.0, "comorbidities": [c]}, EMERGENCY) for c in LINES),
    ({"temp_c": 38.0, "comorbidities": ["diabetes"]}, URGENT),
    ({"temp_c": 38.0, "symptoms": ["fatigue"]}, URGENT),
    *(({"temp_c": 38.0, "cancer_type": c}, EMERGENCY) for c in ("b_all", "cml", "cll_sll")),
    ({"temp_c": 38.0, "days_since_cell_therapy": 56}, EMERGENCY),
    ({"temp_c": 37.9, "days_since_cell_therapy": 10}, ROUTINE),
    ({"days_since_chemo": 5}, ROUTINE),
    ({"temp_c": 37.5, "days_since_chemo": 5}, ROUTINE),
    ({"temp_c": 37.2, "symptoms": ["jaundice"]}, URGENT),
    ({"temp_c": 37.2, "days_since_cell_therapy": 5}, ROUTINE),
    (
        {"temp_c": 38.2, "treatments": [{"name": "R-CHOP", "status": "ongoing"}]},
        EMERGENCY,
    ),
]


@pytest.mark.parametrize(("changes", "level"), TRIAGE)
def test_triage_level(changes: dict[str, Any], level: str) -> None:
    result = assess({**CASE, **changes})
    assert result.triage == level, result.triage_reasons
    if level != ROUTINE:
        assert result.travel == "HOLD"


@pytest.mark.parametrize("flag", [f"RF{n}" for n in range(1, 16)])
def test_in_an_emergency_only_supportive_care_stays(flag: str) -> None:
    result = assess({**CASE, "red_flags": [flag]})
    statuses = {p.id: p.status for p in result.pathways}
    assert len(statuses) == 18
    assert statuses.pop("supportive_care") == "CONSIDER"
    assert set(statuses.values()) == {"DEFER"}
    assert result.next_question is None
    assert not result.named
    assert all(not p.products and not p.missing for p in result.pathways)


def test_urgent_today_keeps_the_pathways() -> None:
    result = assess({**CASE, "red_flags": ["RF16"]})
    assert result.pathway("car_t").status == "CONSIDER"
    assert result.pathway("second_opinion").status == "CONSIDER"


OK, CAUTION, HOLD = "OK_TO_DISCUSS", "CAUTION", "HOLD"
LABS = FIT["labs"]

TRAVEL: list[tuple[dict[str, Any], str]] = [
    ({"ecog": 0}, OK),
    ({"ecog": 2}, OK),
    ({"ecog": 3}, CAUTION),
    ({"ecog": 4}, HOLD),
    ({"oxygen_need": "continuous"}, HOLD),
    ({"oxygen_need": "occasional"}, OK),
    ({"spo2_pct": 91}, HOLD),
    ({"spo2_pct": 92}, CAUTION),
    ({"spo2_pct": 95}, CAUTION),
    ({"spo2_pct": 96}, OK),
    ({"infection_status": "active_uncontrolled"}, HOLD),
    ({"labs": {**LABS, "hb": 7.4}}, HOLD),
    ({"labs": {**LABS, "hb": 7.5}}, CAUTION),
    ({"labs": {**LABS, "hb": 7.9}}, CAUTION),
    ({"labs": {**LABS, "hb": 8}}, OK),
    ({"labs": {**LABS, "plt": 19}}, HOLD),
    ({"labs": {**LABS, "plt": 20}}, OK),
    ({"labs": {**LABS, "anc": 0.4}}, OK),
    ({"recent_procedures": [{"type": "abdominal surgery", "days": 9}]}, HOLD),
    ({"recent_procedures": [{"type": "abdominal surgery", "days": 10}]}, OK),
    ({"recent_procedures": [{"type": "chest surgery", "days": 27}]}, HOLD),
    ({"recent_procedures": [{"type": "chest surgery", "days": 28}]}, OK),
    ({"recent_procedures": [{"type": "craniotomy", "days": 42}]}, HOLD),
    ({"recent_procedures": [{"type": "craniotomy", "days": 43}]}, OK),
    ({"brain_mets_status": "untreated_or_symptomatic"}, CAUTION),
    ({"brain_mets_status": "treated_stable"}, OK),
    ({"brain_mets_status": "treated_stable", "steroid_pred_mg": 0}, OK),
    ({"brain_mets_status": "treated_stable", "steroid_pred_mg": 0.5}, CAUTION),
    ({"brain_mets_status": "treated_stable", "steroid_pred_mg": 1}, CAUTION),
    ({"brain_mets_status": "none", "steroid_pred_mg": 5}, OK),
    ({"comorbidities": ["dvt"]}, CAUTION),
    ({"ascites": "large"}, CAUTION),
    ({"ascites": "small"}, OK),
    ({"child_pugh": "C"}, CAUTION),
    ({"sex": "female", "age_years": 30, "pregnancy_status": "pregnant"}, CAUTION),
    (
        {"sex": "female", "age_years": 30, "pregnancy_status": "pregnant", "pregnancy_weeks": 36},
        HOLD,
    ),
    ({"days_since_cell_therapy": 14}, CAUTION),
    ({"days_since_cell_therapy": 15}, OK),
    ({"age_years": 1.9}, CAUTION),
    ({"age_years": 2}, OK),
    ({"red_flags": ["RF16"]}, HOLD),
    *(({"comorbidities": [c]}, HOLD) for c in ("pneumothorax", "untreated_pneumothorax")),
    ({"comorbidities": ["bowel_obstruction"]}, HOLD),
    *(({"symptoms": [s]}, HOLD) for s in ("bleeding", "active_bleeding", "pneumothorax")),
    *(({"symptoms": [s]}, HOLD) for s in ("bowel_obstruction", "uncontrolled_seizures")),
    *(({"symptoms": [s]}, CAUTION) for s in ("large_effusion", "pleural_effusion")),
    *(
        ({"comorbidities": [c]}, CAUTION)
        for c in (
            "pe",
            "dvt",
            "pulmonary_embolism",
            "clot",
            "blood_clot",
            "recent_pe",
            "recent_dvt",
            "large_effusion",
        )
    ),
    ({"comorbidities": ["diabetes"], "symptoms": ["fatigue"]}, OK),
    *(
        ({"recent_procedures": [{"type": p, "days": 5}]}, HOLD)
        for p in (
            "laparotomy",
            "bowel surgery",
            "colectomy",
            "gastrectomy",
            "whipple",
            "hepatectomy",
            "debulking",
            "thoracotomy",
            "lobectomy",
            "lung surgery",
            "oesophagectomy",
            "esophagectomy",
            "brain surgery",
            "dvt",
            "embolism",
            "thrombosis",
            "blood clot",
        )
    ),
    ({"recent_procedures": [{"type": "blood clot", "days": 27}]}, HOLD),
    ({"recent_procedures": [{"type": "blood clot", "days": 28}]}, OK),
    ({"recent_procedures": [{"type": "tooth pulled", "days": 1}]}, OK),
    ({"sex": "female", "age_years": 30, "pregnancy_status": "possible"}, OK),
    (
        {"sex": "female", "age_years": 30, "pregnancy_status": "pregnant", "pregnancy_weeks": 35},
        CAUTION,
    ),
    ({"infection_status": "chronic_controlled"}, OK),
    ({"brain_mets_status": "leptomeningeal"}, CAUTION),
    ({"child_pugh": "B"}, OK),
]


@pytest.mark.parametrize(("changes", "state"), TRAVEL)
def test_travel_state(changes: dict[str, Any], state: str) -> None:
    result = assess({**CASE, **changes})
    assert result.travel == state, result.travel_reasons
    assert bool(result.travel_reasons) == (state != OK)


def test_travel_never_changes_a_pathway() -> None:
    plain = assess(CASE).pathway("second_opinion").status
    held = assess({**CASE, "ascites": "large"}).pathway("second_opinion").status
    assert plain == held == "CONSIDER"


@pytest.mark.parametrize("histology", ["biopsy_no", "pending"])
def test_without_a_biopsy_every_treatment_needs_information(histology: str) -> None:
    result = assess({**CASE, "histology_confirmed": histology})
    open_ = {p.id for p in result.pathways if p.status == "CONSIDER"}
    assert open_ == {"second_opinion", "supportive_care"}
    for p in result.pathways:
        if p.id not in open_:
            assert p.status == "NEEDS_INFO"
            assert "histology" in p.missing


def test_suspected_cancer_names_no_pathway() -> None:
    result = assess({"cancer_type": "pancreatic", "suspected": True, "ecog": 1})
    assert not result.named
    assert {
        p.status for p in result.pathways if p.id not in ("second_opinion", "supportive_care")
    } == {"NEEDS_INFO"}


def test_nothing_known_still_answers_for_every_pathway() -> None:
    result = assess({})
    assert len(result.pathways) == 18
    assert result.pathway("supportive_care").status == "CONSIDER"
    assert result.next_question == "country"
