"""Plain results of a marker: positive, negative, pending, or a word that only this marker has."""

from __future__ import annotations

import re
from typing import Any

from bot.oncology.marker_evidence import Words, negative, number_behind, positive
from bot.oncology.marker_words import Marker, MarkerName, marker_book
from bot.oncology.phrases import Hit


def sign(words: Words, hit: Hit[MarkerName]) -> str | None:
    """A plus or minus written at the name ("ER+", "HER2-", "PR(-)")."""
    doc = words.doc
    at = doc.tokens[hit.last - 1].nend
    match = _SIGN.match(doc.norm, at)
    if not match or (match["sign"] == "-" and _hyphenated(words, hit)):
        return None
    return "positive" if match["sign"] == "+" else "negative"


def _hyphenated(words: Words, hit: Hit[MarkerName]) -> bool:
    """ "IDH-mutant": a hyphen to a word; "ER-PR-" is a list of results."""
    tokens = words.doc.tokens
    if hit.last >= len(tokens) or tokens[hit.last].nstart - tokens[hit.last - 1].nend != 1:
        return False
    following = tokens[hit.last].text
    return following.isalpha() and following != "ve" and marker_book().get(following) is None


_SIGN = re.compile(r"\s?\(?\s?(?P<sign>[+-])(?:\s?ve\b)?\)?(?=$|[\s,;/.)]|[a-z])(?!\s*\d)")


def plain_result(words: Words, hit: Hit[MarkerName], end: int) -> str | None:
    """positive, negative, pending, equivocal or partial."""
    written = sign(words, hit)
    minus_then_word = written == "negative" and _word_follows(words, hit)
    if written and not minus_then_word:
        return written
    answer = answered(words, hit)
    if answer:
        return answer
    kinds = ("negative", "pending", "equivocal", "partial", "positive")
    behind = words.first_of(hit.last, end, *kinds)
    if behind == "positive" and denied(words, hit):
        return "negative"
    if behind:
        return behind
    before = _before(words, hit)
    return before or ("positive" if _named_as_found(words, hit) else None)


_ANSWERS = {"yes": "positive", "haan": "positive", "si": "positive", "no": "negative"}


def answered(words: Words, hit: Hit[MarkerName]) -> str | None:
    """ "BRAF yes", "ALK no ROS1 no": a yes or no right behind the name that ends there."""
    tokens = words.doc.tokens
    if hit.last >= len(tokens) or tokens[hit.last].breaks:
        return None
    ends = _ends(words, hit.last + 1)
    ends = ends or any(name.first == hit.last + 1 for name in _names(words))
    return _ANSWERS.get(tokens[hit.last].text) if ends and not denied(words, hit) else None


def _ends(words: Words, at: int) -> bool:
    """Whether a token is the first of something else: a new part, or a remark in brackets."""
    tokens = words.doc.tokens
    if at >= len(tokens) or tokens[at].breaks:
        return True
    return bool(set(words.doc.norm[tokens[at - 1].nend : tokens[at].nstart]) & set("(,;"))


def _names(words: Words) -> list[Hit[MarkerName]]:
    """Every name of a marker in the document, found once."""
    found = words.doc.memory.get("marker names")
    if not isinstance(found, list):
        found = words.doc.memory["marker names"] = marker_book().find(words.doc)
    return found


_FOUND_IN_NAME = frozenset({"fusion", "rearrangement", "mutation", "amplification"})
# "ALK lung": a gene named as the kind of a cancer was found.
_BESIDE = frozenset({"lung", "nsclc"})
_NOT_FOUND = frozenset({"no", "not", "for", "if", "without", "test", "non", "any", "or", "and"})
TESTS = frozenset({"test", "testing", "tests", "analysis", "status", "report", "panel", "check"})


def _named_as_found(words: Words, hit: Hit[MarkerName]) -> bool:
    """ "NTRK fusion" and "with JAK2" say that it is there, "EGFR mutation test" does not."""
    tokens = words.doc.tokens
    following = tokens[hit.last].text if hit.last < len(tokens) else ""
    if following in TESTS:
        return False
    own = {token.text for token in tokens[hit.first : hit.last]}
    before = tokens[hit.first - 1].text if hit.first else ""
    if own & _FOUND_IN_NAME:
        return True
    if hit.value.id in ("ER", "PR"):
        return False
    return before == "with" or (following in _BESIDE and before not in _NOT_FOUND)


def _word_follows(words: Words, hit: Hit[MarkerName]) -> bool:
    """A dash between a name and its result ("EGFR - positive") is no minus."""
    at = words.doc.tokens[hit.last - 1].nend
    gap = words.doc.norm[at : at + 3]
    following = hit.last < len(words.doc.tokens) and words.first_of(
        hit.last, min(hit.last + 2, len(words.doc.tokens)), "positive", "negative", "pending"
    )
    return bool(following) and " " in gap


