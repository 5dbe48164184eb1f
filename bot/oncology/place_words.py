"""The names of countries and the words beside places, from knowledge/places.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load


@dataclass(frozen=True)
class CountryNames:
    """One country: its English name, usual names, adjectives, names in other scripts."""

    name: str
    names: tuple[str, ...]
    people: tuple[str, ...] = ()
    native: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaceNames:
    """knowledge/places.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    countries: dict[str, CountryNames]
    careful_countries: frozenset[str]
    careful_people: frozenset[str]
    capital_countries: dict[str, str]
    shared: dict[str, tuple[str, ...]]
    namesakes: dict[str, dict[str, str]]
    marked: dict[str, tuple[str, ...]]
    regions: dict[str, tuple[str, ...]]
    cities: dict[str, tuple[str, ...]]
    dominant: dict[str, tuple[str, ...]]
    careful_cities: frozenset[str]
    word_cities: frozenset[str]
    cues: dict[str, tuple[str, ...]]
    not_home: dict[str, tuple[str, ...]]
    endings: tuple[str, ...]
    first_names: frozenset[str]
    thing: tuple[str, ...]
    person: tuple[str, ...]
    never: frozenset[str]
    never_native: tuple[str, ...]
    no_place: tuple[str, ...]


@cache
def place_names() -> PlaceNames:
    """The aliases and cue words of knowledge/places.yml."""
    return load(KNOWLEDGE / "places.yml", PlaceNames)
