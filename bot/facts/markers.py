"""Biomarker results as sets of possibilities, so that "positive" never silently means a variant.

A result is kept as what it may still be: `positive` for EGFR leaves every variant open, `2+` for
HER2 leaves both ISH results open. A test on it is then true, false or unknown without special
cases. Families and value sets follow the oncology reference, section B4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

Tri = bool | None
INFINITY: Final = float("inf")


class Span(NamedTuple):
    """A measured number, or the range it is known to lie in: low <= x <= high (< if open)."""

    low: float
    high: float
    open_high: bool = False
    open_low: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """The value set of a kind of marker.

    `words` maps what is written (folded) to the set of exact values it leaves open; numeric
    families map words to spans instead.
    """

    name: str
    words: Mapping[str, frozenset[str]]
    spans: Mapping[str, Span]
    numeric: bool = False
    top: float = INFINITY


MarkerValue = frozenset[str] | Span


def fold(text: str) -> str:
    """Lower case, without spaces and punctuation except + and -, so spellings meet."""
    text = text.lower().replace("−", "-").replace("–", "-")
    return re.sub(r"[^a-z0-9+<>=.%*:-]", "", text)


def _family(name: str, groups: Mapping[str, str], words: Mapping[str, str]) -> Family:
    """Build a categorical family; `groups` names sets of exact values, `words` adds spellings."""
    table: dict[str, frozenset[str]] = {}
    for group, members in groups.items():
        table[fold(group)] = frozenset(members.split())
    exact = {m for members in table.values() for m in members}
    for value in exact:
        table.setdefault(fold(value), frozenset({value}))
    for word, target in words.items():
        for spelling in word.split(","):
            table[fold(spelling)] = table[fold(target)]
    return Family(name, table, {})


_NEG = "neg,negative,no,none,false,absent,-,not detected,notdetected,wt,wild type,wildtype,normal"
_POS = "pos,positive,yes,true,present,+,detected"

_FAMILIES: Final = {
    "presence": _family(
        "presence",
        {"positive": "pos partial", "negative": "neg"},
        {
            f"{_POS},expressed,strong,high,mixed expression": "pos",
            "dim,weak,low,partially": "partial",
            f"{_NEG},lost": "neg",
        },
    ),
    "scan": _family(
        "scan",
        {"positive": "pos", "negative": "neg", "mixed": "mixed"},
        {f"{_POS},avid": "pos", f"{_NEG},not avid,non-avid": "neg"},
    ),
    "fusion": _family(
        "fusion",
        {"positive": "fusion_pos", "negative": "neg", "mut": "mut"},
        {
            f"{_POS},fusion,rearranged,rearrangement,rearr,translocation": "fusion_pos",
            "mutation,mutated,mutant": "mut",
            _NEG: "neg",
        },
    ),
    "fusion_or_mutation": _family(
        "fusion_or_mutation",
        {"positive": "fusion_pos mut", "negative": "neg"},
        {
            _POS: "positive",
            "fusion,rearranged,rearrangement": "fusion_pos",
            "mutation,mutated,mutant": "mut",
            _NEG: "neg",
        },
    ),
    "mutation": _family(
        "mutation",
        {"positive": "mut", "negative": "WT"},
        {
            f"{_POS},mutation,mutated,mutant,exo_mut,rearr,rearranged,deleted,loss,del": "mut",
            f"{_NEG},unmutated,vus,intact": "WT",
        },
    ),
    "egfr": _family(
        "egfr",
        {
            "positive": "ex19del L858R ex20ins T790M C797S atypical other",
            "negative": "WT",
        },
        {
            f"{_POS},mut,mutated,mutation,mutant": "positive",
            "del19,exon19,exon19del,exon 19 deletion,ex19,19del,e746_a750del": "ex19del",
            "exon21,exon 21 L858R,p.L858R": "L858R",
            "exon20,exon20ins,exon 20 insertion,ex20,20ins": "ex20ins",
            "g719x,s768i,l861q,atypical(g719x/s768i/l861q)": "atypical",
            _NEG: "WT",
        },
    ),
    "ras": _family(
        "ras",
        {"positive": "G12C G12D other", "negative": "WT"},
        {
            f"{_POS},mut,mutated,mutation,mutant": "positive",
            "p.G12C": "G12C",
            "p.G12D": "G12D",
            "g12v,g12r,g12a,g12s,g13,g13d,q61,q61h,q61r,q61k,q61l,a146t,a146": "other",
            _NEG: "WT",
        },
    ),
    "braf": _family(
        "braf",
        {
            "positive": "V600E V600K non_V600 fusion",
            "V600": "V600E V600K",
            "negative": "WT",
        },
        {
            f"{_POS},mut,mutated,mutation,mutant": "positive",
            "p.V600E,V600E positive": "V600E",
            "V600 positive,v600+": "V600",
            "class ii,class iii,class 2,class 3": "non_V600",
            _NEG: "WT",
        },
    ),
    "met": _family(
        "met",
        {"positive": "ex14 amp IHC_high", "negative": "neg"},
        {
            _POS: "positive",
            "exon14,exon 14,exon 14 skipping,ex14 skipping,met ex14,skipping": "ex14",
            "amplification,amplified": "amp",
            "ihc high,ihc3+,high": "IHC_high",
            _NEG: "neg",
        },
    ),
    "her2": _family(
        "her2",
        {
            "positive": "2+ISH+ 3+ amp",
            "negative": "IHC0 ultralow 1+ 2+ISH-",
            "low": "1+ 2+ISH-",
            "mutation": "mutation",
            "2+": "2+ISH+ 2+ISH-",
            "0": "IHC0 ultralow",
        },
        {
            f"{_POS},ish+,fish+": "positive",
            "neg,no,none,false,-,not detected,wt": "negative",
            "her2 low,her2-low,her2low": "low",
            "her2 ultralow": "ultralow",
            "ihc 0": "IHC0",
            "ihc1+,ihc 1+": "1+",
            "ihc2+,ihc 2+,equivocal": "2+",
            "2+/ish-,2+ish neg,2+ishneg,2+fish-,2+/fish-,2+ ish negative,ihc2+ish-": "2+ISH-",
            "2+/ish+,2+ish pos,2+ishpos,2+fish+,2+/fish+,2+ ish positive,ihc2+ish+": "2+ISH+",
            "ihc3+,ihc 3+": "3+",
            "mut,mutated,mutant": "mutation",
            "amplified,amplification": "amp",
        },
    ),
    "msi": _family(
        "msi",
        {"positive": "MSI-H", "negative": "MSS", "indeterminate": "MSI-H MSS"},
        {
            "msi-h/dmmr,msih,dmmr,msi-high,msi high,high,msi,pos,unstable": "MSI-H",
            "mmr deficient,deficient": "MSI-H",
            "mss/pmmr,pmmr,msi-l,msil,stable,mmr proficient,proficient,neg,low": "MSS",
        },
    ),
    "brca": _family(
        "brca",
        {
            "positive": "germline_path somatic_path",
            "germline": "germline_path",
            "negative": "VUS neg",
            "somatic_path": "somatic_path",
            "VUS": "VUS",
        },
        {
            f"{_POS},pathogenic,likely_path,likely pathogenic,mut,mutated,mutation,deleterious": (
                "positive"
            ),
            "germline,germline pathogenic,pathogenic germline,pathogenic(germline),gbrca": (
                "germline_path"
            ),
            "germline_pathogenic,pathogenic_germline,germline positive,germline mutated": (
                "germline_path"
            ),
            "germline likely pathogenic,likely_path germline,germline_likely_path": "germline_path",
            "somatic,somatic pathogenic,pathogenic somatic,pathogenic(somatic),sbrca": (
                "somatic_path"
            ),
            "somatic_pathogenic,pathogenic_somatic,somatic positive,tumour,tumor": "somatic_path",
            "neg,no,none,false,-,not detected,wt,wild type,wildtype,normal": "neg",
        },
    ),
    "flt3": _family(
        "flt3",
        {"positive": "ITD TKD", "negative": "WT"},
        {f"{_POS},mut,mutated": "positive", "d835,tkd d835": "TKD", _NEG: "WT"},
    ),
    "bcr_abl": _family(
        "bcr_abl",
        {"positive": "pos T315I", "negative": "neg"},
        {f"{_POS},ph+,philadelphia positive": "positive", f"{_NEG},ph-": "neg"},
    ),
    "methylation": _family(
        "methylation",
        {"positive": "methyl", "negative": "unmethyl"},
        {"methylated": "methyl", "unmethylated": "unmethyl"},
    ),
    "codeletion": _family(
        "codeletion",
        {"positive": "codel", "negative": "intact"},
        {f"{_POS},codeleted": "codel", "neg,not codeleted,non-codeleted": "intact"},
    ),
    "igvh": _family("igvh", {"positive": "mutated", "negative": "unmutated"}, {}),
}


def _numeric(name: str, cutoff: float | None, top: float = INFINITY) -> Family:
    """A measured marker; with a cut-off, "positive" and "negative" are the ranges around it."""
    spans: dict[str, Span] = {}
    if cutoff is not None:
        for word in f"{_POS},high,strong".split(","):
            spans[fold(word)] = Span(cutoff, top)
        for word in f"{_NEG},low".split(","):
            spans[fold(word)] = Span(0.0, cutoff, open_high=True)
    return Family(name, {}, spans, numeric=True, top=top)


_NUMERIC: Final = {
    "percent": _numeric("percent", 1.0, 100.0),
    "percent_75": _numeric("percent_75", 75.0, 100.0),
    "tmb": _numeric("tmb", 10.0, 1000.0),
    "hrd": _numeric("hrd", 42.0, 100.0),
    "mrd": _numeric("mrd", None, 100.0),
    "ki67": _numeric("ki67", None, 100.0),
    "level": _numeric("level", None),
}

# Marker id -> family, and other ways its id is written. Ids are those of section B4.
_MARKERS: Final[dict[str, str]] = {
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
}

_ALIASES: Final[dict[str, str]] = {
    "ERBB2": "HER2",
    "HER2NEU": "HER2",
    "PDL1": "PDL1",
    "TPS": "PDL1_TPS",
    "CPS": "PDL1_CPS",
    "MSI": "MSI_MMR",
    "MMR": "MSI_MMR",
    "MSIMMR": "MSI_MMR",
    "CLDN182": "CLDN18.2",
    "CLDN18": "CLDN18.2",
    "CLAUDIN182": "CLDN18.2",
    "FRA": "FOLR1",
    "H3": "H3_K27M",
    "FRALPHA": "FOLR1",
    "FR": "FOLR1",
    "FRFOLR1": "FOLR1",
    "FRAFOLR1": "FOLR1",
    "BRCA12": "BRCA",
    "GBRCA": "BRCA",
    "HRRGENES": "HRR",
    "H3K27M": "H3_K27M",
    "H3K27": "H3_K27M",
    "H3K27MG34": "H3_K27M",
    "NTRK1": "NTRK",
    "NTRK2": "NTRK",
    "NTRK3": "NTRK",
    "KITD816V": "KIT",
    "CKIT": "KIT",
    "CMET": "MET",
    "METIHC": "MET",
    "KMT2AR": "KMT2A",
    "MLL": "KMT2A",
    "BCRABL": "BCR::ABL1",
    "PH": "BCR::ABL1",
    "PSMA": "PSMA_PET",
    "SSTR": "SSTR_PET",
    "HLAA": "HLA",
    "HLAA02": "HLA",
    "HLAA0201": "HLA",
    "MAGEA4": "MAGE-A4",
    "NYESO1": "NY-ESO-1",
    "KI67": "Ki67",
    "DEL17P": "del17p",
    "EBVDNA": "EBV",
    "HPVP16": "HPV",
    "P16": "HPV",
    "IODINEAVID": "iodine_avid",
    "RAIAVID": "iodine_avid",
}


def _id_key(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.replace("α", "A").replace("Α", "A").upper())


_BY_KEY: Final = {_id_key(m): m for m in _MARKERS} | _ALIASES

_UNKNOWN_WORDS: Final = frozenset({"unknown", "declined", "nottested", "notdone", "pending", "na"})


def marker_id(name: str) -> str | None:
    """The id used in rules, or None when rules do not look at this marker."""
    return _BY_KEY.get(_id_key(name))


def known_markers() -> frozenset[str]:
    """Every marker id that rules may test."""
    return frozenset(_MARKERS)


@cache
def _family_of(marker: str) -> Family | None:
    name = _MARKERS[marker]
    return _NUMERIC.get(name) or _FAMILIES.get(name)


def read_value(marker: str, value: Any) -> MarkerValue | None:
    """What a written result leaves open; None when not tested or not understood.

    Raises ValueError for a value that cannot exist (a percentage of 140).
    """
    if value is None:
        return None
    if marker == "HLA":
        return _read_alleles(value)
    family = _family_of(marker)
    if family is None:
        return None
    if isinstance(value, Mapping):
        value = value.get("value", value.get("result"))
    if isinstance(value, list | tuple | set | frozenset):
        return _read_many(family, value)
    if family.numeric:
        return _read_number(family, value)
    return _read_word(family, value)


def _read_many(family: Family, values: Iterable[Any]) -> MarkerValue | None:
    """Several findings in one gene: all are present, so each is kept."""
    if family.numeric:
        raise ValueError("one number expected")
    found = [v for v in (_read_word(family, item) for item in values) if v]
    return frozenset().union(*(_certain(v) for v in found)) if found else None


def _certain(value: frozenset[str]) -> frozenset[str]:
    # "~" marks findings that exist side by side rather than alternatives of one finding.
    return frozenset({"~", *value})


# A named change such as R132H, D842V, exon 18 or a deletion.
_VARIANT: Final = re.compile(r"[a-z]\d{2,4}[a-z*]|exon\d|ex\d|fs|ins|del|dup|skip")


def _read_word(family: Family, value: Any) -> frozenset[str] | None:
    if isinstance(value, bool):
        return family.words.get("positive" if value else "negative")
    if isinstance(value, int | float):
        return _percent_as_presence(family, float(value))
    if not isinstance(value, str):
        raise ValueError("text, number or true/false expected")
    word = fold(value)
    if not word or word in _UNKNOWN_WORDS:
        return None
    if word in family.words:
        return family.words[word]
    bare = fold(re.sub(r"\(.*?\)|\[.*?\]", "", value))
    if bare in family.words:
        return family.words[bare]
    if family.name == "mutation" and _VARIANT.search(word):
        return family.words["mut"]
    number = re.fullmatch(r"(\d+(?:\.\d+)?)%", word)
    return _percent_as_presence(family, float(number[1])) if number else None


def _percent_as_presence(family: Family, percent: float) -> frozenset[str] | None:
    """A flow or IHC percentage of a surface marker: none, or some, of the cells carry it."""
    if family.name == "her2" and percent in (0, 1, 2, 3):
        return family.words[("0", "1+", "2+", "3+")[int(percent)]]
    if not 0 <= percent <= 100:
        raise ValueError("a percentage lies between 0 and 100")
    if family.name != "presence":
        return None
    return family.words["pos" if percent > 0 else "neg"]


_NUMBER = re.compile(r"^(>=|<=|>|<|=|)(\d+(?:\.\d+)?)(?:%|muts?mb|[a-z]*)$")


def _read_number(family: Family, value: Any) -> Span | None:
    if isinstance(value, bool):
        return family.spans.get("positive" if value else "negative")
    if isinstance(value, int | float):
        return _span("", float(value), family)
    if not isinstance(value, str):
        raise ValueError("a number expected")
    word = fold(value.replace("≥", ">=").replace("≤", "<="))
    if not word or word in _UNKNOWN_WORDS:
        return None
    if word in family.spans:
        return family.spans[word]
    match = _NUMBER.match(re.sub(r"\(.*?\)", "", word))
    if match:
        return _span(match[1], float(match[2]), family)
    inner = re.search(r"(\d+(?:\.\d+)?)%?", word)
    named = next((s for w, s in family.spans.items() if w and word.startswith(w)), None)
    if inner and named is not None:
        return _span("", float(inner[1]), family)
    return named


def _span(sign: str, number: float, family: Family) -> Span:
    if not 0 <= number <= family.top:
        raise ValueError("outside the possible range")
    if sign in (">=", ">"):
        return Span(number, family.top, open_low=sign == ">")
    if sign in ("<=", "<"):
        return Span(0.0, number, open_high=sign == "<")
    return Span(number, number)


# A group of genes: one positive gene makes the group positive, all negative make it negative.
_GENE_GROUPS: Final = {
    "BRCA": ("BRCA1", "BRCA2"),
    "HRR": ("BRCA", "ATM", "CHEK2", "CDK12", "PALB2"),
}


def with_gene_groups(results: dict[str, MarkerValue]) -> dict[str, MarkerValue]:
    """Adds the result of a gene group where its single genes decide it."""
    for group, genes in _GENE_GROUPS.items():
        if group in results:
            continue
        known = {g: results[g] for g in genes if g in results}
        positive = wanted(group, "positive")
        hit = [v for g, v in known.items() if is_one_of(g, v, positive) is True]
        if hit:
            results[group] = hit[0]
        elif len(known) == len(genes):
            results[group] = wanted(group, "neg")
    return results


_ALLELE = re.compile(r"(?:HLA-?)?(A|B|C|DRB1)\*?(\d{2})(?::(\d{2,3}))?", re.IGNORECASE)


def _read_alleles(value: Any) -> frozenset[str] | None:
    items = value if isinstance(value, list | tuple | set) else [value]
    alleles: set[str] = set()
    negative = False
    for item in items:
        if not isinstance(item, str):
            raise ValueError("a list of alleles expected")
        text = item.strip()
        if fold(text) in _UNKNOWN_WORDS or not text:
            continue
        absent = bool(re.search(r"neg|absent|not |no ", text, re.IGNORECASE))
        found = [f"{g.upper()}*{a}{':' + b if b else ''}" for g, a, b in _ALLELE.findall(text)]
        if absent or fold(text) in ("-", "no", "none"):
            negative = True
        else:
            alleles.update(found)
    if alleles or negative:
        return frozenset(alleles)
    return None


@cache
def wanted(marker: str, word: str) -> frozenset[str]:
    """The exact values a rule's word stands for. Raises KeyError for a word outside the family."""
    if marker == "HLA":
        return frozenset({word})
    family = _family_of(marker)
    if family is None or family.numeric:
        raise KeyError(word)
    return family.words[fold(word)]


