"""`intake checklist`: one JSON line of facts in, one JSON line of records to collect out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.records.checklist import checklist

# From facts to pathway id -> status; raises ValueError (a clear sentence) for facts it refuses.
Statuses = Callable[[Mapping[str, Any]], Mapping[str, str]]


def checklist_lines(lines: Iterable[str], statuses: Statuses) -> Iterator[dict[str, Any]]:
    """Answer each line {"id", "facts"} with {"id", "items", "missing_tests"} or {"id", "error"}."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _answer(number, line, statuses)


def _answer(number: int, line: str, statuses: Statuses) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": f"line {number} is not JSON"}
    if not isinstance(asked, dict):
        return {"id": None, "error": f"line {number} is not an object"}
    facts = asked.get("facts")
    if not isinstance(facts, dict):
        return {"id": asked.get("id"), "error": "facts should be an object"}
    try:
        return {"id": asked.get("id"), **checklist(facts, statuses(facts)).as_wire()}
    except ValueError as refused:
        return {"id": asked.get("id"), "error": str(refused)}
