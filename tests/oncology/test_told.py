"""Ages, daily life and short answers: what is told is heard, and what is not told stays empty."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.oncology import read
from bot.oncology.asked import asked_file
from tests.oncology.message_cases import assert_heard, cases, name_of


@pytest.mark.parametrize("case", cases("told_messages.yml"), ids=name_of)
def test_what_a_message_tells(case: dict[str, Any]) -> None:
    assert_heard(case)


@pytest.mark.parametrize(
    "text", ["born {}", "he was born in {}", "DOB 01/01/{}", "year of birth: {}", "nacido en {}"]
)
def test_a_year_of_birth_is_an_age_today(text: str) -> None:
    year = 1961
    assert read(text.format(year)).facts()["age_years"] == date.today().year - year  # noqa: DTZ011


def test_a_birthday_still_to_come_this_year_does_not_count() -> None:
    told = read("dob 28/12/1961").facts()["age_years"]
    today = date.today()  # noqa: DTZ011
    assert told == today.year - 1961 - ((today.month, today.day) < (12, 28))


@pytest.mark.parametrize("fact", sorted(asked_file().no))
def test_a_plain_no_answers_the_question(fact: str) -> None:
    value = read("no", asks=fact).facts().get(fact)
    assert str(value).lower() == asked_file().no[fact]


@pytest.mark.parametrize("fact", sorted(asked_file().yes))
def test_a_plain_yes_answers_the_question(fact: str) -> None:
    value = read("yes", asks=fact).facts().get(fact)
    assert str(value).lower() == asked_file().yes[fact]


@pytest.mark.parametrize("text", ["idk", "no idea", "not sure", "no se", "skip", "why do you ask"])
@pytest.mark.parametrize("fact", sorted({*asked_file().choices, *asked_file().numbers}))
def test_not_knowing_answers_nothing(fact: str, text: str) -> None:
    assert fact not in read(text, asks=fact).facts()
