"""Emergencies are heard in the words frightened people use, and only when they are real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology.reading import Mention
from bot.oncology.red_flags import flag_file, judge, read_flags
from bot.oncology.text import read_document

MESSAGES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "red_flag_messages.yml").read_text(encoding="utf-8")
)
EMERGENCIES = [(rf, text) for rf, texts in MESSAGES["emergencies"].items() for text in texts]


def flags(text: str) -> dict[str, bool]:
    """Red flags heard, and whether only the weaker form."""
    return {f.id: f.urgent_only for f in read_flags(read_document(text), None)}


@pytest.mark.parametrize(("flag", "text"), EMERGENCIES)
def test_an_emergency_is_heard(flag: str, text: str) -> None:
    assert flag in flags(text)


@pytest.mark.parametrize("text", MESSAGES["look_alikes"])
def test_what_only_looks_like_an_emergency_is_none(text: str) -> None:
    assert flags(text) == {}


def test_every_flag_has_at_least_eight_wordings() -> None:
    wordings = {rf: len(texts) for rf, texts in MESSAGES["emergencies"].items()}
    assert set(wordings) == set(flag_file().flags)
    assert min(wordings.values()) >= 8
    assert len(MESSAGES["look_alikes"]) >= 120


@pytest.mark.parametrize(
    ("text", "flag", "urgent_only"),
    [
        ("fever since 2 days", "RF7", True),
        ("fever 38.5, chemo 5 days ago", "RF7", False),
        ("fever 101, last chemo was 5 months ago", "RF7", True),
        ("38.0 fever after chemo", "RF7", False),
        ("fever 99 F after chemo", "RF7", None),
        ("jaundice", "RF11", True),
        ("jaundice with fever", "RF11", False),
        ("left leg swollen", "RF8", True),
        ("left leg swollen and breathless", "RF8", False),
        ("small streaks of blood in sputum", "RF2", True),
        ("coughing up a lot of blood", "RF2", False),
        ("cannot pass urine", "RF16", True),
        ("cannot pass urine and back pain", "RF6", False),
        ("rash on keytruda", "RF13", True),
        ("short of breath on keytruda", "RF13", False),
        ("spo2 89", "RF1", False),
        ("spo2 93", "RF1", None),
        ("pain 8/10", "RF16", True),
        ("pain 7/10", "RF16", None),
        ("not eaten for 30 hours", "RF16", True),
        ("fever, can he get CAR-T?", "RF12", None),
        ("fever 39, CAR-T was done 5 months ago", "RF12", None),
    ],
)
def test_how_grave_it_is(text: str, flag: str, urgent_only: bool | None) -> None:
    assert flags(text).get(flag) is urgent_only


@pytest.mark.parametrize(
    "text",
    [
        "My mother has ovarian cancer stage 3c and since this morning she can't breathe",
        "Thanks. The biopsy was in May, ECOG 1.\nAlso he is vomiting blood now.",
        "ok but first: papa ko saans nahi aa rahi, kya karu",
        "we are from Dhaka, chemo 6 cycles, now one side of face fell",
    ],
)
def test_an_emergency_inside_another_sentence(text: str) -> None:
    assert False in flags(text).values()


@pytest.mark.parametrize(
    ("text", "told", "left_out"),
    [
        ("fever after CAR-T last week", "RF12", "RF7"),
        ("no stool no gas, swollen belly, vomiting everything", "RF10", "RF16"),
        ("yellow eyes with fever", "RF11", "RF7"),
        ("short of breath on keytruda", "RF13", "RF1"),
    ],
)
def test_one_flag_for_one_picture(text: str, told: str, left_out: str) -> None:
    assert told in flags(text)
    assert left_out not in flags(text)


def heard(fact: str, value: object) -> Mention:
    return Mention(fact, value, "words", 0, 5)


@pytest.mark.parametrize(
    ("mention", "known", "flag", "urgent_only"),
    [
        (heard("temp_c", 38.5), {}, "RF7", True),
        (heard("temp_c", 38.5), {"days_since_chemo": 9}, "RF7", False),
        (heard("temp_c", 38.5), {"days_since_chemo": 90}, "RF7", True),
        (heard("temp_c", 38.5), {"cancer_type": "aml"}, "RF7", False),
        (
            heard("temp_c", 38.5),
            {
                "disease_status": "on_treatment_responding",
                "treatments": [{"name": "ABVD", "modality": "chemo", "status": "done"}],
            },
            "RF7",
            False,
        ),
        (heard("temp_c", 37.4), {"cancer_type": "aml"}, "RF7", None),
        (heard("symptoms", {"name": "fever"}), {"labs": {"anc": 0.3}}, "RF7", False),
        (heard("symptoms", {"name": "fever"}), {"days_since_cell_therapy": 20}, "RF12", False),
        (heard("symptoms", {"name": "fever"}), {"days_since_cell_therapy": 200}, "RF12", None),
        (
            heard("symptoms", {"name": "diarrhoea"}),
            {"treatments": [{"name": "pembrolizumab", "class": "PD1", "status": "ongoing"}]},
            "RF13",
            True,
        ),
        (
            heard("symptoms", {"name": "breathlessness"}),
            {"treatments": [{"name": "x", "class": ["PD1", "platinum"], "status": "ongoing"}]},
            "RF13",
            False,
        ),
        (heard("spo2_pct", 85), {}, "RF1", False),
    ],
)
def test_what_is_known_from_before_counts(
    mention: Mention, known: dict[str, Any], flag: str, urgent_only: bool | None
) -> None:
    found = {f.id: f.urgent_only for f in judge([mention], known)}
    assert found.get(flag) is urgent_only
