"""The ids of markers that rules may test, and the other ways these are written (reference, B4)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# Marker id -> family. Ids are those of section B4.
FAMILY_NAMES: Final[dict[str, str]] = {
    "EGFR": "egfr",
    "ALK": "fusion",
    "ROS1": "fusion",
    "NTRK": "fusion",
    "NRG1": "fusion",
    "RET": "fusion_or_mutation",
    "FGFR2": "fusion_or_mutation",
    "FGFR3": "fusion_or_mutation",
    "KRAS": "ras",
    "NRAS": "ras",
    "RAS": "mutation",
    "BRAF": "braf",
    "MET": "met",
    "HER2": "her2",
    "ER": "percent",
    "PR": "percent",
    "Ki67": "ki67",
    "PDL1": "percent",
    "PDL1_TPS": "percent",
    "PDL1_CPS": "percent",
    "PDL1_TAP": "percent",
    "MSI_MMR": "msi",
    "TMB": "tmb",
    "POLE": "mutation",
    "BRCA1": "brca",
    "BRCA2": "brca",
    "BRCA": "brca",
    "PALB2": "brca",
    "HRR": "brca",
    "ATM": "brca",
    "CHEK2": "brca",
    "CDK12": "brca",
    "HRD": "hrd",
    "PIK3CA": "mutation",
    "AKT1": "mutation",
    "PTEN": "mutation",
    "ESR1": "mutation",
    "CLDN18.2": "percent_75",
    "FOLR1": "percent_75",
    "IDH1": "mutation",
    "IDH2": "mutation",
    "IDH": "mutation",
    "MGMT": "methylation",
    "1p/19q": "codeletion",
    "H3_K27M": "mutation",
    "FLT3": "flt3",
    "NPM1": "mutation",
    "KMT2A": "mutation",
    "CEBPA": "mutation",
    "TP53": "mutation",
    "KIT": "mutation",
    "PDGFRA": "mutation",
    "BCR::ABL1": "bcr_abl",
    "T315I": "mutation",
    "PML::RARA": "presence",
    "CD19": "presence",
    "CD20": "presence",
    "CD22": "presence",
    "CD30": "presence",
    "CD33": "presence",
    "CD38": "presence",
    "BCMA": "presence",
    "GPRC5D": "presence",
    "CD7": "presence",
    "CD5": "presence",
    "MRD": "mrd",
    "del17p": "presence",
    "IGHV": "igvh",
    "EZH2": "mutation",
    "EBV": "level",
    "EBER": "presence",
    "HPV": "presence",
    "PSA": "level",
    "PSMA_PET": "scan",
    "SSTR_PET": "scan",
    "MIBG": "scan",
    "iodine_avid": "scan",
    "HLA": "hla",
    "MAGE-A4": "presence",
    "NY-ESO-1": "presence",
    "VHL": "presence",
    "TSC": "presence",
    "JAK2": "mutation",
    "PVTT": "portal_clot",
}

# Other ways an id is written, without spaces and punctuation.
_SPELLINGS: Final[dict[str, str]] = {
    "HER2": "ERBB2 HER2NEU",
    "ER": "ESTROGENRECEPTOR OESTROGENRECEPTOR",
    "PR": "PGR PROGESTERONERECEPTOR",
    "TMB": "TUMORMUTATIONALBURDEN TUMOURMUTATIONALBURDEN",
    "PDL1": "PDL1",
    "PDL1_TPS": "TPS",
    "PDL1_CPS": "CPS",
    "MSI_MMR": "MSI MMR MSIMMR MICROSATELLITEINSTABILITY MISMATCHREPAIR",
    "CLDN18.2": "CLDN182 CLDN18 CLAUDIN182",
    "FOLR1": "FRA FRALPHA FR FRFOLR1 FRAFOLR1",
    "H3_K27M": "H3 H3K27M H3K27 H3K27MG34",
    "BRCA1": "GBRCA1 GERMLINEBRCA1 SBRCA1",
    "BRCA2": "GBRCA2 GERMLINEBRCA2 SBRCA2",
    "BRCA": "BRCA12 GBRCA GBRCA12 GERMLINEBRCA GERMLINEBRCA12 SBRCA",
    "HRR": "HRRGENES",
    "NTRK": "NTRK1 NTRK2 NTRK3",
    "KIT": "KITD816V CKIT",
    "MET": "CMET METIHC",
    "KMT2A": "KMT2AR KMT2AMLL KMT2AMLLR MLL MLLR",
    "BCR::ABL1": "BCRABL PH",
    "PSMA_PET": "PSMA",
    "SSTR_PET": "SSTR",
    "HLA": "HLAA HLAA02 HLAA0201",
    "MAGE-A4": "MAGEA4",
    "NY-ESO-1": "NYESO1",
    "Ki67": "KI67",
    "del17p": "DEL17P",
    "EBV": "EBVDNA",
    "HPV": "HPVP16 P16",
    "iodine_avid": "IODINEAVID RAIAVID",
    "PVTT": "PORTALVEINTHROMBOSIS PORTALVEINTUMOURTHROMBUS PORTALVEINTUMORTHROMBUS PVT",
}


def _id_key(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.replace("α", "A").replace("Α", "A").upper())


_BY_KEY: Final = {_id_key(m): m for m in FAMILY_NAMES} | {
    word: marker for marker, words in _SPELLINGS.items() for word in words.split()
}


def marker_id(name: str) -> str | None:
    """The id used in rules, or None when rules do not look at this marker."""
    return _BY_KEY.get(_id_key(name))


def known_markers() -> frozenset[str]:
    """Every marker id that rules may test."""
    return frozenset(FAMILY_NAMES)


@cache
def spelled(marker: str) -> tuple[str, ...]:
    """The marker's names as they stand inside a result, longest first, in lower case."""
    names = {marker, *_SPELLINGS.get(marker, "").split(), *_WITHIN.get(marker, ())}
    return tuple(sorted((n.lower() for n in names), key=len, reverse=True))


# Names of a marker that are no id of their own but stand in front of results.
_WITHIN: Final[dict[str, tuple[str, ...]]] = {
    "HER2": ("her2/neu", "her-2", "her2 neu"),
    "PDL1_TPS": ("pd-l1", "pdl1", "tps", "tc"),
    "PDL1_CPS": ("pd-l1", "pdl1", "cps"),
    "PDL1_TAP": ("pd-l1", "pdl1", "tap"),
    "PDL1": ("pd-l1",),
    "HRD": ("myriad", "gis", "mychoice"),
    "H3_K27M": ("h3 k27m", "k27m"),
    "BCR::ABL1": ("bcr-abl", "bcr-abl1", "bcr::abl"),
    "CLDN18.2": ("claudin 18.2", "claudin18.2", "claudin"),
    "FOLR1": ("frα", "folate receptor alpha"),
}


def split_name(name: str) -> tuple[str, str] | None:
    """A name that holds a result too ("KRAS G12C", "FLT3-ITD"): marker id and the result."""
    words = [w for w in re.split(r"[\s_-]+", name.strip()) if w]
    for end in range(len(words), 0, -1):
        marker = marker_id(" ".join(words[:end]))
        if marker is not None:
            return marker, " ".join(words[end:])
    return None
