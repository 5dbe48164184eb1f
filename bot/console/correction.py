"""Correcting a fact: which form fits it, and what a filled form means.

What a form may hold is read from the typed facts themselves, so that a new fact has its form at
once. Every value passes the same check as a value from the wire before it is kept.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from bot.console.plain import Wording, country, locale
from bot.facts.model import CaseFacts, FactError, fact_names
from bot.facts.vocabulary import cancers

_DAY = r"(?:19|20)\d\d(?:-\d\d){0,2}"
_DATES = re.compile(rf"(?P<start>{_DAY})?(?: ?to (?P<end>{_DAY}))?")
# What a line of the treatments form shows: left out there, it is no longer held to be so.
_ON_THE_LINE = frozenset({"cycles", "start", "end"})
STATUSES = ("done", "ongoing", "planned", "refused")
SITES = (
    "liver",
    "lung",
    "bone",
    "brain",
    "peritoneum",
    "nodes",
    "adrenal",
    "skin",
    "pleura",
    "marrow",
    "other",
)
STAGES = (
    *("0", "I", "IA", "IB", "II", "IIA", "IIB", "IIC", "III", "IIIA", "IIIB", "IIIC"),
    *("IV", "IVA", "IVB", "limited", "extensive"),
)
# Two-letter regions that are no place a patient can be in (CLDR).
NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "CQ", "DG", "AC", "EA", "IC"})
# Kept elsewhere (red flags, consent) or worked out from other facts.
NOT_CORRECTED = frozenset({"red_flags", "consent_data"})


class Form(StrEnum):
    """The kinds of form."""

    CHOICE = "choice"
    MANY = "many"
    OPTIONS = "options"
    NUMBER = "number"
    LINES = "lines"
    PAIRS = "pairs"
    TREATMENTS = "treatments"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a form."""

    value: str
    text: str
    chosen: bool = False


class Unusable(ValueError):
    """A form whose value cannot be used; names the fact, never the value."""


def correctable() -> frozenset[str]:
    """Facts that a coordinator may set."""
    return fact_names() - NOT_CORRECTED


@cache
def _types(fact: str) -> tuple[Any, ...]:
    """The types a fact's value may have, without the wrappers around them."""
    found: list[Any] = []
    # FieldInfo keeps the checks of `X | None` inside the union's members.
    waiting: list[Any] = [CaseFacts.model_fields[fact].annotation]
    while waiting:
        kind = waiting.pop()
        origin = get_origin(kind)
        if origin is Annotated:
            waiting.append(get_args(kind)[0])
        elif origin in (Union, types.UnionType):
            waiting.extend(get_args(kind))
        elif kind is not type(None):
            found.append(kind)
    return tuple(found)


def choices_of(fact: str) -> tuple[Any, ...]:
    """The closed set of values of a fact, () when it has none."""
    if fact == "ecog":
        return (0, 1, 2, 3, 4)
    if fact == "stage_group":
        return STAGES
    if fact == "child_pugh":
        return ("A", "B", "C")
    if bool in _types(fact):
        return (True, False)
    return tuple(a for k in _types(fact) if get_origin(k) is Literal for a in get_args(k))


def form_of(fact: str) -> Form:
    """The form that fits a fact."""
    if fact in ("cancer_type", "country"):
        return Form.OPTIONS
    if fact == "metastatic_sites":
        return Form.MANY
    if fact == "treatments":
        return Form.TREATMENTS
    if fact in ("biomarkers", "labs"):
        return Form.PAIRS
    if choices_of(fact):
        return Form.CHOICE
    if {int, float} & set(_types(fact)):
        return Form.NUMBER
    if any(get_origin(k) in (list, frozenset) for k in _types(fact)) and str not in _types(fact):
        return Form.LINES
    return Form.TEXT


def options(fact: str, value: Any, wording: Wording) -> tuple[Option, ...]:
    """The answers to choose from, those that hold now marked; a value in use is never left out."""
    if fact == "cancer_type":
        named = sorted(((wording.cancer(c), c) for c in cancers()), key=lambda p: p[0].casefold())
        return _options((c for _, c in named), value, wording.cancer)
    if fact == "country":
        territories = map(str, locale("en").territories)
        codes = [c for c in territories if len(c) == 2 and c not in NO_COUNTRIES]
        named = sorted(((country(c, wording.t), c) for c in codes), key=lambda p: p[0].casefold())
        return _options((c for _, c in named), value, lambda c: country(c, wording.t))
    if form_of(fact) is Form.MANY:
        held = value if isinstance(value, list) else []
        every = [*SITES, *(v for v in held if v not in SITES)]
        return tuple(Option(str(v), wording.word(v), v in held) for v in every)
    known = list(choices_of(fact))
    if value is not None and value not in known:
        known.append(value)
    return tuple(Option(_wire(v), wording.text(fact, v), v == value) for v in known)


