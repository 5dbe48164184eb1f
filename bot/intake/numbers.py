"""Numbers to call in an emergency, by country."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from bot.settings import ROOT


def emergency_number(country: str | None) -> str | None:
    """The ambulance number of a country (ISO 3166-1 alpha-2), if we know it."""
    return _numbers("emergency_numbers").get(country or "")


def crisis_line(country: str | None) -> str | None:
    """A line for people in despair in a country, if we know one."""
    return _numbers("crisis_lines").get(country or "")


@cache
def _numbers(name: str) -> dict[str, Any]:
    path = ROOT / "knowledge" / f"{name}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
