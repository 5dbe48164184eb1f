"""What `intake assess` and `intake rules` do; the command line itself only prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.eligibility.engine import assess
from bot.eligibility.rules import RuleSet
from bot.facts.model import FactError


def assess_lines(lines: Iterable[str], rules: RuleSet | None = None) -> Iterator[dict[str, Any]]:
    """Answer every line `{"id", "facts"}`; a line that cannot be used gets `{"id", "error"}`."""
    for line in lines:
        if line.strip():
            yield _answer(line, rules)


def _answer(line: str, rules: RuleSet | None) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except ValueError:
        return {"id": None, "error": "not a JSON line"}
    if not isinstance(case, dict):
        return {"id": None, "error": "not a JSON object"}
    ident = case.get("id")
    if "facts" not in case:
        return {"id": ident, "error": "facts: missing"}
    try:
        return {"id": ident, **assess(case["facts"], rules).as_wire()}
    except FactError as error:
        return {"id": ident, "error": str(error)}
