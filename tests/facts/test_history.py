"""What follows from the told treatments, and what stays open."""

from __future__ import annotations

from typing import Any

import pytest

from bot.facts.derive import View, derive
from bot.facts.model import CaseFacts


def view(**facts: Any) -> View:
    return derive(CaseFacts.read(facts))


def done(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "status": "done", **more}


LINES: list[tuple[dict[str, Any], int | None]] = [
    ({"treatments": []}, 0),
    ({"treatments": [], "disease_status": "on_treatment_responding"}, None),
    ({"treatments": [], "refractory_to": ["lenalidomide"]}, None),
    ({"treatments": [done("Tagrisso 80 mg"), done("carboplatin pemetrexed")]}, 2),
    ({"treatments": [done("BTK inhibitor"), done("6 cycles of R-CHOP")]}, 2),
    ({"treatments": [done("FOLFOX6"), done("FOLFIRI x 8")]}, 2),
    ({"treatments": [done("R-CHOP", cycles=6)]}, 1),
    ({"treatments": [done("R-CHOP"), done("R-ICE")]}, 2),
    ({"treatments": [done("R-CHOP"), {"name": "axi-cel", "status": "planned"}]}, 1),
    ({"treatments": [done("R-CHOP"), {"name": "R-ICE", "status": "refused"}]}, 1),
    ({"treatments": [done("gefitinib"), done("osimertinib")]}, 2),
    ({"treatments": [done("carboplatin"), done("paclitaxel")]}, None),
    ({"treatments": [done("carboplatin", response="progressed"), done("paclitaxel")]}, 2),
    ({"treatments": [done("surgery"), done("FOLFOX")]}, 1),
    ({"treatments": [done("chemotherapy")]}, None),
    ({"treatments": [done("FOLFOX", intent="adjuvant")], "months_to_relapse": 6}, 1),
    ({"treatments": [done("FOLFOX", intent="adjuvant")], "months_to_relapse": 12.1}, 0),
    ({"treatments": [done("FOLFOX", intent="adjuvant")], "months_to_relapse": 9}, None),
    ({"treatments": [done("R-CHOP"), done("R-ICE")], "prior_systemic_lines": 3}, 3),
    (
        {
            "treatments": [
                done("A", line=1, **{"class": "PI"}),
                done("B", line=1, **{"class": "IMiD"}),
            ]
        },
        1,
    ),
    (
        {
            "cancer_type": "multiple_myeloma",
            "treatments": [done("VRd"), done("autologous transplant"), done("lenalidomide")],
        },
        1,
    ),
    (
        {
            "cancer_type": "multiple_myeloma",
            "treatments": [
                done("VRd"),
                done("autologous transplant"),
                done("lenalidomide", intent="maintenance", response="progressed"),
                done("DPd"),
            ],
        },
        2,
    ),
]


@pytest.mark.parametrize(("facts", "lines"), LINES)
def test_lines_of_treatment(facts: dict[str, Any], lines: int | None) -> None:
    found = view(**facts)
    assert found.values.get("prior_systemic_lines") == lines
    if lines is not None and "prior_systemic_lines" not in facts:
        assert found.why["prior_systemic_lines"]


def test_regimens_stand_for_their_drugs_and_classes() -> None:
    received = view(treatments=[done("VRd")]).received
    assert {"PI", "IMiD", "bortezomib", "lenalidomide"} <= received


@pytest.mark.parametrize("status", ["planned", "refused"])
def test_what_was_not_given_was_not_received(status: str) -> None:
    found = view(treatments=[{"name": "ibrutinib", "status": status}])
    assert "BTKi" not in found.received


def test_absence_counts_only_when_the_list_is_complete() -> None:
    assert not view(drug_classes_received=["PI"]).received_complete
    assert view(drug_classes_received=["PI"], classes_complete=True).received_complete
    assert view(treatments=[]).received_complete
    assert not view(treatments=[done("VRd")]).received_complete
    new = {"disease_status": "newly_diagnosed"}
    for first in ("surgery", "radiotherapy", "ayurveda"):
        # Only an operation, rays or herbs: sure at the first diagnosis, later perhaps not all.
        assert view(treatments=[done(first)], **new).received_complete
        assert not view(treatments=[done(first)], disease_status="progressed").received_complete
        assert not view(treatments=[done(first)], disease_status="relapsed").received_complete
    assert view(treatments=[done("surgery")], prior_systemic_lines=0).received_complete
    assert not view(treatments=[done("surgery"), done("leuprolide")], **new).received_complete
    assert not view(treatments=[done("surgery"), done("FOLFOX")], **new).received_complete


