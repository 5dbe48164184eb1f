"""The typed facts of one patient, checked when they come in from the wire.

`CaseFacts.read` is the one entry: wire object in, frozen facts out, or a `FactError` that names
the field and the reason and never repeats the value (values are health data). Absent, null,
"unknown" and "declined" all mean unknown. Names and values follow the oncology reference, B1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from bot.facts.markers import MarkerValue, marker_id, read_value, with_gene_groups
from bot.facts.vocabulary import biomarker_ids, canonical_cancer, class_id

UNKNOWN_WORDS: Final = frozenset({"", "unknown", "declined", "not known", "not_known", "unclear"})


class FactError(ValueError):
    """Facts that cannot be used: names the fact and why, never the value."""

    def __init__(self, fact: str, reason: str) -> None:
        """`fact` is the wire name, `reason` a short sentence without the value."""
        super().__init__(f"{fact}: {reason}")
        self.fact = fact
        self.reason = reason


def _word(value: Any) -> Any:
    """Spelling only: case, spaces and hyphens do not matter in an enumerated value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        word = value.strip().lower().replace(" ", "_").replace("-", "_")
        return _SAME_WORD.get(word, word)
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
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ValueError("must be a number")
    return value


def _whole(value: Any) -> Any:
    _number(value)
    if value != int(value):
        raise ValueError("must be a whole number")
    return int(value)


def _temperature(value: Any) -> Any:
    """Degrees Celsius; readings above 45 are Fahrenheit (B1)."""
    _number(value)
    return round((value - 32) / 1.8, 2) if value > 45 else value


