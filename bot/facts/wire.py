"""How single facts are written on the wire: coercions, checked types and the items of lists.

A coercion settles spelling only; what could mean two things is an error.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from bot.facts.vocabulary import canonical_cancer, class_id


def as_word(value: Any) -> Any:
    """Spelling only: case, spaces and hyphens do not matter in an enumerated value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        word = value.strip().lower().replace(" ", "_").replace("-", "_")
        return _SAME_WORD.get(word, word)
    return value


UNKNOWN_WORDS: Final = frozenset({"", "unknown", "declined", "not known", "not_known", "unclear"})


def says_unknown(value: Any) -> bool:
    """Absent, null, "unknown" and "declined" all mean unknown."""
    return value is None or (isinstance(value, str) and value.strip().lower() in UNKNOWN_WORDS)


# Facts whose value is itself an object.
_OBJECTS: Final = frozenset({"biomarkers", "labs"})


def plain_value(name: str, value: Any) -> Any:
    """The value alone where it comes with its words, confidence or source (B)."""
    if isinstance(value, dict) and "value" in value and name not in _OBJECTS:
        return value["value"]
    return value


_SAME_WORD: Final = {
    "localized": "localised",
    "local": "localised",
    "positive": "pos",
    "negative": "neg",
    "m": "male",
    "f": "female",
}


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("must be a number")
    return value


def _whole(value: Any) -> Any:
    _number(value)
    if value != int(value):
        raise ValueError("must be a whole number")
    return int(value)


def as_temperature(value: Any) -> Any:
    """Degrees Celsius; readings above 45 are Fahrenheit (B1). A unit may be written behind."""
    if isinstance(value, str):
        match = re.fullmatch(
            r"\s*(\d+(?:\.\d+)?)\s*(?:°|deg(?:rees)?)?\s*([cf]?)\s*", value.lower()
        )
        if match is None:
            raise ValueError("must be a number")
        value = float(match[1])
        if match[2] == "f":
            return round((value - 32) / 1.8, 2)
        if match[2] == "c":
            return value
    _number(value)
    return round((value - 32) / 1.8, 2) if value > 45 else value


