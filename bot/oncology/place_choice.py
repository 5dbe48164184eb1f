"""Chooses among the places of a message, and tells city and country or what must be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.oncology.gazetteer import City, PlaceName, resolve
from bot.oncology.patient import name_of
from bot.oncology.place_mentions import PlaceMention
from bot.oncology.place_words import place_names
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.text import Document

_BESIDE: Final = 8  # tokens between a country and its city


def inhabitants(place: PlaceName) -> int:
    """Of the largest city of the name; 0 for a country."""
    return max((city.population for city in place.cities), default=0)


def best(judged: list[PlaceMention]) -> list[PlaceMention]:
    """The best place, and the names that belong to it (the city of the country)."""
    if not judged:
        return []
    top = max(judged, key=lambda f: (f.rank, -f.first))
    if top.place.kind == "city":
        near = [f for f in judged if f.place.kind != "city" and agree(f, top)]
        near.sort(key=lambda f: (abs(f.first - top.last), -f.rank))
        return [top, *near[:1]]
    shared = len(top.place.countries) > 1  # "Surrey, Canada"
    near = [
        f for f in judged if f is not top and (f.place.kind == "city" or shared) and agree(f, top)
    ]
    near.sort(key=lambda f: (abs(f.last - top.first) > _BESIDE, -f.rank, abs(f.last - top.first)))
    return [*near[:1], top]


def agree(one: PlaceMention, other: PlaceMention) -> bool:
    """Whether two names can mean places of one country."""
    return bool(set(one.place.countries) & set(other.place.countries))


def emit(doc: Document, places: list[PlaceMention]) -> Iterator[Mention | Ambiguity]:
    """City and country of the chosen places, or the countries to ask about."""
    if not places:
        return
    countries = set(places[0].place.countries)
    for found in places[1:]:
        countries &= set(found.place.countries)
    for found in places:
        start, end = doc.tokens[found.first].start, doc.tokens[found.last - 1].end
        words = doc.words(start, end)
        if found.place.kind == "city":
            city = _city(found.place, countries)
            yield Mention("city", city.name, words, start, end, found.confidence)
        options = resolve(name_of(doc, found.first, found.last), found.place, countries)
        options = (_marked(words),) if _marked(words) in options else options
        if len(options) == 1:
            sure = found.confidence if found.place.kind != "people" else min(found.confidence, 0.75)
            yield Mention("country", options[0], words, start, end, sure)
        else:
            yield Ambiguity("country", options, words, start, end)
            return
        if len(places) > 1:
            countries = {options[0]}


def _marked(words: str) -> str:
    """The country that vowel signs tell apart where the letters alone do not."""
    marked = place_names().marked.items()
    return next((iso for iso, names in marked if any(name in words for name in names)), "")


def _city(place: PlaceName, countries: set[str]) -> City:
    return next((c for c in place.cities if c.country in countries), place.cities[0])
