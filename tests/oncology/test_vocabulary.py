"""Every name, abbreviation, brand and regimen is understood in a plain sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.oncology import read
from bot.oncology.marker_words import marker_file
from bot.oncology.text import pack
from bot.oncology.vocabulary import _regimens as regimens
from bot.oncology.vocabulary import _treatment_phrases as treatment_phrases
from bot.oncology.vocabulary import cancers, organs, treatments, vague


def _cancer_names() -> Iterator[tuple[str, str]]:
    shared = {phrase for entry in vague() for phrase in entry.phrases}
    shared |= {name for organ in organs().values() for name in organ.names}
    for key, cancer in cancers().items():
        for name in dict.fromkeys((*cancer.exact, *cancer.names)):
            wrong_case = name not in cancer.exact and name.upper() in cancer.exact
            if name not in shared and not wrong_case:
                yield name, key


@pytest.mark.parametrize(("name", "cancer"), list(_cancer_names()))
def test_a_cancer_is_known_by_each_of_its_names(name: str, cancer: str) -> None:
    reading = read(f"My father was diagnosed with {name} in March.")
    told = reading.facts().get("cancer_type")
    offered = {option for a in reading.ambiguities for option in a.options}
    assert told == cancer or cancer in offered


@pytest.mark.parametrize("cancer", list(cancers()))
def test_a_cancer_is_known_by_its_full_name(cancer: str) -> None:
    reading = read(f"The report says {cancers()[cancer].name}.")
    told = reading.facts().get("cancer_type")
    offered = {option for a in reading.ambiguities for option in a.options}
    assert told == cancer or cancer in offered


def _treatment_names() -> list[tuple[str, str]]:
    """Each spelling once, with the treatment it was first given to."""
    first: dict[str, tuple[str, str]] = {}
    for phrase, treatment in treatment_phrases():
        first.setdefault(pack(phrase), (phrase, treatment.name))
    return list(first.values())


@pytest.mark.parametrize(("phrase", "name"), _treatment_names())
def test_a_treatment_is_known_by_each_of_its_names(phrase: str, name: str) -> None:
    told = read(f"She had {phrase} last year.").facts().get("treatments", [])
    assert name in {item["name"] for item in told}


@pytest.mark.parametrize("name", list(regimens()))
def test_a_regimen_says_what_it_consists_of(name: str) -> None:
    regimen = treatments()[name]
    known = {*treatments(), "prednisolone", "dexamethasone", "methylprednisolone", "thiotepa"}
    assert set(regimen.components) <= known


POSITIVE = {"her2": "3+", "percent": "40%", "pd_l1": "40%", "number": "12", "hla": "A*02:01"}


@pytest.mark.parametrize("marker", list(marker_file().markers))
def test_a_marker_is_known_by_its_names(marker: str) -> None:
    entry = marker_file().markers[marker]
    result = POSITIVE.get(entry.kind, "positive")
    result = {"mgmt": "methylated", "codel": "codeleted", "ighv": "mutated"}.get(entry.kind, result)
    members = {"RAS": "KRAS", "IDH": "IDH1"}
    told = read(f"Report: {entry.names[0] if not entry.case else entry.case[0]} {result}").facts()
    found = told.get("biomarkers", {})
    assert members.get(marker, marker) in found or entry.names[0] in entry.implies
