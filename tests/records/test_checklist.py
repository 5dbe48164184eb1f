"""The checklist a family gets: for its cancer, its pathways, its history."""

from __future__ import annotations

import re
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.catalogue import catalogue
from bot.records.checklist import Checklist, Holding, Mark, checklist

PATHWAYS = (
    *("car_t", "bispecific", "til", "tcr_t", "checkpoint", "targeted", "adc", "radioligand"),
    *("particle_therapy", "bnct", "hifu_histotripsy", "interventional", "transplant"),
    *("clinical_trial", "investigational_cell_gene"),
    *("second_opinion", "surgical_review", "supportive_care"),
)
CANCERS = catalogue().cancers
SERVICES = {"second_opinion": "CONSIDER", "supportive_care": "CONSIDER"}
FORBIDDEN = re.compile(
    r"you qualify|you are eligible|\bcure[sd]?\b|guarantee|best treatment|last chance|"
    r"surviv|\d+\s?% (of|chance)|[$€£]",
    re.IGNORECASE,
)


def levels(found: Checklist) -> dict[str, str]:
    return {item.id: item.level for item in found.items}


def assert_sound(found: Checklist) -> None:
    ids = [item.id for item in found.items]
    assert len(ids) == len(set(ids))
    names = [item.name.casefold() for item in found.items]
    assert len(names) == len(set(names))
    assert [item.level for item in found.items] == sorted(item.level for item in found.items)
    for item in found.items:
        assert item.why.strip()
        assert len(item.why.split()) <= 12
        assert item.title.strip()
        assert item.format.strip()
        assert item.recency.strip()
        assert item.source.strip()
        assert item.asked_by
        assert len(item.asked_by) == len(set(item.asked_by))
        assert item.level in ("C", "H")
        # Freshness in words and in days say the same; nothing is looked for twice.
        limited = item.recency_days is not None
        assert not limited or "older" in item.recency or "relapse" in item.recency, item.recency
        assert limited or "ot older" not in item.recency, item.recency
        folded = [detail.casefold() for detail in item.details]
        assert len(folded) == len(set(folded))
        assert not any(detail in item.name.casefold().split(", ") for detail in folded)
        assert not FORBIDDEN.search(f"{item.title} {item.why} {item.format} {item.recency}")
    tests = [test.id for test in found.missing_tests]
    assert len(tests) == len(set(tests))
    for test in found.missing_tests:
        assert test.title.strip()
        assert test.ask.startswith("Ask your doctor whether ")
        assert not FORBIDDEN.search(test.ask)
    assert len(found.first()) <= 8
    assert all(item.level == "C" for item in found.first())
    assert len(found.first()) + len(found.rest()) == len(ids)


@pytest.mark.parametrize("cancer", CANCERS)
def test_every_cancer_with_every_pathway_gives_a_sound_list(cancer: str) -> None:
    for pathway, status in product(PATHWAYS, ("CONSIDER", "CAUTION", "NEEDS_INFO")):
        assert_sound(checklist({"cancer_type": cancer}, {pathway: status}))
    every = checklist({"cancer_type": cancer}, dict.fromkeys(PATHWAYS, "CONSIDER"))
    assert_sound(every)
    # A row serves the cancer: something beyond the base list is asked for its sake.
    assert any(f"cancer:{cancer}" in item.asked_by for item in every.items)


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_a_pathway_asks_for_papers_only_while_it_is_shown(pathway: str) -> None:
    facts = {"cancer_type": "dlbcl_lbcl"}
    plain = checklist(facts, {})
    for status in ("NOT_YET", "TRIAL_ONLY", "NO_MATCH", "DEFER"):
        assert checklist(facts, {pathway: status}) == plain
    shown = checklist(facts, {pathway: "NEEDS_INFO"})
    assert any(f"pathway:{pathway}" in item.asked_by for item in shown.items)


def test_every_cancer_of_the_reference_is_served() -> None:
    assert len(CANCERS) == 96
    assert {"panc_net", "gep_net", "small_bowel", "appendix", "wilms", "hepatoblastoma"} <= set(
        CANCERS
    )


def test_the_base_list_is_there_for_everybody_even_before_the_cancer_is_known() -> None:
    ids = set(levels(checklist({}, {})))
    assert {f"B{n}" for n in range(1, 19)} == ids


