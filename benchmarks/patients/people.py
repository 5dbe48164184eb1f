"""Who the simulated patients are: a truth, and a style in which they tell it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml


class Style(StrEnum):
    """How somebody writes."""

    FULL = "everything in the first message"
    PLAIN = "one fact at a time"
    TERSE = "as few words as possible"
    MISSPELT = "typing errors in long words"
    CORRECTING = "corrects an answer"
    ASKING = "asks own questions in between"
    SKIPPING = "skips and does not know"
    CAREGIVER = "writes for a relative"


@dataclass
class Person:
    """One simulated patient. `truth` holds facts on the wire; `words` what is said about each."""

    name: str
    style: Style
    truth: dict[str, Any]
    words: dict[str, str]
    relative: str | None
    dice: random.Random
    told: set[str] = field(default_factory=set)


@cache
def material() -> dict[str, Any]:
    """The people's words."""
    path = Path(__file__).with_name("people.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def people(count: int, seed: int) -> list[Person]:
    """`count` people; every cancer in turn, every style with every cancer as the count grows."""
    cancers, styles = sorted(material()["cancers"]), list(Style)
    return [
        _person(cancers[i % len(cancers)], styles[(i + i // len(cancers)) % len(styles)], i, seed)
        for i in range(count)
    ]


def _person(cancer: str, style: Style, number: int, seed: int) -> Person:
    dice = random.Random(f"{seed} {number}")
    about, all_of = material()["cancers"][cancer], material()
    truth: dict[str, Any] = {"cancer_type": cancer}
    words = {"cancer_type": dice.choice(about["says"])}
    place, truth["country"] = dice.choice(all_of["places"])
    words["country"] = place
    words["treatments"], truth["treatments"] = _had(about, dice)
    child = about.get("child", False)
    truth["age_years"] = dice.randint(3, 15) if child else dice.randint(24, 79)
    words["age_years"] = str(truth["age_years"])
    status = _status(truth["treatments"], dice)
    truth["disease_status"], words["disease_status"] = status
    if about.get("organ", True):
        truth["extent"] = dice.choice(sorted(all_of["extent"]))
        words["extent"] = dice.choice(all_of["extent"][truth["extent"]])
    relative = None
    if child:
        relative = dice.choice(["son", "daughter"])
    elif style in (Style.CAREGIVER, Style.FULL):
        relative = dice.choice(all_of["relatives"])
    truth["user_role"] = "caregiver" if relative else "patient"
    words["user_role"] = f"writing for my {relative}" if relative else "I am the patient"
    words["histology_confirmed"], truth["histology_confirmed"] = "yes", "biopsy_yes"
    if "marker" in about:
        words["biomarkers"], marker, value = about["marker"]
        truth["biomarkers"] = {marker: value}
    return Person(f"{number:03d} {cancer} ({style})", style, truth, words, relative, dice)


def _had(about: dict[str, Any], dice: random.Random) -> tuple[str, list[str]]:
    known = {words: names for words, names in about["had"].items() if names}
    if not known:
        return "no treatment yet", []
    words = dice.choice(sorted(known))
    return words, known[words]


def _status(treatments: list[str], dice: random.Random) -> tuple[str, str]:
    kinds = ["progressed", "relapsed", "stable"] if treatments else ["newly_diagnosed"]
    kind = dice.choice(kinds)
    return kind, dice.choice(material()["status"][kind])
