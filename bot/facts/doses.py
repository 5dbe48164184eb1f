"""A steroid told by its name, as milligrams of prednisolone a day.

The factors are those of knowledge/comorbidities.yml (oncology reference, B1: unverified).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.oncology.health import health_file

_TOLD: Final = re.compile(
    r"([a-z][a-z -]*?)\s*[:,]?\s*(\d+(?:\.\d+)?)\s*(?:mg)?\s*(?:/|per|a)?\s*(?:d|day)?"
)
_BARE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*mg")
_FIELDS: Final = ("name", "drug", "steroid")
_AMOUNTS: Final = ("mg", "dose", "dose_mg", "mg_per_day", "daily_mg")


def as_prednisolone(value: Any) -> Any:
    """A number stays; "dexamethasone 4 mg" and {"name", "mg"} become milligrams of prednisolone.

    Raises ValueError for a steroid that the table does not hold.
    """
    if isinstance(value, str):
        text = value.strip().lower()
        bare = _BARE.fullmatch(text)
        if bare is not None:
            return float(bare[1])
        told = _TOLD.fullmatch(text)
        if told is None:
            raise ValueError("must be a number")
        return _equivalent(told[1].strip(), float(told[2]))
    if isinstance(value, Mapping):
        name = next((value[f] for f in _FIELDS if isinstance(value.get(f), str)), None)
        amount = next((value[f] for f in _AMOUNTS if f in value), None)
        if name is None or isinstance(amount, bool) or not isinstance(amount, int | float):
            raise ValueError("must be a number, or a steroid with its milligrams a day")
        return _equivalent(name.strip().lower(), float(amount))
    return value


def _equivalent(name: str, milligrams: float) -> float:
    for steroid in health_file().steroids.values():
        if name in steroid.names:
            return round(milligrams * steroid.factor, 2)
    raise ValueError("is not a known steroid")
