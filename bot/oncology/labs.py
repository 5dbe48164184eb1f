"""Reads blood results: names, numbers and units; what cannot be true becomes a question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.presence import presence_of
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.signs import Sign
from bot.oncology.text import Document


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to below `high` are in another unit: multiply by `times`."""

    low: float
    high: float
    times: float


@dataclass(frozen=True)
class Lab:
    """One result: names, plausible range in the unit of the case.

    `limit` is the usual upper limit of normal, for results that the case keeps as multiples of it;
    `lakh` and `thousand` are what those words after the number multiply by.
    """

    names: tuple[str, ...]
    low: float
    high: float
    scales: tuple[Scale, ...] = ()
    limit: float | None = None
    lakh: float | None = None
    thousand: float | None = None


@dataclass(frozen=True)
class LabFile:
    """knowledge/labs.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    labs: dict[str, Lab]
    links: tuple[str, ...]


@cache
def lab_file() -> LabFile:
    """The results of knowledge/labs.yml."""
    return load(KNOWLEDGE / "labs.yml", LabFile)


@cache
def _pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    file = lab_file()
    ids = {name: lab for lab, spec in file.labs.items() for name in spec.names}
    names = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
    links = "|".join(map(re.escape, sorted(file.links, key=len, reverse=True)))
    return re.compile(
        rf"(?<![\w])(?P<name>{names})(?![a-z])[\s:=\-,(]*(?:(?:{links})(?![a-z])[\s:=\-,(]*){{0,4}}"
        r"(?P<n>\d{1,3}(?:,\d{2,3})+|\d{1,7}(?:\.\d{1,2})?)\s*"
        r"(?P<unit>lakhs?|lacs?|lac|lakh|l\b|k\b|thousand|x\s?10\^?[39]|x\s?uln|x\s?normal|times|"
        r"/?cumm|g/?dl|gm/?dl|gms?|g%|mg/?dl|umol/?l|µmol/?l|micromol|mmol/?l|u/?l|iu/?l)?"
    ), ids


def read_labs(doc: Document, asks: str | None) -> Iterable[Mention | Ambiguity]:
    """labs.<id> in the units of B1; an implausible number is asked about."""
    pattern, ids = _pattern()
    seen: set[str] = set()
    found: list[Mention | Ambiguity] = []
    for match in pattern.finditer(doc.norm):
        lab = ids[match["name"]]
        first, last = doc.token_span(*match.span())
        if lab in seen or last <= first or not _is_now(doc, first, last):
            continue
        seen.add(lab)
        found.extend(_judged(doc, lab, match))
    return found


def lab_tokens(doc: Document) -> set[int]:
    """Tokens of everything that reads like a blood result."""
    spans = (doc.token_span(*match.span()) for match in _pattern()[0].finditer(doc.norm))
    return {i for first, last in spans for i in range(first, last)}


def _is_now(doc: Document, first: int, last: int) -> bool:
    if context_of(doc).owners.is_other(first):
        return False
    return presence_of(doc).now(Sign("lab", first, last))


def _judged(doc: Document, lab: str, match: re.Match[str]) -> Iterator[Mention | Ambiguity]:
    spec = lab_file().labs[lab]
    start, end = doc.origin(*match.span())
    words = doc.words(start, end).strip()
    value = _value(spec, match["n"], (match["unit"] or "").strip())
    if value is None:
        yield Ambiguity(f"labs.{lab}", (), words, start, end)
        return
    confidence = 0.85 if spec.limit else 1.0
    yield Mention(f"labs.{lab}", value, words, start, end, confidence)


def _value(spec: Lab, text: str, unit: str) -> float | None:
    """The number in the unit of the case; None when it cannot be true."""
    value = float(text.replace(",", ""))
    if unit.startswith(("lakh", "lac")) or unit == "l":
        value *= spec.lakh or 1
    elif unit in ("k", "thousand"):
        value *= spec.thousand or 1
    elif unit == "times" or (unit.startswith("x") and unit.endswith(("uln", "normal"))):
        return value if spec.limit and value <= 100 else None
    else:
        for scale in spec.scales:
            if scale.low <= value < scale.high:
                value *= scale.times
                break
    if not spec.low <= value <= spec.high:
        return None
    if spec.limit:
        value /= spec.limit
    value = round(value, 2)
    return int(value) if value == int(value) and value >= 10 else value
