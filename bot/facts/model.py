"""The typed facts of one patient, checked when they come in from the wire.

`CaseFacts.read` is the one entry: wire object in, frozen facts out, or a `FactError` that names
the field and the reason and never repeats the value (values are health data). Absent, null,
"unknown" and "declined" all mean unknown. Names and values follow the oncology reference, B1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from bot.facts.biomarkers import facts_among_markers, read_biomarkers
from bot.facts.doses import as_prednisolone
from bot.facts.fact_error import FactError
from bot.facts.lab_units import as_labs
from bot.facts.markers import MarkerValue, marker_id
from bot.facts.wire import (
    Answer,
    Classes,
    Flag,
    Labs,
    Number,
    Presence,
    Procedure,
    Radiation,
    Strict,
    Symptom,
    Treatment,
    WhenAt,
    Whole,
    Words,
    YesNo,
    as_cancer,
    as_child_pugh,
    as_flags,
    as_named_items,
    as_stage,
    as_temperature,
    as_upper,
    as_word,
    plain_value,
    says_unknown,
    today,
)

__all__ = ["CaseFacts", "FactError", "fact_names"]


class CaseFacts(Strict):
    """Every fact of B1 with its helper slots; None means unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    consent_data: Any = None
    user_role: (
        Annotated[Literal["patient", "caregiver", "doctor", "other"], BeforeValidator(as_word)]
        | None
    ) = None
    patient_agrees: (
        Annotated[Literal["yes", "no", "minor", "cannot"], BeforeValidator(as_word)] | None
    ) = None
    non_disclosure: YesNo | None = None
    language: str | None = None
    records_language: Any = None
    country: str | None = None
    city: str | None = None
    age_years: Number | None = Field(None, ge=0, le=110)
    age_months: Number | None = Field(None, ge=0, le=36)
    sex: Annotated[Literal["female", "male", "other"], BeforeValidator(as_word)] | None = None
    pregnancy_status: (
        Annotated[
            Literal["pregnant", "possible", "breastfeeding", "no", "na"], BeforeValidator(as_word)
        ]
        | None
    ) = None
    pregnancy_weeks: Number | None = Field(None, ge=0, le=45)
    cancer_type: Annotated[str, BeforeValidator(as_cancer)] | None = None
    cancer_subtype: str | list[str] | None = None
    suspected: YesNo | None = None
    histology_confirmed: (
        Annotated[
            Literal["biopsy_yes", "biopsy_no", "fnac_only", "pending"], BeforeValidator(as_word)
        ]
        | None
    ) = None
    diagnosis_date: WhenAt | None = None
    stage_raw: str | None = None
    stage_system: str | None = None
    stage_group: Annotated[str, BeforeValidator(as_stage)] | None = None
    extent: (
        Annotated[
            Literal[
                "localised",
                "locally_advanced",
                "oligometastatic",
                "metastatic",
                "disseminated_blood",
            ],
            BeforeValidator(as_word),
        ]
        | None
    ) = None
    metastatic_sites: Words | None = None
    brain_mets_status: (
        Annotated[
            Literal["none", "treated_stable", "untreated_or_symptomatic", "leptomeningeal"],
            BeforeValidator(as_word),
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
            BeforeValidator(as_word),
        ]
        | None
    ) = None
    progression_pattern: (
        Annotated[
            Literal["single_site", "few_sites", "widespread", "marker_only"],
            BeforeValidator(as_word),
        ]
        | None
    ) = None
    treatments: Annotated[list[Treatment], BeforeValidator(as_named_items)] | None = None
    treatments_raw: str | None = None
    prior_systemic_lines: Whole | None = Field(None, ge=0, le=15)
    drug_classes_received: Classes | None = None
    classes_complete: YesNo | None = None
    refractory_to: Classes | None = None
    months_to_relapse: Number | None = Field(None, ge=0, le=600)
    relapse_count: Whole | None = Field(None, ge=0, le=20)
    remission_number: Whole | None = Field(None, ge=0, le=20)
    transplant_history: (
        Annotated[Literal["none", "auto", "allo", "planned"], BeforeValidator(as_word)] | None
    ) = None
    transplant_fitness: Annotated[Literal["fit", "unfit"], BeforeValidator(as_word)] | None = None
    gvhd_status: Annotated[Literal["none", "active", "past"], BeforeValidator(as_word)] | None = (
        None
    )
    radiation_history: Annotated[list[Radiation], BeforeValidator(as_named_items)] | None = None
    current_treatment: Any = None
    biomarkers: dict[str, Any] | None = None
    ngs_done: (
        Annotated[Literal["tissue", "liquid", "both", "no", "pending"], BeforeValidator(as_word)]
        | None
    ) = None
    germline_done: Any = None
    ecog: Whole | None = Field(None, ge=0, le=4)
    karnofsky: Whole | None = Field(None, ge=10, le=100)
    lansky: Whole | None = Field(None, ge=10, le=100)
    symptoms: Annotated[list[Symptom], BeforeValidator(as_named_items)] | None = None
    temp_c: Annotated[float, BeforeValidator(as_temperature)] | None = Field(None, ge=34, le=43)
    infection_status: (
        Annotated[
            Literal["none", "chronic_controlled", "active_uncontrolled", "recent_resolved"],
            BeforeValidator(as_word),
        ]
        | None
    ) = None
    hbv: Presence | None = None
    hcv: Presence | None = None
    hiv: Presence | None = None
    autoimmune_status: (
        Annotated[
            Literal["none", "mild_controlled", "active_immunosuppressed"], BeforeValidator(as_word)
        ]
        | None
    ) = None
    steroid_pred_mg: Annotated[Number, BeforeValidator(as_prednisolone)] | None = Field(
        None, ge=0, le=2500
    )
    immunosuppressants: Any = None
    anticoagulant: Any = None
    organ_transplant: (
        Annotated[
            Literal["none", "kidney", "liver", "heart", "lung", "cornea"], BeforeValidator(as_word)
        ]
        | None
    ) = None
    comorbidities: Words | None = None
    labs: Annotated[Labs, BeforeValidator(as_labs)] | None = None
    lvef_pct: Number | None = Field(None, ge=10, le=80)
    fev1_pct: Number | None = Field(None, ge=5, le=200)
    nyha: Whole | None = Field(None, ge=1, le=4)
    spo2_pct: Number | None = Field(None, ge=50, le=100)
    oxygen_need: (
        Annotated[Literal["none", "occasional", "continuous"], BeforeValidator(as_word)] | None
    ) = None
    child_pugh: Annotated[str, BeforeValidator(as_child_pugh)] | None = None
    bclc: Annotated[Literal["0", "A", "B", "C", "D"], BeforeValidator(as_upper)] | None = None
    weight_kg: Number | None = Field(None, gt=0, le=400)
    height_cm: Number | None = Field(None, ge=20, le=260)
    weight_loss_pct: Number | None = Field(None, ge=0, le=80)
    recent_procedures: Annotated[list[Procedure], BeforeValidator(as_named_items)] | None = None
    told_inoperable: YesNo | None = None
    borderline_resectable: YesNo | None = None
    told_palliative_only: YesNo | None = None
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
        Annotated[Literal["sensitive", "resistant", "refractory"], BeforeValidator(as_word)] | None
    ) = None
    endocrine_lines_metastatic: Whole | None = Field(None, ge=0, le=15)
    delay_taxane_ok: YesNo | None = None
    ascites: Annotated[Literal["none", "small", "large"], BeforeValidator(as_word)] | None = None
    scan_age_weeks: Number | None = Field(None, ge=0, le=2000)
    rapid_growth: YesNo | None = None
    resectable_lesion: YesNo | None = None
    measurable_disease: YesNo | None = None
    castration_resistant: YesNo | None = None
    marker_results: dict[str, MarkerValue] = Field(default_factory=dict, exclude=True)
    converted: dict[str, str] = Field(default_factory=dict, exclude=True)
    red_flags: Annotated[list[Flag], BeforeValidator(as_flags)] | None = None

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
            value = plain_value(name, value)
            if not says_unknown(value):
                known[name] = value
        if "biomarkers" in known:
            for name, value in facts_among_markers(known["biomarkers"]).items():
                if not says_unknown(value):
                    known.setdefault(name, value)
            known["marker_results"] = read_biomarkers(known["biomarkers"])
        known["converted"] = _conversions(known)
        try:
            read = cls.model_validate(known)
        except ValidationError as error:
            raise _named(error) from None
        _check_dates(read)
        return read


