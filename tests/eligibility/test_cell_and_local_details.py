"""Every branch, site and cancer that a row names for itself, so that no word of a rule is idle."""

# A row of the tables is one case and reads best on one line.
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from typing import Any

import pytest

from bot.eligibility.engine import assess

Facts = dict[str, Any]
FIT: Facts = {"histology_confirmed": "biopsy_yes", "ecog": 0, "pregnancy_status": "no"}
HEAD_RT: Facts = {"extent": "localised", "radiation_history": [{"site": "neck"}]}
BODY_RT: Facts = {"extent": "localised", "radiation_history": [{"site": "pelvis"}]}
OTHER_RT: Facts = {"extent": "localised", "radiation_history": [{"site": "brain"}]}
LOCAL: Facts = {"extent": "localised", "radiation_history": []}
AGE: Facts = {"age_years": 40}
MM: Facts = {"cancer_type": "multiple_myeloma", "age_years": 60, "classes_complete": True, "refractory_to": []}
PTS: dict[str, Facts] = {"chondrosarcoma": {"cancer_subtype": "skull base", **AGE}, "npc": AGE, "sinonasal": AGE, "skull_base": AGE, "salivary": {"cancer_subtype": "adenoid cystic", **AGE}}
PTB: dict[str, Facts] = {
    "wilms": {},
    "hepatoblastoma": {},
    "neuroblastoma": {},
    "retinoblastoma": {},
    "hcc": {"told_inoperable": True, **AGE},
    "biliary": {"cancer_subtype": "intrahepatic", "told_inoperable": True, **AGE},
    "colorectal": {"cancer_subtype": "rectum", "disease_status": "relapsed", **AGE},
    "thymic": AGE,
    "prostate": AGE,
    "nsclc": AGE,
    "sclc": AGE,
    "pancreatic": AGE,
    **{c: {"cancer_subtype": "pelvis", **AGE} for c in ("osteosarcoma", "ewing", "rhabdomyosarcoma", "synovial_sarcoma", "liposarcoma", "sts_other")},
}
PARTICLE: list[tuple[str, Facts, str]] = [
    *((f"{c} fits", {"cancer_type": c, **more, **LOCAL}, "CONSIDER") for c, more in (PTS | PTB).items()),
    *((f"{c} irradiated", {"cancer_type": c, **more, **HEAD_RT}, "CAUTION") for c, more in PTS.items()),
    *((f"{c} irradiated", {"cancer_type": c, **more, **BODY_RT}, "CAUTION") for c, more in PTB.items()),
    *((f"{c} irradiated elsewhere", {"cancer_type": c, **more, **OTHER_RT}, "CONSIDER") for c, more in PTB.items()),
    *((f"{c} widespread", {"cancer_type": c, **more, "extent": "metastatic"}, "NO_MATCH") for c, more in (PTS | PTB).items()),
    *((f"{c} few spots", {"cancer_type": c, **more, "extent": "oligometastatic"}, "CAUTION") for c, more in (PTS | PTB).items()),
    *((f"{c} irradiated, site untold", {"cancer_type": c, **more, "extent": "localised", "radiation_history": [{"dose": 50}]}, "CAUTION") for c, more in (PTS | PTB).items()),
    *((f"{c} of childhood", {"cancer_type": c, **LOCAL}, "CONSIDER") for c in ("medulloblastoma", "ependymoma", "atrt")),
    *((f"{c} in a child, irradiated", {"cancer_type": c, "age_years": 10, **BODY_RT}, "CAUTION") for c in ("cup", "rcc")),
    ("child, few spots", {"cancer_type": "rcc", "age_years": 10, "extent": "metastatic"}, "NO_MATCH"),
    ("chondrosarcoma of a finger", {"cancer_type": "chondrosarcoma", "cancer_subtype": "finger", **AGE, **LOCAL}, "TRIAL_ONLY"),
    ("chondrosarcoma, place unknown", {"cancer_type": "chondrosarcoma", **AGE, **LOCAL}, "NEEDS_INFO"),
    ("bile duct, place unknown", {"cancer_type": "biliary", "told_inoperable": True, **AGE, **LOCAL}, "NEEDS_INFO"),
    ("bile duct operable", {"cancer_type": "biliary", "cancer_subtype": "intrahepatic", "told_inoperable": False, **AGE, **LOCAL}, "NOT_YET"),
    ("colon back", {"cancer_type": "colorectal", "cancer_subtype": "colon left", "disease_status": "relapsed", **AGE, **LOCAL}, "TRIAL_ONLY"),
    ("bowel part unknown", {"cancer_type": "colorectal", "disease_status": "relapsed", **AGE, **LOCAL}, "NEEDS_INFO"),
    ("rectum grew again", {"cancer_type": "colorectal", "cancer_subtype": "rectum", "disease_status": "progressed", **AGE, **LOCAL}, "CONSIDER"),
    ("HNSCC irradiated elsewhere", {"cancer_type": "hnscc", **AGE, **BODY_RT}, "TRIAL_ONLY"),
    ("HNSCC widespread", {"cancer_type": "hnscc", "extent": "metastatic", "radiation_history": [{"site": "neck"}]}, "NO_MATCH"),
    *((f"mediastinal {s}", {"cancer_type": "dlbcl_lbcl", "cancer_subtype": "PMBCL", "stage_group": s, "radiation_history": []}, "CONSIDER") for s in ("I", "IA", "IB", "IE", "II", "IIA", "IIB", "IIE")),
    *((f"mediastinal {e}", {"cancer_type": "hodgkin", "cancer_subtype": "mediastinal", "extent": e, "radiation_history": []}, "CONSIDER") for e in ("localised", "locally_advanced")),
    ("mediastinal irradiated", {"cancer_type": "hodgkin", "cancer_subtype": "mediastinal", **BODY_RT}, "CAUTION"),
    ("mediastinal, stage unknown", {"cancer_type": "hodgkin", "cancer_subtype": "mediastinal"}, "NEEDS_INFO"),
    ("lymphoma elsewhere", {"cancer_type": "hodgkin", "cancer_subtype": "nodular sclerosis", "stage_group": "II"}, "NO_MATCH"),
]

