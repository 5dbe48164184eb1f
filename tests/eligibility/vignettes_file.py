"""Reads the vignettes: facts of one person, and what the assessment must say about one pathway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "vignettes"

# A person whom no gate stops and of whom every gate input is known.
FIT: Mapping[str, Any] = {
    "histology_confirmed": "biopsy_yes",
    "country": "BD",
    "ecog": 1,
    "sex": "male",
    "infection_status": "none",
    "brain_mets_status": "none",
    "autoimmune_status": "none",
    "steroid_pred_mg": 0,
    "organ_transplant": "none",
    "transplant_history": "none",
    "gvhd_status": "none",
    "hbv": "neg",
    "hcv": "neg",
    "hiv": "neg",
    "lvef_pct": 60,
    "child_pugh": "A",
    "labs": {
        "hb": 11,
        "plt": 180,
        "anc": 3,
        "alc": 1,
        "crcl": 90,
        "bili_xULN": 0.8,
        "ast_alt_xULN": 0.7,
    },
    "spo2_pct": 98,
    "oxygen_need": "none",
    "age_years": 54,
}


@dataclass(frozen=True)
class Vignette:
    """One case of the table."""

    name: str
    pathway: str
    facts: Mapping[str, Any]
    status: str
    rule: str | None
    rules: tuple[str, ...] | None
    gate: str | None
    missing: tuple[str, ...]


def vignettes() -> Iterator[Vignette]:
    """Every vignette of every file."""
    for path in sorted(FOLDER.glob("*.yml")):
        yield from _of_file(yaml.safe_load(path.read_text(encoding="utf-8")))


def _of_file(file: Mapping[str, Any]) -> Iterator[Vignette]:
    for group in file["groups"]:
        for number, case in enumerate(group["cases"]):
            given = {**FIT, **group["facts"], **case["with"]}
            facts = {k: v for k, v in given.items() if v is not None}
            if facts.get("metastatic_sites") and "brain" in facts["metastatic_sites"]:
                facts = {**facts, "brain_mets_status": case["with"].get("brain_mets_status")}
            yield Vignette(
                name=f"{file['pathway']}-{facts.get('cancer_type')}-{number}-{case['is']}",
                pathway=file["pathway"],
                facts=facts,
                status=case.get("also", case["is"]),
                rule=case.get("rule"),
                rules=tuple(case["rules"]) if "rules" in case else None,
                gate=case.get("gate"),
                missing=tuple(case.get("missing", ())),
            )
