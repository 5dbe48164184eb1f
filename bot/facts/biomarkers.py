"""The `biomarkers` object of the wire: each name and result, read into what rules can test.

A name may hold the result ("KRAS G12C": true, "ALK_fusion": "neg"); PD-L1 says by its words which
of its scores was measured. Markers that no rule looks at are kept out, unknown names refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.facts.fact_error import FactError
from bot.facts.marker_ids import marker_id, split_name
from bot.facts.marker_table import MarkerValue, family_of
from bot.facts.markers import both, read_value, with_gene_groups
from bot.facts.vocabulary import biomarker_ids, marker_key
from bot.facts.wire import says_unknown

_YES: Final = frozenset({"pos", "positive", "yes", "true", "present", "detected", "+", "found"})
_NO: Final = frozenset({"neg", "negative", "no", "false", "absent", "not detected", "-", "wt"})
_SCORES: Final = ("TPS", "CPS", "TAP")
# Rest of a name that adds nothing to its result.
_IDLE: Final = re.compile(
    r"^(status|expression|test|result|ihc|gene|level|score|pct|percent|%)?$", re.I
)


# Facts of their own that a list of markers often holds too, by their names without punctuation.
_FACTS: Final = {
    "hbv": "hbv",
    "hbsag": "hbv",
    "hcv": "hcv",
    "hiv": "hiv",
    "childpugh": "child_pugh",
}


def facts_among_markers(given: Any) -> dict[str, Any]:
    """Facts that were told among the markers, by their own names."""
    if not isinstance(given, Mapping):
        return {}
    names = {name: _FACTS.get(marker_key(str(name))) for name in given}
    return {fact: given[name] for name, fact in names.items() if fact is not None}


def read_biomarkers(given: Any) -> dict[str, MarkerValue]:
    """Marker id -> what its result leaves open. Raises FactError."""
    if not isinstance(given, Mapping):
        raise FactError("biomarkers", "must be an object")
    out: dict[str, MarkerValue] = {}
    for name, value in given.items():
        for marker, result in _results(str(name), value):
            try:
                read = read_value(marker, result, str(name))
                if read is not None:
                    out[marker] = both(marker, out[marker], read) if marker in out else read
            except ValueError as error:
                raise FactError(f"biomarkers.{marker}", str(error)) from None
    return with_gene_groups(out)


def _results(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The markers and results that one entry stands for; none for a marker without rules."""
    marker = marker_id(name)
    if marker is None:
        if marker_key(name) in biomarker_ids() or marker_key(name) in _FACTS:
            return
        split = split_name(name)
        if split is None:
            raise FactError(f"biomarkers.{name[:30]}", "is not a known marker")
        marker, value = split[0], _of_named_result(split[0], split[1], value)
    if says_unknown(value):
        return
    if marker == "PDL1":
        yield from _pdl1(value)
    else:
        yield marker, value


def _of_named_result(marker: str, named: str, value: Any) -> Any:
    """The result when its name holds a part of it: {"KRAS G12C": true} is KRAS G12C."""
    if _IDLE.match(named) or marker == "HLA":
        return value
    if isinstance(value, Mapping):
        value = value.get("value", value.get("result"))
    word = {True: "pos", False: "neg"}.get(value) if isinstance(value, bool) else value
    word = word.strip().lower() if isinstance(word, str) else word
    if word in _YES:
        return named
    if word in _NO:
        family = family_of(marker)
        whole = family is None or re.search(r"fus|rearr|mutat", named.lower())
        return "negative" if whole and marker != "HER2" else None
    return value


def _pdl1(value: Any) -> Iterator[tuple[str, Any]]:
    """PD-L1 with its score named inside: "TPS 60 %", {"CPS": 10}, {"value": 60, "type": "TPS"}."""
    if isinstance(value, Mapping):
        scores = {str(k).upper(): v for k, v in value.items()}
        kind = str(scores.get("TYPE", scores.get("SCORE", ""))).upper()
        named = [(f"PDL1_{s}", scores[s]) for s in _SCORES if s in scores]
        if named:
            yield from named
            return
        value = scores.get("VALUE", scores.get("RESULT"))
        yield (f"PDL1_{kind}" if kind in _SCORES else "PDL1"), value
        return
    found = [s for s in _SCORES if isinstance(value, str) and s in value.upper()]
    yield (f"PDL1_{found[0]}" if len(found) == 1 else "PDL1"), value
