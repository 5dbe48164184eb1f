"""One fact in its many written forms: each means the same, and what is open stays open."""

from __future__ import annotations

from typing import Any

import pytest

from bot.facts.derive import derive
from bot.facts.markers import Span
from bot.facts.model import CaseFacts, FactError
from bot.oncology.vocabulary import cancers

# marker, written, exact values left open
WORDS: list[tuple[str, Any, set[str]]] = [
    ("HER2", "IHC2+/FISH-", {"2+ISH-"}),
    ("HER2", "IHC 2+, ISH negative", {"2+ISH-"}),
    ("HER2", "2+ (FISH positive)", {"2+ISH-", "2+ISH+"}),
    ("HER2", "FISH positive", {"2+ISH+", "3+", "amp"}),
    ("HER2", "HER2/neu 3+", {"3+"}),
    ("HER2", 3, {"3+"}),
    ("HER2", "exon 20 insertion", {"mutation"}),
    ("HER2 mutation", "pos", {"mutation"}),
    ("EGFR", "L858R mutation", {"L858R"}),
    ("EGFR", "exon 19 deletion detected", {"ex19del"}),
    ("EGFR", "L858R + T790M", {"~", "L858R", "T790M"}),
    ("EGFR", "wild-type", {"WT"}),
    ("EGFR", "no mutation", {"WT"}),
    ("EGFR", "not mutated", {"WT"}),
    ("EGFR", "E709K", {"other"}),
    ("KRAS", "G12C mutation", {"G12C"}),
    ("KRAS G12C", True, {"G12C"}),
    ("BRAF_V600E", "pos", {"V600E"}),
    ("BRAF", "V600E mutant", {"V600E"}),
    ("BRAF", "G469A", {"non_V600"}),
    ("ALK", "EML4-ALK", {"fusion_pos"}),
    ("ALK", "ALK+", {"fusion_pos"}),
    ("ALK fusion", "neg", {"neg"}),
    ("NTRK", "ETV6-NTRK3", {"fusion_pos"}),
    ("FGFR2", "FGFR2::BICC1", {"fusion_pos"}),
    ("RET", "M918T", {"mut"}),
    ("RET", "no fusion", {"neg"}),
    ("FLT3", "FLT3-ITD", {"ITD"}),
    ("FLT3-ITD", True, {"ITD"}),
    ("EGFR-L858R", "detected", {"L858R"}),
    ("PVTT", "Vp4", {"main"}),
    ("PVTT", "right branch", {"branch"}),
    ("PVTT", True, {"main", "branch"}),
    ("portal vein thrombosis", "no", {"neg"}),
    ("NPM1", "NPM1+", {"mut"}),
    ("EZH2", "Y646", {"mut"}),
    ("MSI_MMR", "MLH1 loss", {"MSI-H"}),
    ("BRCA", "gBRCA pathogenic", {"germline_path"}),
    ("gBRCA", "pathogenic", {"germline_path"}),
    ("gBRCA1", "likely pathogenic", {"germline_path"}),
    ("germline BRCA2", "positive", {"germline_path"}),
    ("gBRCA", "neg", {"neg"}),
    ("BRCA1", {"value": "pathogenic", "origin": "germline"}, {"germline_path"}),
    ("BRCA1", {"value": "pathogenic", "origin": "somatic"}, {"somatic_path"}),
    ("CD19", "positive (95%)", {"pos"}),
    ("CD19", "90", {"pos"}),
    ("CD19", "0", {"neg"}),
    ("CD20", "> 20 %", {"pos"}),
    ("KMT2A(MLL)-r", "rearr", {"mut"}),
    ("CD19", False, {"neg"}),
    ("HLA", "A*0201", {"A*02:01"}),
    ("HLA", "HLA-A2", {"A*02"}),
    ("HLA", "A*02:01 negative", {"!A*02:01"}),
    ("HLA-A*02:01", True, {"A*02:01"}),
]
INFINITE = float("inf")
NUMBERS: list[tuple[str, Any, Span]] = [
    ("PDL1_CPS", ">=50", Span(50, 100)),
    ("PDL1_CPS", "CPS 10", Span(10, 10)),
    ("PDL1_CPS", "< 1 %", Span(0, 1, open_high=True)),
    ("PDL1_CPS", "1-49%", Span(1, 49)),
    ("PDL1", "TPS 60%", Span(60, 60)),
    ("PDL1", {"TPS": 60}, Span(60, 60)),
    ("PDL1", {"value": 60, "type": "tps"}, Span(60, 60)),
    ("CLDN18.2", "80 % of cells 2+/3+", Span(80, 80)),
    ("TMB", "12 muts/Mb", Span(12, 12)),
    ("TMB", "TMB-H", Span(10, 1000)),
    ("HRD", "Myriad 45", Span(45, 45)),
    ("MRD", "10⁻³", Span(0.1, 0.1)),
    ("MRD", "1e-4", Span(0.01, 0.01)),
    ("FOLR1", "positive, ≥ 75 %", Span(75, 100)),
]
NOT_KNOWN: list[tuple[str, Any]] = [
    ("EGFR", "not tested"),
    ("EGFR", "result pending"),
    ("PDL1_CPS", "sent to the laboratory"),
    ("HLA", "pos"),
    ("HER2 mutation", "neg"),
    ("KRAS G12C", False),
    ("MRD", "pos"),
]


