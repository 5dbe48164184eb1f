"""From facts through the rules to the papers a family is asked for (reference, section D)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.eligibility.engine import assess
from bot.records.checklist import Checklist, ChecklistItem, checklist

TOLD = {"histology_confirmed": "biopsy_yes", "country": "IN", "age_years": 55, "sex": "male"}
NEW = {"disease_status": "newly_diagnosed", "prior_systemic_lines": 0}
GROWN = {"extent": "metastatic", "disease_status": "progressed", "prior_systemic_lines": 1}


def listed(**facts: Any) -> Checklist:
    told = {k: v for k, v in {**TOLD, **facts}.items() if v is not None}
    return checklist(told, assess(told).for_records())


def items(**facts: Any) -> dict[str, ChecklistItem]:
    return {item.id: item for item in listed(**facts).items}


@pytest.mark.parametrize(
    ("facts", "paper", "level"),
    [
        # Own stem cells need no donor; somebody else's do.
        ({"cancer_type": "multiple_myeloma", **NEW}, "donor_details", "H"),
        ({"cancer_type": "multiple_myeloma", **NEW}, "hla_typing", "H"),
        ({"cancer_type": "aml", "disease_status": "remission"}, "donor_details", "C"),
        ({"cancer_type": "aml", "disease_status": "remission"}, "hla_typing", "C"),
        ({"cancer_type": "b_all", "disease_status": "remission"}, "hla_typing", "C"),
        # Rhabdomyosarcoma is a sarcoma as well as a tumour of children.
        ({"cancer_type": "rhabdomyosarcoma", "age_years": 6}, "B5", "C"),
        ({"cancer_type": "rhabdomyosarcoma", "age_years": 6}, "tumour_mri", "C"),
        ({"cancer_type": "rhabdomyosarcoma", "age_years": 6}, "chest_ct", "C"),
        ({"cancer_type": "rhabdomyosarcoma", "age_years": 6}, "guardian_consent", "C"),
        # A child of any cancer has a guardian who consents.
        ({"cancer_type": "aml", "age_years": 17, **NEW}, "guardian_consent", "C"),
        ({"cancer_type": "osteosarcoma", "age_years": 12, **NEW}, "guardian_consent", "C"),
    ],
)
def test_who_is_asked_for_what(facts: dict[str, Any], paper: str, level: str) -> None:
    assert items(**facts)[paper].level == level


@pytest.mark.parametrize(
    ("facts", "papers"),
    [
        (
            {"cancer_type": "rhabdomyosarcoma", "age_years": 18},
            {"guardian_consent", "growth_record"},
        ),
        ({"cancer_type": "aml", "age_years": 18, **NEW}, {"guardian_consent"}),
        ({"cancer_type": "aml", "age_years": None, **NEW}, {"guardian_consent"}),
        # Eye checks belong to antibody-drug conjugates; none is looked at here.
        ({"cancer_type": "multiple_myeloma", **NEW}, {"eye_exam"}),
        # A suspected cancer gives no pathway names, so no papers of pathways either.
        (
            {"cancer_type": "nsclc", "suspected": True},
            {"bpa_pet", "donor_details", "hla_typing", "immune_history", "caregiver_plan"},
        ),
        # Nor does a cancer that nobody has named.
        ({}, {"bpa_pet", "donor_details", "hla_typing", "immune_history", "caregiver_plan"}),
        # Before the biopsy result: nothing of a pathway that this cancer never has.
        (
            {"cancer_type": "nsclc", "extent": "metastatic", "histology_confirmed": "pending"},
            {"bpa_pet", "donor_details", "hla_typing", "caregiver_plan"},
        ),
    ],
)
def test_nobody_is_asked_for_what_does_not_concern_them(
    facts: dict[str, Any], papers: set[str]
) -> None:
    found = items(**facts)
    assert not papers & set(found)
    assert {"B2", "B3", "B9", "B12", "B14", "B16"} <= set(found)


def test_papers_of_a_pathway_that_only_waits_for_the_biopsy_are_asked_for() -> None:
    waiting = {"cancer_type": "nsclc", "extent": "metastatic", "histology_confirmed": "pending"}
    assert "pathway:checkpoint" in items(**waiting)["immune_history"].asked_by


@pytest.mark.parametrize(
    ("cancer", "facts", "scan"),
    [
        ("glioblastoma", {"extent": "localised"}, "brain_mri"),
        ("chordoma", {"extent": "localised"}, "tumour_mri"),
        ("hcc", {"extent": "localised", "child_pugh": "A", "told_inoperable": True},
         "liver_multiphase_scan"),
        ("biliary", {"extent": "locally_advanced", "told_inoperable": True}, "bile_duct_scan"),
        ("npc", {"extent": "localised", "told_inoperable": True}, "head_neck_scan"),
        ("cervical", {"extent": "locally_advanced", "told_inoperable": True, "sex": "female"},
         "pelvic_mri"),
    ],
)  # fmt: skip
def test_the_scan_of_the_tumour_is_as_fresh_as_the_plan_needs(
    cancer: str, facts: dict[str, Any], scan: str
) -> None:
    found = items(cancer_type=cancer, **NEW, **facts)
    assert found["B8"].recency_days == 28
    assert found[scan].recency_days == 28


@pytest.mark.parametrize(
    ("cancer", "unwanted"),
    [("aml", "HER2"), ("multiple_myeloma", "HER2"), ("dlbcl_lbcl", "HER2"), ("hodgkin", "HER2")],
)
def test_a_blood_cancer_is_not_looked_through_for_solid_markers(cancer: str, unwanted: str) -> None:
    found = items(cancer_type=cancer, disease_status="relapsed", prior_systemic_lines=2)
    assert unwanted not in found["B4"].details


@pytest.mark.parametrize("cancer", ["nsclc", "gastric_gej", "hnscc", "breast_tnbc", "cervical"])
def test_a_marker_is_named_once_on_a_paper(cancer: str) -> None:
    sex = {"sex": "female"} if cancer in ("breast_tnbc", "cervical") else {}
    details = items(cancer_type=cancer, **GROWN, **sex)["B4"].details
    assert sum("PD-L1" in detail for detail in details) == 1, details


@pytest.mark.parametrize(
    ("facts", "test"),
    [
        ({"cancer_type": "hnscc", **GROWN}, "PDL1_CPS"),
        ({"cancer_type": "breast_tnbc", "sex": "female", **GROWN}, "PDL1_CPS"),
        ({"cancer_type": "esophageal_scc", **GROWN}, "PDL1_CPS"),
        ({"cancer_type": "prostate", **GROWN}, "MSI_MMR"),
        ({"cancer_type": "pancreatic", **GROWN}, "MSI_MMR"),
        ({"cancer_type": "hodgkin", "disease_status": "relapsed"}, "CD30"),
        ({"cancer_type": "t_nk_lymphoma", "disease_status": "relapsed"}, "CD30"),
        ({"cancer_type": "gep_net", **GROWN}, "SSTR_PET"),
        ({"cancer_type": "synovial_sarcoma", **GROWN}, "MSI_MMR"),
        ({"cancer_type": "aml", "disease_status": "relapsed"}, "CD33"),
        ({"cancer_type": "follicular", "disease_status": "relapsed"}, "EZH2"),
    ],
)
def test_the_test_that_an_answer_waits_for_is_among_the_missing(
    facts: dict[str, Any], test: str
) -> None:
    assert test in {t.id for t in listed(**facts).missing_tests}
    done = {
        **facts,
        "biomarkers": {test: {"MSI_MMR": "MSS/pMMR"}.get(test, 5 if "CPS" in test else "pos")},
    }
    assert test not in {t.id for t in listed(**done).missing_tests}


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"cancer_type": "rcc", **GROWN}, True),
        ({"cancer_type": "rcc", **GROWN, "ngs_done": "no"}, True),
        ({"cancer_type": "rcc", **GROWN, "ngs_done": "pending"}, False),
        ({"cancer_type": "rcc", **GROWN, "biomarkers": {"NTRK": "neg"}}, False),
        ({"cancer_type": "rcc", "extent": "localised", **NEW}, False),
        ({"cancer_type": "rcc", "extent": "localised", **NEW, "ngs_done": "no"}, True),
        ({"cancer_type": "multiple_myeloma", "disease_status": "relapsed"}, False),
    ],
)
def test_a_gene_test_is_worth_asking_for_where_any_marker_can_decide(
    facts: dict[str, Any], asked: bool
) -> None:
    assert ("ngs" in {t.id for t in listed(**facts).missing_tests}) is asked
