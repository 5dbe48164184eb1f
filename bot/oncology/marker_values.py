"""Turns the words around a marker into its value, by the kind of the marker."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.oncology.marker_evidence import Words, negative, number_behind
from bot.oncology.marker_her2 import her2
from bot.oncology.marker_plain import TESTS, answered, denied, plain, plain_result, sign
from bot.oncology.marker_words import Marker, MarkerName, variant_book
from bot.oncology.phrases import Hit


def read_result(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    """The value of one marker from the words behind it, else from those right before it."""
    reader = _READERS.get(marker.kind, plain)
    value = reader(words, hit, marker, end)
    return None if value == "pending" else value


def _mutation(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    own = " ".join(t.text for t in words.doc.tokens[hit.first : hit.last])
    found = [h.value for h in _variants(words, hit) if hit.first <= h.first < end]
    result = plain_result(words, hit, end)
    if result in ("pending", "equivocal"):
        return None
    if result == "negative":
        if found and hit.value.id == "EGFR" and found[0] in ("T790M", "C797S"):
            return None
        return negative(marker)
    if found:
        variants = list(dict.fromkeys(found))
        return variants[0] if len(variants) == 1 else variants
    if result == "positive" or hit.value.alone or own in marker.implies:
        return marker.positive or "mut"
    return None


def _variants(words: Words, hit: Hit[MarkerName]) -> list[Hit[str]]:
    key = f"variants {hit.value.id}"
    found = words.doc.memory.get(key)
    if not isinstance(found, list):
        found = words.doc.memory[key] = variant_book(hit.value.id).find(words.doc)
    return found


def _fusion(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    if marker.variants:
        found = [h.value for h in _variants(words, hit) if hit.first <= h.first < end]
        result = plain_result(words, hit, end)
        if found and result != "negative" and result != "pending":
            return found[0]
    return plain(words, hit, marker, end)


def _msi(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    kinds = ("msi_high", "mss", "msi_unclear")
    direct = words.first_of(hit.first, end, *kinds)
    refused = denied(words, hit) or _not_before(words, hit)
    if direct == "msi_high" and (refused or answered(words, hit) == "negative"):
        direct = "mss"  # "dMMR no", "not MSI-H"
    elif direct == "mss" and refused:
        return None
    if direct is None:
        result = plain_result(words, hit, end)
        raised = words.first_of(hit.last, end, "raised")
        if result == "negative":
            direct = "mss"
        elif result == "positive" or raised:
            direct = "msi_high"
        elif result == "equivocal":
            direct = "msi_unclear"
    return {"msi_high": "MSI-H/dMMR", "mss": "MSS/pMMR", "msi_unclear": "indeterminate"}.get(
        direct or ""
    )


def _not_before(words: Words, hit: Hit[MarkerName]) -> bool:
    return hit.first > 0 and words.doc.tokens[hit.first - 1].text == "not"


def _scan(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    """A receptor scan; of a Krenning score 2 to 4 is uptake."""
    if marker.score in {t.text for t in words.doc.tokens[hit.first : end]}:
        number = number_behind(words, hit, end)
        if number is not None:
            return "pos" if number >= 2 else "neg"
    return _scan_words(words, hit, marker, end)


def _choice(*options: tuple[str, str]) -> Callable[..., Any]:
    """A reader that takes the first word of these kinds behind the name, or right before it."""

    def reader(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
        kinds = tuple(kind for kind, _ in options)
        found = words.first_of(hit.last, end, *kinds)
        if found is None and words.first_of(hit.last, end, "pending"):
            return None
        if found is None:
            found = words.first_of(max(0, hit.first - 2), hit.first, *kinds)
        written = sign(words, hit) if found is None else None
        if written:
            found = kinds[-1] if written == "positive" else kinds[0]
        return dict(options).get(found or "")

    return reader


def _germline(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    tokens = words.doc.tokens
    low = max(0, hit.first - 3)
    low = max((k for k in range(low + 1, hit.first + 1) if tokens[k].breaks), default=low)
    special = words.first_of(hit.last, end, "vus", "likely_path")
    special = special or words.first_of(low, hit.first, "vus", "likely_path")
    result = plain_result(words, hit, end)
    if special and result != "negative":
        return {"vus": "VUS", "likely_path": "likely_path"}[special]
    if result == "negative":
        return "neg"
    origin = words.first_of(max(0, hit.first - 3), end, "germline", "somatic")
    tested = any(t.text in TESTS for t in tokens[hit.last : min(hit.last + 3, end)])
    if result not in ("positive", "partial") and not (origin and result is None and not tested):
        return None
    return f"{origin} pathogenic" if origin else "pathogenic"


def _flt3(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    result = plain_result(words, hit, end)
    kind = words.first_of(hit.first, end, "itd", "tkd")
    if result == "negative":
        return "WT"
    if kind and result != "pending":
        return kind.upper()
    return "positive" if result == "positive" else None


def _pd_l1(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    if number is not None:
        return number
    result = plain_result(words, hit, end)
    if result == "negative":
        return 0
    if words.first_of(hit.last, end, "raised"):
        return "high"
    return "pos" if result in ("positive", "partial") else None


def _percent(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    if number is not None and 0 <= number <= 100:
        return number
    if words.first_of(hit.last, end, "negative") or sign(words, hit) == "negative":
        return 0
    return "high" if words.first_of(hit.last, end, "raised") else None


def _measured(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    if number is not None:
        return number
    for word, value in marker.words.items():
        if any(t.text == word for t in words.doc.tokens[hit.last : min(hit.last + 3, end)]):
            return float(value) if value.isdigit() and word != "high" else word
    kind = words.first_of(hit.last, end, "raised", "normal", "none_at_all")
    if kind is None and words.first_of(max(0, hit.first - 2), hit.first, "raised"):
        kind = "raised"
    return {"raised": "high", "normal": "normal", "none_at_all": 0}.get(kind or "")


def _number_or_word(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    """A number, unless a word of result stands right behind the name."""
    near = words.first_of(hit.last, min(hit.last + 2, end), "negative", "positive", "pending")
    number = number_behind(words, hit, end, percent=True) if near == "positive" else None
    if near is None and words.first_of(hit.last, min(hit.last + 3, end), "none_at_all"):
        return negative(marker)
    if near is None:
        number = number_behind(words, hit, end)
    if number == 0 and marker.kind == "mrd":
        return negative(marker)  # "MRD < 0.01 %"
    return number if number is not None else plain(words, hit, marker, end)


def _bcr(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    if any(t.text == "like" for t in words.doc.tokens[hit.last : hit.last + 1]):
        return None
    own = words.doc.words(hit.start, hit.end).lower()
    if own == "ph":
        near = min(hit.last + 1, end)
        result = sign(words, hit) or words.first_of(hit.last, near, "negative", "positive")
        return {"positive": "pos", "negative": "neg"}.get(result or "")
    percent = number_behind(words, hit, end, percent=True)
    if percent is not None and plain_result(words, hit, end) != "negative":
        return f"pos({percent}%)" if percent else "neg"
    return plain(words, hit, marker, end)


_ALLELE = re.compile(r"\ba\s?\*?\s?(\d{2})\s?[:\-]?\s?(\d{2})\b")


def _hla(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    at = words.doc.tokens[hit.first].nstart
    alleles = [f"A*{a}:{b}" for a, b in _ALLELE.findall(words.doc.norm[at : at + 60])]
    if not alleles:
        short = re.search(r"\ba\s?\*?\s?0?2\b", words.doc.norm[at : at + 30])
        alleles = ["A*02"] if short else []
    if not alleles:
        return None
    if words.first_of(hit.last, min(hit.last + REACH_ALLELE, len(words.doc.tokens)), "negative"):
        return f"{alleles[0]} neg"
    return alleles


REACH_ALLELE = 8

_scan_words = _choice(
    ("pending", "not_done"), ("mixed", "mixed"), ("negative", "neg"), ("positive", "pos")
)

_READERS: dict[str, Callable[[Words, Hit[MarkerName], Marker, int], Any]] = {
    "mutation": _mutation,
    "fusion": _fusion,
    "her2": her2,
    "msi": _msi,
    "mgmt": _choice(("unmethyl", "unmethyl"), ("methyl", "methyl")),
    "codel": _choice(("intact", "intact"), ("codel", "codel")),
    "deletion": _choice(("negative", "WT"), ("deleted", "del")),
    "ighv": _choice(("unmutated", "unmutated"), ("mutated", "mutated")),
    "variant": _choice(("normal", "normal"), ("negative", "normal"), ("variant", "variant")),
    "scan": _scan,
    "germline": _germline,
    "flt3": _flt3,
    "pd_l1": _pd_l1,
    "percent": _percent,
    "number": _measured,
    "ebv": _number_or_word,
    "hrd": _number_or_word,
    "mrd": _number_or_word,
    "bcr": _bcr,
    "hla": _hla,
}
