"""Treatments of a case: medicines as MedicationStatement, everything else as Procedure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.export.casefile import CaseFile
from bot.export.codes import SNOMED, coding
from bot.export.fhir import Resources, when

PROCEDURES: Final = {
    "surgery": ("387713003", "Surgical procedure (procedure)"),
    "radiation": ("108290001", "Radiation oncology AND/OR radiotherapy (procedure)"),
    "transplant": None,
    "cell_therapy": None,
    "procedure": None,
}
_TAKEN: Final = {
    "planned": "intended",
    "ongoing": "active",
    "done": "completed",
    "refused": "not-taken",
}
_DONE: Final = {
    "planned": "preparation",
    "ongoing": "in-progress",
    "done": "completed",
    "refused": "not-done",
}


def add_treatments(
    made: Resources,
    file: CaseFile,
    patient: Mapping[str, str],
    condition: Mapping[str, str] | None,
) -> None:
    """Add every treatment that was told."""
    reason = [dict(condition)] if condition is not None else None
    for number, told in enumerate(file.facts.get("treatments") or (), 1):
        if isinstance(told, Mapping) and told.get("name"):
            add = _procedure if told.get("modality") in PROCEDURES else _medicine
            add(made, f"treatment-{number}", told, patient, reason)


def _medicine(
    made: Resources,
    name: str,
    told: Mapping[str, Any],
    patient: Mapping[str, str],
    reason: list[dict[str, str]] | None,
) -> None:
    period = _period(told)
    made.add(
        "MedicationStatement",
        name,
        status=_TAKEN.get(str(told.get("status")), "unknown"),
        medicationCodeableConcept={"text": str(told["name"])},
        subject=patient,
        effectivePeriod=period,
        reasonReference=reason,
        note=_notes(told),
    )


def _procedure(
    made: Resources,
    name: str,
    told: Mapping[str, Any],
    patient: Mapping[str, str],
    reason: list[dict[str, str]] | None,
) -> None:
    category = PROCEDURES[str(told["modality"])]
    status, period = _DONE.get(str(told.get("status")), "unknown"), _period(told)
    # US Core, which mCODE builds on, wants the date of what was done.
    dated = period is not None or status not in ("completed", "in-progress")
    surgery = told["modality"] == "surgery" and dated and reason is not None
    made.add(
        "Procedure",
        name,
        "cancer-related-surgical-procedure" if surgery else "",
        status=status,
        category={"coding": [coding(SNOMED, *category)]} if category else None,
        code={"text": str(told["name"])},
        subject=patient,
        performedPeriod=period,
        reasonReference=reason,
        note=_notes(told),
    )


def _period(told: Mapping[str, Any]) -> dict[str, str] | None:
    start, end = when(told.get("start")), when(told.get("end"))
    found = {k: v for k, v in (("start", start), ("end", end)) if v}
    if start and end and end < start:  # told in the wrong order: the dates contradict each other
        return None
    return found or None


def _notes(told: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """What else was told, as words."""
    parts = [
        f"{label}: {told[key]}"
        for key, label in (
            ("cycles", "cycles"),
            ("line", "line"),
            ("response", "response"),
            ("stop_reason", "stopped because"),
            ("intent", "intent"),
        )
        if told.get(key) is not None
    ]
    return [{"text": "; ".join(parts)}] if parts else None