@pytest.mark.parametrize(("marker", "written", "left"), WORDS)
def test_a_result_in_words(marker: str, written: Any, left: set[str]) -> None:
    results = CaseFacts.read({"biomarkers": {marker: written}}).marker_results
    assert left in [set(v) for v in results.values()]


@pytest.mark.parametrize(("marker", "written", "span"), NUMBERS)
def test_a_measured_result(marker: str, written: Any, span: Span) -> None:
    assert span in CaseFacts.read({"biomarkers": {marker: written}}).marker_results.values()


@pytest.mark.parametrize(
    "marker",
    [
        "LDH",
        "β2M",
        "κ/λ FLC",
        "CA 19-9",
        "chromogranin A",
        "WT1",
        "SDH",
        "ctDNA",
        "Cytogenetics MM",
    ],
)
def test_a_marker_without_rules_may_be_told_in_any_spelling(marker: str) -> None:
    assert CaseFacts.read({"biomarkers": {marker: "pos"}}).marker_results == {}


NAMED = sorted({marker for cancer in cancers().values() for marker in cancer.biomarkers})


@pytest.mark.parametrize("marker", [*NAMED, "CD117", "S100", "TTF-1", "p40", "GATA3", "INSM1"])
def test_what_our_own_lists_and_a_stain_report_name_is_a_known_marker(marker: str) -> None:
    assert CaseFacts.read({"biomarkers": {marker: "neg" if marker != "HLA" else ["A*01:01"]}})


def test_a_virus_among_the_markers_is_the_fact_of_that_name() -> None:
    told = CaseFacts.read({"biomarkers": {"HBV": "pos", "HCV": False, "Child-Pugh": "B7"}})
    assert (told.hbv, told.hcv, told.child_pugh, told.marker_results) == ("pos", "neg", "B", {})
    assert CaseFacts.read({"hbv": "pos_controlled", "biomarkers": {"HBV": "pos"}}).hbv == (
        "pos_controlled"
    )


@pytest.mark.parametrize(("marker", "written"), NOT_KNOWN)
def test_a_result_that_says_nothing_stays_unknown(marker: str, written: Any) -> None:
    assert CaseFacts.read({"biomarkers": {marker: written}}).marker_results == {}


def test_pd_l1_without_its_score_is_no_score() -> None:
    assert set(CaseFacts.read({"biomarkers": {"PDL1": "60 %"}}).marker_results) == {"PDL1"}
    assert set(CaseFacts.read({"biomarkers": {"PD-L1": "CPS 60"}}).marker_results) == {"PDL1_CPS"}


FACTS: list[tuple[str, Any, Any]] = [
    ("told_inoperable", "yes", True),
    ("told_inoperable", False, False),
    ("classes_complete", "No", False),
    ("hbv", True, "pos"),
    ("hiv", "no", "neg"),
    ("stage_group", "3b", "IIIB"),
    ("stage_group", "stage 4", "IV"),
    ("stage_group", "IVa", "IVA"),
    ("temp_c", "101 F", 38.33),
    ("temp_c", "38.5 °C", 38.5),
    ("steroid_pred_mg", "dexamethasone 4 mg", 27.0),
    ("steroid_pred_mg", {"name": "hydrocortisone", "mg": 20}, 5.0),
    ("steroid_pred_mg", {"drug": "methylprednisolone", "dose_mg": 4}, 5.0),
    ("steroid_pred_mg", "10 mg", 10.0),
    ("metastatic_sites", ["unknown"], None),
    ("metastatic_sites", ["liver", "unknown"], ["liver"]),
    ("drug_classes_received", ["unknown"], None),
    ("ecog", {"value": 1, "confidence": 0.9}, 1),
    ("prior_systemic_lines", 2.0, 2),
]


