"""Codes of international systems for facts, from `knowledge/codes.yml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True)
class Measured:
    """A test: its LOINC code and name, and the UCUM unit of a number.

    "" stands for no code and for no unit; `genomic`: found by sequencing.
    """

    code: str
    name: str
    unit: str = ""
    genomic: bool = False


@dataclass(frozen=True)
class Scale:
    """A kind of stage and the cancers it is for; the one without cancers is for the rest."""

    code: str
    name: str
    cancers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ecog:
    """The performance status; `answers` are LOINC answer codes by grade."""

    code: str
    name: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Trend:
    """One value of the disease status."""

    code: str
    name: str


@dataclass(frozen=True)
class Trends:
    """The disease status: its own code and its values by ours."""

    code: str
    name: str
    trends: dict[str, Trend]


@dataclass(frozen=True)
class Codes:
    """The whole file."""

    source: str
    as_of: date
    review: Literal["pending", "approved"]
    cancers: dict[str, str]
    by_word: dict[str, dict[str, str]]
    in_words_only: tuple[str, ...]
    metastases: dict[str, str]
    markers: dict[str, Measured]
    labs: dict[str, Measured]
    measures: dict[str, Measured]
    ecog: Ecog
    disease_status: Trends
    stage_scales: dict[str, Scale] = field(default_factory=dict)

    def cancer(self, cancer: str, subtype: str) -> str | None:
        """The ICD-10-CM code of a cancer, None where none is surely true."""
        for word, code in self.by_word.get(cancer, {}).items():
            if word in subtype.casefold():
                return code
        return self.cancers.get(cancer)

    def marker(self, name: str) -> Measured | None:
        """The test behind a marker, however its id is written."""
        return _by_letters(self.markers).get(_letters(name))

    def stage_scale(self, cancer: str) -> Scale:
        """The kind of stage that is used for a cancer."""
        fitting = [scale for scale in self.stage_scales.values() if cancer in scale.cancers]
        return fitting[0] if fitting else self.stage_scales["other"]


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _by_letters(measured: dict[str, Measured]) -> dict[str, Measured]:
    return {_letters(name): test for name, test in measured.items()}


@cache
def codes() -> Codes:
    """The codes of this process, read once; raises KnowledgeError."""
    found: Codes = load(KNOWLEDGE / "codes.yml", Codes)
    return found


def coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    """A FHIR Coding."""
    return {"system": system, "code": code} | ({"display": display} if display else {})
