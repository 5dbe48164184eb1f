"""The words around a marker: which results they hold, and the number that stands behind a name."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from bot.oncology.marker_words import Marker, MarkerName
from bot.oncology.phrases import Hit, longest
from bot.oncology.text import Document

NUMERIC_KINDS = frozenset({"number", "percent", "pd_l1", "mrd", "ebv"})


def numeric(marker: Marker) -> bool:
    """Whether a marker's value is a measured number, which others in a list never share."""
    return marker.kind in NUMERIC_KINDS


_NO_RESULT = {"join", "if", "fish", "denies"}


class Words:
    """The result words of a document, found once, asked for by place."""

    def __init__(self, doc: Document, hits: list[Hit[frozenset[str]]]) -> None:
        self.doc = doc
        self.hits = hits
        self._kinds: dict[int, set[str]] = defaultdict(set)
        for hit in hits:
            for index in range(hit.first, hit.last):
                self._kinds[index] |= hit.value

    def is_kind(self, index: int, kind: str) -> bool:
        """Whether a token belongs to a word of this kind."""
        return kind in self._kinds.get(index, ())

    def between(self, low: int, high: int, kinds: tuple[str, ...]) -> list[Hit[frozenset[str]]]:
        """Words of these kinds inside a range, longest first choice, in order."""
        inside = [h for h in self.hits if low <= h.first and h.last <= high]
        return [h for h in longest(inside) if set(kinds) & h.value]

    def end_of_result(self, low: int, high: int) -> int:
        """One past the last token of a range that belongs to a result."""
        last = low
        for index in range(low, high):
            text = self.doc.tokens[index].text
            if text.isdigit() or text in "+%" or self._kinds.get(index, set()) - _NO_RESULT:
                last = index + 1
        return last

    def first_of(self, low: int, high: int, *kinds: str) -> str | None:
        """The first of these kinds inside a range; of one word the kind named first."""
        for hit in self.between(low, high, kinds):
            return next(kind for kind in kinds if kind in hit.value)
        return None

    def same_result(self, marker: Marker, value: Any) -> Any:
        """A result of another marker in this marker's words; None when it does not carry over."""
        if value in ("neg", "WT", "negative", "IHC0", 0, "not_done"):
            return negative(marker)
        if value in ("pos", "positive", "mut", "fusion_pos", "pathogenic", "3+", "amp"):
            return positive(marker)
        return None


def positive(marker: Marker) -> str:
    """The wire value of a plain positive result."""
    if marker.positive:
        return marker.positive
    return {"fusion": "fusion_pos", "mutation": "mut", "germline": "pathogenic", "hrd": "positive",
            "expression": "positive", "flt3": "positive"}.get(marker.kind, "pos")  # fmt: skip


def negative(marker: Marker) -> str:
    """The wire value of a plain negative result."""
    if marker.negative:
        return marker.negative
    return {"mutation": "WT", "deletion": "WT", "flt3": "WT", "hrd": "negative",
            "variant": "normal"}.get(marker.kind, "neg")  # fmt: skip


_NUMBER = re.compile(
    r"(?P<gap>[^\d.;\n]{0,40}?)(?P<sign>[<>])?\s*(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:\.\d+)?|\.\d+)"
    r"\s?(?P<percent>%|percent)?(?P<unit>\s?(?:months?|mnths?|yrs?|years?|weeks?|days?|cycles?|st|nd|rd|th|"
    r"lines?|mg(?!\s?/\s?d?l)|gy|cm|cms|mm|centimet\w*|x|times|am|pm|/\d)(?![a-z]))?(?P<mm>\s?(?:to|->|>|se)\s?(?P<n2>\d{1,3}(?:,\d{3})+|\d{1,7}(?:\.\d+)?))?"
)


# Names of antibodies that stain for a marker, so that their numbers are no result.
_CLONE = re.compile(r"\b(?:22\s?c\s?3|28-8|sp\s?-?(?:142|263)|73-10|d5f3|qr1)\b")


def number_behind(
    words: Words, hit: Hit[MarkerName], end: int, *, percent: bool = False
) -> float | int | None:
    """The number behind a name: "CA 125 went from 400 to 1,200" is 1200. Dates are skipped."""
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    stop = doc.tokens[end - 1].nend if end > hit.last else at
    text = doc.norm[at : stop + 12]
    text = _CLONE.sub(lambda name: " " * len(name[0]), text)
    text = text.replace("less than", "<        ")
    text = text[: max(0, stop - at) + (12 if end == len(doc.tokens) else 4)]
    place = 0
    for _ in range(3):
        match = _NUMBER.match(text, place)
        if match is None or match.start("n") >= stop - at or _OF_A_PERSON.search(match["gap"]):
            return None
        raw = _newest(text, match).replace(",", "")
        value = float(raw)
        dated = 1990 <= value <= 2035 and re.search(r"\b(?:in|since|year|of|on)\s*$", match["gap"])
        if not match["unit"] and not dated and not (percent and not match["percent"]):
            return _reported(value, match["sign"], bool(match["percent"]))
        place = match.end()
    return None


# "Light chains normal now, woman 66": the number is an age.
_OF_A_PERSON = re.compile(r"\b(?:woman|man|male|female|lady|gentleman|boy|girl|aged?)\W*$")
# "400, now 1,200", "50,000 then 400 then 12": the later number counts.
_LATER = re.compile(
    r"[\s,;]*(?:->|>|then|now|and now|today|currently|down to|up to|to|rising to|fell to|"
    r"dropped to)\s*(?:is |at |it is )?(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:\.\d+)?)"
    r"(?!\s?(?:months?|mnths?|yrs?|years?|weeks?|days?|cycles?|lines?|mg|gy|x\b|times|/\d)|\w)"
)


def _newest(text: str, match: re.Match[str]) -> str:
    """The last of several numbers told one after the other."""
    newest = match["n2"] or match["n"]
    at = match.end()
    for _ in range(6):
        later = _LATER.match(text, at)
        if later is None:
            break
        newest, at = later["n"], later.end()
    return newest


def _reported(value: float, sign: str | None, percent: bool) -> float | int:
    """ "<1 %" counts as none."""
    if sign == "<" and percent and value <= 1:
        return 0
    return int(value) if value == int(value) else value
