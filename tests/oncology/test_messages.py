"""What is understood in messages as people write them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology import read
from bot.oncology.reading import Reading

CASES = [
    tuple(case)
    for name in ("messages.yml", "language_messages.yml")
    for case in yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
]


def _value(reading: Reading, fact: str) -> Any:
    facts = reading.facts()
    if fact.startswith("biomarkers."):
        return facts.get("biomarkers", {}).get(fact.removeprefix("biomarkers."))
    return facts.get(fact)


def _sure(reading: Reading, fact: str) -> bool:
    return any(m.fact.split(".")[0] == fact.split(".")[0] and m.confidence >= 0.7
               for m in reading.mentions) and _value(reading, fact) is not None  # fmt: skip


def _told(reading: Reading, fact: str, value: str) -> bool:
    found = _value(reading, fact)
    if fact == "treatments":
        name, _, rest = value.partition(":")
        status, _, cycles = rest.partition(":")
        return any(
            item["name"] == name
            and (not status or item["status"] == status)
            and (not cycles or item.get("cycles") == int(cycles))
            for item in found or ()
        )
    return value in map(str, found) if isinstance(found, list) else str(found) == value


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_message_is_understood(text: str, expected: str) -> None:
    reading = read(text)
    for wish in shlex.split(expected):
        fact, _, value = wish.lstrip("!?").partition("=")
        if wish.startswith("?"):
            assert fact in {a.fact for a in reading.ambiguities}, wish
        elif wish.startswith("!"):
            told = _told(reading, fact, value) if value else _sure(reading, fact)
            assert not told, f"{wish}: {_value(reading, fact)}"
        else:
            assert _told(reading, fact, value), f"{wish}: {_value(reading, fact)}"


ANSWERS = [
    ("ovary", "cancer_type", "cancer_type", "ovarian"),
    ("its in the pancreas", "cancer_type", "cancer_type", "pancreatic"),
    ("FL", "cancer_type", "cancer_type", "follicular"),
    ("fl", "cancer_type", "cancer_type", "follicular"),
    ("3c", "stage_group", "stage_group", "III"),
    ("4th", "stage_group", "stage_group", "IV"),
    ("none", "treatments", "treatments_none", True),
    ("nothing yet", "treatments", "treatments_none", True),
    ("not yet started", "treatments", "treatments_none", True),
    ("no", "treatments", "treatments_none", True),
]


@pytest.mark.parametrize(("text", "asks", "fact", "value"), ANSWERS)
def test_a_short_answer_counts_for_what_was_asked(
    text: str, asks: str, fact: str, value: Any
) -> None:
    assert read(text, asks=asks).facts().get(fact) == value


def test_a_correction_is_marked() -> None:
    mentions = {m.fact: m for m in read("sorry, stage 4 not 3").mentions}
    assert mentions["stage_group"].value == "IV"
    assert mentions["stage_group"].corrects


def test_words_are_the_persons_own() -> None:
    text = "Ｍum has Ca.  Ovary\u200b stage ３"
    for mention in read(text).mentions:
        assert text[mention.start : mention.end] == mention.words
