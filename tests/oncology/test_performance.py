"""Daily life in everyday words becomes an ECOG level."""

from __future__ import annotations

import pytest

from bot.oncology.performance import ecog_of_karnofsky, read_performance
from bot.oncology.reading import Mention
from bot.oncology.text import read_document


def ecog(text: str) -> int | None:
    found = read_performance(read_document(text), None)
    return next((m.value for m in found if isinstance(m, Mention) and m.fact == "ecog"), None)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("fine, goes to office", 0),
        ("lives normal life", 0),
        ("she is fully active", 0),
        ("little weakness", 1),
        ("slow but walks", 1),
        ("walks by himself but gets tired easily", 1),
        ("cannot do heavy work", 1),
        ("rests a lot, can bathe himself", 2),
        ("walks with stick", 2),
        ("he cannot work any more", 2),
        ("mostly in bed", 3),
        ("needs help for toilet", 3),
        ("he is on wheelchair", 3),
        ("bedridden", 4),
        ("cannot get up at all", 4),
        ("totally dependent", 4),
        ("ECOG 2", 2),
        ("ecog 0-1", 1),
        ("PS 1", 1),
        ("KPS 70", 1),
        ("Lansky 50", 2),
        ("not bedridden", None),
        ("he was bedridden 2 years ago, now fine", None),
        ("what is ECOG?", None),
        ("chemo stopped working", None),
        ("plays badminton", 0),
        ("goes to the temple and cooks", 1),
        ("sleeps a quarter of the day, bathes himself", 2),
        ("lies on the sofa all day", 3),
        ("I help her with papers", None),
        ("we feed him, he cannot leave his bed", 4),
        ("PSA 240", None),
    ],
)
def test_daily_life(text: str, level: int | None) -> None:
    assert ecog(text) == level


@pytest.mark.parametrize(
    ("score", "level"), [(100, 0), (90, 0), (80, 1), (70, 1), (60, 2), (50, 2), (40, 3), (10, 4)]
)
def test_karnofsky(score: int, level: int) -> None:
    assert ecog_of_karnofsky(score) == level


@pytest.mark.parametrize(
    "text",
    [
        "my hair falls out and I cant stand it, Hodgkin lymphoma",
        "the oncologist said everything looked completely normal on the CT, breast cancer",
        "we only hope to have a normal life again after her ovarian cancer",
        "ibrance and letrozole for my breast cancer, but they stopped working",
        "I feel like I just need some help, my mom has ovarian cancer",
        "we are still working through the diagnosis of lymphoma",
    ],
)
def test_a_thought_a_scan_or_a_medicine_tells_nothing_of_fitness(text: str) -> None:
    assert not list(read_performance(read_document(text), None))
