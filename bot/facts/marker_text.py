"""Marker results as people and reports write them: "L858R mutation", "TPS 60 %", "IHC 2+, FISH -".

Only spelling is settled here. What the words leave open stays open, and a text that fits nothing
stays unknown: the marker is then asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.facts.marker_ids import spelled
from bot.facts.marker_table import Family, Span, fold

# Words beside the result itself.
_FILLERS: Final = frozenset(
    {
        "mutation",
        "mutant",
        "mutated",
        "mutations",
        "variant",
        "change",
        "positive",
        "pos",
        "detected",
        "found",
        "present",
        "in",
        "gene",
        "the",
        "of",
        "by",
        "on",
        "status",
        "result",
        "cells",
        "cell",
        "type",
        "tumour",
        "tumor",
        "testing",
        "test",
        "ngs",
        "ihc",
    }
)
_NEGATED: Final = re.compile(r"^\s*(no|not|without|negative|neg)\b")
_OPEN: Final = re.compile(r"not (tested|done|known|available|yet)|pending|awaited|unknown")
_FUSED: Final = re.compile(r"fus|rearr|transloc|[a-z0-9]{2,}(?:::|-)[a-z][a-z0-9]{2,}")
# A named change such as R132H, Y646, D842V, exon 18 or a deletion.
_VARIANT: Final = re.compile(
    r"\b(?:p\.)?[a-z]\d{2,4}[a-z*]?\b|exon ?\d|\bex\d|fs\b|ins|del|dup|skip"
)
# Families whose value set has a place for a change that is not on its list.
_UNLISTED: Final = {"ras": "other", "egfr": "other", "braf": "non_V600"}


def read_text(marker: str, family: Family, value: str) -> frozenset[str] | None:
    """The exact values that a free text leaves open; None when it is not understood."""
    text = _without_names(marker, value)
    if _OPEN.search(text):
        return None
    if family.name == "her2":
        return _her2(family, text)
    if family.name == "msi" and re.search(r"\b(mlh1|msh2|msh6|pms2)\b", text):
        return family.words["msi-h"] if re.search(r"loss|lost|absent|defic", text) else None
    if _NEGATED.match(text):
        return family.words.get("negative")
    if family.name.startswith("fusion") and (_FUSED.search(text) or _FUSED.search(value.lower())):
        return family.words["fusion"]
    for word in _candidates(text):
        if word in family.words:
            return family.words[word]
    if _VARIANT.search(text):
        if family.name in ("mutation", "fusion_or_mutation"):
            return family.words["mut"]
        if family.name in _UNLISTED:
            return family.words[fold(_UNLISTED[family.name])]
    return None


def parts(value: str) -> list[str]:
    """Several findings in one text: "L858R + T790M", "G12C and Q61H"."""
    return [p for p in re.split(r"\s+\+\s+|\s*[,;&]\s*|\s+and\s+", value.strip()) if p]


def read_measure(marker: str, family: Family, value: str) -> Span | None:
    """A number or range out of a free text: "CPS 10", "80 % of cells 2+/3+", "1-49 %", "10^-3"."""
    text = _without_names(marker, value)
    if _OPEN.search(text):
        return None
    if family.name == "mrd" and (power := re.search(r"(?:10\^?|1e)-(\d)\b", text.replace(" ", ""))):
        percent = 100.0 / 10 ** int(power[1])
        return Span(percent, percent)
    if span := re.search(r"(\d+(?:\.\d+)?)\s*(?:-|to)\s*(\d+(?:\.\d+)?)\s*%?(?!\+)", text):
        return Span(float(span[1]), float(span[2]))
    found = re.findall(r"(>=|<=|>|<|)\s*(\d+(?:\.\d+)?)\s*%", text)
    found = found or re.findall(r"(>=|<=|>|<|)\s*(\d+(?:\.\d+)?)(?!\+)", text)
    if len(found) == 1:
        return bounded(found[0][0], float(found[0][1]), family.top)
    for word in _candidates(text):
        if word in family.spans:
            return family.spans[word]
    return family.spans.get("negative") if _NEGATED.match(text) else None


def bounded(sign: str, number: float, top: float) -> Span:
    """The range that ">= 50" or "< 1" leaves."""
    if sign in (">=", ">"):
        return Span(number, top, open_low=sign == ">")
    if sign in ("<=", "<"):
        return Span(0.0, number, open_high=sign == "<")
    return Span(number, number)


_SUPERSCRIPT: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–≥≤", "0123456789---\x01\x02")


def _without_names(marker: str, value: str) -> str:
    """Lower case, one kind of minus sign, without brackets and without the marker's own names."""
    text = value.translate(_SUPERSCRIPT).replace("\x01", ">=").replace("\x02", "<=").lower()
    text = re.sub(r"\(.*?\)|\[.*?\]", " ", text).replace("gbrca", "germline").replace("=", "= ")
    text = text.replace("> =", ">=").replace("< =", "<=").replace(">= ", ">=").replace("<= ", "<=")
    for name in spelled(marker):
        text = re.sub(rf"(?<![a-z0-9]){re.escape(name)}\d?(?![a-z0-9])[\s:=_-]*", " ", text)
    return text.strip()


def _candidates(text: str) -> Iterator[str]:
    """Spellings to look up: all words, the words without fillers, each of them alone."""
    tokens = [t for t in re.split(r"[\s,;/:=]+", text) if t]
    rest = [t for t in tokens if t not in _FILLERS]
    for words in ([text], rest or tokens):
        joined = fold(" ".join(words))
        yield joined
        yield re.sub(r"(?<=[a-z])-(?=[a-z])", "", joined)
    yield from (fold(t) for t in rest)
    yield from (fold(t) for t in tokens if not rest or t in ("positive", "pos", "negative", "neg"))


def _her2(family: Family, text: str) -> frozenset[str] | None:
    """IHC score and ISH result, in either order; a named change is the mutation."""
    score = re.search(r"(?<![0-9])([0-3])\s*\+", text) or re.search(r"ihc\s*([0-3])", text)
    ish = re.search(r"f?ish[\s:=]*(\+|-|pos|neg|amp|non|not)", text)
    amplified = ish is not None and ish[1] in ("+", "pos", "amp")
    if score is not None and score[1] == "2" and ish is not None:
        return family.words["2+ish+" if amplified else "2+ish-"]
    if score is not None:
        return family.words["ihc0" if score[1] == "0" else f"{score[1]}+"]
    if ish is not None:
        return family.words["ish+"] if amplified else family.words["negative"]
    if re.search(r"mutat|exon|ins|tkd", text) or _VARIANT.search(text):
        return family.words["negative" if _NEGATED.match(text) else "mutation"]
    if _NEGATED.match(text):
        return family.words["negative"]
    return next((family.words[w] for w in _candidates(text) if w in family.words), None)