@pytest.mark.parametrize(
    ("item", "facts", "level"),
    [
        ("B10", {}, "H"),
        ("B10", {"treatments": [{"name": "mastectomy", "modality": "surgery"}]}, "C"),
        (
            "B10",
            {"treatments": [{"name": "x", "modality": "surgery", "status": "planned"}]},
            "H",
        ),
        ("B10", {"recent_procedures": [{"type": "biopsy"}]}, "C"),
        ("B11", {}, "H"),
        ("B11", {"treatments": [{"name": "IMRT", "modality": "radiation"}]}, "C"),
        ("B11", {"radiation_history": [{"site": "chest"}]}, "C"),
        ("B5", {}, "H"),
        ("B5", {"main_question": "second_opinion"}, "C"),
        ("B5", {"histology_confirmed": "fnac_only"}, "C"),
        ("B5", {"histology_confirmed": "biopsy_yes"}, "H"),
        ("B5", {"suspected": True}, "C"),
        ("B4", {"cancer_type": "colorectal"}, "C"),
        ("B4", {"cancer_type": "hodgkin"}, "C"),
        ("B4", {"cancer_type": "cml"}, "H"),
        ("B6", {"ngs_done": "tissue"}, "C"),
        ("B6", {"ngs_done": "pending"}, "H"),
        ("B6", {"biomarkers": {"EGFR": "ex19del"}}, "C"),
        ("B6", {}, "H"),
        ("B6", {"cancer_type": "nsclc"}, "C"),
        ("B8", {}, "H"),
        ("B1", {}, "H"),
        ("pelvic_mri", {"cancer_type": "colorectal", "cancer_subtype": "rectum"}, "C"),
        ("pelvic_mri", {"cancer_type": "colorectal"}, "H"),
        ("echo", {"cancer_type": "breast_her2_pos"}, "C"),
    ],
)
def test_levels_follow_what_was_said(item: str, facts: dict[str, object], level: str) -> None:
    assert levels(checklist(facts, {}))[item] == level


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ("B6", {"cancer_type": "nsclc", "ngs_done": "no"}),
        ("B11", {"cancer_type": "npc", "radiation_history": []}),
        ("pelvic_mri", {"cancer_type": "colorectal", "cancer_subtype": "colon left"}),
        ("liver_mri", {"cancer_type": "colorectal"}),
        ("transplant_record", {"cancer_type": "b_all", "transplant_history": "none"}),
        ("pregnancy_test", {"cancer_type": "dlbcl_lbcl", "sex": "male"}),
        ("echo", {"cancer_type": "breast_tnbc"}),
    ],
)
def test_a_paper_that_cannot_exist_is_not_asked_for(item: str, facts: dict[str, object]) -> None:
    shown = {"car_t": "CONSIDER", **SERVICES} if item == "pregnancy_test" else SERVICES
    assert item not in levels(checklist(facts, shown))


def test_slides_and_dicom_are_on_the_list_of_day_one() -> None:
    found = checklist({"cancer_type": "ovarian"}, SERVICES)
    by_id = {item.id: item for item in found.items}
    assert "DICOM" in by_id["B8"].format
    assert "slides" in by_id["B5"].format
    assert by_id["B8"] in found.first()


def test_the_consent_paper_becomes_critical_before_sending() -> None:
    assert levels(checklist({}, {}, before_submission=True))["B1"] == "C"


def test_the_strictest_freshness_wins() -> None:
    def days(pathways: dict[str, str], item: str) -> int | None:
        found = checklist({"cancer_type": "hcc"}, pathways)
        return {i.id: i.recency_days for i in found.items}[item]

    assert days(SERVICES, "B7") == 56
    assert days({**SERVICES, "clinical_trial": "CAUTION"}, "B7") == 28
    assert days({**SERVICES, "particle_therapy": "CONSIDER"}, "B8") == 28
    assert days(SERVICES, "B12") == 14
    assert days({"travel": "CONSIDER"}, "B12") == 7


def test_one_paper_asked_for_by_many_is_one_item_that_names_all_they_look_for() -> None:
    found = checklist(
        {"cancer_type": "dlbcl_lbcl", "hbv": "pos_controlled"},
        {"car_t": "CONSIDER", "transplant": "NEEDS_INFO", "checkpoint": "CONSIDER"},
    )
    virus = [item for item in found.items if item.id == "viral_serology"]
    assert len(virus) == 1
    assert virus[0].level == "C"
    assert "virus load" in virus[0].title
    assert "HBV" in virus[0].title


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({}, False),
        ({"can_travel": "yes"}, True),
        ({"can_travel": True}, True),
        ({"can_travel": "no"}, False),
    ],
)
def test_travel_papers_are_asked_of_those_who_wish_to_travel(
    facts: dict[str, object], asked: bool
) -> None:
    assert ("fit_to_fly_letter" in levels(checklist(facts, {}))) is asked
    assert "fit_to_fly_letter" not in levels(checklist(facts, {"travel": "HOLD"}))


