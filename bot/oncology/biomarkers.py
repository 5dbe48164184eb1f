"""Reads marker results: the marker, and the value in the words of the reference (B4).

A result belongs to the marker it follows ("HER2 3+"), or precedes ("no EGFR mutation"); markers
in a row share the result behind the last of them ("EGFR, ALK and ROS1 negative"). A marker
without a result, or with one that is awaited, says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.oncology.context import context_of
from bot.oncology.marker_evidence import Words, numeric
from bot.oncology.marker_values import read_result
from bot.oncology.marker_words import (
    MarkerName,
    cytogenetics_book,
    marker_book,
    marker_file,
    value_book,
)
from bot.oncology.phrases import Hit
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.text import Document

REACH = 7  # tokens behind a marker in which its result may stand


@dataclass(frozen=True, slots=True)
class Result:
    """One marker result with its place."""

    marker: str
    value: Any
    first: int
    last: int


def markers_of(doc: Document) -> dict[str, Any]:
    """Marker id -> value, of the whole document."""
    return {result.marker: result.value for result in results(doc)}


def read_biomarkers(doc: Document, asks: str | None) -> Iterator[Mention | Ambiguity]:
    """`biomarkers.<id>` for each result; a bare PD-L1 number also asks which score it is."""
    for result in results(doc):
        start, end = doc.tokens[result.first].start, doc.tokens[result.last - 1].end
        words = doc.words(start, end)
        yield Mention(f"biomarkers.{result.marker}", result.value, words, start, end)
        if result.marker == "PDL1" and isinstance(result.value, int | float):
            options = ("PDL1_TPS", "PDL1_CPS", "unsure")
            yield Ambiguity("biomarkers.PDL1", options, words, start, end)


def results(doc: Document) -> list[Result]:
    """Every result of the patient in a document, once."""
    found = doc.memory.get("results")
    if not isinstance(found, list):
        found = doc.memory["results"] = list(_unique(_results(doc)))
    return found


def _results(doc: Document) -> Iterator[Result]:
    hits = [h for h in marker_book().find(doc) if _written_right(doc, h)]
    words = Words(doc, value_book().find_all(doc)) if hits else None
    if words is not None:
        ends = [_end_of_reach(doc, hits, i) for i in range(len(hits))]
        values = [_value(doc, words, hit, end) for hit, end in zip(hits, ends, strict=True)]
        _score_behind(doc, hits, values)
        _share(doc, words, hits, values)
        _share_denial(doc, words, hits, values)
        for hit, value, end in zip(hits, values, ends, strict=True):
            if value is not None and _of_patient(doc, words, hit):
                yield from _told(hit, value, words.end_of_result(hit.last, end))
    yield from _cytogenetics(doc)


def _written_right(doc: Document, hit: Hit[MarkerName]) -> bool:
    """Names that are also everyday words count only as they are usually written."""
    case = hit.value.case
    return not case or doc.words(hit.start, hit.end) in case


def _end_of_reach(doc: Document, hits: list[Hit[MarkerName]], i: int) -> int:
    here = context_of(doc).sentence(hits[i].first)
    following = hits[i + 1].first if i + 1 < len(hits) else len(doc.tokens)
    return min(here.last, following, hits[i].last + REACH)


def _value(doc: Document, words: Words, hit: Hit[MarkerName], end: int) -> Any:
    marker = marker_file().markers[hit.value.id]
    return read_result(words, hit, marker, end)


def _score_behind(doc: Document, hits: list[Hit[MarkerName]], values: list[Any]) -> None:
    """ "PDL1 60 TPS": the name of the score stands behind the number."""
    for i in range(len(hits) - 1):
        score = hits[i + 1]
        if (
            hits[i].value.id == "PDL1"
            and score.value.id in ("PDL1_TPS", "PDL1_CPS")
            and values[i] is not None
            and values[i + 1] is None
            and score.first - hits[i].last <= 3
        ):
            values[i], values[i + 1] = None, values[i]


def _share(doc: Document, words: Words, hits: list[Hit[MarkerName]], values: list[Any]) -> None:
    """Give a marker without a result that of the next one, when only small words stand between."""
    markers = marker_file().markers
    for i in range(len(hits) - 2, -1, -1):
        if values[i] is not None or values[i + 1] is None or hits[i + 1].value.alone:
            continue
        gap = range(hits[i].last, hits[i + 1].first)
        if len(gap) > 2 or not all(words.is_kind(k, "join") for k in gap):
            continue
        if (
            context_of(doc).sentence_of[hits[i].first]
            != context_of(doc).sentence_of[hits[i + 1].first]
        ):
            continue
        if numeric(markers[hits[i].value.id]) or numeric(markers[hits[i + 1].value.id]):
            continue
        values[i] = words.same_result(markers[hits[i].value.id], values[i + 1])


def _share_denial(
    doc: Document, words: Words, hits: list[Hit[MarkerName]], values: list[Any]
) -> None:
    """ "No EGFR or ALK": the denial goes on to what follows an "or"."""
    markers = marker_file().markers
    for i in range(len(hits) - 1):
        gap = [doc.tokens[k].text for k in range(hits[i].last, hits[i + 1].first)]
        if values[i + 1] is None and gap in (["or"], ["nor"]) and values[i] in ("WT", "neg"):
            values[i + 1] = words.same_result(markers[hits[i + 1].value.id], values[i])


def _of_patient(doc: Document, words: Words, hit: Hit[MarkerName]) -> bool:
    """Not another person's, and not a condition ("if EGFR positive")."""
    context = context_of(doc)
    here = context.sentence(hit.first)
    if context.owners.is_other(hit.first):
        return False
    if here.question and hit.first - here.first <= 3 and doc.tokens[here.first].text in _ASKING:
        return False
    return not any(words.is_kind(k, "if") for k in range(max(0, hit.first - 3), hit.first))


