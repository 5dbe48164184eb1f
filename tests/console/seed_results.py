"""Assessments and a checklist as the rules print them, fixed so that pages can be compared."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

PATHWAYS = [
    "car_t",
    "bispecific",
    "til",
    "tcr_t",
    "checkpoint",
    "targeted",
    "adc",
    "radioligand",
    "particle_therapy",
    "bnct",
    "hifu_histotripsy",
    "interventional",
    "transplant",
    "clinical_trial",
    "investigational_cell_gene",
    "second_opinion",
    "surgical_review",
    "supportive_care",
]


def _pathway(ident: str, status: str, **more: Any) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "rules": [], "gates": [], "reasons": [], "cautions": [], "missing": [],
        "evidence": "service", "source": ["000"], "as_of": "2026-06-30", "review": "pending",
    }  # fmt: skip
    return {"id": ident, "status": status} | blank | more


def _assessment(triage: str, travel: str, *given: dict[str, Any]) -> dict[str, Any]:
    named = {p["id"]: p for p in given}
    other = "DEFER" if triage == "EMERGENCY_NOW" else "NO_MATCH"
    pathways = [named.get(i) or _pathway(i, other) for i in PATHWAYS]
    return {
        "triage": triage, "travel": travel, "pathways": pathways, "next_question": "ecog",
        "triage_reasons": [], "travel_reasons": [], "rules_version": "2026-06-30.a41c",
    }  # fmt: skip


SECOND = _pathway(
    "second_opinion", "CONSIDER", rules=["SO-1"],
    reasons=["The treatment has stopped working and a new plan is needed."], source=["001", "000"],
)  # fmt: skip
SUPPORT = _pathway(
    "supportive_care", "CONSIDER", rules=["SC-1"], reasons=["It helps beside any treatment."]
)

ASSESSMENTS: dict[str, dict[str, Any]] = {
    "ovarian": _assessment(
        "ROUTINE", "OK_TO_DISCUSS", SECOND, SUPPORT,
        _pathway(
            "adc", "NEEDS_INFO", rules=["ADC-OV-1"], missing=["FRA", "platinum_status"],
            reasons=["The cancer came back after platinum drugs."],
            evidence="approved(FDA, EMA)", source=["V17"],
        ),
        _pathway(
            "targeted", "NEEDS_INFO", rules=["TT-OV-2"], missing=["BRCA", "HRD"],
            reasons=["A gene test decides about this group of drugs."],
            evidence="approved(FDA, EMA, NMPA)", source=["V17"],
        ),
        _pathway(
            "checkpoint", "NEEDS_INFO", rules=["CP-1"], missing=["MSI_MMR"],
            reasons=["Only a small group has the marker that matters here."],
            evidence="approved(FDA)", source=["V5"],
        ),
        _pathway("til", "TRIAL_ONLY", rules=["TIL-3"], evidence="trial_only", source=["V12"]),
        _pathway("clinical_trial", "CONSIDER", rules=["CT-1"], evidence="trial_only",
                 reasons=["Studies for this situation exist in several countries."]),
    ),
    "lymphoma": _assessment(
        "ROUTINE", "CAUTION", SECOND, SUPPORT,
        _pathway(
            "car_t", "CAUTION", rules=["CT-LBCL-2"], gates=["G-ECOG2"],
            reasons=["Large B-cell lymphoma that came back within 12 months of the first treatment."],
            cautions=["Up more than half the day, but cannot work: fitness needs a closer look."],
            missing=["CD19", "lvef_pct"], evidence="approved(FDA, EMA, NMPA)", source=["V3", "V15"],
        ),
        _pathway(
            "bispecific", "NOT_YET", rules=["BS-LBCL-1"],
            reasons=["Normally looked at after two lines of treatment."],
            evidence="approved(FDA, EMA)", source=["V6"],
        ),
        _pathway("transplant", "CAUTION", rules=["TX-1"], gates=["G-ECOG2"],
                 cautions=["Fitness needs a closer look."], missing=["transplant_fitness"]),
    ),
    "emergency": _assessment("EMERGENCY_NOW", "HOLD", SUPPORT, SECOND | {"status": "DEFER"}),
    "lung": _assessment(
        "URGENT_TODAY", "HOLD", SECOND, SUPPORT,
        _pathway("targeted", "CONSIDER", rules=["TT-NSCLC-1"],
                 reasons=["An EGFR change was found that some drugs are made for."],
                 evidence="approved(FDA, EMA, NMPA)", source=["V17"]),
        _pathway("checkpoint", "NOT_YET", rules=["CP-4"],
                 reasons=["With an EGFR change other drugs come first."], source=["V5"]),
    ),
}  # fmt: skip


def _item(ident: str, title: str, why: str, form: str, level: str, recency: str) -> dict[str, Any]:
    return {
        "id": ident, "title": title, "why": why, "format": form, "level": level,
        "recency": recency, "held": False, "mark": "open",
    }  # fmt: skip


CHECKLIST: dict[str, Any] = {
    "items": [
        _item("B3", "First pathology report", "Proves the cancer and its type.", "PDF or clear scan.", "C", "The original, whatever its date."),
        _item("B4", "IHC report", "Markers that open or close routes.", "PDF or clear scan.", "C", "Newest first."),
        _item("B8", "Scan files (DICOM) of the latest and one earlier scan", "Lets doctors compare side by side.", "CD, USB stick or cloud link; no film photos.", "C", "Not older than 8 weeks."),
        _item("B9", "List of treatments with dates and responses", "Counts the lines of treatment.", "A typed list or a chat message.", "C", "Up to date."),
        _item("B12", "Blood results", "Shows whether treatment and travel are safe.", "Table with units and date.", "C", "Not older than 2 weeks."),
        _item("B13", "Tumour marker values over time", "Helps to read the scans.", "Table.", "H", "All dates."),
        _item("B18", "Contact of the local doctor", "For questions and emergencies.", "Chat message.", "H", "Up to date."),
    ],
    "missing_tests": [
        {"id": "BRCA", "title": "BRCA gene test", "ask": "Ask the doctor whether this was done on blood or tumour."},
        {"id": "FRA", "title": "Folate receptor alpha (FRα)", "ask": "Can be done on the tissue that is stored."},
    ],
}  # fmt: skip