@pytest.mark.parametrize(
    ("held", "mark"),
    [
        ([], Mark.OPEN),
        (["B7"], Mark.HELD),
        ([{"id": "B7", "format": "photo"}], Mark.FIRST_LOOK),
        ([{"id": "B7", "date": "2026-06-01"}], Mark.OUTDATED),
        ([{"id": "B7", "date": "2026-10-01"}], Mark.HELD),
        ([{"id": "B7", "date": "2026-09-30"}], Mark.OUTDATED),
        ([{"id": "B7", "format": "photo"}, "B7"], Mark.HELD),
        ([{"id": 7}, 7, None], Mark.OPEN),
    ],
)
def test_papers_in_hand_are_ticked_by_what_they_are_worth(held: list[object], mark: Mark) -> None:
    found = checklist({"docs_available": held}, {}, today=date(2026, 11, 26))
    assert {item.id: item.mark for item in found.items}["B7"] is mark


def test_received_files_tick_and_completeness_counts() -> None:
    empty = checklist({}, {})
    some = checklist({}, {}, held=["B3", Holding("B9")])
    assert empty.completeness().critical_percent == 0
    done = some.completeness()
    assert (done.critical_held, done.held, done.total) == (2, 2, 18)
    assert [item.id for item in some.changed_since(empty.snapshot()).ticked] == ["B3", "B9"]
    assert "B3" not in {item.id for item in some.open_items}


def test_what_a_coordinator_waived_is_neither_missing_nor_counted() -> None:
    listed = checklist({}, {}, held=["B3"], waived=["B9"])
    done = listed.completeness()
    assert (done.critical_held, done.held, done.total) == (1, 1, 17)
    assert done.critical == len(checklist({}, {}).critical) - 1
    assert "B9" not in {item.id for item in listed.open_items}
    assert {item.id: item.mark for item in listed.items}["B9"] is Mark.WAIVED


def test_the_list_says_what_changed() -> None:
    before = checklist({"cancer_type": "hcc"}, SERVICES)
    after = checklist({"cancer_type": "hcc"}, {**SERVICES, "clinical_trial": "CONSIDER"})
    change = after.changed_since(before.snapshot())
    assert {item.id for item in change.added} == {"measurable_lesions", "contraception_statement"}
    assert {"B5", "B7", "B8"} <= {item.id for item in change.raised}
    assert not change.removed
    assert not after.changed_since(after.snapshot())
    back = before.changed_since(after.snapshot())
    assert set(back.removed) == {item.id for item in change.added}


def asks(facts: dict[str, object]) -> set[str]:
    return {test.id for test in checklist(facts, SERVICES).missing_tests}


@pytest.mark.parametrize(
    ("facts", "there", "absent"),
    [
        ({"cancer_type": "nsclc"}, {"ngs_full", "PDL1_TPS"}, {"ngs"}),
        ({"cancer_type": "nsclc", "ngs_done": "tissue"}, {"PDL1_TPS"}, {"ngs_full"}),
        ({"cancer_type": "nsclc", "biomarkers": {"PDL1_TPS": 60}}, {"ngs_full"}, {"PDL1_TPS"}),
        ({"cancer_type": "nsclc", "biomarkers": {"PDL1_TPS": 0}}, {"ngs_full"}, {"PDL1_TPS"}),
        ({"cancer_type": "breast_hr_pos"}, {"receptors", "BRCA"}, {"ESR1"}),
        ({"cancer_type": "breast_hr_pos", "endocrine_lines_metastatic": 1}, {"ESR1"}, set()),
        ({"cancer_type": "hcc"}, {"child_pugh", "AFP", "hbv_dna", "multiphase_imaging"}, set()),
        ({"cancer_type": "hcc", "child_pugh": "A", "hbv": "neg"}, {"AFP"}, {"child_pugh"}),
        ({"cancer_type": "hcc", "hbv": "neg"}, {"AFP"}, {"hbv_dna"}),
        ({"cancer_type": "hcc", "hbv": "pos_controlled"}, {"hbv_dna"}, set()),
        ({"cancer_type": "hcc", "hbv": "pos", "biomarkers": {"HBV DNA": 20}}, set(), {"hbv_dna"}),
        ({"cancer_type": "breast_tnbc", "biomarkers": {"HER2": "1+"}}, {"BRCA"}, {"receptors"}),
        ({"cancer_type": "breast_tnbc"}, {"receptors"}, set()),
        ({"cancer_type": "breast_hr_pos", "biomarkers": {"HER2": "1+"}}, {"receptors"}, set()),
        ({"cancer_type": "breast_hr_pos", "treatments": ["letrozole 2.5 mg"]}, {"ESR1"}, set()),
        ({"cancer_type": "breast_hr_pos", "drug_classes_received": ["serd"]}, {"ESR1"}, set()),
        ({"cancer_type": "nsclc", "biomarkers": {"PD-L1": "TPS 60%"}}, set(), {"PDL1_TPS"}),
        ({"cancer_type": "nsclc", "biomarkers": {"PDL1_TPS": "unknown"}}, {"PDL1_TPS"}, set()),
        (
            {"cancer_type": "colorectal", "biomarkers": {"Mismatch repair": "ok?"}},
            set(),
            {"MSI_MMR"},
        ),
        ({"cancer_type": "gist", "ngs_done": "no"}, {"ngs"}, set()),
        ({"cancer_type": "gist"}, set(), {"ngs"}),
        ({"cancer_type": "neuroblastoma", "docs_available": ["mibg_scan"]}, {"MYCN"}, {"mibg"}),
        ({"cancer_type": "ovarian", "biomarkers": {"gBRCA": "neg"}}, {"HRD"}, {"brca_ovarian"}),
        ({"cancer_type": "ovarian", "biomarkers": {"BRCA1": "neg"}}, {"FOLR1"}, {"brca_ovarian"}),
        ({"cancer_type": "DLBCL"}, {"fish_lymphoma"}, set()),
        ({}, set(), {"ngs"}),
    ],
)
def test_missing_tests_are_those_nothing_is_known_of(
    facts: dict[str, object], there: set[str], absent: set[str]
) -> None:
    found = asks(facts)
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("told", "paper"),
    [
        ("right hemicolectomy", "B10"),
        ({"modality": "operation"}, "B10"),
        ({"name": "whipple", "status": "done"}, "B10"),
        ("brachytherapy", "B11"),
        ({"name": "rays", "modality": "rt"}, "B11"),
    ],
)
def test_an_operation_or_rays_by_any_name_make_their_papers_critical(
    told: object, paper: str
) -> None:
    def level(treatments: list[object]) -> str:
        facts = {"cancer_type": "colorectal", "treatments": treatments}
        return levels(checklist(facts, SERVICES))[paper]

    assert level([told]) == "C"
    refused = told | {"status": "refused"} if isinstance(told, dict) else {"name": told}
    assert level([{**refused, "status": "refused"}]) == "H"


