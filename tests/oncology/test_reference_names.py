"""Every name that the oncology reference lists (B2 to B4) is understood in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology import read
from bot.oncology.reading import Reading
from bot.oncology.vocabulary import treatments

NAMES = yaml.safe_load(Path(__file__).with_name("reference_names.yml").read_text("utf-8"))

OF_A_CANCER = (
    "{}",
    "my mother has {}",
    "dx {} 2023, what can be done",
    "papa ko {} hai",
    "Pt is a known case of {}, came for second opinion.",
    "we were told last week that it is {}. we live in Dhaka",
)
OF_A_TREATMENT = (
    "he was given {} last year",
    "she is taking {} now",
    "first line {}, then progression",
    "{} x4 completed in March, scan next week",
    "we finished {} and then it came back",
)
OF_A_MARKER = (
    "{}",
    "the report says {}",
    "my sister, biopsy done, {}, what next",
    "IHC came: {}.",
    "{} on the new test, doctor told us yesterday",
)


def _pairs(kind: str) -> Iterator[tuple[str, str]]:
    for key, names in NAMES[kind].items():
        for name in names:
            yield name, key


def _offered(reading: Reading) -> set[Any]:
    return {option for a in reading.ambiguities for option in a.options}


def _given(text: str, asks: str | None = None) -> set[str]:
    found: list[dict[str, Any]] = read(text, asks=asks).facts().get("treatments", [])
    return {item["name"] for item in found}


@pytest.mark.parametrize(("name", "cancer"), list(_pairs("cancers")))
def test_a_cancer_is_told_or_offered(name: str, cancer: str) -> None:
    for sentence in OF_A_CANCER:
        reading = read(sentence.format(name))
        told = reading.facts().get("cancer_type")
        assert told == cancer or cancer in _offered(reading), (sentence, told)


@pytest.mark.parametrize("name", list(NAMES["ambiguous"]))
def test_a_name_of_several_cancers_is_asked_about(name: str) -> None:
    for sentence in OF_A_CANCER:
        reading = read(sentence.format(name))
        assert "cancer_type" not in reading.facts(), sentence
        assert set(NAMES["ambiguous"][name]) <= _offered(reading), sentence


@pytest.mark.parametrize(("name", "of_class"), list(_pairs("treatments")))
def test_a_drug_is_told_with_its_class(name: str, of_class: str) -> None:
    for sentence in OF_A_TREATMENT:
        found = _given(sentence.format(name))
        classes = {c for item in found for c in treatments()[item].classes}
        assert of_class in classes, (sentence, found)
    assert _given(name, asks="treatments")


@pytest.mark.parametrize("name", [*NAMES["regimens"], *NAMES["complementary"]])
def test_a_regimen_is_told_under_its_name(name: str) -> None:
    expected = _given(f"he was given {name} last year")
    assert expected
    for sentence in OF_A_TREATMENT:
        assert expected <= _given(sentence.format(name)), sentence
    assert expected <= _given(name, asks="treatments")


@pytest.mark.parametrize(("name", "kind"), list(_pairs("kinds")))
def test_a_kind_of_treatment_is_told(name: str, kind: str) -> None:
    for sentence in OF_A_TREATMENT:
        found = {treatments()[item].modality for item in _given(sentence.format(name))}
        assert kind in found, sentence


def _results() -> Iterator[tuple[str, str, Any]]:
    for marker, results in NAMES["markers"].items():
        for words, value in results.items():
            yield words, marker, value


@pytest.mark.parametrize(("words", "marker", "value"), list(_results()))
def test_a_marker_result_is_told(words: str, marker: str, value: Any) -> None:
    for sentence in OF_A_MARKER:
        facts = read(sentence.format(words)).facts()
        found = {**facts.get("biomarkers", {}), **facts.get("labs", {})}
        found = {key.casefold(): result for key, result in found.items()}
        members = ("MYC", "BCL2", "BCL6") if marker == "MYC_BCL2_BCL6" else (marker,)
        told = [found[m.casefold()] for m in members if m.casefold() in found]
        assert told if value == "*" else value in told, (sentence, found)