def _options(values: Any, value: Any, name: Any) -> tuple[Option, ...]:
    listed = [Option(v, name(v), v == value) for v in values]
    if value is None or not any(o.chosen for o in listed):
        listed.insert(0, Option(str(value or ""), name(value) if value else "–", True))
    return tuple(listed)


def _wire(value: Any) -> str:
    """A value as a form carries it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def draft(fact: str, value: Any) -> str:
    """The value as the text field of its form shows it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_line(v) for v in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{k}: {_wire(v)}" for k, v in value.items())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _wire(value)


def _line(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    parts = [str(item.get("name") or item.get("type") or item.get("site") or "")]
    parts += [str(item[k]) for k in ("status", "cycles") if item.get(k) is not None]
    if item.get("start") or item.get("end"):
        parts.append(" to ".join(str(item[k]) for k in ("start", "end") if item.get(k)))
        if not item.get("start"):
            parts[-1] = f"to {parts[-1]}"
    return "; ".join(parts)


def parse(fact: str, given: Sequence[str], held: Any) -> Any:
    """The value a filled form stands for, checked; raises Unusable.

    `given` are the form's values, `held` the value until now, whose details a list item keeps
    when its name stays.
    """
    if fact not in correctable():
        raise Unusable(fact)
    form = form_of(fact)
    text = given[0].strip() if given else ""
    if not text and form not in (Form.MANY, Form.LINES, Form.TREATMENTS, Form.PAIRS):
        raise Unusable(fact)
    value = _parsed(fact, form, [g.strip() for g in given if g.strip()], text, held)
    try:
        CaseFacts.read({fact: value})
    except FactError as error:
        raise Unusable(fact) from error
    return value


def _parsed(fact: str, form: Form, given: list[str], text: str, held: Any) -> Any:
    if form is Form.MANY:
        return given
    if form is Form.CHOICE:
        return _choice(fact, text)
    if form is Form.NUMBER:
        return _number(fact, text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if form is Form.LINES:
        return [_kept(line, held) for line in lines]
    if form is Form.TREATMENTS:
        unused = list(held) if isinstance(held, list) else []
        return [_treatment(line, unused) for line in lines]
    if form is Form.PAIRS:
        return dict(_pair(fact, line) for line in lines)
    return text


def _choice(fact: str, text: str) -> Any:
    for value in choices_of(fact):
        if _wire(value) == text:
            return value
    raise Unusable(fact)


def _number(fact: str, text: str) -> int | float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise Unusable(fact) from None
    return int(number) if number.is_integer() else number


def _pair(fact: str, line: str) -> tuple[str, Any]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or not value.strip():
        raise Unusable(fact)
    word = value.strip()
    if word in ("true", "false"):
        return name.strip(), word == "true"
    try:
        return name.strip(), _number(fact, word)
    except Unusable:
        return name.strip(), word


def _kept(line: str, held: Any) -> Any:
    for item in held if isinstance(held, list) else ():
        if _line(item) == line:
            return item
    return line


def _treatment(line: str, unused: list[Any]) -> dict[str, Any]:
    """One line of the treatments form; an item of the same name keeps its other details."""
    name, *rest = (part.strip() for part in line.split(";"))
    told: dict[str, Any] = {}
    for part in filter(None, rest):
        dates = _DATES.fullmatch(part)
        if part.lower() in STATUSES:
            told["status"] = part.lower()
        elif dates:
            told |= {k: v for k, v in dates.groupdict().items() if v}
        elif part.isdecimal():
            told["cycles"] = int(part)
        else:
            raise Unusable("treatments")
    return _named(name, unused) | told


def _named(name: str, unused: list[Any]) -> dict[str, Any]:
    """The first item of this name that no line before has taken, or a new one."""
    for place, item in enumerate(unused):
        if isinstance(item, Mapping) and str(item.get("name", "")).casefold() == name.casefold():
            return {k: v for k, v in unused.pop(place).items() if k not in _ON_THE_LINE}
    from bot.oncology import read  # loads the vocabularies; only needed for a new name

    for mention in read(name, asks="treatments").mentions:
        if mention.fact == "treatments" and isinstance(mention.value, Mapping):
            return dict(mention.value)
    return {"name": name.lower()}
