"""The markers that rules may test: their ids, spellings and value sets (oncology reference, B4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from bot.facts.marker_ids import FAMILY_NAMES

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
            "g12,g12v,g12r,g12a,g12s,g13,g13d,q61,q61h,q61r,q61k,q61l,a146t,a146": "other",
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
    "portal_clot": _family(
        "portal_clot",
        {"positive": "main branch", "negative": "neg"},
        {
            f"{_POS},thrombosis,thrombus,thrombosed,pvtt": "positive",
            "main trunk,main portal vein,main pv,trunk,vp4": "main",
            "branches,left branch,right branch,segmental,vp1,vp2,vp3": "branch",
            f"{_NEG},patent,open,vp0": "neg",
        },
    ),
    "igvh": _family("igvh", {"positive": "mutated", "negative": "unmutated"}, {}),
}


def _numeric(name: str, cutoff: float | None, top: float = INFINITY) -> Family:
    """A measured marker; with a cut-off, "positive" and "negative" are the ranges around it."""
    spans: dict[str, Span] = {}
    if cutoff is not None:
        for word in f"{_POS},high,strong,h".split(","):
            spans[fold(word)] = Span(cutoff, top)
        for word in f"{_NEG},low".split(","):
            spans[fold(word)] = Span(0.0, cutoff, open_high=True)
    return Family(name, {}, spans, numeric=True, top=top)


_NUMERIC: Final = {
    "percent": _numeric("percent", 1.0, 100.0),
    "percent_75": _numeric("percent_75", 75.0, 100.0),
    "tmb": _numeric("tmb", 10.0, 1000.0),
    "hrd": _numeric("hrd", 42.0, 100.0),
    # A negative MRD test means less than the usual detection limit of 0.01 %.
    "mrd": Family(
        "mrd",
        {},
        {"neg": Span(0.0, 0.01, open_high=True), "negative": Span(0.0, 0.01, open_high=True)},
        numeric=True,
        top=100.0,
    ),
    "ki67": _numeric("ki67", None, 100.0),
    "level": _numeric("level", None),
}


@cache
def family_of(marker: str) -> Family | None:
    name = FAMILY_NAMES[marker]
    return _NUMERIC.get(name) or _FAMILIES.get(name)
