"""Bispecifics, TIL, TCR-T and the local and other pathways, at true, false, unknown and the bounds."""

# A row of the tables is one case and reads best on one line.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from bot.eligibility.engine import PathwayResult, assess

Facts = dict[str, Any]

# Nothing here stops anything: each case changes only what it is about.
FIT: Facts = {
    "histology_confirmed": "biopsy_yes",
    "ecog": 0,
    "infection_status": "none",
    "pregnancy_status": "no",
    "brain_mets_status": "none",
    "autoimmune_status": "none",
    "steroid_pred_mg": 0,
    "organ_transplant": "none",
    "gvhd_status": "none",
    "hiv": "neg",
    "hbv": "neg",
    "hcv": "neg",
    "lvef_pct": 60,
    "oxygen_need": "none",
}


def result(pathway: str, facts: Facts) -> PathwayResult:
    return assess(FIT | facts).pathway(pathway)


def without(facts: Facts, *names: str) -> Facts:
    return {name: value for name, value in facts.items() if name not in names}


B_ALL = {
    "cancer_type": "b_all",
    "age_years": 30,
    "disease_status": "relapsed",
    "biomarkers": {"CD19": "pos"},
}
LBCL = {
    "cancer_type": "dlbcl_lbcl",
    "age_years": 50,
    "prior_systemic_lines": 2,
    "disease_status": "relapsed",
}
FL = {**LBCL, "cancer_type": "follicular"}
MM = {
    "cancer_type": "multiple_myeloma",
    "age_years": 60,
    "disease_status": "relapsed",
    "prior_systemic_lines": 1,
    "drug_classes_received": ["PI", "IMiD"],
    "classes_complete": True,
    "refractory_to": [],
}
MM4 = {**MM, "prior_systemic_lines": 4, "drug_classes_received": ["PI", "IMiD", "anti_CD38"]}
SCLC = {
    "cancer_type": "sclc",
    "stage_group": "extensive",
    "extent": "metastatic",
    "disease_status": "progressed",
    "drug_classes_received": ["platinum"],
    "classes_complete": True,
}
UM = {"cancer_type": "melanoma_uveal", "extent": "metastatic", "biomarkers": {"HLA": "A*02:01"}}
MELANOMA = {
    "cancer_type": "melanoma_cutaneous",
    "age_years": 18,
    "extent": "metastatic",
    "drug_classes_received": ["PD1"],
    "classes_complete": True,
    "biomarkers": {"BRAF": "WT"},
    "resectable_lesion": True,
}
SYNOVIAL = {
    "cancer_type": "synovial_sarcoma",
    "age_years": 18,
    "extent": "metastatic",
    "drug_classes_received": ["anthracycline"],
    "biomarkers": {"HLA": "A*02:01", "MAGE-A4": "pos"},
}
PROSTATE = {
    "cancer_type": "prostate",
    "extent": "metastatic",
    "castration_resistant": True,
    "treatments": [
        {"name": "enzalutamide", "status": "done"},
        {"name": "docetaxel", "status": "done"},
    ],
    "biomarkers": {"PSMA_PET": "pos"},
}
NET = {
    "cancer_type": "gep_net",
    "age_years": 12,
    "extent": "metastatic",
    "biomarkers": {"SSTR_PET": "pos"},
}
HNSCC = {
    "cancer_type": "hnscc",
    "extent": "locally_advanced",
    "told_inoperable": True,
    "radiation_history": [],
}
HCC = {
    "cancer_type": "hcc",
    "extent": "localised",
    "child_pugh": "A",
    "told_inoperable": True,
    "radiation_history": [],
}
LOCAL: Facts = {"extent": "localised", "radiation_history": []}

