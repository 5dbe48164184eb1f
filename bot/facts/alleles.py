"""HLA typing: which alleles are there, and which are known to be absent.

A typing that names alleles is taken as complete; "A*02:01 negative" speaks of that allele only, and
a bare "negative" of all that rules ask for. `A*02` alone leaves the subtype open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Tri = bool | None

_ALLELE: Final = re.compile(
    r"(?:HLA[\s_-]?)?\b(A|B|C|DRB1)\*?(\d{1,2})(?::?(\d{2,3}))?(?!\d)", re.IGNORECASE
)
_ABSENT: Final = re.compile(r"neg|absent|\bnot?\b|\bfalse\b|^-$", re.IGNORECASE)
_UNKNOWN: Final = re.compile(r"unknown|declined|pending|not (tested|done)|^na$|^$", re.IGNORECASE)
_NOT: Final = "!"  # marks an allele that is known to be absent


def read_alleles(value: Any, named: str = "") -> frozenset[str] | None:
    """Alleles such as `A*02:01` out of a text or a list; None when nothing is known.

    `named` is the marker's name as written: with the allele in the name ("HLA-A*02:01") the value
    only says whether it is there. Raises ValueError for anything but texts and true or false.
    """
    if isinstance(value, Mapping):
        value = value.get("value", value.get("result"))
    of_name = _named(named)
    alleles: set[str] = set()
    told = False
    for item in value if isinstance(value, list | tuple | set | frozenset) else [value]:
        if isinstance(item, bool):
            item = "pos" if item else "neg"
        if not isinstance(item, str):
            raise ValueError("a list of alleles expected")
        text = item.strip()
        if _UNKNOWN.search(text):
            continue
        found = _named(text) or of_name
        absent = bool(_ABSENT.search(text))
        told |= absent or bool(found)
        alleles.update(f"{_NOT}{a}" if absent else a for a in found)
    return frozenset(alleles) if told else None


def _named(text: str) -> list[str]:
    return [
        f"{gene.upper()}*{group.zfill(2)}{':' + kind if kind else ''}"
        for gene, group, kind in _ALLELE.findall(text.replace("_", " "))
    ]


def has_allele(alleles: frozenset[str], targets: frozenset[str]) -> Tri:
    """Is one of `targets` among the alleles? None when the typing leaves it open."""
    present = [a for a in alleles if not a.startswith(_NOT)]
    absent = [a[1:] for a in alleles if a.startswith(_NOT)]
    if any(a.startswith(t) for a in present for t in targets):
        return True
    still_open = [t for t in targets if not any(t.startswith(a) for a in absent)]
    if present:
        still_open = [t for t in still_open if any(t.startswith(a) for a in present)]
    elif not absent:
        still_open = []
    return None if still_open else False