BISPECIFIC: list[tuple[str, Facts, str]] = [
    ("MRD, number of remission not told", {"cancer_type": "b_all", "age_years": 3, "disease_status": "remission", "biomarkers": {"CD19": "pos", "MRD": 0.1, "BCR::ABL1": "pos"}}, "CONSIDER"),
    ("MM in remission after one line", {**MM, "disease_status": "remission", "prior_systemic_lines": 1, "drug_classes_received": ["PI", "IMiD"]}, "NOT_YET"),
    ("MM relapsed, lines 0", {**MM, "disease_status": "relapsed", "prior_systemic_lines": 0, "drug_classes_received": ["PI", "IMiD"]}, "NOT_YET"),
    ("MM 4 lines after BCMA", {**MM, "disease_status": "relapsed", "prior_systemic_lines": 4, "drug_classes_received": ["PI", "IMiD", "anti_CD38"], "refractory_to": ["anti_CD38"]}, "CONSIDER"),
    ("MM 4 lines, status not told", {**MM, "prior_systemic_lines": 4, "drug_classes_received": ["PI", "IMiD", "anti_CD38"]}, "CONSIDER"),
    ("MM 3 lines, status not told", {**MM, "prior_systemic_lines": 3, "drug_classes_received": ["PI", "IMiD", "anti_CD38"]}, "NEEDS_INFO"),
    ("MM 4 lines without anti-CD38, status not told", {**MM, "prior_systemic_lines": 4, "drug_classes_received": ["PI", "IMiD"]}, "NEEDS_INFO"),
    ("MM 4 lines without PI", {**MM, "prior_systemic_lines": 4, "drug_classes_received": ["IMiD", "anti_CD38"]}, "NOT_YET"),
    ("MM 4 lines without IMiD", {**MM, "prior_systemic_lines": 4, "drug_classes_received": ["PI", "anti_CD38"]}, "NOT_YET"),
    ("MM 4 lines in remission", {**MM, "disease_status": "remission", "prior_systemic_lines": 4, "drug_classes_received": ["PI", "IMiD", "anti_CD38"]}, "NOT_YET"),
    ("SCLC extensive by name", {"cancer_type": "sclc", "stage_group": "extensive", "extent": "locally_advanced", "disease_status": "progressed", "drug_classes_received": ["platinum"]}, "CONSIDER"),
    ("SCLC metastatic", {"cancer_type": "sclc", "extent": "metastatic", "disease_status": "progressed", "drug_classes_received": ["platinum"]}, "CONSIDER"),
    ("FL 2 lines, status not told", {"cancer_type": "follicular", "age_years": 50, "prior_systemic_lines": 2}, "CONSIDER"),
]