@pytest.mark.parametrize(("name", "written", "read"), FACTS)
def test_a_fact_in_its_forms(name: str, written: Any, read: Any) -> None:
    assert getattr(CaseFacts.read({name: written}), name) == read


LABS: list[tuple[str, Any, float | None]] = [
    ("hb", "7.9 g/dL", 7.9),
    ("hb", "79 g/L", 7.9),
    ("hb", {"value": 79, "unit": "g/L"}, 7.9),
    ("plt", "45k", 45),
    ("plt", "45 x10⁹/L", 45),
    ("plt", "45,000/µL", 45),
    ("plt", "1.5 lakh", 150),
    ("anc", "900 cells/µL", 0.9),
    ("creat", "88.4 µmol/L", 1),
    ("crcl", "29 mL/min", 29),
    ("bili_xULN", "3 x ULN", 3),
    ("alc", "not done", None),
]


@pytest.mark.parametrize(("name", "written", "read"), LABS)
def test_a_blood_result_with_its_unit(name: str, written: Any, read: float | None) -> None:
    labs = CaseFacts.read({"labs": {name: written}}).labs
    assert labs is not None
    assert getattr(labs, name) == read


@pytest.mark.parametrize("given", [{"hb": "7.9 stone"}, {"plt": "45 mg/dL"}, {"hb": "110"}])
def test_a_unit_that_does_not_belong_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(FactError, match="labs"):
        CaseFacts.read({"labs": given})


@pytest.mark.parametrize("given", ["vitamin C 4 mg", {"name": "dexamethasone"}, "a little"])
def test_an_unknown_steroid_is_refused(given: Any) -> None:
    with pytest.raises(FactError, match="steroid_pred_mg"):
        CaseFacts.read({"steroid_pred_mg": given})


DATES = ["2025-03", "2025-03-14", "2025/03/14", "03/2025", "14.03.2025", "2025", 2025]


@pytest.mark.parametrize("written", DATES)
def test_a_date_in_its_forms(written: Any) -> None:
    read = CaseFacts.read({"diagnosis_date": written}).diagnosis_date
    assert read is not None
    assert read.year == 2025


def test_a_converted_value_says_why() -> None:
    view = derive(CaseFacts.read({"temp_c": 100.4, "steroid_pred_mg": "dexamethasone 4 mg"}))
    assert view.values["temp_c"] == 38.0
    assert view.why["temp_c"] == "told in Fahrenheit"
    assert "steroid" in view.why["steroid_pred_mg"]


SUBTYPES: list[tuple[dict[str, Any], str, Any]] = [
    (
        {"cancer_type": "prostate", "cancer_subtype": "castration-resistant"},
        "castration_resistant",
        True,
    ),
    ({"cancer_type": "prostate", "cancer_subtype": "mCRPC"}, "castration_resistant", True),
    ({"cancer_type": "prostate", "cancer_subtype": "mHSPC"}, "castration_resistant", False),
    ({"cancer_type": "prostate", "cancer_subtype": "adenocarcinoma"}, "castration_resistant", None),
    ({"cancer_type": "glioma_idh_mut", "cancer_subtype": "astrocytoma grade 2"}, "tumour_grade", 2),
    ({"cancer_type": "glioma_idh_mut", "cancer_subtype": "astrocytoma_2"}, "tumour_grade", 2),
    (
        {"cancer_type": "glioma_idh_mut", "cancer_subtype": "oligodendroglioma"},
        "tumour_grade",
        None,
    ),
    ({"cancer_type": "glioma_idh_mut", "stage_raw": "WHO grade III"}, "tumour_grade", 3),
]


@pytest.mark.parametrize(("facts", "name", "value"), SUBTYPES)
def test_what_the_words_of_the_type_say(facts: dict[str, Any], name: str, value: Any) -> None:
    assert derive(CaseFacts.read(facts)).values.get(name) == value
