"""Reads responses in short: CR, PR, SD, PD behind a treatment, and numbers that went up or down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bot.oncology.biomarkers import results
from bot.oncology.cancers import findings
from bot.oncology.phrases import Hit
from bot.oncology.status_words import StatusFile, status_file
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

COMPOSED = 0.85
_TIME = re.compile(
    r"\s*(?:x\s*)?\d+\s*(?:mo|m|mos|mths?|months?|wks?|weeks?|yrs?|y|years?|cycles?)\b"
)
_RESULT = re.compile(r"\s?[:=(]*\s?(?:[+\-]|\d|pos|neg|%)")


def composed_hit(doc: Document, value: str, first: int, last: int) -> Hit[str]:
    tokens = doc.tokens
    return Hit(value, first, last, tokens[first].start, tokens[last - 1].end, COMPOSED)


@cache
def _shortened() -> frozenset[str]:
    return frozenset(form.casefold() for form in status_file().abbreviations)


def abbreviations(doc: Document) -> Iterator[Hit[str]]:
    """CR, PR, SD, PD as written in capitals, where a treatment or a scan stands before them."""
    words = status_file()
    short = _shortened()
    places = [index for index, token in enumerate(doc.tokens) if token.text in short]
    if not places:
        return
    treated = [h.last for h in treatment_hits(doc)]
    marked = {r.first for r in results(doc) if r.marker in ("ER", "HER2")}
    for index in places:
        token = doc.tokens[index]
        written = doc.words(token.start, token.end)
        value = words.abbreviations.get(written) or (
            words.abbreviations.get(written.upper()) if _behind(doc, index, words) else None
        )
        if value is None:
            continue
        after = doc.norm[token.nend : token.nend + 14]
        if _RESULT.match(after) and not _TIME.match(after) and not after.startswith(" - "):
            continue
        if written == "PR" and any(abs(i - index) <= 4 for i in marked):
            continue
        following = doc.tokens[index + 1].text if index + 1 < len(doc.tokens) else ""
        near = (
            any(0 <= index - last <= 14 for last in treated)
            or following in words.abbreviation_before
        )
        if near or _behind(doc, index, words) or len(doc.tokens) <= 3:
            yield composed_hit(doc, value, index, index + 1)


def beside_names(doc: Document) -> Iterator[Hit[str]]:
    """ "FL rel x3", "tepotinib pd": right behind a cancer, or a treatment and its cycles."""
    words = status_file().beside_name
    ends = {f.last for f in findings(doc, None)} | {h.last for h in treatment_hits(doc)}
    for end in ends:
        at = end
        while at < len(doc.tokens) and at - end < 4 and doc.tokens[at].text in _COUNTING:
            at += 1
        if at < len(doc.tokens) and doc.tokens[at].text in words:
            after = doc.norm[doc.tokens[at].nend : doc.tokens[at].nend + 14]
            if not _RESULT.match(after) or _TIME.match(after):
                yield composed_hit(doc, words[doc.tokens[at].text], at, at + 1)


_COUNTING = frozenset({"x", "cycles", "cycle", "times", "done", *(str(n) for n in range(1, 31))})


def _behind(doc: Document, index: int, words: StatusFile) -> bool:
    """Whether a word of response or of a scan stands right before."""
    before = [t.text for t in doc.tokens[max(0, index - 3) : index]]
    return any(word in words.abbreviation_after for word in before)


_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?)"
_UNIT = r"(?:\s?(?:[a-z]{1,4}/[a-z]{1,3}|%|cm|mm|copies|x|k))?"
_FROM_TO = re.compile(
    rf"(?:from|was|were|is|at|:|=|-)?\s*{_NUMBER}{_UNIT}\s*"
    rf"(?:->|-->|=>|>|to|down to|up to|now|and now|then|sasa kimefika|sasa|ahora|agora|maintenant|"
    rf"ab|ekhon|сейчас|теперь|الان|simdi|sekarang|skrg|现在)\s*{_NUMBER}"
)
_NOW_FROM = re.compile(
    rf"{_NUMBER}{_UNIT}\s*\(?(?:up|down|now|rising|fallen|falling|,)?\s*"
    rf"(?:from|earlier|previously|before it was|it was|was|vs|versus|compared to)\s*{_NUMBER}"
)
_BRACKETS = re.compile(
    rf"{_NUMBER}{_UNIT}\s*\((?:prev|previous|previously|was|prior|earlier)\.?\s*{_NUMBER}"
)
MORE, LESS = 1.3, 0.7


def trends(doc: Document) -> Iterator[Hit[str]]:
    """A marker or a size that went from one number to another by a third or more."""
    words = status_file().trend_words if treatment_hits(doc) else frozenset()
    used = -1
    for index, token in enumerate(doc.tokens):
        if token.text not in words or index <= used:
            continue
        text = doc.norm[token.nend : token.nend + 60]
        stop = re.search(r"[.!?;\n](?!\d)", text)
        text = text[: stop.start()] if stop else text
        change = _change(text)
        if change is None:
            continue
        ratio, end = change
        last = doc.token_span(token.nstart, token.nend + end)[1]
        used = last - 1
        if ratio >= MORE:
            yield composed_hit(doc, "progressed", index, last)
        elif ratio <= LESS:
            yield composed_hit(doc, "on_treatment_responding", index, last)


def _change(text: str) -> tuple[float, int] | None:
    for pattern, backwards in ((_NOW_FROM, True), (_BRACKETS, True), (_FROM_TO, False)):
        match = pattern.search(text)
        if match is None:
            continue
        one, other = (float(match[n].replace(",", "").replace(" ", "")) for n in (1, 2))
        before, now = (other, one) if backwards else (one, other)
        if before > 0 and 1990 < now < 2100 and now == int(now):
            continue
        return (now / before, match.end()) if before > 0 else None
    return None