MEL: Facts = {"cancer_type": "melanoma_cutaneous", "age_years": 40, "extent": "metastatic", "resectable_lesion": True}
SYN: Facts = {"cancer_type": "synovial_sarcoma", "age_years": 40, "extent": "metastatic", "biomarkers": {"HLA": "A*02:01", "MAGE-A4": "pos"}}
TCELLS: list[tuple[str, str, Facts, str]] = [
    ("BRAF fusion", "til", {**MEL, "drug_classes_received": ["PD1"], "classes_complete": True, "biomarkers": {"BRAF": "fusion"}}, "CONSIDER"),
    ("BRAF unknown, BRAF drug given", "til", {**MEL, "drug_classes_received": ["PD1", "BRAFi"]}, "NEEDS_INFO"),
    ("only a targeted drug, by name", "tcr_t", {**SYN, "treatments": [{"name": "pazopanib"}], "prior_systemic_lines": 1}, "NEEDS_INFO"),
    ("only a targeted drug, by class", "tcr_t", {**SYN, "drug_classes_received": ["VEGFR_TKI"], "classes_complete": True, "prior_systemic_lines": 1}, "NOT_YET"),
]

PSMA: Facts = {"cancer_type": "prostate", "extent": "metastatic", "delay_taxane_ok": True, "biomarkers": {"PSMA_PET": "pos"}}
NET: Facts = {"cancer_type": "gep_net", "age_years": 40, "biomarkers": {"SSTR_PET": "pos"}}
RADIOLIGAND: list[tuple[str, Facts, str]] = [
    ("grew on an androgen receptor drug", {**PSMA, "treatments": [{"name": "abiraterone", "response": "progressed"}]}, "CONSIDER"),
    ("another class named", {**PSMA, "castration_resistant": True, "drug_classes_received": ["taxane"], "classes_complete": True}, "NOT_YET"),
    ("lung NET negative", {"cancer_type": "lung_net", "biomarkers": {"SSTR_PET": "neg"}}, "NO_MATCH"),
    ("lung NET unknown", {"cancer_type": "lung_net"}, "NEEDS_INFO"),
    *((f"NEC as {s}", {**NET, "cancer_subtype": s}, "TRIAL_ONLY") for s in ("NEC", "G3 NEC", "large cell", "small cell", "poorly differentiated")),
    ("NET G2", {**NET, "cancer_subtype": "G2"}, "CONSIDER"),
    ("refractory to I-131", {"cancer_type": "thyroid_diff", "refractory_to": ["I-131"], "biomarkers": {"iodine_avid": "pos"}}, "NO_MATCH"),
    ("not refractory to I-131", {"cancer_type": "thyroid_diff", "refractory_to": [], "cancer_subtype": "papillary", "biomarkers": {"iodine_avid": "pos"}}, "CONSIDER"),
    ("MIBG-negative neuroblastoma", {"cancer_type": "neuroblastoma", "biomarkers": {"MIBG": "neg"}}, "NO_MATCH"),
    ("MIBG mixed", {"cancer_type": "pheo_para", "biomarkers": {"MIBG": "mixed"}}, "TRIAL_ONLY"),
]

