"""What the readers find together, where the words of one are also words of another."""

from __future__ import annotations

import pytest

from bot.oncology import read

NAMES = (
    "Belfast",
    "Bukhara",
    "Anaheim",
    "Philadelphia",
    "Deir ez-Zor",
    "Gia Lam",
    "Sacoma",
    "Maringá",
)


@pytest.mark.parametrize("town", NAMES)
def test_a_towns_name_is_nothing_but_a_town(town: str) -> None:
    for text in (f"My mother is 60, {town}", f"chemo last week, we live in {town.lower()}"):
        reading = read(text)
        assert reading.flags == ()
        told = {
            m.fact for m in reading.mentions if m.fact not in ("treatments", "current_treatment")
        }
        assert told <= {"city", "country", "user_role", "sex", "age_years"}, (text, told)


def test_a_word_that_is_also_a_towns_name_keeps_its_meaning() -> None:
    assert read("mom has bukhara since chemo").flags
    assert read("Philadelphia positive ALL, 40").facts()["cancer_type"] == "b_all"
    both = read("papa ko bukhar hai chemo ke baad, Bukhara")
    assert [f.id for f in both.flags] == ["RF7"]
    assert both.facts()["country"] == "UZ"
