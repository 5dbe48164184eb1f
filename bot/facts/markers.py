"""Biomarker results as sets of possibilities, so that "positive" never silently means a variant.

A result is kept as what it may still be: `positive` for EGFR leaves every variant open, `2+` for
HER2 leaves both ISH results open. A test on it is then true, false or unknown without special
cases. Families and value sets follow the oncology reference, section B4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from bot.facts.alleles import has_allele, read_alleles
from bot.facts.marker_ids import known_markers, marker_id
from bot.facts.marker_table import INFINITY, Family, MarkerValue, Span, Tri, family_of, fold
from bot.facts.marker_text import bounded, parts, read_measure, read_text

__all__ = [
    "MarkerValue",
    "Span",
    "both",
    "compare",
    "is_numeric",
    "is_one_of",
    "known_markers",
    "marker_id",
    "read_value",
    "wanted",
    "with_gene_groups",
]

_UNKNOWN_WORDS: Final = frozenset({"unknown", "declined", "nottested", "notdone", "pending", "na"})


def read_value(marker: str, value: Any, named: str = "") -> MarkerValue | None:
    """What a written result leaves open; None when not tested or not understood.

    `named` is the marker's name as it was written. Raises ValueError for a value that cannot
    exist (a percentage of 140).
    """
    if value is None:
        return None
    if marker == "HLA":
        return read_alleles(value, named)
    family = family_of(marker)
    if family is None:
        return None
    if isinstance(value, Mapping):
        origin = value.get("origin", "")
        value = value.get("value", value.get("result"))
        if value is None:
            return None
        named = f"{origin} {named}"
    if family.name == "brca" and isinstance(value, str):
        value = _with_origin(family, value, named)
    if isinstance(value, list | tuple | set | frozenset):
        return _read_many(marker, family, value)
    if family.numeric:
        return _read_number(marker, family, value)
    return _read_word(marker, family, value)


_GERMLINE: Final = re.compile(r"\bg(?=brca)|germ", re.IGNORECASE)
_SOMATIC: Final = re.compile(r"\bs(?=brca)|somat|tumou?r", re.IGNORECASE)


def _with_origin(family: Family, value: str, named: str) -> str:
    """A change that was found, with the origin that the marker's name tells ("gBRCA")."""
    if family.words.get(fold(value)) != family.words["positive"]:
        return value
    if _GERMLINE.search(named):
        return "germline"
    return "somatic" if _SOMATIC.search(named) else value


def _read_many(marker: str, family: Family, values: Iterable[Any]) -> MarkerValue | None:
    """Several findings in one gene: all are present, so each is kept."""
    if family.numeric:
        raise ValueError("one number expected")
    found = [v for v in (_read_word(marker, family, item) for item in values) if v]
    return frozenset().union(*(_certain(v) for v in found)) if found else None


def _certain(value: frozenset[str]) -> frozenset[str]:
    # "~" marks findings that exist side by side rather than alternatives of one finding.
    return frozenset({"~", *value})


def both(marker: str, first: MarkerValue, second: MarkerValue) -> MarkerValue:
    """Two results told for one marker: what fits both, or two findings side by side.

    Raises ValueError when one result rules the other out.
    """
    if isinstance(first, Span) and isinstance(second, Span):
        common = _overlap(first, second)
        if common is None:
            raise ValueError(_EXCLUDE)
        return common
    if isinstance(first, Span) or isinstance(second, Span):
        return second
    if shared := first & second:
        return shared
    family = family_of(marker) if marker != "HLA" else None
    if family is not None and family.name in _ONE_FINDING:
        raise ValueError(_EXCLUDE)
    return _certain(first) | _certain(second)


_EXCLUDE: Final = "two results that exclude each other"
# Families in which a tumour has one state at a time.
_ONE_FINDING: Final = frozenset({"msi", "presence", "scan"})


def _overlap(first: Span, second: Span) -> Span | None:
    """What two ranges have in common."""
    low, open_low = max((first.low, first.open_low), (second.low, second.open_low))
    high, closed = min((first.high, not first.open_high), (second.high, not second.open_high))
    empty = low > high or (low == high and (open_low or not closed))
    return None if empty else Span(low, high, open_high=not closed, open_low=open_low)


