"""How the disease stands: told in set phrases, or by what is seen and how it changed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read


def status(text: str, asks: str | None = None) -> Any:
    return read(text, asks=asks).facts().get("disease_status")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the lumps have become smaller", "on_treatment_responding"),
        ("30 % reduction on CT", "on_treatment_responding"),
        ("the mass is bigger than in May", "progressed"),
        ("spots in lungs are enlarging", "progressed"),
        ("new nodules in the liver", "progressed"),
        ("the tumour is same as before", "stable"),
        ("PET scan is clear", "remission"),
        ("nothing seen on MRI", "remission"),
        ("the nodes came back", "relapsed"),
        ("3 years later new lumps", "relapsed"),
    ],
)
def test_what_is_seen_tells_how_the_disease_stands(text: str, expected: str) -> None:
    assert status(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no new lesions",
        "cancer gone to bones",
        "we do the PET again next week",
        "MRI of the knee is normal",
        "node negative",
        "marker is less than 5",
        "is there nothing left to try",
        "is the tumor bigger than 5 cm a problem?",
        "my neighbour's tumour is bigger",
        "her liver enzymes are up",
    ],
)
def test_no_status_where_none_is_told(text: str) -> None:
    assert status(text) is None


BRAIN = (
    ("nsclc, brain metastases not treated yet, osimertinib", "untreated_or_symptomatic"),
    ("no treatment for the brain mets so far", "untreated_or_symptomatic"),
    ("untreated brain mets", "untreated_or_symptomatic"),
    ("metastasis cerebrales sin tratar", "untreated_or_symptomatic"),
    ("brain mets treated with gamma knife 2024", "treated_stable"),
    ("spread to brain and bones, growing now", None),
    ("no brain mets, stable", None),
)


@pytest.mark.parametrize(("text", "status"), BRAIN)
def test_what_was_done_about_spots_in_the_brain(text: str, status: str | None) -> None:
    facts = read(text).facts()
    assert facts.get("brain_mets_status") == status
    assert "treatments_none" not in facts
    assert facts.get("disease_status") != "newly_diagnosed"
