"""Which facts change the list of records, as the conditions in knowledge/checklists say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import yaml

from bot.facts.model import fact_names
from bot.oncology.knowledge_files import KNOWLEDGE

# Read off other facts, or nothing that a patient is asked for.
_NOT_ASKED: Final = frozenset({"biomarkers", "cancer_type", "cancer_subtype", "suspected"})


@cache
def record_facts() -> Mapping[str, frozenset[str]]:
    """Pathway id -> facts that change its records; "" for records of every patient."""
    out: dict[str, set[str]] = {"": set(_named(_read("base.yml")["items"]))}
    for row in _read("pathways.yml")["rows"]:
        for pathway in row["pathways"]:
            out.setdefault(pathway, set()).update(_named(row))
    wanted = fact_names() - _NOT_ASKED
    return {pathway: frozenset(names & wanted) for pathway, names in out.items()}


@cache
def record_ids() -> frozenset[str]:
    """The id of every record, and of every test that is worth asking for."""
    items = (*_read("base.yml")["items"], *_read("items.yml")["items"])
    return frozenset(i["id"] for i in (*items, *_read("missing_tests.yml")["tests"]))


def _read(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (KNOWLEDGE / "checklists" / name).read_text(encoding="utf-8")
    return yaml.load(text, loader)  # noqa: S506 - both loaders are the safe ones


def _named(node: Any) -> Iterator[str]:
    """Every fact that a condition below `node` looks at."""
    if isinstance(node, Mapping):
        if isinstance(node.get("fact"), str):
            yield node["fact"]
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)