HN: Facts = {"extent": "locally_advanced", "told_inoperable": True, "radiation_history": []}
LOCALS: list[tuple[str, str, Facts, str]] = [
    *((f"BNCT {c}", "bnct", {"cancer_type": c, **HN}, "CONSIDER") for c in ("hnscc", "npc", "salivary", "sinonasal", "skull_base")),
    ("BNCT, other subtype", "bnct", {"cancer_type": "hnscc", "cancer_subtype": "larynx", **HN}, "CONSIDER"),
    ("BNCT uveal", "bnct", {"cancer_type": "melanoma_uveal"}, "TRIAL_ONLY"),
    *((f"HIFU {c} {e}", "hifu_histotripsy", {"cancer_type": c, "extent": e}, "CONSIDER") for c in ("hcc", "biliary", "hepatoblastoma") for e in ("localised", "locally_advanced", "oligometastatic")),
    *((f"HIFU pancreas {e}", "hifu_histotripsy", {"cancer_type": "pancreatic", "extent": e, "told_inoperable": True}, "CAUTION") for e in ("localised", "locally_advanced", "oligometastatic")),
    ("HIFU few lung spots", "hifu_histotripsy", {"cancer_type": "sts_other", "extent": "oligometastatic", "metastatic_sites": ["lung"]}, "TRIAL_ONLY"),
    ("HIFU breast local", "hifu_histotripsy", {"cancer_type": "breast_tnbc", "extent": "localised"}, "TRIAL_ONLY"),
    *((f"IR BCLC {b}", "interventional", {"cancer_type": "hcc", "bclc": b, "child_pugh": "A"}, "CONSIDER") for b in ("0", "A", "B")),
    *((f"IR {said}", "interventional", {"cancer_type": "hcc", "stage_system": "BCLC", "stage_raw": said, "child_pugh": "A"}, status) for said, status in (("BCLC B", "CONSIDER"), ("bclc stage A", "CONSIDER"), ("BCLC-C", "NEEDS_INFO"))),
    ("HIFU gallbladder", "hifu_histotripsy", {"cancer_type": "biliary", "cancer_subtype": "gallbladder", "extent": "localised"}, "TRIAL_ONLY"),
    ("HIFU distal bile duct", "hifu_histotripsy", {"cancer_type": "biliary", "cancer_subtype": "distal", "extent": "localised"}, "TRIAL_ONLY"),
    ("HIFU bile ducts in the liver", "hifu_histotripsy", {"cancer_type": "biliary", "cancer_subtype": "intrahepatic", "extent": "localised"}, "CONSIDER"),
    ("IR BCLC C, extent unknown", "interventional", {"cancer_type": "hcc", "bclc": "C", "child_pugh": "A"}, "NEEDS_INFO"),
    *((f"IR HCC {e}", "interventional", {"cancer_type": "hcc", "extent": e, "child_pugh": "A"}, "CONSIDER") for e in ("localised", "locally_advanced", "oligometastatic")),
    ("IR HCC, other subtype", "interventional", {"cancer_type": "hcc", "cancer_subtype": "fibrolamellar", "extent": "localised", "child_pugh": "A"}, "CONSIDER"),
    *((f"IR {c} in the liver", "interventional", {"cancer_type": c, "extent": "metastatic", "metastatic_sites": ["liver"]}, "CONSIDER") for c in ("gep_net", "panc_net", "melanoma_uveal")),
    ("IR bowel, lung only", "interventional", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["lung"]}, "NO_MATCH"),
    ("IR few skin spots", "interventional", {"cancer_type": "sts_other", "extent": "oligometastatic", "metastatic_sites": ["skin"]}, "NO_MATCH"),
    *((f"IR {c} local", "interventional", {"cancer_type": c, "extent": "localised"}, "CONSIDER") for c in ("rcc", "nsclc", "lung_net")),
    ("IR kidney, locally advanced", "interventional", {"cancer_type": "rcc", "extent": "locally_advanced"}, "NO_MATCH"),
    ("IR extent unknown", "interventional", {"cancer_type": "ovarian"}, "NEEDS_INFO"),
    ("IR local without a target", "interventional", {"cancer_type": "ovarian", "extent": "localised"}, "NO_MATCH"),
    ("IR little ascites", "interventional", {"cancer_type": "ovarian", "extent": "localised", "ascites": "small"}, "CONSIDER"),
    ("IR effusion", "interventional", {"cancer_type": "ovarian", "extent": "localised", "symptoms": ["pleural_effusion"]}, "CONSIDER"),
    ("IR bleeding", "interventional", {"cancer_type": "ovarian", "extent": "localised", "symptoms": ["mild_bleeding"]}, "CONSIDER"),
    ("IR painful vertebra", "interventional", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["bone"], "symptoms": ["back_pain"]}, "CONSIDER"),
    ("IR back pain without bone", "interventional", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["lung"], "symptoms": ["back_pain"]}, "NO_MATCH"),
    ("SR borderline told", "surgical_review", {"cancer_type": "pancreatic", "extent": "localised", "borderline_resectable": True}, "CONSIDER"),
    ("SR not borderline, operable", "surgical_review", {"cancer_type": "pancreatic", "cancer_subtype": "ductal", "extent": "localised", "told_inoperable": False, "borderline_resectable": False}, "NOT_YET"),
    *((f"SR {c} in the lung", "surgical_review", {"cancer_type": c, "extent": "metastatic", "metastatic_sites": ["lung"]}, "CAUTION") for c in ("gep_net", "panc_net", "lung_net", "osteosarcoma", "sts_other")),
    ("SR bowel, nodes only", "surgical_review", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["nodes"]}, "NO_MATCH"),
    ("SR few spots, old scan", "surgical_review", {"cancer_type": "nsclc", "extent": "oligometastatic", "scan_age_weeks": 7}, "NEEDS_INFO"),
    ("SR liver, old scan", "surgical_review", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["liver"], "scan_age_weeks": 7}, "NEEDS_INFO"),
    ("SR bowel local, liver not affected", "surgical_review", {"cancer_type": "colorectal", "extent": "localised", "told_inoperable": False, "metastatic_sites": []}, "NOT_YET"),
    ("SR breast local", "surgical_review", {"cancer_type": "breast_tnbc", "extent": "localised", "told_inoperable": False}, "NOT_YET"),
]