@given(
    cancer=st.sampled_from(CANCERS),
    shown=st.dictionaries(
        st.sampled_from(PATHWAYS),
        st.sampled_from(["CONSIDER", "CAUTION", "NEEDS_INFO", "NOT_YET", "DEFER"]),
    ),
    sites=st.lists(st.sampled_from(["liver", "lung", "brain", "bone"]), unique=True),
    sex=st.sampled_from([None, "male", "female"]),
    ngs=st.sampled_from([None, "no", "tissue", "pending"]),
)
def test_whatever_is_told_the_list_is_sound_and_pathways_only_add(
    cancer: str, shown: dict[str, str], sites: list[str], sex: str | None, ngs: str | None
) -> None:
    facts = {"cancer_type": cancer, "metastatic_sites": sites, "sex": sex, "ngs_done": ngs}
    found = checklist(facts, shown)
    assert_sound(found)
    plain = checklist(facts, {})
    assert set(levels(plain)) <= set(levels(found))
    fresh = {item.id: item.recency_days or 10_000 for item in found.items}
    for item in plain.items:
        assert levels(found)[item.id] <= item.level  # "C" < "H": a pathway never lowers a level
        assert fresh[item.id] <= (item.recency_days or 10_000), "nor asks for something older"
    if ngs == "no":  # what was never done cannot be sent, so the doctor is asked about it
        assert "B6" not in levels(found)
        assert any("NGS" in t.title or "test" in t.title.casefold() for t in found.missing_tests)
    held = checklist(facts, shown, held=[item.id for item in found.items])
    assert not held.open_items
    assert held.completeness().percent == 100
    assert {t.id for t in held.missing_tests} <= {t.id for t in found.missing_tests}


@pytest.mark.parametrize(
    ("cancer", "wanted"),
    [
        ("b_all", {"marrow_report", "mrd_series", "csf_report"}),
        ("hcc", {"B12", "liver_multiphase_scan", "portal_vein_status"}),
        ("multiple_myeloma", {"marrow_report", "myeloma_proteins", "cytogenetics"}),
        ("nsclc", {"B4", "B6", "brain_mri"}),
        ("ovarian", {"B6", "B13"}),
        ("prostate", {"psma_pet", "testosterone", "B13"}),
    ],
)
def test_the_first_papers_are_those_of_this_cancer(cancer: str, wanted: set[str]) -> None:
    facts = {"cancer_type": cancer, "histology_confirmed": "biopsy_yes"}
    assert wanted <= {item.id for item in checklist(facts, SERVICES).first()}
