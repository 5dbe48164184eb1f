"""Gates (C1), each fired, not fired, unknown and at its boundary, on the pathways it names."""

from __future__ import annotations

from typing import Any

import pytest

from bot.eligibility.engine import Assessment, assess
from tests.eligibility.vignettes_file import FIT

LYMPHOMA = {
    **FIT,
    "cancer_type": "dlbcl_lbcl",
    "prior_systemic_lines": 2,
    "disease_status": "relapsed",
    "biomarkers": {"CD19": "pos"},
}
MELANOMA = {
    **FIT,
    "cancer_type": "melanoma_cutaneous",
    "extent": "metastatic",
    "prior_systemic_lines": 1,
    "disease_status": "progressed",
    "drug_classes_received": ["CTLA4", "PD1"],
    "refractory_to": [],
    "biomarkers": {"BRAF": "WT"},
    "resectable_lesion": True,
}
SYNOVIAL = {
    **FIT,
    "cancer_type": "synovial_sarcoma",
    "extent": "metastatic",
    "prior_systemic_lines": 1,
    "disease_status": "progressed",
    "biomarkers": {"HLA": ["A*02:01"], "MAGE-A4": "pos"},
}
RENAL = {**FIT, "cancer_type": "rcc", "extent": "metastatic", "disease_status": "progressed"}
BREAST = {**FIT, "cancer_type": "breast_her2_pos", "extent": "metastatic"}
PROSTATE = {
    **FIT,
    "cancer_type": "prostate",
    "extent": "metastatic",
    "castration_resistant": True,
    "treatments": [
        {"name": "enzalutamide", "status": "done"},
        {"name": "docetaxel", "status": "done"},
    ],
    "biomarkers": {"PSMA_PET": "pos"},
}
MYELOMA = {
    **FIT,
    "cancer_type": "multiple_myeloma",
    "disease_status": "newly_diagnosed",
    "prior_systemic_lines": 0,
}
LIVER = {
    **FIT,
    "cancer_type": "hcc",
    "extent": "locally_advanced",
    "bclc": "B",
    "told_inoperable": True,
}
BOWEL = {**FIT, "cancer_type": "colorectal", "extent": "locally_advanced", "told_inoperable": True}

SHOWING = {
    "car_t": LYMPHOMA,
    "bispecific": LYMPHOMA,
    "til": MELANOMA,
    "tcr_t": SYNOVIAL,
    "checkpoint": RENAL,
    "targeted": BREAST,
    "adc": BREAST,
    "radioligand": PROSTATE,
    "transplant": MYELOMA,
    "clinical_trial": RENAL,
    "surgical_review": BOWEL,
    "particle_therapy": {
        **FIT,
        "cancer_type": "chordoma",
        "extent": "localised",
        "radiation_history": [],
    },
    "bnct": {**BOWEL, "cancer_type": "hnscc", "radiation_history": []},
    "hifu_histotripsy": LIVER,
    "interventional": LIVER,
}