LYM: Facts = {"cancer_type": "dlbcl_lbcl", "age_years": 50}
AML: Facts = {"cancer_type": "aml", "age_years": 40, "disease_status": "remission"}
TRANSPLANT: list[tuple[str, Facts, str]] = [
    *(
        (f"MM {s}, {n} line", {"cancer_type": "multiple_myeloma", "age_years": 60, "disease_status": s, "prior_systemic_lines": n}, wanted)
        for s, n, wanted in (("remission", 1, "CONSIDER"), ("on_treatment_responding", 1, "CONSIDER"), ("on_treatment_responding", 0, "CONSIDER"), ("on_treatment_responding", 2, "NOT_YET"), ("relapsed", 1, "NOT_YET"))
    ),
    ("MM relapsed at 72", {"cancer_type": "multiple_myeloma", "age_years": 72, "disease_status": "relapsed", "prior_systemic_lines": 1}, "NOT_YET"),
    ("MM second remission", {"cancer_type": "multiple_myeloma", "age_years": 60, "disease_status": "remission", "prior_systemic_lines": 2, "remission_number": 2}, "NOT_YET"),
    *((f"MM after {t}", {"cancer_type": "multiple_myeloma", "age_years": 60, "disease_status": "newly_diagnosed", "transplant_history": t}, w) for t, w in (("auto", "CAUTION"), ("allo", "CAUTION"), ("none", "CONSIDER"), ("planned", "CONSIDER"))),
    *((f"MM called {t}", {"cancer_type": "multiple_myeloma", "age_years": 60, "disease_status": "newly_diagnosed", "transplant_fitness": t}, w) for t, w in (("unfit", "CAUTION"), ("fit", "CONSIDER"))),
    ("lymphoma called fit", {**LYM, "disease_status": "remission", "prior_systemic_lines": 2, "transplant_fitness": "fit"}, "CONSIDER"),
    ("lymphoma progressed, 2 lines", {**LYM, "disease_status": "progressed", "prior_systemic_lines": 2}, "NOT_YET"),
    ("lymphoma refractory, 1 line", {**LYM, "disease_status": "refractory", "prior_systemic_lines": 1}, "NEEDS_INFO"),
    ("lymphoma remission, lines unknown", {**LYM, "disease_status": "remission"}, "NEEDS_INFO"),
    *((f"{c} remission", {**AML, "cancer_type": c, "remission_number": 1}, "CONSIDER") for c in ("b_all", "t_all")),
    ("ALL called low risk", {**AML, "cancer_type": "b_all", "cancer_subtype": "low risk", "remission_number": 1}, "CONSIDER"),
    ("AML intermediate CR1", {**AML, "cancer_subtype": "intermediate", "remission_number": 1}, "CONSIDER"),
    ("AML favourable by stage words", {**AML, "stage_raw": "ELN favourable", "remission_number": 1}, "NOT_YET"),
    ("AML adverse by stage words", {**AML, "stage_raw": "ELN adverse", "remission_number": 1}, "CONSIDER"),
    ("AML NPM1 without FLT3", {**AML, "biomarkers": {"NPM1": "mut", "FLT3": "WT"}, "remission_number": 1}, "NOT_YET"),
    ("AML NPM1 with FLT3", {**AML, "biomarkers": {"NPM1": "mut", "FLT3": "ITD"}, "remission_number": 1}, "CONSIDER"),
    ("AML NPM1, FLT3 unknown", {**AML, "biomarkers": {"NPM1": "mut"}, "remission_number": 1}, "CONSIDER"),
    ("AML FLT3 WT, NPM1 unknown", {**AML, "biomarkers": {"FLT3": "WT"}, "remission_number": 1}, "CONSIDER"),
    ("AML NPM1 and FLT3 wild type", {**AML, "biomarkers": {"NPM1": "WT", "FLT3": "WT"}, "remission_number": 1}, "CONSIDER"),
    ("AML favourable, 1 line", {**AML, "cancer_subtype": "favourable", "prior_systemic_lines": 1}, "NOT_YET"),
    ("AML favourable, never relapsed", {**AML, "cancer_subtype": "favourable", "relapse_count": 0, "prior_systemic_lines": 2}, "NOT_YET"),
    ("AML favourable, active", {**AML, "cancer_subtype": "favourable", "disease_status": "relapsed", "prior_systemic_lines": 1}, "CAUTION"),
    ("APL relapsed", {**AML, "cancer_type": "apl", "disease_status": "relapsed"}, "CAUTION"),
    ("APL one relapse, remission", {**AML, "cancer_type": "apl", "relapse_count": 1}, "CONSIDER"),
    ("APL new", {**AML, "cancer_type": "apl", "disease_status": "newly_diagnosed", "remission_number": 0, "relapse_count": 0}, "NOT_YET"),
    ("CMML", {"cancer_type": "cmml", "age_years": 60}, "CONSIDER"),
    *((f"{c} at 76", {"cancer_type": c, "age_years": 76, "disease_status": "remission", "cancer_subtype": s, "relapse_count": 1}, "NO_MATCH") for c, s in (("apl", ""), ("mds", ""), ("cmml", ""), ("mpn", "myelofibrosis high risk"), ("cml", "blast phase"))),
    ("MPN, which one unknown", {"cancer_type": "mpn", "age_years": 60}, "NEEDS_INFO"),
    ("MF risk from stage words", {"cancer_type": "mpn", "age_years": 60, "cancer_subtype": "PMF", "stage_raw": "DIPSS intermediate-2"}, "CONSIDER"),
    ("CML, phase unknown", {"cancer_type": "cml", "age_years": 60, "disease_status": "remission"}, "NEEDS_INFO"),
    ("neuroblastoma low risk", {"cancer_type": "neuroblastoma", "age_years": 1, "cancer_subtype": "low risk"}, "NO_MATCH"),
    *((f"{c} later", {"cancer_type": c, "age_years": 50, "cancer_subtype": s}, "NOT_YET") for c, s in (("follicular", ""), ("marginal_zone", ""), ("waldenstrom", ""), ("cll_sll", ""), ("cll_sll", "Richter"), ("al_amyloidosis", ""), ("bpdcn", ""))),
    ("hairy cell", {"cancer_type": "hairy_cell", "age_years": 50}, "NO_MATCH"),
]