def test_growth_on_a_drug_is_resistance_to_it() -> None:
    found = view(treatments=[done("lenalidomide", stop_reason="progression"), done("DPd")])
    assert {"lenalidomide", "IMiD"} <= found.refractory
    assert "daratumumab" not in found.refractory


def test_a_stated_fact_wins_over_a_derived_one() -> None:
    found = view(treatments=[done("lenalidomide", response="progressed")], refractory_to=[])
    assert found.refractory_complete
    assert found.values["refractory_to"] == frozenset()


PLATINUM: list[tuple[dict[str, Any], str | None]] = [
    ({"treatments": [done("carboplatin", response="progressed")]}, "refractory"),
    ({"treatments": [done("carboplatin")], "months_to_relapse": 5.9}, "resistant"),
    ({"treatments": [done("carboplatin")], "months_to_relapse": 6}, "sensitive"),
    ({"treatments": [done("carboplatin")]}, None),
]


@pytest.mark.parametrize(("facts", "status"), PLATINUM)
def test_platinum_status(facts: dict[str, Any], status: str | None) -> None:
    assert view(**facts).values.get("platinum_status") == status


EXTENT: list[tuple[dict[str, Any], str | None]] = [
    ({"cancer_type": "nsclc", "stage_group": "IV"}, "metastatic"),
    ({"cancer_type": "nsclc", "stage_group": "IIIB"}, "locally_advanced"),
    ({"cancer_type": "nsclc", "stage_group": "II"}, "localised"),
    ({"cancer_type": "nsclc", "stage_group": "II", "disease_status": "relapsed"}, None),
    ({"cancer_type": "hnscc", "stage_group": "IVA"}, None),
    ({"cancer_type": "nsclc", "metastatic_sites": ["bone"]}, "metastatic"),
    ({"cancer_type": "nsclc", "metastatic_sites": ["nodes"]}, None),
    ({"cancer_type": "aml"}, "disseminated_blood"),
    ({"cancer_type": "sclc", "stage_group": "extensive"}, "metastatic"),
    ({"cancer_type": "nsclc", "stage_group": "III", "extent": "localised"}, "localised"),
]


@pytest.mark.parametrize(("facts", "extent"), EXTENT)
def test_extent_from_stage_only_before_a_relapse(facts: dict[str, Any], extent: str | None) -> None:
    assert view(**facts).values.get("extent") == extent


def test_scores_become_ecog() -> None:
    for score, ecog in ((100, 0), (90, 0), (80, 1), (70, 1), (50, 2), (40, 3), (10, 4)):
        assert view(karnofsky=score).values["ecog"] == ecog
        assert view(lansky=score).values["ecog"] == ecog


def test_kidney_function_from_creatinine() -> None:
    found = view(age_years=60, sex="female", weight_kg=60, labs={"creat": 1.0})
    assert found.values["labs.crcl"] == pytest.approx(56.7)
    assert "labs.crcl" not in view(age_years=60, labs={"creat": 1.0}).values


def test_transformed_lymphoma_is_judged_by_what_it_is() -> None:
    assert view(cancer_type="follicular", cancer_subtype="grade 3B").entity == {"dlbcl_lbcl"}
    assert view(cancer_type="follicular", cancer_subtype="grade 3A").entity == {"follicular"}
    assert view(cancer_type="cll_sll", cancer_subtype="Richter").entity == {"richter"}