# The gate table of the reference (C1): what fires the gate, where it is hard, where it is soft.
MATRIX: list[tuple[str, dict[str, Any], str, str]] = [
    ("G-ECOG2", {"ecog": 2}, "", "car_t til tcr_t transplant clinical_trial surgical_review"),
    (
        "G-ECOG3",
        {"ecog": 3},
        "car_t til tcr_t transplant clinical_trial bnct hifu_histotripsy",
        "bispecific checkpoint targeted adc radioligand particle_therapy interventional"
        " surgical_review",
    ),
    ("G-ECOG4", {"ecog": 4}, "*", ""),
    (
        "G-INFECT",
        {"infection_status": "active_uncontrolled"},
        "car_t bispecific til tcr_t transplant clinical_trial",
        "checkpoint targeted adc radioligand particle_therapy bnct hifu_histotripsy interventional"
        " surgical_review",
    ),
    *(
        (
            "G-PREG",
            {"sex": "female", "pregnancy_status": status},
            "car_t bispecific til tcr_t checkpoint targeted adc radioligand particle_therapy bnct"
            " hifu_histotripsy interventional transplant clinical_trial",
            "surgical_review",
        )
        for status in ("pregnant", "possible")
    ),
    (
        "G-BF",
        {"sex": "female", "pregnancy_status": "breastfeeding"},
        "",
        "car_t bispecific checkpoint targeted adc radioligand clinical_trial",
    ),
    *(
        (
            "G-CNS-A",
            {"brain_mets_status": status},
            "car_t til tcr_t",
            "clinical_trial checkpoint targeted adc bispecific",
        )
        for status in ("untreated_or_symptomatic", "leptomeningeal")
    ),
    ("G-CNS-S", {"brain_mets_status": "treated_stable"}, "", "car_t til tcr_t"),
    (
        "G-AUTO",
        {"autoimmune_status": "active_immunosuppressed"},
        "car_t til tcr_t",
        "checkpoint bispecific clinical_trial",
    ),
    ("G-STER", {"steroid_pred_mg": 10.1}, "til", "checkpoint car_t tcr_t clinical_trial"),
    *(
        ("G-SOT", {"organ_transplant": graft}, "til", "checkpoint car_t tcr_t clinical_trial")
        for graft in ("kidney", "liver", "heart", "lung")
    ),
    (
        "G-GVHD",
        {"transplant_history": "allo", "gvhd_status": "active"},
        "car_t til tcr_t",
        "checkpoint transplant",
    ),
    ("G-ALLO", {"transplant_history": "allo", "gvhd_status": "none"}, "", "checkpoint car_t"),
    ("G-ALLO", {"transplant_history": "allo", "gvhd_status": "active"}, "", ""),
    ("G-ALLO", {"transplant_history": "allo", "gvhd_status": None}, "", "checkpoint car_t"),
    ("G-HIV", {"hiv": "pos_untreated"}, "tcr_t", "car_t til transplant clinical_trial"),
    *(
        (
            "G-HEP",
            {virus: "pos_controlled"},
            "",
            "car_t bispecific til tcr_t transplant clinical_trial",
        )
        for virus in ("hbv", "hcv")
    ),
    ("G-LVEF", {"lvef_pct": 39}, "car_t tcr_t transplant til", "adc targeted"),
    ("G-LVEF", {"lvef_pct": 40}, "til", "car_t tcr_t transplant adc targeted"),
    ("G-LVEF", {"lvef_pct": 45}, "", "car_t tcr_t transplant til adc targeted"),
    (
        "G-REN",
        {"labs": {**FIT["labs"], "crcl": 29}},
        "car_t til transplant radioligand tcr_t",
        "clinical_trial adc targeted bispecific",
    ),
    ("G-REN", {"labs": {**FIT["labs"], "crcl": 39}}, "tcr_t", "car_t til transplant radioligand"),
    ("G-REN", {"labs": {**FIT["labs"], "crcl": 49}}, "", "car_t til transplant tcr_t radioligand"),
    ("G-REN", {"labs": {**FIT["labs"], "crcl": 59}}, "", "car_t til transplant tcr_t"),
    (
        "G-LIV",
        {"labs": {**FIT["labs"], "bili_xULN": 3.1}},
        "car_t til tcr_t transplant interventional clinical_trial",
        "checkpoint targeted adc bispecific radioligand particle_therapy surgical_review",
    ),
    *(
        (
            "G-LIV2",
            {"labs": {**FIT["labs"], name: value}},
            "",
            "car_t til tcr_t transplant interventional clinical_trial surgical_review",
        )
        for name, value in (
            ("bili_xULN", 2.1),
            ("bili_xULN", 3),
            ("ast_alt_xULN", 3.1),
            ("ast_alt_xULN", 5),
        )
    ),
    (
        "G-ALT",
        {"labs": {**FIT["labs"], "ast_alt_xULN": 5.1}},
        "car_t til tcr_t",
        "checkpoint targeted adc bispecific clinical_trial",
    ),
    *(
        (
            "G-O2",
            facts,
            "car_t til tcr_t transplant",
            "bispecific checkpoint targeted adc radioligand particle_therapy bnct hifu_histotripsy"
            " interventional clinical_trial surgical_review",
        )
        for facts in ({"oxygen_need": "continuous"}, {"spo2_pct": 91})
    ),
    *(
        (
            "G-CNT",
            {"labs": {**FIT["labs"], name: value}},
            "",
            "car_t til tcr_t adc radioligand clinical_trial",
        )
        for name, value in (("hb", 7.9), ("plt", 44), ("anc", 0.9), ("alc", 0.19))
    ),
    ("G-FAST", {"rapid_growth": True}, "", "car_t til tcr_t"),
]