def is_numeric(marker: str) -> bool:
    """True for markers that are compared with numbers."""
    family = _family_of(marker) if marker != "HLA" else None
    return bool(family and family.numeric)


def is_one_of(marker: str, value: MarkerValue, targets: frozenset[str]) -> Tri:
    """Does the result lie in `targets`? None when it may or may not."""
    if isinstance(value, Span):
        return None
    if marker == "HLA":
        return _allele_test(value, targets)
    if "~" in value:
        return not value.isdisjoint(targets)
    if value <= targets:
        return True
    return False if value.isdisjoint(targets) else None


def _allele_test(alleles: frozenset[str], targets: frozenset[str]) -> Tri:
    open_question = False
    for target in targets:
        for allele in alleles:
            if allele.startswith(target):
                return True
            open_question |= target.startswith(allele)
    return None if open_question else False


def compare(span: Span, sign: str, bound: float) -> Tri:
    """Three-valued comparison of a span with a bound."""
    if sign in (">=", ">"):
        return at_least(span, bound, strict=sign == ">")
    result = at_least(span, bound, strict=sign == "<=")
    return None if result is None else not result


def at_least(span: Span, bound: float, *, strict: bool = False) -> Tri:
    """Is the number >= bound (> when strict)?"""
    if span.low > bound or (span.low == bound and (not strict or span.open_low)):
        return True
    if span.high < bound or (span.high == bound and (strict or span.open_high)):
        return False
    return None