# "Is he HER2 positive?"
_ASKING = frozenset({"is", "was", "does", "do", "has", "can", "could", "am", "are"})

# A result for a group of genes is one for each of them.
_GROUPS = {"RAS": ("KRAS", "NRAS"), "IDH": ("IDH1", "IDH2")}


def _told(hit: Hit[MarkerName], value: Any, last: int) -> Iterator[Result]:
    members = _GROUPS.get(hit.value.id, (hit.value.id,))
    for member in members if value == "WT" else members[:1]:
        yield Result(member, value, hit.first, max(last, hit.last))


def _cytogenetics(doc: Document) -> Iterator[Result]:
    found = [
        h
        for h in cytogenetics_book().find(doc)
        if not context_of(doc).negated(h.first, h.last) and not _denied_behind(doc, h)
    ]
    values = list(dict.fromkeys(h.value for h in found))
    # In other diseases than myeloma del(17p) is a marker of its own.
    if found and values != ["del17p"]:
        yield Result("cytogenetics", values, found[0].first, found[-1].last)


def _denied_behind(doc: Document, hit: Hit[str]) -> bool:
    words = Words(doc, value_book().find_all(doc))
    return any(
        words.is_kind(k, "negative") for k in range(hit.last, min(hit.last + 2, len(doc.tokens)))
    )


def _unique(found: Iterator[Result]) -> Iterator[Result]:
    """One result per marker: of several the one that says more, else the later one."""
    best: dict[str, Result] = {}
    for result in found:
        known = best.get(result.marker)
        if known is None or not _vaguer(result.value, known.value):
            if known is not None and _both_variants(known.value, result.value):
                result = Result(
                    result.marker, [known.value, result.value], known.first, result.last
                )
            best[result.marker] = result
    yield from sorted(best.values(), key=lambda r: r.first)


_PLAIN = frozenset({"positive", "pos", "mut", "high", "fusion_pos"})


def _vaguer(new: Any, known: Any) -> bool:
    if not isinstance(new, str) or new not in _PLAIN:
        return False
    return not isinstance(known, str) or known not in _PLAIN


def _both_variants(one: Any, other: Any) -> bool:
    plain = (*_PLAIN, "neg", "WT", "negative")
    return (
        isinstance(one, str)
        and isinstance(other, str)
        and one != other
        and one in _EGFR_TOGETHER
        and other in _EGFR_TOGETHER
        and one not in plain
    )


_EGFR_TOGETHER = frozenset({"ex19del", "L858R", "T790M", "C797S"})
