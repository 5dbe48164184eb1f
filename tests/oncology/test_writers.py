"""Who writes: the one whose illness is told, whatever else is said of oneself or the family."""

from __future__ import annotations

import pytest

from bot.oncology import read

WRITERS = [
    ("she has stage 4 melanoma, I'm 24 years old and cannot lose her", "caregiver"),
    ("My poor dad has a very aggressive cancer. I have not given up on him", "caregiver"),
    ("My wife had cancer, she is doing great. Stories like this make my day", "caregiver"),
    ("my fiance has lymphoma, her chemo ended, I did not think it would be so hard", "caregiver"),
    ("Hi im gonna be getting my BMT soon, I cannot meet my mom for a month", "patient"),
    ("stage 4 lung cancer, my scan was clear. My daughters birthday is in May", "patient"),
    ("My husband died of cancer. Now I have been diagnosed with lung cancer", "patient"),
    ("I'm a 15 year old boy with lung cancer", "patient"),
    ("I'm 38 married father of 2 children, I have melanoma stage 4", "patient"),
    ("He has stage 4 colon cancer and I am here with him in the hospital alone", "caregiver"),
    ("my mom has breast cancer and I lost my job", "caregiver"),
    ("I read about CAR-T, my brother has lymphoma", "caregiver"),
]


@pytest.mark.parametrize(("text", "role"), WRITERS)
def test_the_writer_is_known_by_whose_illness_is_told(text: str, role: str) -> None:
    assert read(text).facts().get("user_role") == role
