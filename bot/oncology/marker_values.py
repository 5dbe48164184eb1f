"""Turns the words around a marker into its value, by the kind of the marker."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.oncology.marker_evidence import Words, negative, number_behind, positive
from bot.oncology.marker_words import Marker, MarkerName, variant_book
from bot.oncology.phrases import Hit


def read_result(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    """The value of one marker from the words behind it, else from those right before it."""
    reader = _READERS.get(marker.kind, _plain)
    value = reader(words, hit, marker, end)
    return None if value == "pending" else value


def _sign(words: Words, hit: Hit[MarkerName]) -> str | None:
    """A plus or minus written at the name ("ER+", "HER2-", "PR(-)")."""
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    match = _SIGN.match(doc.norm, at)
    if not match:
        return None
    return "positive" if match["sign"] == "+" else "negative"


_SIGN = re.compile(r"\s?\(?\s?(?P<sign>[+-])(?:\s?ve\b)?\)?(?=$|[\s,;/.)]|[a-z])(?!\s*\d)")


def _plain_result(words: Words, hit: Hit[MarkerName], end: int) -> str | None:
    """positive, negative, pending, equivocal or partial."""
    sign = _sign(words, hit)
    minus_then_word = sign == "negative" and _word_follows(words, hit)
    if sign and not minus_then_word:
        return sign
    kinds = ("negative", "pending", "equivocal", "partial", "positive")
    behind = words.first_of(hit.last, end, *kinds)
    if behind:
        return behind
    before = _before(words, hit)
    return before or ("positive" if _named_as_found(words, hit) else None)


_FOUND_IN_NAME = frozenset({"fusion", "rearrangement", "mutation", "amplification"})
_TESTS = frozenset({"test", "testing", "tests", "analysis", "status", "report", "panel", "check"})


def _named_as_found(words: Words, hit: Hit[MarkerName]) -> bool:
    """ "NTRK fusion" and "with JAK2" say that it is there, "EGFR mutation test" does not."""
    tokens = words.doc.tokens
    following = tokens[hit.last].text if hit.last < len(tokens) else ""
    if following in _TESTS:
        return False
    own = {token.text for token in tokens[hit.first : hit.last]}
    return bool(own & _FOUND_IN_NAME) or (hit.first > 0 and tokens[hit.first - 1].text == "with")


def _word_follows(words: Words, hit: Hit[MarkerName]) -> bool:
    """A dash between a name and its result ("EGFR - positive") is no minus."""
    at = words.doc.tokens[hit.last - 1].nend
    gap = words.doc.norm[at : at + 3]
    following = hit.last < len(words.doc.tokens) and words.first_of(
        hit.last, min(hit.last + 2, len(words.doc.tokens)), "positive", "negative", "pending"
    )
    return bool(following) and " " in gap


_NO = frozenset({"no", "without"})


def _before(words: Words, hit: Hit[MarkerName]) -> str | None:
    tokens = words.doc.tokens
    low = max(0, hit.first - 3)
    if any(tokens[k].breaks for k in range(low + 1, hit.first + 1)):
        low = max(k for k in range(low + 1, hit.first + 1) if tokens[k].breaks)
    before = words.between(low, hit.first, ("negative", "positive", "pending"))
    if before and hit.first - before[-1].last <= 1 and not _belongs_before(words, before[-1]):
        return next(k for k in ("negative", "pending", "positive") if k in before[-1].value)
    if hit.first > low and tokens[hit.first - 1].text in _NO:
        return "negative"
    return None


def _belongs_before(words: Words, found: Hit[frozenset[str]]) -> bool:
    """A result right behind another short name belongs to that one ("ER positive PR ...")."""
    if found.first == 0:
        return False
    before = words.doc.tokens[found.first - 1].text
    return before.isalnum() and before not in _RESULT_STARTS and len(before) <= 6


_RESULT_STARTS = frozenset({"is", "are", "was", "has", "have", "with", "and", "the", "for", "she", "he", "a", "an", "of", "i", "tumor", "tumour", "lung", "breast", "cancer", "it", "am"})  # fmt: skip  # noqa: E501


def _plain(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    result = _plain_result(words, hit, end)
    if result == "negative":
        return negative(marker)
    if result == "partial" and marker.kind == "presence":
        return "partial"
    if result in ("positive", "partial"):
        return positive(marker)
    said = _own_word(words, hit, marker, end)
    if said:
        return said
    if marker.kind in ("presence", "receptor", "expression"):
        percent = number_behind(words, hit, end, percent=True)
        if percent is not None and marker.kind == "presence":
            return "pos" if percent > 0 else "neg"
        if percent is not None:
            return percent
    if hit.value.alone and result is None:
        return positive(marker)
    return None


def _own_word(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> str | None:
    """A word that is a result of this marker only ("INI1 loss", "Allred 8")."""
    for index in range(hit.last, min(hit.last + 3, end)):
        value = marker.words.get(words.doc.tokens[index].text)
        if value == "score":
            number = number_behind(words, hit, end)
            return None if number is None else (positive if number > 2 else negative)(marker)
        if value:
            return value
    return None


def _mutation(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    own = " ".join(t.text for t in words.doc.tokens[hit.first : hit.last])
    found = [h.value for h in _variants(words, hit) if hit.first <= h.first < end]
    result = _plain_result(words, hit, end)
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
        result = _plain_result(words, hit, end)
        if found and result != "negative" and result != "pending":
            return found[0]
    return _plain(words, hit, marker, end)


_HER2_SCORE = re.compile(
    r"[\s:=(\-,]*(?:ihc|score|is|was|by|status|neu|of|as|result|came|/|new|low|positive|with|expression|in|biopsy|the|at)?"
    r"[\s:=(\-,]*(?:ihc|score|is|of)?[\s:=(\-]*(?:(?P<n>[0-3])\s?\+?(?:\s?ve)?(?!\d|\.\d|[%/]|\s?(?:month|year|week|day|cycle))|\+\s?(?P<m>[1-3])(?!\d))"
)


def _her2(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    doc = words.doc
    score = _her2_score(words, hit)
    fish = _fish(words, hit)
    if score == "2" or (score is None and words.first_of(hit.last, end, "equivocal")):
        return {"positive": "2+ISH+", "negative": "2+ISH-"}.get(fish or "", "2+")
    if score is not None:
        return {"0": "IHC0", "1": "1+", "3": "3+"}[score]
    if words.first_of(hit.last, end, "ultralow"):
        return "ultralow"
    text = " ".join(t.text for t in doc.tokens[hit.last : hit.last + 2])
    if text.startswith(("mutation", "mutated", "mutant", "exon 20")):
        return "neg" if _plain_result(words, hit, end) == "negative" else "mutation"
    if text.startswith(("amplif", "amp")):
        return "neg" if _plain_result(words, hit, end) == "negative" else "amp"
    if words.first_of(hit.last, min(hit.last + 2, end), "her2_low") and "low" in text:
        return "low"
    return fish_or(_plain(words, hit, marker, end), fish)


def _her2_score(words: Words, hit: Hit[MarkerName]) -> str | None:
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    if re.match(r"\s?\+\s?\+\s?\+", doc.norm[at : at + 8]):
        return "3"
    if hit.last < len(doc.tokens) and doc.tokens[hit.last].text == "zero":
        return "0"
    match = _HER2_SCORE.match(doc.norm, at)
    return (match["n"] or match["m"]) if match else None


def fish_or(value: Any, fish: str | None) -> Any:
    """A plain HER2 result, or that of the ISH test where only this is told."""
    if value is None and fish:
        return "pos" if fish == "positive" else "neg"
    return value


def _fish(words: Words, hit: Hit[MarkerName]) -> str | None:
    """The result of a FISH or ISH test named within a few words of HER2."""
    reach = min(hit.last + 10, len(words.doc.tokens))
    for cue in words.between(hit.last, reach, ("fish",)):
        return words.first_of(
            cue.last, min(cue.last + 4, len(words.doc.tokens)), "negative", "positive"
        )
    return None


def _msi(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    kinds = ("msi_high", "mss", "msi_unclear")
    direct = words.first_of(hit.first, end, *kinds)
    if direct is None:
        result = _plain_result(words, hit, end)
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
        sign = _sign(words, hit) if found is None else None
        if sign:
            found = kinds[-1] if sign == "positive" else kinds[0]
        return dict(options).get(found or "")

    return reader


def _germline(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    special = words.first_of(hit.last, end, "vus", "likely_path")
    result = _plain_result(words, hit, end)
    if special and result != "negative":
        return {"vus": "VUS", "likely_path": "likely_path"}[special]
    if result == "negative":
        return "neg"
    if result not in ("positive", "partial"):
        return None
    origin = words.first_of(max(0, hit.first - 3), end, "germline", "somatic")
    return f"{origin} pathogenic" if origin else "pathogenic"


def _flt3(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    result = _plain_result(words, hit, end)
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
    result = _plain_result(words, hit, end)
    if result == "negative":
        return 0
    if words.first_of(hit.last, end, "raised"):
        return "high"
    return "pos" if result in ("positive", "partial") else None


def _percent(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    if number is not None and 0 <= number <= 100:
        return number
    if words.first_of(hit.last, end, "negative") or _sign(words, hit) == "negative":
        return 0
    return "high" if words.first_of(hit.last, end, "raised") else None


def _measured(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    if number is not None:
        return number
    for word, value in marker.words.items():
        if any(t.text == word for t in words.doc.tokens[hit.last : min(hit.last + 3, end)]):
            return float(value) if value.isdigit() and word != "high" else word
    kind = words.first_of(hit.last, end, "raised", "normal")
    if kind is None and words.first_of(max(0, hit.first - 2), hit.first, "raised"):
        kind = "raised"
    return {"raised": "high", "normal": "normal"}.get(kind or "")


def _hrd(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    return number if number is not None else _plain(words, hit, marker, end)


def _mrd(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    number = number_behind(words, hit, end)
    return number if number is not None else _plain(words, hit, marker, end)


def _bcr(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    if any(t.text == "like" for t in words.doc.tokens[hit.last : hit.last + 1]):
        return None
    own = words.doc.words(hit.start, hit.end).lower()
    if own == "ph":
        near = min(hit.last + 1, end)
        result = _sign(words, hit) or words.first_of(hit.last, near, "negative", "positive")
        return {"positive": "pos", "negative": "neg"}.get(result or "")
    percent = number_behind(words, hit, end, percent=True)
    if percent is not None and _plain_result(words, hit, end) != "negative":
        return f"pos({percent}%)" if percent else "neg"
    return _plain(words, hit, marker, end)


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
    "her2": _her2,
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
    "ebv": _hrd,
    "hrd": _hrd,
    "mrd": _mrd,
    "bcr": _bcr,
    "hla": _hla,
}