FORMS: list[tuple[list[Any], int | None, set[str]]] = [
    (["R-CHOP x6", "R-ICE"], 2, {"anti_CD20", "platinum"}),
    ([{"name": "R-CHOP (6 cycles)"}], 1, {"anthracycline"}),
    ([{"drug": "bortezomib"}], 1, {"PI"}),
    ([{"regimen": "FOLFOX", "cycles": "12"}], 1, {"platinum", "antimetabolite"}),
    (["carboplatin + paclitaxel"], 1, {"platinum", "taxane"}),
    (["carboplatin/paclitaxel", {"name": "docetaxel"}], 2, {"platinum", "taxane"}),
    (["bortezomib, lenalidomide and dexamethasone", "daratumumab"], 2, {"PI", "IMiD", "anti_CD38"}),
    ([{"name": "osimertinib", "status": "completed"}], 1, {"EGFR_TKI"}),
    ([{"name": "osimertinib", "status": "unknown"}], 1, {"EGFR_TKI"}),
    ([{"class": "PI"}], 1, {"PI"}),
    ([{"class": ["PI", "IMiD"], "name": "first treatment"}], 1, {"PI", "IMiD"}),
]


@pytest.mark.parametrize(("told", "lines", "classes"), FORMS)
def test_a_treatment_in_its_forms(told: list[Any], lines: int | None, classes: set[str]) -> None:
    view = derive(CaseFacts.read({"cancer_type": "dlbcl_lbcl", "treatments": told}))
    assert view.values.get("prior_systemic_lines") == lines
    assert classes <= view.received


@pytest.mark.parametrize(
    ("modality", "lines"),
    [
        ("chemotherapy", 1),
        ("Systemic", 1),
        ("systemic therapy", 1),
        ("drug", 1),
        ("words of a form", 1),
        (None, 1),
        ("radiotherapy", 0),
        ("operation", 0),
        ("hormone therapy", 0),
    ],
)
def test_a_kind_of_treatment_in_its_forms(modality: str | None, lines: int) -> None:
    told = [{"name": "FOLFOX", "modality": modality, "status": "done"}]
    assert view(treatments=told).values["prior_systemic_lines"] == lines


@pytest.mark.parametrize("kind", ["BMT", "stem cell transplant", "HSCT"])
def test_a_transplant_under_its_short_names(kind: str) -> None:
    told = [done("R-CHOP"), {"name": "autologous", "modality": kind, "status": "done"}]
    assert view(treatments=told).values["transplant_history"] == "auto"


@pytest.mark.parametrize("intent", ["Neo-adjuvant", "neoadjuvant", "adjuvant", "peri-operative"])
def test_treatment_around_an_operation_in_its_forms(intent: str) -> None:
    found = view(treatments=[done("FOLFOX", intent=intent)], months_to_relapse=20)
    assert found.values["prior_systemic_lines"] == 0


@pytest.mark.parametrize("word", ["PD", "progressive disease", "Did not respond", "failed"])
def test_growth_on_a_treatment_in_its_forms(word: str) -> None:
    told = [{"name": "lenalidomide", "response": word}]
    view = derive(CaseFacts.read({"cancer_type": "multiple_myeloma", "treatments": told}))
    assert "lenalidomide" in view.refractory


def test_a_confirmed_list_that_was_never_told_confirms_nothing() -> None:
    assert not view(cancer_type="mantle", classes_complete=True).received_complete
    told = view(cancer_type="mantle", classes_complete=True, drug_classes_received=[])
    assert told.received_complete


MISSPELT = [
    ("daratumamab", "daratumumab", "anti_CD38"),
    ("Imbruvika", "ibrutinib", "BTKi"),
    ("osimertnib + pemetrexd", "osimertinib", "EGFR_TKI"),
]


@pytest.mark.parametrize(("written", "drug", "drug_class"), MISSPELT)
def test_a_long_name_with_a_wrong_letter_is_understood(
    written: str, drug: str, drug_class: str
) -> None:
    assert {drug, drug_class} <= view(treatments=[done(written)]).received


@pytest.mark.parametrize("word", ["painkiller", "metformin", "nothing", "zinc"])
def test_other_words_are_no_drug_of_the_vocabulary(word: str) -> None:
    assert view(treatments=[done(word)]).received == {word}


