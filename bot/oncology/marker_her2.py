"""Results of HER2: the score of the stain, the ISH test beside it, and plain words."""

from __future__ import annotations

import re
from typing import Any

from bot.oncology.marker_evidence import Words
from bot.oncology.marker_plain import plain, plain_result
from bot.oncology.marker_words import Marker, MarkerName
from bot.oncology.phrases import Hit

# Bounded: three runs in a row would share thousands of blanks out in every way.
_HER2_SCORE = re.compile(
    r"[\s:=(\-,]{0,8}(?:ih[cqk]|score|is|was|by|status|neu|of|as|result|came|/|new|low|positive|with|expression|in|biopsy|the|at)?"
    r"[\s:=(\-,]{0,8}(?:ih[cqk]|score|is|of)?[\s:=(\-]{0,8}(?:(?P<n>[0-3])\s?\+?(?:\s?ve)?(?!\d|\.\d|[%/]|\s?(?:month|year|week|day|cycle))|\+\s?(?P<m>[1-3])(?!\d))"
)


def her2(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    doc = words.doc
    score = _her2_score(words, hit) or _stain(words, hit)
    fish = _fish(words, hit)
    if score == "2" or (score is None and words.first_of(hit.last, end, "equivocal")):
        return {"positive": "2+ISH+", "negative": "2+ISH-"}.get(fish or "", "2+")
    if score is not None:
        return {"0": "IHC0", "1": "1+", "3": "3+"}[score]
    if words.first_of(hit.last, end, "ultralow"):
        return "ultralow"
    text = " ".join(t.text for t in doc.tokens[hit.last : hit.last + 2])
    if text.startswith(("mutation", "mutated", "mutant", "exon 20")):
        return "neg" if plain_result(words, hit, end) == "negative" else "mutation"
    if text.startswith(("amplif", "amp")):
        return "neg" if plain_result(words, hit, end) == "negative" else "amp"
    if words.first_of(hit.last, min(hit.last + 2, end), "her2_low") and "low" in text:
        return "low"
    return _fish_or(plain(words, hit, marker, end), fish)


_SPELLED = re.compile(r"[\s:=(\-]*(?:is |score |ih[cqk] )?(one|two|three|zero)\s?(?:plus|\+)")
_DIGITS = {"zero": "0", "one": "1", "two": "2", "three": "3"}
# "3 cruces", "+++" in words: the score as it is counted in crosses.
_CROSSES = re.compile(
    r"[\s:=(,\-]*(?:\w{2,10}\s)?\(?([0-3])\s?(?:cruces|cruz|croix|cruzes|croci|kreuze?|krzyze|крест\w*)\b"
)
_STAIN = re.compile(r"\bih[cqk]\s?(?:score)?\s?[:=]?\s?\(?([0-3])\s?\+?(?![\d.%/])")


def _stain(words: Words, hit: Hit[MarkerName]) -> str | None:
    """ "HER2 positive breast cancer, IHC 3+": the score named by the stain, further behind."""
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    found = _STAIN.search(doc.norm, at, at + 60)
    return found[1] if found else None


def _her2_score(words: Words, hit: Hit[MarkerName]) -> str | None:
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    if re.match(r"\s?\+\s?\+\s?\+", doc.norm[at : at + 8]):
        return "3"
    if hit.last < len(doc.tokens) and doc.tokens[hit.last].text == "zero":
        return "0"
    crosses = _CROSSES.match(doc.norm, at, at + 60)
    if crosses:
        return crosses[1]
    spelled = _SPELLED.match(doc.norm, at, at + 60)
    if spelled:
        return _DIGITS[spelled[1]]
    match = _HER2_SCORE.match(doc.norm, at, at + 60)
    return (match["n"] or match["m"]) if match else None


def _fish_or(value: Any, fish: str | None) -> Any:
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