def as_stage(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = value.strip().lower().removeprefix("stage").strip(" :._-")
    match = re.fullmatch(r"([1-4])\s*([a-e]?\d?)", word)
    if match:
        return _ROMAN[match[1]] + match[2].upper()
    return _STAGES.get(word, word.upper() if word[:1] in "iv0" else word)


_ROMAN: Final = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_STAGES: Final = {"ls": "limited", "es": "extensive", "ed": "extensive", "ld": "limited"}


def as_child_pugh(value: Any) -> Any:
    """A, B or C; a score (5-15) may follow or stand alone."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be A, B or C")
    text = str(value).strip().upper().removeprefix("CP").strip()
    if text[:1] in ("A", "B", "C") and (len(text) == 1 or text[1:].strip().isdigit()):
        return text[0]
    if text.isdigit() and 5 <= int(text) <= 15:
        return "A" if int(text) <= 6 else "B" if int(text) <= 9 else "C"
    raise ValueError("must be A, B or C")


def _yes_no(value: Any) -> Any:
    """true or false; the words of a form ("yes", "no") mean the same."""
    return _BOOLEANS.get(value.strip().lower(), value) if isinstance(value, str) else value


_BOOLEANS: Final = {"yes": True, "true": True, "no": False, "false": False}


def as_upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _words(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, list | tuple | set):
        raise ValueError("must be a list")
    named = [as_word(v) for v in value if not says_unknown(v)]
    return named if named or not value else None


def as_named_items(value: Any) -> Any:
    """A list of objects; a plain string stands for {"name": string}."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError("must be a list")
    return [{"name": v} if isinstance(v, str) else v for v in value]


def _classes(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, list | tuple | set):
        raise ValueError("must be a list")
    if not all(isinstance(v, str) for v in value):
        raise ValueError("must be a list of names")
    named = [class_id(v) for v in value if not says_unknown(v)]
    return named if named or not value else None


def as_cancer(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a cancer id")
    found = canonical_cancer(value)
    if found is None:
        raise ValueError("is not a known cancer")
    return found


def _date(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("must be a date such as 2025-03")
    parts = re.split(r"[-/.]", value.strip().split("T")[0])
    if len(parts[-1]) == 4:  # 03/2025, 14.03.2025
        parts.reverse()
    try:
        numbers = [int(p) for p in parts]
        return date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        raise ValueError("must be a date such as 2025-03") from None


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
YesNo = Annotated[StrictBool, BeforeValidator(_yes_no)]
# A list that holds nothing but "unknown" is unknown itself.
Words = Annotated[list[str] | None, BeforeValidator(_words)]
Classes = Annotated[frozenset[str] | None, BeforeValidator(_classes)]
WhenAt = Annotated[date, BeforeValidator(_date)]


def today() -> date:
    """The server's calendar day; "days since" are whole days, so the zone hardly matters."""
    return date.today()  # noqa: DTZ011


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _as_status(value: Any) -> Any:
    word = as_word(value)
    return None if says_unknown(value) else _SAME_STATUS.get(word, word)


_SAME_STATUS: Final = {
    "completed": "done",
    "complete": "done",
    "finished": "done",
    "stopped": "done",
    "given": "done",
    "current": "ongoing",
    "active": "ongoing",
    "in_progress": "ongoing",
}


def _as_modality(value: Any) -> Any:
    """A kind of treatment in our words; None for one that says nothing of its kind.

    The treatment's own name decides then.
    """
    if value is not None and not isinstance(value, str):
        raise ValueError("must be text")
    return None if says_unknown(value) else _MODALITIES.get(as_word(value))


_MODALITIES: Final = {
    word: kind
    for kind, words in {
        "chemo": "chemotherapy",
        "immunotherapy": "immuno immune_therapy",
        "targeted": "targeted_therapy",
        "cell_therapy": "cellular_therapy cell_treatment",
        "radioligand": "radioligand_therapy radionuclide radionuclide_therapy",
        "hormone": "hormonal hormone_therapy hormonal_therapy endocrine endocrine_therapy",
        "radiation": "radiotherapy radiation_therapy rt",
        "surgery": "operation surgical",
        "transplant": "bmt sct hsct stem_cell_transplant bone_marrow_transplant",
        "procedure": "intervention interventional",
        "supportive": "supportive_care",
        "complementary": "herbal alternative",
    }.items()
    for word in (kind, *words.split())
}


class Treatment(_Lenient):
    """One treatment as told; `line` is its number when the teller counted the lines."""

    name: str | None = Field(None, validation_alias=AliasChoices("name", "drug", "regimen"))
    drug_class: str | list[str] | None = Field(None, alias="class")
    modality: Annotated[str | None, BeforeValidator(_as_modality)] = None
    status: Annotated[
        Literal["planned", "ongoing", "done", "refused"] | None, BeforeValidator(_as_status)
    ] = None
    response: str | None = None
    stop_reason: str | None = None
    intent: str | None = None
    start: WhenAt | None = None
    end: WhenAt | None = None
    cycles: Any = None
    line: Whole | None = Field(None, ge=1, le=15)


class Symptom(_Lenient):
    """One complaint of today; `severity` 0 to 10."""

    name: str = Field(validation_alias=AliasChoices("name", "symptom", "id"))
    severity: Number | None = Field(None, ge=0, le=10)

    @property
    def word(self) -> str:
        """The name as rules write it."""
        plain = self.name.strip().lower().replace("'", "").replace("’", "")
        return plain.replace(" ", "_").replace("-", "_")


class Procedure(_Lenient):
    """An operation or procedure of the last weeks; `days` since then, or its date."""

    type: str | None = None
    name: str | None = None
    days: Number | None = Field(None, ge=0)
    days_ago: Number | None = Field(None, ge=0)
    date: WhenAt | None = None

    @property
    def words(self) -> str:
        """What was done, as one lower-case text."""
        return f"{self.type or ''} {self.name or ''}".lower().replace("_", " ")

    @property
    def days_since(self) -> float | None:
        """Days since it was done; None when not told."""
        told = self.days if self.days is not None else self.days_ago
        if told is None and self.date is not None:
            return float((today() - self.date).days)
        return told


class Radiation(_Lenient):
    """One course of radiotherapy."""

    site: str | None = None
    name: str | None = None
    dose: Any = None
    date: Any = None


class Labs(Strict):
    """Blood results in the units of B1; `crcl` mL/min, `*_xULN` multiples of the upper limit."""

    hb: Number | None = Field(None, ge=1, le=25)
    plt: Number | None = Field(None, ge=0, le=3000)
    anc: Number | None = Field(None, ge=0, le=200)
    alc: Number | None = Field(None, ge=0, le=500)
    creat: Number | None = Field(None, gt=0, le=30)
    crcl: Number | None = Field(None, ge=0, le=250)
    bili_xULN: Number | None = Field(None, ge=0, le=100)  # noqa: N815 - wire name
    ast_alt_xULN: Number | None = Field(None, ge=0, le=500)  # noqa: N815 - wire name
    albumin: Number | None = Field(None, ge=0.5, le=70)
    calcium: Number | None = Field(None, gt=0, le=25)
    ldh: Number | None = Field(None, ge=0, le=50000)
    wbc: Number | None = Field(None, ge=0, le=1000)
    crp: Number | None = Field(None, ge=0, le=1000)
    inr: Number | None = Field(None, gt=0, le=20)
    g_csf: StrictBool | None = None


class Flag(Strict):
    """A red flag; `urgent_only` marks the weaker form that the reference calls U."""

    id: str = Field(pattern=r"^RF([1-9]|1[0-6])$")
    urgent_only: StrictBool = False


def as_flags(value: Any) -> Any:
    """ "RF2", "RF2:U" (weaker form) or {"id", "urgent_only"}."""
    if isinstance(value, str) or not isinstance(value, list | tuple | set):
        raise ValueError("must be a list")
    out: list[Any] = []
    for item in value:
        if isinstance(item, str):
            ident, _, form = item.strip().upper().partition(":")
            out.append({"id": ident, "urgent_only": form in ("U", "URGENT")})
        else:
            out.append(item)
    return out


def _as_presence(value: Any) -> Any:
    word = as_word(value)
    return {"yes": "pos", "no": "neg"}.get(word, word)


Presence = Annotated[
    Literal["neg", "pos", "pos_controlled", "pos_untreated"], BeforeValidator(_as_presence)
]
Answer = Annotated[str, BeforeValidator(as_word)]
