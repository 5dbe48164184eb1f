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
