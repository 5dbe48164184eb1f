"""Blood results, other illnesses, medicines and symptoms are read with their units."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read
from bot.oncology.body import read_body
from bot.oncology.health import read_health
from bot.oncology.labs import read_labs
from bot.oncology.reading import Ambiguity, Mention, Reading
from bot.oncology.symptoms import read_symptoms
from bot.oncology.text import read_document


def facts(text: str, asks: str | None = None) -> dict[str, Any]:
    doc = read_document(text)
    found = [
        *read_labs(doc, asks),
        *read_health(doc, asks),
        *read_body(doc, asks),
        *read_symptoms(doc, asks),
    ]
    return Reading(tuple(m for m in found if isinstance(m, Mention))).facts()


@pytest.mark.parametrize(
    ("text", "labs"),
    [
        ("Hb 7.9", {"hb": 7.9}),
        ("plt 45k", {"plt": 45}),
        ("platelets 1.2 lakh", {"plt": 120}),
        ("platelet count 45,000", {"plt": 45}),
        ("creatinine 1.8", {"creat": 1.8}),
        ("creat 110", {"creat": 1.24}),
        ("hemoglobin is 9 wbc 3.2", {"hb": 9.0, "wbc": 3.2}),
        ("ANC 400", {"anc": 0.4}),
        ("bili 2 x ULN", {"bili_xULN": 2.0}),
        ("SGPT 120", {"ast_alt_xULN": 3.0}),
        ("hb was 7 last year", None),
        ("EGFR positive", None),
        ("my father's hb is 7 but he died last year, I have CLL", None),
    ],
)
def test_blood_results(text: str, labs: dict[str, float] | None) -> None:
    assert facts(text).get("labs") == labs


@pytest.mark.parametrize("text", ["hb 790", "creatinine 25000", "albumin 900"])
def test_a_result_that_cannot_be_true_is_asked_about(text: str) -> None:
    found = list(read_labs(read_document(text), None))
    assert len(found) == 1
    assert isinstance(found[0], Ambiguity)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("diabetic and high bp", {"comorbidities": ["diabetes", "hypertension"]}),
        ("sugar, BP", {"comorbidities": ["diabetes", "hypertension"]}),
        ("no diabetes", {}),
        ("hep b carrier on entecavir", {"hbv": "pos_controlled"}),
        ("HBV HCV HIV negative", {"hbv": "neg", "hcv": "neg", "hiv": "neg"}),
        ("HBsAg +ve, not on treatment", {"hbv": "pos_untreated"}),
        ("no autoimmune disease", {"autoimmune_status": "none"}),
        ("has lupus", {"autoimmune_status": "active_immunosuppressed"}),
        ("vitiligo", {"autoimmune_status": "mild_controlled"}),
        ("dexa 4 mg twice daily", {"steroid_pred_mg": 54.0}),
        ("prednisolone 10mg", {"steroid_pred_mg": 10.0}),
        ("no steroids", {"steroid_pred_mg": 0}),
        ("on eliquis", {"anticoagulant": ["apixaban"]}),
        ("kidney transplant 2015", {"organ_transplant": "kidney"}),
        ("is liver transplant possible?", {}),
        ("on oxygen cylinder", {"oxygen_need": "continuous"}),
        ("oxygen only at night", {"oxygen_need": "occasional"}),
        ("she is not pregnant", {"pregnancy_status": "no"}),
        ("pneumonia last month now recovered", {"infection_status": "recent_resolved"}),
        ("tb on treatment", {"infection_status": "active_uncontrolled"}),
        ("no infection", {"infection_status": "none"}),
        ("EF 55", {"lvef_pct": 55}),
        ("Child Pugh B7", {"child_pugh": "B"}),
        ("child-pugh score 10", {"child_pugh": "C"}),
        ("weight 54 kg lost 10 kg", {"weight_kg": 54, "weight_loss_pct": 16}),
        ("height 165 cm", {"height_cm": 165}),
        ("large ascites, tapped twice", {"ascites": "large"}),
        ("doctors say inoperable", {"told_inoperable": True}),
        ("the tumour is growing very fast", {"rapid_growth": True}),
        ("no passport", {"passport": "no"}),
    ],
)
def test_other_illnesses_and_fitness(text: str, expected: dict[str, Any]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "fever 38.5, last chemo was 4 days back",
            {"symptoms": [{"name": "fever"}], "temp_c": 38.5, "days_since_chemo": 4},
        ),
        (
            "pain 9/10 since 2 weeks",
            {"symptoms": [{"name": "pain", "severity": 9.0, "onset": "2 weeks"}]},
        ),
        ("temp 101", {"temp_c": 38.3}),
        ("spo2 is 93", {"spo2_pct": 93.0}),
        ("no fever, no cough", {}),
        ("had fever last month", {}),
        ("CAR-T 10 days ago", {"days_since_cell_therapy": 10}),
    ],
)
def test_symptoms_of_now(text: str, expected: dict[str, Any]) -> None:
    assert facts(text) == expected


def test_a_bare_number_answers_the_question() -> None:
    assert facts("101.5", "temp_c") == {"temp_c": 38.6}
    assert facts("94", "spo2_pct") == {"spo2_pct": 94.0}


LENGTHS = [
    "After a year of chemotherapy, radiation and surgery I have no job",
    "with 5 weeks of chemo and radiation it can go away",
    "1 week in hospital for chemo complications",
    "I finished 6 months of chemo",
    "he is due to start chemo in 3.5 weeks",
]


@pytest.mark.parametrize("text", LENGTHS)
def test_how_long_chemo_lasts_is_no_time_since_it(text: str) -> None:
    assert "days_since_chemo" not in read(text).facts()


@pytest.mark.parametrize(
    ("text", "days"),
    [("10 days post chemo", 10), ("chemo was 2 weeks back", 14), ("chemo done 3 days", 3)],
)
def test_the_time_since_chemo_is_kept(text: str, days: int) -> None:
    assert read(text).facts()["days_since_chemo"] == days
