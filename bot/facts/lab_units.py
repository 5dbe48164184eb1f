"""Blood results with their units, brought to the units of the reference (B1).

A bare number is in the unit of B1. A unit that does not belong to the result is an error: guessing
a factor of ten could turn a safe value into a dangerous one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

# Unit as written (folded) -> factor to the unit of B1.
_GRAMS: Final = {"g/dl": 1.0, "gm/dl": 1.0, "g%": 1.0, "gm%": 1.0, "g/l": 0.1}
_COUNTS: Final = {
    "x109/l": 1.0,
    "109/l": 1.0,
    "g/l": 1.0,
    "k": 1.0,
    "k/ul": 1.0,
    "x103/ul": 1.0,
    "103/ul": 1.0,
    "thousand": 1.0,
    "/ul": 0.001,
    "/mm3": 0.001,
    "cells/ul": 0.001,
    "cells/mm3": 0.001,
    "lakh": 100.0,
    "lakhs": 100.0,
}
_TIMES: Final = {"xuln": 1.0, "x": 1.0, "uln": 1.0, "timesuln": 1.0}
_UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "hb": _GRAMS,
    "albumin": _GRAMS,
    "plt": _COUNTS,
    "anc": _COUNTS,
    "alc": _COUNTS,
    "wbc": _COUNTS,
    "creat": {"mg/dl": 1.0, "mg%": 1.0, "umol/l": 1 / 88.4, "mmol/l": 1000 / 88.4},
    "crcl": {"ml/min": 1.0, "ml/min/1.73m2": 1.0, "ml/mn": 1.0},
    "bili_xULN": _TIMES,
    "ast_alt_xULN": _TIMES,
    "calcium": {"mg/dl": 1.0, "mg%": 1.0, "mmol/l": 4.008},
    "ldh": {"u/l": 1.0, "iu/l": 1.0},
    "crp": {"mg/l": 1.0, "mg/dl": 10.0},
    "inr": {},
}
_NUMBER: Final = re.compile(r"^(\d+(?:\.\d+)?)(.*)$")


def as_labs(value: Any) -> Any:
    """The object with every result as a number in the unit of B1. Raises ValueError."""
    if not isinstance(value, Mapping):
        return value
    return {name: _result(str(name), given) for name, given in value.items()}


def _result(name: str, given: Any) -> Any:
    if isinstance(given, Mapping):
        if "value" not in given:
            return given
        unit, given = str(given.get("unit") or ""), given["value"]
        given = f"{given}{unit}" if unit and isinstance(given, int | float | str) else given
    if not isinstance(given, str) or name not in _UNITS:
        return given
    folded = re.sub(r"[\s,×*^]", lambda m: "x" if m[0] == "×" else "", given.strip().lower())
    folded = folded.replace("μ", "u").replace("µ", "u").replace("⁹", "9").replace("³", "3")
    match = _NUMBER.match(folded)
    if match is None:
        return None if folded in ("unknown", "notdone", "pending", "") else given
    factor = 1.0 if not match[2] else _UNITS[name].get(match[2])
    if factor is None:
        raise ValueError(f"the unit of {name} is not known")
    return float(match[1]) if factor == 1.0 else round(float(match[1]) * factor, 4)