def labs(**values: float) -> dict[str, Any]:
    """The fit person's blood results with some of them changed."""
    return {"labs": {**FIT["labs"], **values}}


HARD, SOFT, NONE = "DEFER", "CAUTION", "CONSIDER"

# gate, changed facts, pathway -> status
TABLE: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("G-ECOG2", {"ecog": 1}, {"car_t": NONE, "clinical_trial": NONE, "surgical_review": NONE}),
    (
        "G-ECOG2",
        {"ecog": 2},
        {
            "car_t": SOFT,
            "til": SOFT,
            "tcr_t": SOFT,
            "transplant": SOFT,
            "clinical_trial": SOFT,
            "surgical_review": SOFT,
            "checkpoint": NONE,
            "targeted": NONE,
            "bispecific": NONE,
        },
    ),
    (
        "G-ECOG3",
        {"ecog": 3},
        {
            "car_t": HARD,
            "til": HARD,
            "tcr_t": HARD,
            "transplant": HARD,
            "clinical_trial": HARD,
            "bispecific": SOFT,
            "checkpoint": SOFT,
            "targeted": SOFT,
            "adc": SOFT,
            "radioligand": SOFT,
            "surgical_review": SOFT,
        },
    ),
    ("G-ECOG4", {"ecog": 4}, dict.fromkeys(SHOWING, HARD)),
    (
        "G-INFECT",
        {"infection_status": "active_uncontrolled"},
        {
            "car_t": HARD,
            "bispecific": HARD,
            "til": HARD,
            "tcr_t": HARD,
            "transplant": HARD,
            "clinical_trial": HARD,
            "checkpoint": SOFT,
            "targeted": SOFT,
            "adc": SOFT,
            "radioligand": SOFT,
            "surgical_review": SOFT,
        },
    ),
    ("G-INFECT", {"infection_status": "chronic_controlled"}, {"car_t": NONE}),
    ("G-INFECT", {"infection_status": "recent_resolved"}, {"car_t": NONE}),
    (
        "G-PREG",
        {"sex": "female", "age_years": 30, "pregnancy_status": "pregnant"},
        {"car_t": HARD, "checkpoint": HARD, "clinical_trial": HARD, "surgical_review": SOFT},
    ),
    (
        "G-PREG",
        {"sex": "female", "age_years": 30, "pregnancy_status": "possible"},
        {"car_t": HARD, "surgical_review": SOFT},
    ),
    ("G-PREG", {"sex": "female", "age_years": 30, "pregnancy_status": "no"}, {"car_t": NONE}),
    (
        "G-BF",
        {"sex": "female", "age_years": 30, "pregnancy_status": "breastfeeding"},
        {
            "car_t": SOFT,
            "bispecific": SOFT,
            "checkpoint": SOFT,
            "targeted": SOFT,
            "adc": SOFT,
            "clinical_trial": SOFT,
            "til": NONE,
        },
    ),
    (
        "G-CNS-A",
        {"brain_mets_status": "untreated_or_symptomatic"},
        {"car_t": HARD, "til": HARD, "clinical_trial": SOFT, "checkpoint": SOFT, "adc": SOFT},
    ),
    ("G-CNS-A", {"brain_mets_status": "leptomeningeal"}, {"til": HARD, "targeted": SOFT}),
    (
        "G-CNS-S",
        {"brain_mets_status": "treated_stable"},
        {"til": SOFT, "tcr_t": SOFT, "checkpoint": NONE, "clinical_trial": NONE},
    ),
    (
        "G-AUTO",
        {"autoimmune_status": "active_immunosuppressed"},
        {
            "car_t": HARD,
            "til": HARD,
            "tcr_t": HARD,
            "checkpoint": SOFT,
            "bispecific": SOFT,
            "clinical_trial": SOFT,
            "targeted": NONE,
        },
    ),
    ("G-AUTO-M", {"autoimmune_status": "mild_controlled"}, {"checkpoint": NONE, "car_t": NONE}),
    ("G-STER", {"steroid_pred_mg": 10}, {"til": NONE, "checkpoint": NONE, "car_t": NONE}),
    (
        "G-STER",
        {"steroid_pred_mg": 10.1},
        {"til": HARD, "checkpoint": SOFT, "car_t": SOFT, "tcr_t": SOFT, "clinical_trial": SOFT},
    ),
    (
        "G-SOT",
        {"organ_transplant": "kidney"},
        {"til": HARD, "checkpoint": SOFT, "car_t": SOFT, "clinical_trial": SOFT, "targeted": NONE},
    ),
    ("G-SOT", {"organ_transplant": "cornea"}, {"til": NONE, "checkpoint": NONE}),
    (
        "G-GVHD",
        {"transplant_history": "allo", "gvhd_status": "active"},
        {"car_t": HARD, "til": HARD, "tcr_t": HARD, "checkpoint": SOFT},
    ),
    (
        "G-ALLO",
        {"transplant_history": "allo", "gvhd_status": "none"},
        {"car_t": SOFT, "checkpoint": SOFT, "til": NONE},
    ),
    ("G-ALLO", {"transplant_history": "auto"}, {"car_t": NONE, "checkpoint": NONE}),
    (
        "G-HIV",
        {"hiv": "pos_controlled"},
        {"tcr_t": HARD, "car_t": SOFT, "til": SOFT, "transplant": SOFT, "clinical_trial": SOFT},
    ),
    ("G-HEP", {"hbv": "pos_controlled"}, {"car_t": SOFT, "bispecific": SOFT, "checkpoint": NONE}),
    ("G-HEP", {"hcv": "pos_untreated"}, {"tcr_t": SOFT, "til": SOFT, "transplant": SOFT}),
    ("G-LVEF", {"lvef_pct": 39.9}, {"car_t": HARD, "tcr_t": HARD, "transplant": HARD}),
    ("G-LVEF", {"lvef_pct": 40}, {"car_t": SOFT, "tcr_t": SOFT, "transplant": SOFT, "til": HARD}),
    ("G-LVEF", {"lvef_pct": 44.9}, {"til": HARD}),
    ("G-LVEF", {"lvef_pct": 45}, {"til": SOFT, "car_t": SOFT}),
    ("G-LVEF", {"lvef_pct": 49}, {"car_t": SOFT, "til": SOFT, "adc": SOFT, "targeted": SOFT}),
    ("G-LVEF", {"lvef_pct": 50}, {"car_t": NONE, "til": NONE, "adc": NONE, "targeted": NONE}),
    (
        "G-REN",
        labs(crcl=29),
        {
            "car_t": HARD,
            "til": HARD,
            "transplant": HARD,
            "radioligand": HARD,
            "tcr_t": HARD,
            "clinical_trial": SOFT,
            "adc": SOFT,
            "targeted": SOFT,
            "bispecific": SOFT,
        },
    ),
    (
        "G-REN",
        labs(crcl=30),
        {"car_t": SOFT, "til": SOFT, "transplant": SOFT, "radioligand": SOFT, "adc": NONE},
    ),
    ("G-REN", labs(crcl=39), {"tcr_t": HARD}),
    ("G-REN", labs(crcl=40), {"tcr_t": SOFT}),
    ("G-REN", labs(crcl=49), {"radioligand": SOFT}),
    ("G-REN", labs(crcl=50), {"radioligand": NONE, "car_t": SOFT}),
    ("G-REN", labs(crcl=59), {"car_t": SOFT, "til": SOFT, "tcr_t": SOFT}),
    ("G-REN", labs(crcl=60), {"car_t": NONE, "til": NONE, "tcr_t": NONE, "transplant": NONE}),
    (
        "G-LIV",
        labs(bili_xULN=3.1),
        {
            "car_t": HARD,
            "til": HARD,
            "tcr_t": HARD,
            "transplant": HARD,
            "clinical_trial": HARD,
            "checkpoint": SOFT,
            "targeted": SOFT,
            "adc": SOFT,
            "bispecific": SOFT,
            "radioligand": SOFT,
            "surgical_review": SOFT,
        },
    ),
    ("G-LIV2", labs(bili_xULN=3), {"car_t": SOFT, "surgical_review": SOFT, "checkpoint": NONE}),
    ("G-LIV2", labs(bili_xULN=2.1), {"til": SOFT, "clinical_trial": SOFT}),
    ("G-LIV2", labs(bili_xULN=2), {"car_t": NONE, "clinical_trial": NONE}),
    ("G-LIV2", labs(ast_alt_xULN=3.1), {"car_t": SOFT, "transplant": SOFT}),
    ("G-LIV2", labs(ast_alt_xULN=3), {"car_t": NONE}),
    ("G-LIV2", labs(ast_alt_xULN=5), {"car_t": SOFT, "checkpoint": NONE}),
    (
        "G-ALT",
        labs(ast_alt_xULN=5.1),
        {"car_t": HARD, "til": HARD, "tcr_t": HARD, "checkpoint": SOFT, "clinical_trial": SOFT},
    ),
    (
        "G-O2",
        {"oxygen_need": "continuous"},
        {"car_t": HARD, "til": HARD, "tcr_t": HARD, "transplant": HARD, "checkpoint": SOFT},
    ),
    ("G-O2", {"oxygen_need": "occasional"}, {"car_t": NONE}),
    ("G-O2", {"spo2_pct": 91}, {"car_t": HARD, "surgical_review": SOFT, "targeted": SOFT}),
    ("G-O2", {"spo2_pct": 92}, {"car_t": NONE, "surgical_review": NONE}),
    ("G-CNT", labs(hb=7.9), {"car_t": SOFT, "adc": SOFT, "radioligand": SOFT, "checkpoint": NONE}),
    ("G-CNT", labs(hb=8), {"car_t": NONE}),
    ("G-CNT", labs(plt=44), {"til": SOFT, "tcr_t": SOFT}),
    ("G-CNT", labs(plt=45), {"til": NONE}),
    ("G-CNT", {"labs": {**FIT["labs"], "anc": 0.9, "g_csf": False}}, {"clinical_trial": SOFT}),
    ("G-CNT", {"labs": {**FIT["labs"], "anc": 0.9, "g_csf": True}}, {"clinical_trial": NONE}),
    ("G-CNT", {"labs": {**FIT["labs"], "anc": 0.9}}, {"clinical_trial": SOFT}),
    ("G-CNT", labs(anc=1.0), {"clinical_trial": NONE}),
    ("G-CNT", labs(alc=0.19), {"car_t": SOFT}),
    ("G-CNT", labs(alc=0.2), {"car_t": NONE}),
    ("G-FAST", {"rapid_growth": True}, {"car_t": SOFT, "til": SOFT, "tcr_t": SOFT, "adc": NONE}),
    ("G-FAST", {"rapid_growth": False}, {"car_t": NONE}),
    (
        "G-PRIORTGT",
        {"drug_classes_received": ["PD1"], "prior_systemic_lines": 1},
        {"checkpoint": SOFT},
    ),
    ("G-AGE75", {"age_years": 75}, {"car_t": NONE, "checkpoint": NONE}),
    ("G-AGE75", {"age_years": 74}, {"car_t": NONE}),
]


