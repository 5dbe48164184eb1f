"""`intake checklist`: one JSON line of facts in, one JSON line of records to collect out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.facts.json_line import NoLine, check_told_once, read_line
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
        asked = read_line(line)
    except NoLine as error:
        return {"id": None, "error": f"line {number} is {error}"}
    facts = asked.get("facts")
    if not isinstance(facts, dict):
        return {"id": asked.get("id"), "error": "facts should be an object"}
    try:
        check_told_once(line)
        return {"id": asked.get("id"), **checklist(facts, statuses(facts)).as_wire()}
    except ValueError as refused:
        return {"id": asked.get("id"), "error": str(refused)}