def _before(words: Words, hit: Hit[MarkerName]) -> str | None:
    tokens = words.doc.tokens
    low = max(0, hit.first - 3)
    if any(tokens[k].breaks for k in range(low + 1, hit.first + 1)):
        low = max(k for k in range(low + 1, hit.first + 1) if tokens[k].breaks)
    before = words.between(low, hit.first, ("negative", "positive", "pending"))
    if before and hit.first - before[-1].last <= 1 and not _belongs_before(words, before[-1]):
        return next(k for k in ("negative", "pending", "positive") if k in before[-1].value)
    return "negative" if hit.first > low and denied(words, hit) else None


def denied(words: Words, hit: Hit[MarkerName]) -> bool:
    """ "No BRAF mutation": a word of denial stands right before the name."""
    tokens = words.doc.tokens
    if hit.first == 0 or tokens[hit.first].breaks or not words.is_kind(hit.first - 1, "denies"):
        return False
    # In "ALK no ROS1 no" the word belongs to the name before it, in "no ALK no ROS1" not.
    named = [name for name in _names(words) if name.last == hit.first - 1]
    if not named or tokens[hit.first - 1].text not in _ANSWERS or _ends(words, hit.first - 1):
        return True
    return words.is_kind(named[0].first - 1, "denies")


def _belongs_before(words: Words, found: Hit[frozenset[str]]) -> bool:
    """A result right behind another short name belongs to that one ("ER positive PR ...")."""
    if found.first == 0:
        return False
    before = words.doc.tokens[found.first - 1].text
    return before.isalnum() and before not in _RESULT_STARTS and len(before) <= 6


_RESULT_STARTS = frozenset({"is", "are", "was", "has", "have", "with", "and", "the", "for", "she", "he", "a", "an", "of", "i", "tumor", "tumour", "lung", "breast", "cancer", "it", "am"})  # fmt: skip  # noqa: E501


def plain(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> Any:
    """The wire value of a plain result, or of a percentage for what is counted in cells."""
    said = _own_word(words, hit, marker, end)
    if said:
        return said
    if marker.kind == "receptor":
        share = _share(words, hit)
        if share is not None:
            return share
    result = plain_result(words, hit, end)
    if marker.kind in ("expression", "receptor") and result in ("positive", "partial"):
        percent = number_behind(words, hit, end, percent=True)
        if percent is not None:
            return percent
    if result == "negative":
        return negative(marker)
    if result == "partial" and marker.kind == "presence":
        return "partial"
    if result in ("positive", "partial"):
        return positive(marker)
    if marker.kind in ("presence", "receptor", "expression"):
        percent = number_behind(words, hit, end, percent=True)
        if percent is not None and marker.kind == "presence":
            return "pos" if percent > 0 else "neg"
        if percent is not None:
            return percent
    if hit.value.alone and result is None:
        return positive(marker)
    return None


_LOST = frozenset({"loss", "lost"})
_OF_EIGHT = re.compile(r"\s?[:=]?\s?\(?(?P<n>[0-8])\s?/\s?8\b")
_BARE = re.compile(
    r"\s?[:=]?\s?\(?(?P<n>\d{1,3})\)?(?!\s?(?:%|/|\+|[.,]?\d|st|nd|rd|th|mo|m\b|mth|month|wk|week|y\b|yr|"
    r"year|cycle|day|x\b|mg))"
)


def _share(words: Words, hit: Hit[MarkerName]) -> Any:
    """A receptor as a score of eight ("ER 8/8") or a bare percentage ("PR 0")."""
    at = words.doc.tokens[hit.last - 1].nend
    score = _OF_EIGHT.match(words.doc.norm, at)
    if score:
        return "pos" if int(score["n"]) > 2 else "neg"
    bare = _BARE.match(words.doc.norm, at)
    return int(bare["n"]) if bare and int(bare["n"]) <= 100 else None


def _own_word(words: Words, hit: Hit[MarkerName], marker: Marker, end: int) -> str | None:
    """A word that is a result of this marker only ("INI1 loss", "Allred 8")."""
    for index in range(hit.last, min(hit.last + 3, end)):
        if words.doc.tokens[index].breaks:
            return None
        value = marker.words.get(words.doc.tokens[index].text)
        if value == "score":
            number = number_behind(words, hit, end)
            return None if number is None else (positive if number > 2 else negative)(marker)
        if value:
            return value
        if marker.kind == "presence" and words.doc.tokens[index].text in _LOST:
            return "neg"
    return None