@pytest.mark.parametrize("pathway", SHOWING)
@pytest.mark.parametrize(
    ("gate", "changes", "hard", "soft"),
    MATRIX,
    ids=[f"{g}-{n}" for n, (g, *_) in enumerate(MATRIX)],
)
def test_gate_table(gate: str, changes: dict[str, Any], hard: str, soft: str, pathway: str) -> None:
    result = assess({**SHOWING[pathway], **changes}).pathway(pathway)
    is_hard = hard == "*" or pathway in hard.split()
    assert (gate in result.gates) is (is_hard or pathway in soft.split())
    if is_hard:
        assert result.status == HARD
    elif gate in result.gates:
        assert result.status in (SOFT, HARD)


def run(changes: dict[str, Any], pathway: str) -> Assessment:
    return assess({**SHOWING[pathway], **changes})


@pytest.mark.parametrize(
    ("gate", "changes", "pathway", "status"),
    [
        pytest.param(g, c, p, s, id=f"{g}-{n}-{p}-{s}")
        for n, (g, c, expected) in enumerate(TABLE)
        for p, s in expected.items()
    ],
)
def test_gate_changes_only_what_it_names(
    gate: str, changes: dict[str, Any], pathway: str, status: str
) -> None:
    result = run(changes, pathway).pathway(pathway)
    assert result.status == status, (result.rules, result.gates, result.reasons)
    if status != NONE:
        assert gate in result.gates
    assert result.gates or status == NONE


