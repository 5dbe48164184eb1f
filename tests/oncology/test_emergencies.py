"""Emergencies in words of every kind are heard; what only has their words is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.oncology.red_flags import flag_file, read_flags
from bot.oncology.text import read_document

HERE = Path(__file__).parent
EMERGENCIES: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (HERE / "emergencies.yml").read_text(encoding="utf-8")
)
LOOK_ALIKES: dict[str, list[str]] = yaml.safe_load(
    (HERE / "look_alikes.yml").read_text(encoding="utf-8")
)
MIXED = "in passing and in a hurry"  # of no one phrase
TOLD = [
    (flag, text)
    for flag, phrases in EMERGENCIES.items()
    for texts in phrases.values()
    for text in texts
]
EXCUSED = [(kind, text) for kind, texts in LOOK_ALIKES.items() for text in texts]


def heard(text: str) -> set[str]:
    """The red flags of one message."""
    return {flag.id for flag in read_flags(read_document(text), None)}


@pytest.mark.parametrize(("flag", "text"), TOLD)
def test_an_emergency_is_heard_in_any_words(flag: str, text: str) -> None:
    assert flag in heard(text)


@pytest.mark.parametrize(("kind", "text"), EXCUSED)
def test_what_is_past_denied_or_meant_otherwise_is_no_emergency(kind: str, text: str) -> None:
    assert heard(text) == set(), kind


STORY = (
    "My father is 64 and lives with us in Lahore. He was found to have cancer of the food pipe "
    "last winter after he lost a lot of weight. The doctors gave him carboplatin and paclitaxel "
    "with radiation for five weeks and the scan after it was better. In summer the tumour grew "
    "again and they started irinotecan, he had two doses and we were happy because he could eat. "
)
DANGERS = [
    ("RF2", "This morning he vomited blood twice, a full cup."),
    ("RF1", "Now he cannot breathe when he lies down."),
    ("RF5", "He has just lost the speech and his right arm is hanging."),
    ("RF3", "Since yesterday he does not know who we are."),
    ("RF4", "An hour ago he had a seizure."),
    ("RF14", "He says he wants to end his life."),
]


@pytest.mark.parametrize(("flag", "danger"), DANGERS)
def test_a_danger_of_now_is_heard_at_the_end_of_a_long_story(flag: str, danger: str) -> None:
    assert flag in heard(STORY + danger)


def test_every_trigger_phrase_has_ten_other_wordings() -> None:
    assert set(EMERGENCIES) == set(flag_file().flags)
    wordings = [
        len(texts)
        for phrases in EMERGENCIES.values()
        for phrase, texts in phrases.items()
        if phrase != MIXED
    ]
    assert min(wordings) >= 10
    assert len(EXCUSED) >= 160
