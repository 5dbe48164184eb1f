"""Puts coordinates shared from a phone into words: the nearest city and its country."""

from __future__ import annotations

from bot.oncology.gazetteer import gazetteer
from bot.oncology.place_words import place_names


def nearest_city(latitude: float, longitude: float) -> tuple[str, str] | None:
    """City and country (ISO 3166-1 alpha-2) of coordinates in degrees; None far from any city."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    city = gazetteer().nearest(latitude, longitude)
    return (city.name, city.country) if city else None


def place_in_words(latitude: float, longitude: float) -> str | None:
    """Coordinates as a person would write them ("Dhaka, Bangladesh"); None far from any city."""
    found = nearest_city(latitude, longitude)
    if found is None:
        return None
    city, country = found
    return f"{city}, {place_names().countries[country].name}"