def _conversions(known: Mapping[str, Any]) -> dict[str, str]:
    """Why a value differs from what was told: the reasons that explanations give."""
    out: dict[str, str] = {}
    if not isinstance(known.get("steroid_pred_mg"), int | float | None):
        out["steroid_pred_mg"] = "worked out from the steroid's name and dose"
    temperature = known.get("temp_c")
    told_in_fahrenheit = isinstance(temperature, str) and "f" in temperature.lower()
    if told_in_fahrenheit or (isinstance(temperature, int | float) and temperature > 45):
        out["temp_c"] = "told in Fahrenheit"
    return out


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


def told(facts: Mapping[str, Any]) -> frozenset[str]:
    """What a wire object says something of, "unknown" and "declined" included: not asked again.

    Markers are told one by one (`biomarkers.EGFR`).
    """
    names = {name for name, value in facts.items() if plain_value(name, value) is not None}
    markers = facts.get("biomarkers")
    if isinstance(markers, Mapping):
        names.discard("biomarkers")
        said = {str(key) for key, value in markers.items() if value is not None}
        names |= {f"biomarkers.{marker_id(key) or key}" for key in said}
    return frozenset(names)


@cache
def fact_names() -> frozenset[str]:
    """Every fact name of the wire."""
    return frozenset(CaseFacts.model_fields) - {"marker_results", "converted"}
