"""The patient's country is found from any usual name, and a wish to travel is no home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology.coordinates import nearest_city, place_in_words
from bot.oncology.gazetteer import gazetteer
from bot.oncology.place_words import place_names
from bot.oncology.places import read_places
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.text import read_document

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "place_messages.yml").read_text(encoding="utf-8")
)


def country(text: str, asks: str | None = None) -> str | list[str]:
    """The country heard, the countries to ask about, or "none"."""
    found = list(read_places(read_document(text), asks))
    for item in found:
        if isinstance(item, Ambiguity):
            return list(item.options)
    told = [m.value for m in found if isinstance(m, Mention) and m.fact == "country"]
    return told[0] if told else "none"


def city(text: str, asks: str | None = None) -> str | None:
    found = read_places(read_document(text), asks)
    return next((m.value for m in found if isinstance(m, Mention) and m.fact == "city"), None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_where_the_patient_is(case: dict[str, Any]) -> None:
    assert country(case["text"], case.get("asks")) == case["country"]


@pytest.mark.parametrize("case", [c for c in CASES if "city" in c], ids=lambda case: case["text"])
def test_in_which_city_the_patient_is(case: dict[str, Any]) -> None:
    assert city(case["text"], case.get("asks")) == case["city"]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize("iso", sorted(place_names().countries))
def test_every_country_is_known_by_its_names(iso: str) -> None:
    names = place_names().countries[iso]
    for name in (names.name, *names.names):
        heard = country(f"we live in {name}")
        assert heard == iso or (isinstance(heard, list) and iso in heard), name


@pytest.mark.parametrize("iso", sorted(i for i, c in place_names().countries.items() if c.people))
def test_people_of_every_country(iso: str) -> None:
    for people in place_names().countries[iso].people:
        heard = country(f"I am {people}")
        assert heard in (iso, "none") or iso in heard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we live in Bombay", "Mumbai"),
        ("from calcutta", "Kolkata"),
        ("Saigon", "Ho Chi Minh City"),
        ("joburg", "Johannesburg"),
        ("we live in Hyderabad", "Hyderabad"),
        ("ঢাকা", "Dhaka"),
        ("北京", "Beijing"),
    ],
)
def test_cities_by_other_names(text: str, expected: str) -> None:
    assert city(text, "city") == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (23.81, 90.41, ("Dhaka", "BD")),
        (-15.42, 28.28, ("Lusaka", "ZM")),
        (24.86, 67.01, ("Karachi", "PK")),
        (0.0, -140.0, None),
        (91.0, 0.0, None),
    ],
)
def test_shared_coordinates(
    latitude: float, longitude: float, expected: tuple[str, str] | None
) -> None:
    assert nearest_city(latitude, longitude) == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "iso"),
    [(23.81, 90.41, "BD"), (17.38, 78.48, "IN"), (25.39, 68.37, "PK"), (41.7, 44.8, "GE")],
)
def test_a_shared_location_is_understood_as_its_city(
    latitude: float, longitude: float, iso: str
) -> None:
    words = place_in_words(latitude, longitude)
    assert words is not None
    assert country(words, "country") == iso
    assert country(words) == iso


def test_a_location_at_sea_is_no_place() -> None:
    assert place_in_words(0.0, -140.0) is None


def test_a_doubtful_spelling_is_read_back() -> None:
    found = list(read_places(read_document("we live in bangldesh"), None))
    assert [m.value for m in found if isinstance(m, Mention)] == ["BD"]
    assert all(m.confidence < 0.7 for m in found if isinstance(m, Mention))


def test_the_gazetteer_stays_small() -> None:
    assert len(gazetteer().names) < 150_000