RARE = ("adrenocortical", "pheo_para", "thymic", "salivary", "sinonasal", "skull_base", "chordoma", "chondrosarcoma", "melanoma_uveal", "desmoid", "tgct", "histiocytosis", "bpdcn", "sts_other", "appendix", "penile", "dmg_dipg", "atrt", "thyroid_anaplastic", "cup")
TRIALS: list[tuple[str, Facts, str]] = [
    *((f"{c} is rare", {"cancer_type": c}, "CONSIDER") for c in RARE),
    *((f"{c} new", {"cancer_type": c, "disease_status": "newly_diagnosed"}, "CONSIDER") for c in ("dmg_dipg", "atrt", "thyroid_anaplastic")),
    *((f"{c} in remission", {"cancer_type": c, "disease_status": "remission"}, "NOT_YET") for c in ("dmg_dipg", "atrt", "thyroid_anaplastic", "thymic")),
    ("KRAS G12D, new", {"cancer_type": "pancreatic", "disease_status": "newly_diagnosed", "biomarkers": {"KRAS": "G12D"}}, "NOT_YET"),
    ("KRAS G12C", {"cancer_type": "pancreatic", "biomarkers": {"KRAS": "G12C"}}, "NEEDS_INFO"),
    ("NY-ESO-1", {"cancer_type": "liposarcoma", "biomarkers": {"NY-ESO-1": "pos"}}, "CONSIDER"),
    ("MAGE-A4", {"cancer_type": "nsclc", "biomarkers": {"MAGE-A4": "pos"}}, "CONSIDER"),
    ("MAGE-A4 in synovial sarcoma has an approved product", {"cancer_type": "synovial_sarcoma", "biomarkers": {"MAGE-A4": "pos"}}, "NEEDS_INFO"),
    ("not palliative only", {"cancer_type": "nsclc", "told_palliative_only": False}, "NEEDS_INFO"),
]