@pytest.mark.parametrize("pathway", SHOWING)
def test_nothing_stops_the_fit_person(pathway: str) -> None:
    result = run({}, pathway).pathway(pathway)
    assert (result.status, result.gates) == (NONE, ()), (result.reasons, result.missing)


UNKNOWN: list[tuple[str, str, str]] = [
    ("car_t", "ecog", "ecog"),
    ("targeted", "ecog", "ecog"),
    ("car_t", "infection_status", "infection_status"),
    ("bispecific", "infection_status", "infection_status"),
    ("car_t", "brain_mets_status", "brain_mets_status"),
    ("til", "steroid_pred_mg", "steroid_pred_mg"),
    ("til", "organ_transplant", "organ_transplant"),
    ("car_t", "autoimmune_status", "autoimmune_status"),
    ("tcr_t", "hiv", "hiv"),
    ("car_t", "lvef_pct", "lvef_pct"),
    ("transplant", "lvef_pct", "lvef_pct"),
    ("car_t", "labs", "labs"),
    ("radioligand", "labs", "labs"),
]


@pytest.mark.parametrize(("pathway", "fact", "missing"), UNKNOWN)
def test_unknown_input_of_a_hard_gate_stops_nothing_but_is_missing(
    pathway: str, fact: str, missing: str
) -> None:
    facts = {k: v for k, v in SHOWING[pathway].items() if k != fact}
    result = assess(facts).pathway(pathway)
    assert result.status == NONE
    assert result.gates == ()
    assert missing in result.missing


