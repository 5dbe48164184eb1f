"""Observations of a case: stage, markers, blood values, fitness, course of the disease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.export.casefile import CaseFile
from bot.export.codes import LOINC, SNOMED, UCUM, Measured, codes, coding
from bot.export.fhir import Resources

_CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
Value = dict[str, Any]


def add_findings(
    made: Resources,
    file: CaseFile,
    patient: Mapping[str, str],
    condition: Mapping[str, str] | None,
) -> None:
    """Add every finding that is known."""
    say = _Observing(made, file, patient)
    if condition is not None:
        _stage(say, condition)
        _course(say, condition)
    _fitness(say)
    known, facts = codes(), file.facts
    for name, value in (facts.get("biomarkers") or {}).items():
        test = known.marker(name)
        profile = "tumor-marker-test" if test and not test.genomic else ""
        text = file.describe.value("biomarkers", {name: value})
        say.add(f"marker-{name}", name, test, _value(value, test, text), "laboratory", profile)
    for name, value in (facts.get("labs") or {}).items():
        test = known.labs.get(name)
        called = test.name if test else name
        say.add(f"lab-{name}", called, test, _value(value, test, str(value)), "laboratory")
    for name, test in known.measures.items():
        value = facts.get(name)
        if _is_number(value):
            category = "vital-signs" if name in ("weight_kg", "height_cm", "spo2_pct") else "exam"
            say.add(name, test.name, test, _value(value, test, ""), category)


class _Observing:
    """Adds observations of one patient."""

    def __init__(self, made: Resources, file: CaseFile, patient: Mapping[str, str]) -> None:
        self.file, self.patient = file, patient
        self._made = made

    def add(
        self,
        name: str,
        text: str,
        test: Measured | None,
        value: Value,
        category: str,
        profile: str = "",
        **more: Any,
    ) -> dict[str, str]:
        """One observation; `preliminary`, because the family told it."""
        coded = test if test is not None and test.code else None
        code = {"coding": [coding(LOINC, coded.code, coded.name)]} if coded else {}
        content = {"code": code | {"text": text}} | value | more
        return self._made.add(
            "Observation",
            name,
            profile,
            status="preliminary",
            category=[{"coding": [coding(_CATEGORIES, category)]}],
            subject=self.patient,
            effectiveDateTime=self.file.today.isoformat(),
            **content,
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(value: Any, test: Measured | None, text: str) -> Value:
    """A quantity where unit and number are known, else the words."""
    if test is not None and test.unit and _is_number(value):
        quantity = {"value": value, "unit": test.unit, "system": UCUM, "code": test.unit}
        return {"valueQuantity": quantity}
    return {"valueCodeableConcept": {"text": text or str(value)}}


def _coded(code: dict[str, Any], text: str) -> Value:
    return {"valueCodeableConcept": {"coding": [code], "text": text}}


def _stage(say: _Observing, condition: Mapping[str, str]) -> None:
    facts = say.file.facts
    stage = facts.get("stage_raw") or facts.get("stage_group")
    if not stage:
        return
    scale = codes().stage_scale(str(facts.get("cancer_type")))
    say.add(
        "stage",
        scale.name,
        None,
        {"valueCodeableConcept": {"text": str(stage)}},
        "exam",
        "cancer-stage",
        code={"coding": [coding(SNOMED, scale.code, scale.name)], "text": "Stage"},
        focus=[dict(condition)],
    )


def _course(say: _Observing, condition: Mapping[str, str]) -> None:
    """No mCODE profile: that one holds a clinician's judgement, and this is the family's word."""
    known, status = codes().disease_status, say.file.facts.get("disease_status")
    trend = known.trends.get(str(status))
    if trend is None:
        return
    words = say.file.describe.value("disease_status", status)
    say.add(
        "course",
        known.name,
        Measured(known.code, known.name),
        _coded(coding(SNOMED, trend.code, trend.name), words),
        "exam",
        focus=[dict(condition)],
    )


def _fitness(say: _Observing) -> None:
    ecog, grade = codes().ecog, say.file.facts.get("ecog")
    if not isinstance(grade, int) or not 0 <= grade < len(ecog.answers):
        return
    say.add(
        "ecog",
        ecog.name,
        Measured(ecog.code, ecog.name),
        {"valueInteger": grade},
        "survey",
        "ecog-performance-status",
        interpretation=[{"coding": [coding(LOINC, ecog.answers[grade])]}],
    )