ALL: list[tuple[str, str, Facts, str]] = [
    *((n, "particle_therapy", f, s) for n, f, s in PARTICLE),
    *((n, "bispecific", f, s) for n, f, s in BISPECIFIC),
    *TCELLS,
    *((n, "radioligand", f, s) for n, f, s in RADIOLIGAND),
    *LOCALS,
    *((n, "transplant", f, s) for n, f, s in TRANSPLANT),
    *((n, "clinical_trial", f, s) for n, f, s in TRIALS),
]


@pytest.mark.parametrize(("pathway", "facts", "status"), [c[1:] for c in ALL], ids=[f"{c[1]}: {c[0]}" for c in ALL])
def test_detail(pathway: str, facts: Facts, status: str) -> None:
    found = assess(FIT | facts).pathway(pathway)
    assert found.status == status, (found.rules, found.reasons, found.missing, found.gates)


def missing(pathway: str, facts: Facts) -> set[str]:
    return set(assess(FIT | facts).pathway(pathway).missing)


ENTRY = {"measurable_disease", "labs", "days_since_chemo", "drug_classes_received"}
KNOWN: list[Facts] = [
    {"measurable_disease": True, "labs": {"hb": 12}, "days_since_chemo": 0, "classes_complete": True},
    {"measurable_disease": False, "labs": {"hb": 12}, "days_since_chemo": 1, "classes_complete": False},
    {"measurable_disease": False, "labs": {"hb": 12}, "days_since_chemo": 90, "drug_classes_received": []},
]


@pytest.mark.parametrize("facts", [{"cancer_type": "nsclc", "disease_status": "progressed"}, {"cancer_type": "nsclc", "told_palliative_only": True}, {"cancer_type": "pheo_para"}, {"cancer_type": "pancreatic", "biomarkers": {"KRAS": "G12D"}}])
def test_what_a_study_asks_at_entry_is_listed_until_it_is_known(facts: Facts) -> None:
    assert missing("clinical_trial", facts) >= ENTRY
    for known in KNOWN:
        assert not missing("clinical_trial", facts | known) & ENTRY


def test_a_first_study_for_a_rare_brain_tumour_asks_for_scan_and_bloods() -> None:
    new = {"cancer_type": "dmg_dipg", "disease_status": "newly_diagnosed"}
    assert missing("clinical_trial", new) >= {"measurable_disease", "labs"}


@pytest.mark.parametrize("cancer", [*PTS, *PTB])
def test_earlier_radiotherapy_is_asked_for_before_particles(cancer: str) -> None:
    facts = {"cancer_type": cancer, **(PTS | PTB)[cancer], "extent": "localised"}
    assert "radiation_history" in missing("particle_therapy", facts)
    assert "radiation_history" not in missing("particle_therapy", facts | LOCAL)


def test_bnct_asks_for_earlier_radiotherapy_only_while_it_is_unknown() -> None:
    for history in ([], [{"site": "neck"}]):
        known = {"cancer_type": "hnscc", **HN, "radiation_history": history}
        assert "radiation_history" not in missing("bnct", known)
