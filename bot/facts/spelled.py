"""Wire facts under one spelling: ids of cancer, markers, classes and kinds of treatment.

Lists of records look facts up by name; callers write them in many ways. What cannot be read is
left as it was told: refusing it is the reader's business (`CaseFacts.read`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.facts.biomarkers import facts_among_markers, read_biomarkers
from bot.facts.fact_error import FactError
from bot.facts.history import classes_behind_names, given_as
from bot.facts.marker_ids import marker_id
from bot.facts.vocabulary import canonical_cancer
from bot.facts.wire import Treatment, as_named_items, plain_value, says_unknown


def spelled(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with cancer, markers and treatments under their ids; nothing unknown among them."""
    values = {name: plain_value(name, value) for name, value in facts.items()}
    told = {name: value for name, value in values.items() if not says_unknown(value)}
    cancer, markers = told.get("cancer_type"), told.get("biomarkers")
    if isinstance(cancer, str):
        told["cancer_type"] = canonical_cancer(cancer) or cancer
    if isinstance(markers, Mapping):
        told = {**facts_among_markers(markers), **told, "biomarkers": _markers(markers)}
    if isinstance(told.get("treatments"), list):
        told["treatments"] = [_treatment(item) for item in as_named_items(told["treatments"])]
    if isinstance(told.get("drug_classes_received"), list):
        told["drug_classes_received"] = sorted(classes_behind_names(told["drug_classes_received"]))
    return told


def _markers(told: Mapping[str, Any]) -> dict[str, Any]:
    """Results as told under the ids of their markers, and under those that their words name."""
    known = {str(name): value for name, value in told.items() if not says_unknown(value)}
    out = {marker_id(name) or name: value for name, value in known.items()}
    for name, value in known.items():
        try:
            out.update(dict.fromkeys(read_biomarkers({name: value}).keys() - out.keys(), value))
        except FactError:
            continue
    return out


def _treatment(told: Any) -> Any:
    try:
        read = Treatment.model_validate(told)
    except ValidationError:
        return told
    given = given_as(read)
    kind = {"modality": given.modality, "class": sorted(given.classes), "status": read.status}
    return {**told, **{name: value for name, value in kind.items() if value}}