def test_unknown_input_of_a_soft_gate_is_not_asked_for() -> None:
    facts = {k: v for k, v in SHOWING["checkpoint"].items() if k not in ("steroid_pred_mg", "hbv")}
    missing = assess(facts).pathway("checkpoint").missing
    assert "steroid_pred_mg" not in missing
    assert "hbv" not in missing


def test_single_blood_value_is_named_when_others_are_known() -> None:
    known = {k: v for k, v in FIT["labs"].items() if k != "crcl"}
    missing = assess({**LYMPHOMA, "labs": known}).pathway("car_t").missing
    assert "crcl" in missing
    assert "labs" not in missing


def test_pregnancy_is_asked_only_where_it_is_possible() -> None:
    young = {**LYMPHOMA, "sex": "female", "age_years": 30}
    assert "pregnancy_status" in assess(young).pathway("car_t").missing
    for change in ({"age_years": 56}, {"age_years": 11}, {"sex": "male"}):
        assert "pregnancy_status" not in assess({**young, **change}).pathway("car_t").missing


def test_gate_leaves_a_pathway_alone_that_is_not_shown() -> None:
    result = assess({**LYMPHOMA, "ecog": 4, "prior_systemic_lines": 0, "disease_status": "stable"})
    assert result.pathway("car_t").status == "NOT_YET"


def test_soft_gate_leaves_needs_info_but_is_listed() -> None:
    facts = {**LYMPHOMA, "ecog": 2, "prior_systemic_lines": 1}
    result = assess(facts).pathway("car_t")
    assert result.status == "NEEDS_INFO"
    assert "G-ECOG2" in result.gates
    assert any("ECOG 2" in c for c in result.cautions)


def test_hard_gate_defers_a_pathway_that_lacks_information() -> None:
    facts = {**LYMPHOMA, "infection_status": "active_uncontrolled", "prior_systemic_lines": 1}
    assert assess(facts).pathway("car_t").status == "DEFER"


def test_brain_gate_is_soft_for_lymphoma_that_began_in_the_brain() -> None:
    facts = {**LYMPHOMA, "cancer_type": "pcnsl", "brain_mets_status": "untreated_or_symptomatic"}
    result = assess(facts).pathway("car_t")
    assert (result.status, result.gates) == ("CAUTION", ("G-CNS-A",))


def test_liver_gate_is_hard_only_for_treatment_at_the_liver() -> None:
    at_liver = assess({**LIVER, "child_pugh": "C"}).pathway("interventional")
    assert at_liver.status == "DEFER"


def test_old_age_is_told_and_changes_nothing() -> None:
    result = assess({**LYMPHOMA, "age_years": 75}).pathway("car_t")
    assert result.status == "CONSIDER"
    assert result.gates == ("G-AGE75",)