def _stage(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = value.strip().lower().removeprefix("stage").strip()
    return _STAGES.get(word, word.upper() if word[:1] in "iv0" else word)


_STAGES: Final = {"1": "I", "2": "II", "3": "III", "4": "IV", "ls": "limited", "es": "extensive"}


def _child_pugh(value: Any) -> Any:
    """A, B or C; a score (5-15) may follow or stand alone."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be A, B or C")
    text = str(value).strip().upper().removeprefix("CP").strip()
    if text[:1] in ("A", "B", "C") and (len(text) == 1 or text[1:].strip().isdigit()):
        return text[0]
    if text.isdigit() and 5 <= int(text) <= 15:
        return "A" if int(text) <= 6 else "B" if int(text) <= 9 else "C"
    raise ValueError("must be A, B or C")


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _words(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, list | tuple | set):
        raise ValueError("must be a list")
    return [_word(v) for v in value if v is not None]


def _named_items(value: Any) -> Any:
    """A list of objects; a plain string stands for {"name": string}."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError("must be a list")
    return [{"name": v} if isinstance(v, str) else v for v in value]


def _classes(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, list | tuple | set):
        raise ValueError("must be a list")
    if not all(isinstance(v, str) for v in value):
        raise ValueError("must be a list of names")
    return [class_id(v) for v in value]


def _cancer(value: Any) -> Any:
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
    parts = value.split("T")[0].split("-")
    try:
        numbers = [int(p) for p in parts]
        return date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        raise ValueError("must be a date such as 2025-03") from None


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Words = Annotated[list[str], BeforeValidator(_words)]
Classes = Annotated[frozenset[str], BeforeValidator(_classes)]
WhenAt = Annotated[date, BeforeValidator(_date)]


def today() -> date:
    """The server's calendar day; "days since" are whole days, so the zone hardly matters."""
    return date.today()  # noqa: DTZ011


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Treatment(_Lenient):
    """One treatment as told; `line` is its number when the teller counted the lines."""

    name: str | None = None
    drug_class: str | list[str] | None = Field(None, alias="class")
    modality: str | None = None
    status: Literal["planned", "ongoing", "done", "refused"] | None = None
    response: str | None = None
    stop_reason: str | None = None
    intent: str | None = None
    start: WhenAt | None = None
    end: WhenAt | None = None
    cycles: Number | None = Field(None, ge=0, le=200)
    line: Whole | None = Field(None, ge=1, le=15)


class Symptom(_Lenient):
    """One complaint of today; `severity` 0 to 10."""

    name: str
    severity: Number | None = Field(None, ge=0, le=10)

    @property
    def word(self) -> str:
        """The name as rules write it."""
        return self.name.strip().lower().replace(" ", "_").replace("-", "_")


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


class Labs(_Strict):
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


class Flag(_Strict):
    """A red flag; `urgent_only` marks the weaker form that the reference calls U."""

    id: str = Field(pattern=r"^RF([1-9]|1[0-6])$")
    urgent_only: StrictBool = False


def _flags(value: Any) -> Any:
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


Presence = Annotated[
    Literal["neg", "pos", "pos_controlled", "pos_untreated"], BeforeValidator(_word)
]
Answer = Annotated[str, BeforeValidator(_word)]


class CaseFacts(_Strict):
    """Every fact of B1 with its helper slots; None means unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    consent_data: Any = None
    user_role: (
        Annotated[Literal["patient", "caregiver", "doctor", "other"], BeforeValidator(_word)] | None
    ) = None
    patient_agrees: (
        Annotated[Literal["yes", "no", "minor", "cannot"], BeforeValidator(_word)] | None
    ) = None
    non_disclosure: StrictBool | None = None
    language: str | None = None
    records_language: Any = None
    country: str | None = None
    city: str | None = None
    age_years: Number | None = Field(None, ge=0, le=110)
    age_months: Number | None = Field(None, ge=0, le=36)
    sex: Annotated[Literal["female", "male", "other"], BeforeValidator(_word)] | None = None
    pregnancy_status: (
        Annotated[
            Literal["pregnant", "possible", "breastfeeding", "no", "na"], BeforeValidator(_word)
        ]
        | None
    ) = None
    pregnancy_weeks: Number | None = Field(None, ge=0, le=45)
    cancer_type: Annotated[str, BeforeValidator(_cancer)] | None = None
    cancer_subtype: str | list[str] | None = None
    suspected: StrictBool | None = None
    histology_confirmed: (
        Annotated[
            Literal["biopsy_yes", "biopsy_no", "fnac_only", "pending"], BeforeValidator(_word)
        ]
        | None
    ) = None
    diagnosis_date: WhenAt | None = None
    stage_raw: str | None = None
    stage_system: str | None = None
    stage_group: Annotated[str, BeforeValidator(_stage)] | None = None
    extent: (
        Annotated[
            Literal[
                "localised",
                "locally_advanced",
                "oligometastatic",
                "metastatic",
                "disseminated_blood",
            ],
            BeforeValidator(_word),
        ]
        | None
    ) = None
    metastatic_sites: Words | None = None
    brain_mets_status: (
        Annotated[
            Literal["none", "treated_stable", "untreated_or_symptomatic", "leptomeningeal"],
            BeforeValidator(_word),
        ]
        | None
    ) = None
    disease_status: (
        Annotated[
            Literal[
                "newly_diagnosed",
                "on_treatment_responding",
                "stable",
                "remission",
                "relapsed",
                "refractory",
                "progressed",
            ],
            BeforeValidator(_word),
        ]
        | None
    ) = None
    progression_pattern: (
        Annotated[
            Literal["single_site", "few_sites", "widespread", "marker_only"], BeforeValidator(_word)
        ]
        | None
    ) = None
    treatments: Annotated[list[Treatment], BeforeValidator(_named_items)] | None = None
    treatments_raw: str | None = None
    prior_systemic_lines: Whole | None = Field(None, ge=0, le=15)
    drug_classes_received: Classes | None = None
    classes_complete: StrictBool | None = None
    refractory_to: Classes | None = None
    months_to_relapse: Number | None = Field(None, ge=0, le=600)
    relapse_count: Whole | None = Field(None, ge=0, le=20)
    remission_number: Whole | None = Field(None, ge=0, le=20)
    transplant_history: (
        Annotated[Literal["none", "auto", "allo", "planned"], BeforeValidator(_word)] | None
    ) = None
    transplant_fitness: Annotated[Literal["fit", "unfit"], BeforeValidator(_word)] | None = None
    gvhd_status: Annotated[Literal["none", "active", "past"], BeforeValidator(_word)] | None = None
    radiation_history: Annotated[list[Radiation], BeforeValidator(_named_items)] | None = None
    current_treatment: Any = None
    biomarkers: dict[str, Any] | None = None
    ngs_done: (
        Annotated[Literal["tissue", "liquid", "both", "no", "pending"], BeforeValidator(_word)]
        | None
    ) = None
    germline_done: Any = None
    ecog: Whole | None = Field(None, ge=0, le=4)
    karnofsky: Whole | None = Field(None, ge=10, le=100)
    lansky: Whole | None = Field(None, ge=10, le=100)
    symptoms: Annotated[list[Symptom], BeforeValidator(_named_items)] | None = None
    temp_c: Annotated[float, BeforeValidator(_temperature)] | None = Field(None, ge=34, le=43)
    infection_status: (
        Annotated[
            Literal["none", "chronic_controlled", "active_uncontrolled", "recent_resolved"],
            BeforeValidator(_word),
        ]
        | None
    ) = None
    hbv: Presence | None = None
    hcv: Presence | None = None
    hiv: Presence | None = None
    autoimmune_status: (
        Annotated[
            Literal["none", "mild_controlled", "active_immunosuppressed"], BeforeValidator(_word)
        ]
        | None
    ) = None
    steroid_pred_mg: Number | None = Field(None, ge=0, le=2500)
    immunosuppressants: Any = None
    anticoagulant: Any = None
    organ_transplant: (
        Annotated[
            Literal["none", "kidney", "liver", "heart", "lung", "cornea"], BeforeValidator(_word)
        ]
        | None
    ) = None
    comorbidities: Words | None = None
    labs: Labs | None = None
    lvef_pct: Number | None = Field(None, ge=10, le=80)
    fev1_pct: Number | None = Field(None, ge=5, le=200)
    nyha: Whole | None = Field(None, ge=1, le=4)
    spo2_pct: Number | None = Field(None, ge=50, le=100)
    oxygen_need: (
        Annotated[Literal["none", "occasional", "continuous"], BeforeValidator(_word)] | None
    ) = None
    child_pugh: Annotated[str, BeforeValidator(_child_pugh)] | None = None
    bclc: Annotated[Literal["0", "A", "B", "C", "D"], BeforeValidator(_upper)] | None = None
    weight_kg: Number | None = Field(None, gt=0, le=400)
    height_cm: Number | None = Field(None, ge=20, le=260)
    weight_loss_pct: Number | None = Field(None, ge=0, le=80)
    recent_procedures: Annotated[list[Procedure], BeforeValidator(_named_items)] | None = None
    told_inoperable: StrictBool | None = None
    borderline_resectable: StrictBool | None = None
    told_palliative_only: StrictBool | None = None
    main_question: Answer | None = None
    pathway_interest: Words | None = None
    can_travel: Any = None
    passport: Any = None
    companion: Any = None
    earliest_travel: Any = None
    docs_available: Any = None
    contact: Any = None
    days_since_chemo: Number | None = Field(None, ge=0, le=20000)
    days_since_cell_therapy: Number | None = Field(None, ge=0, le=20000)
    platinum_status: (
        Annotated[Literal["sensitive", "resistant", "refractory"], BeforeValidator(_word)] | None
    ) = None
    endocrine_lines_metastatic: Whole | None = Field(None, ge=0, le=15)
    delay_taxane_ok: StrictBool | None = None
    ascites: Annotated[Literal["none", "small", "large"], BeforeValidator(_word)] | None = None
    scan_age_weeks: Number | None = Field(None, ge=0, le=2000)
    rapid_growth: StrictBool | None = None
    resectable_lesion: StrictBool | None = None
    measurable_disease: StrictBool | None = None
    castration_resistant: StrictBool | None = None
    tested_measured_values: dict[str, MarkerValue] = Field(default_factory=dict, exclude=True)
    red_flags: Annotated[list[Flag], BeforeValidator(_flags)] | None = None

    @classmethod
    def read(cls, facts: Any) -> CaseFacts:
        """Check and type a wire object. Raises FactError."""
        if not isinstance(facts, Mapping):
            raise FactError("facts", "must be an object")
        names = fact_names()
        known: dict[str, Any] = {}
        for name, value in facts.items():
            if name not in names:
                raise FactError(str(name)[:40], "is not a known fact")
            if not _says_unknown(value):
                known[name] = value
        if "biomarkers" in known:
            known["tested_measured_values"] = _read_biomarkers(known["biomarkers"])
        try:
            read = cls.model_validate(known)
        except ValidationError as error:
            raise _named(error) from None
        _check_dates(read)
        return read


def _says_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in UNKNOWN_WORDS)


def _read_biomarkers(given: Any) -> dict[str, MarkerValue]:
    if not isinstance(given, Mapping):
        raise FactError("biomarkers", "must be an object")
    out: dict[str, MarkerValue] = {}
    for name, value in given.items():
        marker = marker_id(str(name))
        if marker is None:
            if str(name).casefold() not in biomarker_ids():
                raise FactError(f"biomarkers.{str(name)[:30]}", "is not a known marker")
            continue
        if _says_unknown(value):
            continue
        try:
            read = read_value(marker, value)
        except ValueError as error:
            raise FactError(f"biomarkers.{marker}", str(error)) from None
        if read is not None:
            out[marker] = read
    return with_gene_groups(out)


def _named(error: ValidationError) -> FactError:
    """The first problem, by field name, in our words; pydantic's own text may hold the value."""
    first = error.errors(include_url=False, include_input=False, include_context=True)[0]
    where = ".".join(str(p) for p in first["loc"] if isinstance(p, str | int)) or "facts"
    kind = first["type"]
    context = first.get("ctx", {})
    if kind == "value_error":
        reason = str(context.get("error", "is not valid"))
    elif kind.startswith(("greater", "less")):
        reason = "outside the possible range"
    elif kind == "literal_error":
        reason = f"must be one of {context.get('expected', '')}".replace("'", "")
    elif kind == "extra_forbidden":
        reason = "is not a known fact"
    elif kind == "missing":
        reason = "is missing"
    else:
        reason = _TYPE_REASONS.get(kind, "has the wrong type")
    return FactError(where, reason)


_TYPE_REASONS: Final = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_pattern_mismatch": "is not a known value",
}


def _check_dates(facts: CaseFacts) -> None:
    if facts.diagnosis_date and (facts.diagnosis_date - today()).days > 1:
        raise FactError("diagnosis_date", "lies in the future")
    for item in facts.treatments or ():
        if item.start and item.end and item.end < item.start:
            raise FactError("treatments", "an end date lies before its start")


@cache
def fact_names() -> frozenset[str]:
    """Every fact name of the wire."""
    return frozenset(CaseFacts.model_fields) - {"tested_measured_values"}