def _read_word(marker: str, family: Family, value: Any) -> frozenset[str] | None:
    if isinstance(value, bool):
        return family.words.get("positive" if value else "negative")
    if isinstance(value, int | float):
        return _percent_as_presence(family, float(value))
    if not isinstance(value, str):
        raise ValueError("text, number or true/false expected")
    word = fold(value)
    if not word or word in _UNKNOWN_WORDS:
        return None
    for spelling in (word, fold(re.sub(r"\(.*?\)|\[.*?\]", "", value))):
        if spelling in family.words:
            return family.words[spelling]
    number = re.fullmatch(r">?=?(\d+(?:\.\d+)?)%?", word)
    if number:
        return _percent_as_presence(family, float(number[1]))
    several = parts(value)
    if len(several) > 1 and family.name in _SEVERAL_FINDINGS:
        read = [v for v in (_read_word(marker, family, p) for p in several) if v]
        if len(read) == len(several):
            return frozenset().union(*(_certain(v) for v in read))
    return read_text(marker, family, value)


# Genes in which two changes can be found together.
_SEVERAL_FINDINGS: Final = frozenset({"egfr", "ras", "braf", "flt3", "met"})


def _percent_as_presence(family: Family, percent: float) -> frozenset[str] | None:
    """A flow or IHC percentage of a surface marker: none, or some, of the cells carry it."""
    if family.name == "her2" and percent in (0, 1, 2, 3):
        return family.words[("0", "1+", "2+", "3+")[int(percent)]]
    if not 0 <= percent <= 100:
        raise ValueError("a percentage lies between 0 and 100")
    if family.name != "presence":
        return None
    return family.words["pos" if percent > 0 else "neg"]


def _read_number(marker: str, family: Family, value: Any) -> Span | None:
    if isinstance(value, bool):
        return family.spans.get("positive" if value else "negative")
    if isinstance(value, int | float):
        return _possible(bounded("", float(value), family.top), family)
    if not isinstance(value, str):
        raise ValueError("a number expected")
    word = fold(value)
    if not word or word in _UNKNOWN_WORDS:
        return None
    if word in family.spans:
        return family.spans[word]
    span = read_measure(marker, family, value)
    return None if span is None else _possible(span, family)


def _possible(span: Span, family: Family) -> Span:
    if not (0 <= span.low <= family.top and span.low <= span.high <= family.top):
        raise ValueError("outside the possible range")
    return span


# A group of genes: one positive gene makes the group positive, all negative make it negative.
_GENE_GROUPS: Final = {
    "BRCA": ("BRCA1", "BRCA2"),
    "HRR": ("BRCA", "ATM", "CHEK2", "CDK12", "PALB2"),
}


_SPLIT_GROUPS: Final = {"RAS": ("KRAS", "NRAS"), "IDH": ("IDH1", "IDH2")}
_OPEN: Final = Span(0.0, INFINITY)


def with_gene_groups(results: dict[str, MarkerValue]) -> dict[str, MarkerValue]:
    """Adds the result of a gene group where its single genes decide it."""
    for whole, members in _SPLIT_GROUPS.items():
        # "RAS wild type" speaks for each of its genes; "RAS mutated" leaves open which one.
        if is_one_of(whole, results.get(whole, _OPEN), wanted(whole, "WT")) is True:
            for gene in members:
                results.setdefault(gene, wanted(gene, "WT"))
    if is_one_of("T315I", results.get("T315I", _OPEN), wanted("T315I", "positive")) is True:
        results.setdefault("BCR::ABL1", wanted("BCR::ABL1", "T315I"))
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


@cache
def wanted(marker: str, word: str) -> frozenset[str]:
    """The exact values a rule's word stands for. Raises KeyError for a word outside the family."""
    if marker == "HLA":
        return frozenset({word})
    family = family_of(marker)
    if family is None or family.numeric:
        raise KeyError(word)
    return family.words[fold(word)]


def is_numeric(marker: str) -> bool:
    """True for markers that are compared with numbers."""
    family = family_of(marker) if marker != "HLA" else None
    return bool(family and family.numeric)


def is_one_of(marker: str, value: MarkerValue, targets: frozenset[str]) -> Tri:
    """Does the result lie in `targets`? None when it may or may not."""
    if isinstance(value, Span):
        return None
    if marker == "HLA":
        return has_allele(value, targets)
    if "~" in value:
        return not value.isdisjoint(targets)
    if value <= targets:
        return True
    return False if value.isdisjoint(targets) else None


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