def test_growth_on_a_brand_is_growth_on_its_drug_and_its_class() -> None:
    told = view(refractory_to=["Revlimid"])
    assert "lenalidomide" in told.refractory
    assert told.refractory_through == {"IMiD"}


def test_growth_on_a_class_says_nothing_of_each_drug() -> None:
    told = view(refractory_to=["IMiD"])
    assert told.refractory == {"IMiD"}
    assert not told.refractory_through


@pytest.mark.parametrize("name", ["len", "the pink tablets"])
def test_a_drug_that_is_not_known_leaves_the_answer_open(name: str) -> None:
    told = view(refractory_to=[name], classes_complete=True, drug_classes_received=["PI", name])
    assert not told.refractory_complete
    assert not told.received_complete
    assert view(refractory_to=["lenalidomide"]).refractory_complete
    assert view(refractory_to=[]).refractory_complete
    assert view(drug_classes_received=["PI"], classes_complete=True).received_complete


WRITTEN_LONGER: list[tuple[str, set[str], set[str]]] = [
    ("Tab Geftinat 250mg", {"gefitinib"}, {"EGFR_TKI"}),
    ("Keytruda 200 mg q3w", {"pembrolizumab"}, {"PD1"}),
    ("lenalidomide maintenance", {"lenalidomide"}, {"IMiD"}),
    ("trastuzumab deruxtecan (Enhertu)", {"t-dxd"}, {"ADC"}),
    ("carboplatin pemetrexed", {"carboplatin", "pemetrexed"}, {"platinum", "antimetabolite"}),
    ("bortezomib-lenalidomide", {"bortezomib", "lenalidomide"}, {"PI", "IMiD"}),
    ("6x R-CHOP", {"rituximab", "doxorubicin"}, {"anti_CD20", "anthracycline"}),
    ("7+3 + midostaurin", {"cytarabine", "midostaurin"}, {"anthracycline", "FLT3i"}),
    ("FOLFOX6", {"oxaliplatin", "5-fu"}, {"platinum"}),
    ("CAR-T (Yescarta)", {"axi-cel"}, {"CAR_T"}),
    ("anti-PD-1", set(), {"PD1"}),
    ("BTK inhibitor", set(), {"BTKi"}),
]


@pytest.mark.parametrize(("written", "drugs", "classes"), WRITTEN_LONGER)
def test_a_dose_or_a_brand_in_brackets_hides_no_drug(
    written: str, drugs: set[str], classes: set[str]
) -> None:
    told = view(treatments=[done(written, response="PD")])
    assert drugs | classes <= told.received
    assert drugs | classes <= told.refractory


@pytest.mark.parametrize(
    "written", ["no Herceptin", "Keytruda (planned)", "Tagrisso or Alecensa", "lapatinib trial?"]
)
def test_a_name_that_may_say_it_was_not_given_counts_for_nothing(written: str) -> None:
    assert view(treatments=[done(written)]).received == {written.lower()}


@pytest.mark.parametrize(
    "more",
    [
        {"prior_systemic_lines": 2},
        {"refractory_to": ["lenalidomide"]},
        {"disease_status": "on_treatment_responding"},
    ],
)
def test_an_empty_list_beside_a_given_treatment_is_no_complete_list(more: dict[str, Any]) -> None:
    assert view(treatments=[]).received_complete
    assert not view(treatments=[], **more).received_complete


def test_classes_without_a_drug_are_one_line_at_least() -> None:
    told = view(treatments=[{"class": "platinum"}, {"class": "PD1"}])
    assert "prior_systemic_lines" not in told.values
    assert told.at_least == {"prior_systemic_lines": 1}
    adjuvant = view(treatments=[{"class": "platinum", "intent": "adjuvant"}])
    assert not adjuvant.at_least


def test_a_drug_in_the_place_of_its_class_stands_for_both() -> None:
    told = view(treatments=[{"class": "bortezomib", "status": "done"}])
    assert {"bortezomib", "PI"} <= told.received


def test_a_class_is_not_taken_apart_for_the_drugs_in_its_name() -> None:
    facts = CaseFacts.read({"drug_classes_received": ["PD1_bispecific"]})
    assert derive(facts).received == {"PD1_bispecific"}
