"""Numbers to call in an emergency, by country."""

from __future__ import annotations

from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load


def emergency_number(country: str | None) -> str | None:
    """The ambulance number of a country (ISO 3166-1 alpha-2), if we know it."""
    return _numbers("emergency_numbers").get(country or "")


def crisis_line(country: str | None) -> str | None:
    """A line for people in despair in a country, if we know one."""
    return _numbers("crisis_lines").get(country or "")


@cache
def _numbers(name: str) -> dict[str, str]:
    # Read as text: a bare NO is Norway here, not a truth value.
    return load(KNOWLEDGE / f"{name}.yml", dict[str, str])