CASES: list[tuple[str, str, Facts, str]] = [
    # Bispecific antibodies, B-ALL
    ("relapsed, CD19", "bispecific", B_ALL, "CONSIDER"),
    ("CD19 negative", "bispecific", {**B_ALL, "biomarkers": {"CD19": "neg"}}, "NO_MATCH"),
    ("CD19 unknown", "bispecific", without(B_ALL, "biomarkers"), "NEEDS_INFO"),
    ("one month old", "bispecific", {**without(B_ALL, "age_years"), "age_months": 1}, "CONSIDER"),
    ("newborn", "bispecific", {**B_ALL, "age_years": 0}, "TRIAL_ONLY"),
    ("MRD 0.1", "bispecific", {**B_ALL, "disease_status": "remission", "remission_number": 2, "biomarkers": {"CD19": "pos", "MRD": 0.1, "BCR::ABL1": "pos"}}, "CONSIDER"),
    ("MRD 0.09", "bispecific", {**B_ALL, "disease_status": "remission", "remission_number": 1, "biomarkers": {"CD19": "pos", "MRD": 0.09, "BCR::ABL1": "pos"}}, "NOT_YET"),
    ("third remission", "bispecific", {**B_ALL, "disease_status": "remission", "remission_number": 3, "biomarkers": {"CD19": "pos", "MRD": 0.1, "BCR::ABL1": "pos"}}, "NOT_YET"),
    ("Ph-negative consolidation", "bispecific", {**B_ALL, "disease_status": "remission", "biomarkers": {"CD19": "pos", "MRD": "neg", "BCR::ABL1": "neg"}}, "CONSIDER"),
    ("remission, nothing tested", "bispecific", {**B_ALL, "disease_status": "remission"}, "NEEDS_INFO"),
    ("newly diagnosed", "bispecific", {**B_ALL, "disease_status": "newly_diagnosed"}, "NOT_YET"),
    ("status unknown", "bispecific", without(B_ALL, "disease_status"), "NEEDS_INFO"),
    # LBCL, follicular
    ("LBCL 2 lines", "bispecific", LBCL, "CONSIDER"),
    ("LBCL 1 line", "bispecific", {**LBCL, "prior_systemic_lines": 1}, "NOT_YET"),
    ("LBCL lines unknown", "bispecific", without(LBCL, "prior_systemic_lines"), "NEEDS_INFO"),
    ("LBCL remission", "bispecific", {**LBCL, "disease_status": "remission"}, "NOT_YET"),
    ("LBCL status unknown", "bispecific", without(LBCL, "disease_status"), "NEEDS_INFO"),
    ("FL 2 lines", "bispecific", FL, "CONSIDER"),
    ("FL 1 line relapsed", "bispecific", {**FL, "prior_systemic_lines": 1}, "CAUTION"),
    ("FL 1 line remission", "bispecific", {**FL, "prior_systemic_lines": 1, "disease_status": "remission"}, "NOT_YET"),
    ("FL 1 line, status unknown", "bispecific", {**without(FL, "disease_status"), "prior_systemic_lines": 1}, "NEEDS_INFO"),
    ("FL 0 lines", "bispecific", {**FL, "prior_systemic_lines": 0, "disease_status": "newly_diagnosed"}, "NOT_YET"),
    ("FL lines unknown", "bispecific", without(FL, "prior_systemic_lines"), "NEEDS_INFO"),
    ("FL 2 lines in remission", "bispecific", {**FL, "disease_status": "remission"}, "NOT_YET"),
    # Myeloma
    ("MM 1 line PI IMiD", "bispecific", MM, "CONSIDER"),
    ("MM newly diagnosed", "bispecific", {**MM, "prior_systemic_lines": 0, "disease_status": "newly_diagnosed"}, "NOT_YET"),
    ("MM no IMiD", "bispecific", {**MM, "drug_classes_received": ["PI"]}, "NOT_YET"),
    ("MM no PI", "bispecific", {**MM, "drug_classes_received": ["IMiD"]}, "NOT_YET"),
    ("MM classes unknown", "bispecific", without(MM, "drug_classes_received", "classes_complete"), "NEEDS_INFO"),
    ("MM anti-CD38 refractory, 3 lines", "bispecific", {**MM4, "prior_systemic_lines": 3, "refractory_to": ["anti_CD38"]}, "CAUTION"),
    ("MM anti-CD38 refractory, 4 lines", "bispecific", {**MM4, "refractory_to": ["anti_CD38"]}, "CONSIDER"),
    ("MM BCMA drug before, 3 lines", "bispecific", {**MM, "prior_systemic_lines": 3, "drug_classes_received": ["PI", "IMiD", "BCMA_ADC"]}, "CAUTION"),
    ("MM 4 lines", "bispecific", MM4, "CONSIDER"),
    # SCLC, uveal, others
    ("SCLC progressed", "bispecific", SCLC, "CONSIDER"),
    ("SCLC no platinum", "bispecific", {**SCLC, "drug_classes_received": []}, "NOT_YET"),
    ("SCLC responding", "bispecific", {**SCLC, "disease_status": "on_treatment_responding"}, "NOT_YET"),
    ("SCLC limited", "bispecific", {**SCLC, "stage_group": "limited", "extent": "locally_advanced"}, "NOT_YET"),
    ("SCLC platinum unknown", "bispecific", without(SCLC, "drug_classes_received", "classes_complete"), "NEEDS_INFO"),
    ("SCLC stage unknown", "bispecific", without(SCLC, "stage_group", "extent"), "NEEDS_INFO"),
    ("uveal HLA fits", "bispecific", UM, "CONSIDER"),
    ("uveal HLA unknown", "bispecific", without(UM, "biomarkers"), "NEEDS_INFO"),
    ("uveal HLA A*02 only", "bispecific", {**UM, "biomarkers": {"HLA": "A*02"}}, "NEEDS_INFO"),
    ("uveal HLA other", "bispecific", {**UM, "biomarkers": {"HLA": "A*24:02"}}, "NO_MATCH"),
    ("uveal local", "bispecific", {**UM, "extent": "localised"}, "NOT_YET"),
    ("other cancer", "bispecific", {"cancer_type": "pancreatic"}, "TRIAL_ONLY"),
    # TIL
    ("TIL all met at 18", "til", MELANOMA, "CONSIDER"),
    ("TIL 17 years", "til", {**MELANOMA, "age_years": 17}, "TRIAL_ONLY"),
    ("TIL age unknown", "til", without(MELANOMA, "age_years"), "NEEDS_INFO"),
    ("TIL no PD-1", "til", {**MELANOMA, "drug_classes_received": []}, "NOT_YET"),
    ("TIL PD-1 unknown", "til", without(MELANOMA, "drug_classes_received", "classes_complete"), "NEEDS_INFO"),
    ("TIL BRAF unknown", "til", without(MELANOMA, "biomarkers"), "NEEDS_INFO"),
    ("TIL BRAF+ no BRAFi", "til", {**MELANOMA, "biomarkers": {"BRAF": "V600E"}}, "NOT_YET"),
    ("TIL BRAF+ with BRAFi", "til", {**MELANOMA, "biomarkers": {"BRAF": "V600E"}, "drug_classes_received": ["PD1", "BRAFi"]}, "CONSIDER"),
    ("TIL V600K no BRAFi", "til", {**MELANOMA, "biomarkers": {"BRAF": "V600K"}}, "NOT_YET"),
    ("TIL non-V600", "til", {**MELANOMA, "biomarkers": {"BRAF": "non_V600"}}, "CONSIDER"),
    ("TIL resectable stage", "til", {**MELANOMA, "extent": "localised"}, "NOT_YET"),
    ("TIL no lesion to remove", "til", {**MELANOMA, "resectable_lesion": False}, "NO_MATCH"),
    ("TIL lesion unknown", "til", without(MELANOMA, "resectable_lesion"), "CONSIDER"),
    ("TIL uveal", "til", UM, "TRIAL_ONLY"),
    ("TIL lung", "til", {"cancer_type": "nsclc"}, "TRIAL_ONLY"),
    ("TIL FEV1 60", "til", {**MELANOMA, "fev1_pct": 60}, "DEFER"),
    ("TIL FEV1 61", "til", {**MELANOMA, "fev1_pct": 61}, "CONSIDER"),
    ("TIL NYHA II", "til", {**MELANOMA, "nyha": 2}, "DEFER"),
    ("TIL NYHA I", "til", {**MELANOMA, "nyha": 1}, "CONSIDER"),
    # TCR-T
    ("TCR all met", "tcr_t", SYNOVIAL, "CONSIDER"),
    *(("TCR " + a, "tcr_t", {**SYNOVIAL, "biomarkers": {"HLA": a, "MAGE-A4": "pos"}}, "CONSIDER") for a in ("A*02:02", "A*02:03", "A*02:06")),
    ("TCR 02:05 on one allele", "tcr_t", {**SYNOVIAL, "biomarkers": {"HLA": ["A*02:01", "A*02:05"], "MAGE-A4": "pos"}}, "NO_MATCH"),
    ("TCR no A*02", "tcr_t", {**SYNOVIAL, "biomarkers": {"HLA": "A*24:02", "MAGE-A4": "pos"}}, "NO_MATCH"),
    ("TCR MAGE-A4 negative", "tcr_t", {**SYNOVIAL, "biomarkers": {"HLA": "A*02:01", "MAGE-A4": "neg"}}, "NO_MATCH"),
    ("TCR HLA unknown", "tcr_t", {**SYNOVIAL, "biomarkers": {"MAGE-A4": "pos"}}, "NEEDS_INFO"),
    ("TCR MAGE-A4 unknown", "tcr_t", {**SYNOVIAL, "biomarkers": {"HLA": "A*02:01"}}, "NEEDS_INFO"),
    ("TCR MAGE-A4 negative, HLA unknown", "tcr_t", {**SYNOVIAL, "biomarkers": {"MAGE-A4": "neg"}}, "NO_MATCH"),
    ("TCR 17 years", "tcr_t", {**SYNOVIAL, "age_years": 17}, "TRIAL_ONLY"),
    ("TCR no chemo", "tcr_t", {**SYNOVIAL, "drug_classes_received": [], "classes_complete": True}, "NOT_YET"),
    ("TCR no lines", "tcr_t", {**without(SYNOVIAL, "drug_classes_received"), "prior_systemic_lines": 0}, "NOT_YET"),
    ("TCR one line", "tcr_t", {**without(SYNOVIAL, "drug_classes_received"), "prior_systemic_lines": 1}, "CONSIDER"),
    ("TCR chemo unknown", "tcr_t", without(SYNOVIAL, "drug_classes_received"), "NEEDS_INFO"),
    ("TCR operable", "tcr_t", {**SYNOVIAL, "extent": "localised", "told_inoperable": False}, "NOT_YET"),
    ("TCR liposarcoma", "tcr_t", {**SYNOVIAL, "cancer_type": "liposarcoma"}, "TRIAL_ONLY"),
    # Radioligand
    ("PSMA all met", "radioligand", PROSTATE, "CONSIDER"),
    ("PSMA negative", "radioligand", {**PROSTATE, "biomarkers": {"PSMA_PET": "neg"}}, "NO_MATCH"),
    ("PSMA not done", "radioligand", {**PROSTATE, "biomarkers": {"PSMA_PET": "not_done"}}, "NEEDS_INFO"),
    ("PSMA mixed", "radioligand", {**PROSTATE, "biomarkers": {"PSMA_PET": "mixed"}}, "CAUTION"),
    ("PSMA no ARPI", "radioligand", {**PROSTATE, "treatments": [{"name": "docetaxel"}], "classes_complete": True}, "NOT_YET"),
    ("PSMA ARPI class named", "radioligand", {**without(PROSTATE, "treatments"), "drug_classes_received": ["ARPI/ADT", "taxane"]}, "CONSIDER"),
    ("PSMA only ADT", "radioligand", {**PROSTATE, "treatments": [{"name": "leuprolide"}, {"name": "docetaxel"}], "classes_complete": True}, "NOT_YET"),
    ("PSMA castration-sensitive", "radioligand", {**PROSTATE, "castration_resistant": False}, "TRIAL_ONLY"),
    ("PSMA castration-sensitive by name", "radioligand", {**without(PROSTATE, "castration_resistant"), "cancer_subtype": "castration-sensitive"}, "TRIAL_ONLY"),
    ("PSMA castration-resistant by name", "radioligand", {**without(PROSTATE, "castration_resistant"), "cancer_subtype": "mCRPC"}, "CONSIDER"),
    ("PSMA castration unknown", "radioligand", without(PROSTATE, "castration_resistant"), "NEEDS_INFO"),
    ("PSMA taxane fairly delayed", "radioligand", {**PROSTATE, "treatments": [{"name": "enzalutamide"}], "delay_taxane_ok": True}, "CONSIDER"),
    ("PSMA taxane neither", "radioligand", {**PROSTATE, "treatments": [{"name": "enzalutamide"}], "classes_complete": True, "delay_taxane_ok": False}, "NOT_YET"),
    ("PSMA taxane unknown", "radioligand", {**PROSTATE, "treatments": [{"name": "enzalutamide"}]}, "NEEDS_INFO"),
    ("PSMA not metastatic", "radioligand", {**PROSTATE, "extent": "localised"}, "NOT_YET"),
    ("NET at 12", "radioligand", NET, "CONSIDER"),
    ("NET at 11", "radioligand", {**NET, "age_years": 11}, "TRIAL_ONLY"),
    ("NET pancreas", "radioligand", {**NET, "cancer_type": "panc_net"}, "CONSIDER"),
    ("NET negative", "radioligand", {**NET, "biomarkers": {"SSTR_PET": "neg"}}, "NO_MATCH"),
    ("NET not done", "radioligand", without(NET, "biomarkers"), "NEEDS_INFO"),
    ("NET mixed", "radioligand", {**NET, "biomarkers": {"SSTR_PET": "mixed"}}, "CAUTION"),
    ("NEC", "radioligand", {**NET, "cancer_subtype": "NEC"}, "TRIAL_ONLY"),
    ("lung NET", "radioligand", {**NET, "cancer_type": "lung_net"}, "CAUTION"),
    ("lung LCNEC", "radioligand", {**NET, "cancer_type": "lung_net", "cancer_subtype": "LCNEC"}, "TRIAL_ONLY"),
    ("iodine-avid thyroid", "radioligand", {"cancer_type": "thyroid_diff", "biomarkers": {"iodine_avid": "pos"}}, "CONSIDER"),
    ("iodine not avid", "radioligand", {"cancer_type": "thyroid_diff", "biomarkers": {"iodine_avid": "neg"}}, "NO_MATCH"),
    ("RAI-refractory", "radioligand", {"cancer_type": "thyroid_diff", "cancer_subtype": "RAI-refractory"}, "NO_MATCH"),
    ("iodine unknown", "radioligand", {"cancer_type": "thyroid_diff"}, "NEEDS_INFO"),
    ("MIBG-avid", "radioligand", {"cancer_type": "neuroblastoma", "biomarkers": {"MIBG": "pos"}}, "TRIAL_ONLY"),
    ("MIBG negative", "radioligand", {"cancer_type": "pheo_para", "biomarkers": {"MIBG": "neg"}}, "NO_MATCH"),
    ("RL other", "radioligand", {"cancer_type": "breast_tnbc"}, "TRIAL_ONLY"),
    # Particle therapy
    *((f"PT {c}", "particle_therapy", {**LOCAL, "cancer_type": c}, "CONSIDER") for c in ("chordoma", "melanoma_uveal", "glioblastoma", "meningioma", "npc", "sinonasal", "neuroblastoma", "thymic", "prostate", "nsclc", "pancreatic", "retinoblastoma")),
    ("PT locally advanced", "particle_therapy", {"cancer_type": "pancreatic", "extent": "locally_advanced", "radiation_history": []}, "CONSIDER"),
    ("PT extent unknown", "particle_therapy", {"cancer_type": "chordoma"}, "NEEDS_INFO"),
    ("PT oligometastatic", "particle_therapy", {"cancer_type": "chordoma", "extent": "oligometastatic"}, "CAUTION"),
    ("PT widespread", "particle_therapy", {"cancer_type": "chordoma", "extent": "metastatic"}, "NO_MATCH"),
    ("PT leukaemia", "particle_therapy", {"cancer_type": "aml"}, "NO_MATCH"),
    ("PT myeloma", "particle_therapy", {"cancer_type": "multiple_myeloma"}, "NO_MATCH"),
    ("PT irradiated, same site", "particle_therapy", {"cancer_type": "chordoma", "extent": "localised", "radiation_history": [{"site": "skull base"}]}, "CAUTION"),
    ("PT irradiated, site untold", "particle_therapy", {"cancer_type": "chordoma", "extent": "localised", "radiation_history": [{"dose": "70 Gy"}]}, "CAUTION"),
    ("PT irradiated elsewhere", "particle_therapy", {"cancer_type": "chordoma", "extent": "localised", "radiation_history": [{"site": "breast"}]}, "CONSIDER"),
    ("PT HNSCC irradiated", "particle_therapy", {"cancer_type": "hnscc", "extent": "localised", "radiation_history": [{"site": "neck"}]}, "CAUTION"),
    ("PT HNSCC not irradiated", "particle_therapy", {"cancer_type": "hnscc", **LOCAL}, "TRIAL_ONLY"),
    ("PT HNSCC unknown", "particle_therapy", {"cancer_type": "hnscc", "extent": "localised"}, "NEEDS_INFO"),
    ("PT adenoid cystic", "particle_therapy", {"cancer_type": "salivary", "cancer_subtype": "adenoid_cystic", **LOCAL}, "CONSIDER"),
    ("PT salivary duct", "particle_therapy", {"cancer_type": "salivary", "cancer_subtype": "ductal", **LOCAL}, "TRIAL_ONLY"),
    ("PT salivary type unknown", "particle_therapy", {"cancer_type": "salivary", **LOCAL}, "NEEDS_INFO"),
    ("PT HCC inoperable", "particle_therapy", HCC, "CONSIDER"),
    ("PT HCC operable", "particle_therapy", {**HCC, "told_inoperable": False}, "NOT_YET"),
    ("PT HCC operability unknown", "particle_therapy", without(HCC, "told_inoperable"), "NEEDS_INFO"),
    ("PT intrahepatic", "particle_therapy", {**HCC, "cancer_type": "biliary", "cancer_subtype": "intrahepatic"}, "CONSIDER"),
    ("PT gallbladder", "particle_therapy", {**HCC, "cancer_type": "biliary", "cancer_subtype": "gallbladder"}, "TRIAL_ONLY"),
    ("PT sarcoma pelvis", "particle_therapy", {"cancer_type": "sts_other", "cancer_subtype": "pelvic LMS", "age_years": 50, **LOCAL}, "CONSIDER"),
    ("PT sarcoma limb", "particle_therapy", {"cancer_type": "sts_other", "cancer_subtype": "UPS thigh", "age_years": 50, **LOCAL}, "TRIAL_ONLY"),
    ("PT child 17", "particle_therapy", {"cancer_type": "ewing", "cancer_subtype": "femur", "age_years": 17, **LOCAL}, "CONSIDER"),
    ("PT adult 18", "particle_therapy", {"cancer_type": "ewing", "cancer_subtype": "femur", "age_years": 18, **LOCAL}, "TRIAL_ONLY"),
    ("PT rectum back", "particle_therapy", {"cancer_type": "colorectal", "cancer_subtype": "rectum", "disease_status": "relapsed", "age_years": 60, **LOCAL}, "CONSIDER"),
    ("PT rectum new", "particle_therapy", {"cancer_type": "colorectal", "cancer_subtype": "rectum", "disease_status": "newly_diagnosed", "age_years": 60, **LOCAL}, "TRIAL_ONLY"),
    ("PT mediastinal", "particle_therapy", {"cancer_type": "hodgkin", "cancer_subtype": "mediastinal bulky", "stage_group": "IIA", "radiation_history": []}, "CONSIDER"),
    ("PT mediastinal IV", "particle_therapy", {"cancer_type": "hodgkin", "cancer_subtype": "mediastinal bulky", "stage_group": "IVB"}, "NO_MATCH"),
    ("PT breast local", "particle_therapy", {"cancer_type": "breast_tnbc", "age_years": 50, **LOCAL}, "TRIAL_ONLY"),
    # BNCT
    ("BNCT inoperable", "bnct", HNSCC, "CONSIDER"),
    ("BNCT operable, new", "bnct", {**HNSCC, "told_inoperable": False, "disease_status": "newly_diagnosed"}, "NOT_YET"),
    ("BNCT locally back", "bnct", {**HNSCC, "told_inoperable": False, "disease_status": "relapsed"}, "CONSIDER"),
    ("BNCT distant", "bnct", {**HNSCC, "extent": "metastatic"}, "NO_MATCH"),
    ("BNCT oligometastatic", "bnct", {**HNSCC, "extent": "oligometastatic"}, "NO_MATCH"),
    ("BNCT extent unknown", "bnct", without(HNSCC, "extent"), "NEEDS_INFO"),
    ("BNCT operability unknown", "bnct", without(HNSCC, "told_inoperable"), "NEEDS_INFO"),
    ("BNCT carotid", "bnct", {**HNSCC, "cancer_subtype": "carotid encasement"}, "CAUTION"),
    ("BNCT GBM back", "bnct", {"cancer_type": "glioblastoma", "disease_status": "relapsed"}, "TRIAL_ONLY"),
    ("BNCT GBM new", "bnct", {"cancer_type": "glioblastoma", "disease_status": "newly_diagnosed"}, "NO_MATCH"),
    ("BNCT melanoma", "bnct", {"cancer_type": "melanoma_cutaneous"}, "TRIAL_ONLY"),
    ("BNCT meningioma", "bnct", {"cancer_type": "meningioma"}, "TRIAL_ONLY"),
    ("BNCT other", "bnct", {"cancer_type": "ovarian"}, "NO_MATCH"),
    # HIFU and histotripsy
    ("HIFU liver", "hifu_histotripsy", HCC, "CONSIDER"),
    ("HIFU liver widespread", "hifu_histotripsy", {**HCC, "extent": "metastatic"}, "NO_MATCH"),
    ("HIFU liver unknown", "hifu_histotripsy", without(HCC, "extent"), "NEEDS_INFO"),
    ("HIFU few liver spots, bowel", "hifu_histotripsy", {"cancer_type": "colorectal", "extent": "oligometastatic", "metastatic_sites": ["liver"]}, "CONSIDER"),
    ("HIFU liver spots uncounted", "hifu_histotripsy", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["liver"]}, "NEEDS_INFO"),
    ("HIFU many sites", "hifu_histotripsy", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["liver", "lung"]}, "NO_MATCH"),
    ("HIFU painful bone", "hifu_histotripsy", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["bone"], "symptoms": [{"name": "pain", "severity": 6}]}, "CONSIDER"),
    ("HIFU painless bone", "hifu_histotripsy", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["bone"], "symptoms": []}, "NO_MATCH"),
    ("HIFU prostate local", "hifu_histotripsy", {"cancer_type": "prostate", **LOCAL}, "CAUTION"),
    ("HIFU prostate advanced", "hifu_histotripsy", {"cancer_type": "prostate", "extent": "locally_advanced"}, "NO_MATCH"),
    ("HIFU prostate unknown", "hifu_histotripsy", {"cancer_type": "prostate"}, "NEEDS_INFO"),
    ("HIFU pancreas inoperable", "hifu_histotripsy", {"cancer_type": "pancreatic", "extent": "locally_advanced", "told_inoperable": True}, "CAUTION"),
    ("HIFU pancreas unknown", "hifu_histotripsy", {"cancer_type": "pancreatic", "extent": "locally_advanced"}, "NEEDS_INFO"),
    ("HIFU pancreas widespread", "hifu_histotripsy", {"cancer_type": "pancreatic", "extent": "metastatic", "told_inoperable": True}, "NO_MATCH"),
    *((f"HIFU {c}", "hifu_histotripsy", {"cancer_type": c}, "NO_MATCH") for c in ("nsclc", "colorectal", "glioblastoma", "aml")),
    # Interventional
    ("IR HCC local", "interventional", HCC, "CONSIDER"),
    ("IR HCC BCLC B", "interventional", {**without(HCC, "extent"), "bclc": "B"}, "CONSIDER"),
    ("IR HCC Child-Pugh B", "interventional", {**HCC, "child_pugh": "B"}, "CAUTION"),
    ("IR HCC Child-Pugh C", "interventional", {**HCC, "child_pugh": "C"}, "DEFER"),
    ("IR HCC Child-Pugh unknown", "interventional", without(HCC, "child_pugh"), "NEEDS_INFO"),
    ("IR HCC widespread", "interventional", {**HCC, "extent": "metastatic", "bclc": "C"}, "NO_MATCH"),
    ("IR HCC main portal vein", "interventional", {**HCC, "cancer_subtype": "PVTT main trunk"}, "CAUTION"),
    ("IR liver spots, bowel", "interventional", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["liver"]}, "CONSIDER"),
    ("IR liver and bone, bowel", "interventional", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["liver", "bone"]}, "NEEDS_INFO"),
    ("IR few lung spots", "interventional", {"cancer_type": "sts_other", "extent": "oligometastatic", "metastatic_sites": ["lung"]}, "CONSIDER"),
    ("IR kidney", "interventional", {"cancer_type": "rcc", **LOCAL}, "CONSIDER"),
    ("IR ascites", "interventional", {"cancer_type": "ovarian", "extent": "metastatic", "ascites": "large"}, "CONSIDER"),
    ("IR widespread", "interventional", {"cancer_type": "ovarian", "extent": "metastatic", "ascites": "none", "symptoms": [], "metastatic_sites": ["lung", "bone"]}, "NO_MATCH"),
    ("IR blood", "interventional", {"cancer_type": "aml"}, "NO_MATCH"),
    ("IR blood drainage", "interventional", {"cancer_type": "dlbcl_lbcl", "ascites": "large"}, "CONSIDER"),
    # Transplant
    *((f"TX MM {age}", "transplant", {"cancer_type": "multiple_myeloma", "disease_status": "newly_diagnosed", "age_years": age}, status) for age, status in ((70, "CONSIDER"), (71, "CAUTION"), (75, "CAUTION"), (76, "NO_MATCH"))),
    ("TX MM age unknown", "transplant", {"cancer_type": "multiple_myeloma", "disease_status": "newly_diagnosed"}, "NEEDS_INFO"),
    ("TX MM first remission", "transplant", {"cancer_type": "multiple_myeloma", "disease_status": "remission", "remission_number": 1, "age_years": 60}, "CONSIDER"),
    ("TX MM status unknown", "transplant", {"cancer_type": "multiple_myeloma", "age_years": 60}, "NEEDS_INFO"),
    ("TX lymphoma responding", "transplant", {**LBCL, "disease_status": "on_treatment_responding", "age_years": 70}, "CONSIDER"),
    ("TX lymphoma 71", "transplant", {**LBCL, "disease_status": "on_treatment_responding", "age_years": 71}, "NO_MATCH"),
    ("TX lymphoma unfit", "transplant", {**LBCL, "disease_status": "on_treatment_responding", "transplant_fitness": "unfit"}, "NO_MATCH"),
    ("TX lymphoma response unknown", "transplant", {**LBCL, "prior_systemic_lines": 1}, "NEEDS_INFO"),
    ("TX lymphoma first line", "transplant", {**LBCL, "prior_systemic_lines": 1, "disease_status": "remission"}, "NOT_YET"),
    ("TX lymphoma salvage failed", "transplant", {**LBCL, "disease_status": "refractory"}, "NOT_YET"),
    ("TX Hodgkin", "transplant", {**LBCL, "cancer_type": "hodgkin", "disease_status": "remission"}, "CONSIDER"),
    ("TX AML remission 75", "transplant", {"cancer_type": "aml", "disease_status": "remission", "age_years": 75}, "CONSIDER"),
    ("TX AML 76", "transplant", {"cancer_type": "aml", "disease_status": "remission", "age_years": 76}, "NO_MATCH"),
    ("TX AML active", "transplant", {"cancer_type": "aml", "disease_status": "relapsed", "age_years": 40}, "CAUTION"),
    ("TX AML status unknown", "transplant", {"cancer_type": "aml", "age_years": 40}, "NEEDS_INFO"),
    ("TX AML favourable CR1", "transplant", {"cancer_type": "aml", "cancer_subtype": "favourable risk", "disease_status": "remission", "remission_number": 1, "age_years": 40}, "NOT_YET"),
    ("TX AML favourable CR2", "transplant", {"cancer_type": "aml", "cancer_subtype": "favourable risk", "disease_status": "remission", "remission_number": 2, "relapse_count": 1, "prior_systemic_lines": 2, "age_years": 40}, "CONSIDER"),
    ("TX APL CR1", "transplant", {"cancer_type": "apl", "disease_status": "remission", "remission_number": 1, "relapse_count": 0, "age_years": 40}, "NOT_YET"),
    ("TX APL CR2", "transplant", {"cancer_type": "apl", "disease_status": "remission", "remission_number": 2, "age_years": 40}, "CONSIDER"),
    ("TX MDS", "transplant", {"cancer_type": "mds", "disease_status": "newly_diagnosed", "age_years": 75}, "CONSIDER"),
    ("TX MF high", "transplant", {"cancer_type": "mpn", "cancer_subtype": "myelofibrosis high risk", "age_years": 60}, "CONSIDER"),
    ("TX MF low", "transplant", {"cancer_type": "mpn", "cancer_subtype": "myelofibrosis low risk", "age_years": 60}, "NOT_YET"),
    ("TX MF risk unknown", "transplant", {"cancer_type": "mpn", "cancer_subtype": "myelofibrosis", "age_years": 60}, "NEEDS_INFO"),
    ("TX PV", "transplant", {"cancer_type": "mpn", "cancer_subtype": "polycythaemia vera", "age_years": 60}, "NO_MATCH"),
    ("TX CML blast remission", "transplant", {"cancer_type": "cml", "cancer_subtype": "blast phase", "disease_status": "remission", "age_years": 40}, "CONSIDER"),
    ("TX CML blast active", "transplant", {"cancer_type": "cml", "cancer_subtype": "blast phase", "disease_status": "relapsed", "age_years": 40}, "CAUTION"),
    ("TX CML chronic", "transplant", {"cancer_type": "cml", "cancer_subtype": "chronic phase", "age_years": 40}, "NOT_YET"),
    ("TX neuroblastoma high", "transplant", {"cancer_type": "neuroblastoma", "cancer_subtype": "high-risk", "age_years": 3}, "CONSIDER"),
    ("TX neuroblastoma unknown", "transplant", {"cancer_type": "neuroblastoma", "age_years": 3}, "NEEDS_INFO"),
    ("TX germ cell relapsed", "transplant", {"cancer_type": "testicular_gct", "disease_status": "relapsed"}, "CONSIDER"),
    ("TX germ cell new", "transplant", {"cancer_type": "testicular_gct", "disease_status": "newly_diagnosed"}, "NOT_YET"),
    ("TX medulloblastoma 5", "transplant", {"cancer_type": "medulloblastoma", "age_years": 5}, "CONSIDER"),
    ("TX medulloblastoma 6", "transplant", {"cancer_type": "medulloblastoma", "age_years": 6}, "NO_MATCH"),
    ("TX solid", "transplant", {"cancer_type": "breast_tnbc", "age_years": 40}, "NO_MATCH"),
    # Trials, research cell and gene treatments, surgery
    *((f"CTR {s}", "clinical_trial", {"cancer_type": "nsclc", "disease_status": s}, "CONSIDER") for s in ("relapsed", "refractory", "progressed")),
    *((f"CTR {s}", "clinical_trial", {"cancer_type": "nsclc", "disease_status": s}, "NOT_YET") for s in ("newly_diagnosed", "on_treatment_responding", "stable", "remission")),
    ("CTR status unknown", "clinical_trial", {"cancer_type": "nsclc"}, "NEEDS_INFO"),
    ("CTR palliative only", "clinical_trial", {"cancer_type": "nsclc", "told_palliative_only": True}, "CONSIDER"),
    ("CTR rare", "clinical_trial", {"cancer_type": "adrenocortical"}, "CONSIDER"),
    ("CTR rare in remission", "clinical_trial", {"cancer_type": "adrenocortical", "disease_status": "remission"}, "NOT_YET"),
    ("CTR DIPG new", "clinical_trial", {"cancer_type": "dmg_dipg", "disease_status": "newly_diagnosed"}, "CONSIDER"),
    ("CTR target", "clinical_trial", {"cancer_type": "pancreatic", "biomarkers": {"KRAS": "G12D"}}, "CONSIDER"),
    ("ICG always", "investigational_cell_gene", {"cancer_type": "b_all", "disease_status": "relapsed"}, "TRIAL_ONLY"),
    ("SR inoperable", "surgical_review", {"cancer_type": "pancreatic", "extent": "locally_advanced", "told_inoperable": True}, "CONSIDER"),
    ("SR borderline", "surgical_review", {"cancer_type": "pancreatic", "extent": "locally_advanced", "cancer_subtype": "borderline"}, "CONSIDER"),
    ("SR operable", "surgical_review", {"cancer_type": "pancreatic", "extent": "localised", "told_inoperable": False}, "NOT_YET"),
    ("SR never discussed", "surgical_review", {"cancer_type": "pancreatic", "extent": "localised"}, "NEEDS_INFO"),
    ("SR extent unknown", "surgical_review", {"cancer_type": "pancreatic", "told_inoperable": True}, "NEEDS_INFO"),
    ("SR scan of 6 weeks", "surgical_review", {"cancer_type": "pancreatic", "extent": "localised", "told_inoperable": True, "scan_age_weeks": 6}, "CONSIDER"),
    ("SR scan of 7 weeks", "surgical_review", {"cancer_type": "pancreatic", "extent": "localised", "told_inoperable": True, "scan_age_weeks": 7}, "NEEDS_INFO"),
    ("SR oligometastatic", "surgical_review", {"cancer_type": "nsclc", "extent": "oligometastatic", "told_inoperable": True}, "CAUTION"),
    ("SR liver only, bowel", "surgical_review", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["liver"]}, "CAUTION"),
    ("SR liver and bone, bowel", "surgical_review", {"cancer_type": "colorectal", "extent": "metastatic", "metastatic_sites": ["liver", "bone"]}, "NO_MATCH"),
    ("SR sites unknown, bowel", "surgical_review", {"cancer_type": "colorectal", "extent": "metastatic"}, "NEEDS_INFO"),
    ("SR liver only, breast", "surgical_review", {"cancer_type": "breast_tnbc", "extent": "metastatic", "metastatic_sites": ["liver"]}, "NO_MATCH"),
    ("SR blood", "surgical_review", {"cancer_type": "aml"}, "NO_MATCH"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pathway", "facts", "status"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_status(pathway: str, facts: Facts, status: str) -> None:
    found = result(pathway, facts)
    assert found.status == status, (found.rules, found.reasons, found.missing, found.gates)
    assert found.reasons


@pytest.mark.parametrize(
    ("pathway", "facts", "missing"),
    [
        ("bispecific", without(B_ALL, "biomarkers"), {"CD19"}),
        ("bispecific", without(LBCL, "prior_systemic_lines"), {"prior_systemic_lines"}),
        ("bispecific", without(MM, "drug_classes_received", "classes_complete"), {"drug_classes_received"}),
        ("bispecific", without(UM, "biomarkers"), {"HLA"}),
        ("til", without(MELANOMA, "resectable_lesion"), {"resectable_lesion"}),
        ("til", without(MELANOMA, "biomarkers"), {"BRAF"}),
        ("tcr_t", without(SYNOVIAL, "biomarkers"), {"HLA", "MAGE-A4"}),
        ("radioligand", without(PROSTATE, "biomarkers"), {"PSMA_PET"}),
        ("radioligand", without(PROSTATE, "castration_resistant"), {"castration_resistant"}),
        ("particle_therapy", {"cancer_type": "chordoma"}, {"extent"}),
        ("particle_therapy", {"cancer_type": "chordoma", "extent": "localised", "radiation_history": [{"site": "skull"}]}, {"rt_plan"}),
        ("bnct", without(HNSCC, "radiation_history"), {"radiation_history"}),
        ("transplant", {**LBCL, "prior_systemic_lines": 1}, {"B9"}),
        ("transplant", {"cancer_type": "aml", "disease_status": "remission", "age_years": 40}, {"donor_details"}),
        ("clinical_trial", {"cancer_type": "nsclc", "disease_status": "progressed"}, {"measurable_disease", "labs", "days_since_chemo", "drug_classes_received"}),
        ("surgical_review", {"cancer_type": "pancreatic", "extent": "localised"}, {"told_inoperable"}),
        ("surgical_review", {"cancer_type": "pancreatic", "extent": "localised", "told_inoperable": True}, {"B8"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(pathway: str, facts: Facts, missing: set[str]) -> None:
    assert missing <= set(result(pathway, facts).missing)


def test_known_facts_are_not_asked_again() -> None:
    known = {
        "cancer_type": "nsclc",
        "disease_status": "progressed",
        "measurable_disease": False,
        "labs": {"hb": 12},
        "days_since_chemo": 20,
        "drug_classes_received": ["platinum"],
    }
    missing = set(result("clinical_trial", known).missing)
    assert not missing & {"measurable_disease", "labs", "days_since_chemo", "drug_classes_received"}


@pytest.mark.parametrize(
    ("pathway", "facts", "rule"),
    [
        ("til", {**MELANOMA, "age_years": 17}, "TIL-3"),
        ("til", without(MELANOMA, "biomarkers"), "TIL-2"),
        ("tcr_t", {**SYNOVIAL, "biomarkers": {"MAGE-A4": "neg"}}, "TCR-2"),
        ("bispecific", {**MM, "prior_systemic_lines": 0, "disease_status": "newly_diagnosed"}, "BS-MM-3"),
        ("bispecific", {"cancer_type": "pancreatic"}, "BS-OTH"),
        ("clinical_trial", {"cancer_type": "nsclc", "disease_status": "progressed"}, "EA-1"),
    ],
)  # fmt: skip
def test_the_row_of_the_reference_is_reported(pathway: str, facts: Facts, rule: str) -> None:
    assert rule in result(pathway, facts).rules


def test_bnct_says_where_it_is_approved() -> None:
    found = result("bnct", HNSCC)
    assert found.evidence.kind == "approved"
    assert found.evidence.regions == ("JP",)


def test_paid_unproven_cell_therapy_is_warned_of() -> None:
    found = result("investigational_cell_gene", {"cancer_type": "nsclc"})
    assert any("registered study" in caution for caution in found.cautions)
