"""What `intake assess` and `intake rules` do; the command line itself only prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.eligibility import lint, page
from bot.eligibility.engine import assess
from bot.eligibility.rules import RuleSet
from bot.eligibility.ruleset import current
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


def rules_list(rules: RuleSet | None = None) -> Iterator[str]:
    """One line a rule: id, branch, pathway, answer, review state."""
    for pathway in (rules or current()).pathways.values():
        for rule in pathway.rules:
            name = f"{rule.id} {rule.branch}".strip()
            yield f"{name:32} {pathway.id:26} {rule.then:11} {rule.origin.review}"
    for gate in (rules or current()).gates:
        yield f"{gate.id:32} {'gate':26} {'':11} {gate.origin.review}"


def rules_show(ident: str, rules: RuleSet | None = None) -> str:
    """The review page's part for one rule, gate or pathway. Raises KeyError."""
    found = page.part(rules or current(), ident)
    if not found:
        raise KeyError(ident)
    return found


def rules_check(rules: RuleSet | None = None) -> list[str]:
    """What is doubtful in the rules; empty when nothing is."""
    return [str(f) for f in lint.check(rules or current())]


def rules_page(rules: RuleSet | None = None) -> str:
    """The text of docs/rules.md."""
    return page.page(rules or current())


def rules_diff(
    cases: Iterable[tuple[str, dict[str, Any], dict[str, str]]], rules: RuleSet | None = None
) -> Iterator[dict[str, Any]]:
    """Which stored cases would be answered otherwise today.

    `cases` are (case, facts, statuses by pathway as stored); yields one object a changed case.
    """
    for case, facts, before in cases:
        try:
            now = {p.id: p.status for p in assess(facts, rules).pathways}
        except FactError as error:
            yield {"case": case, "error": str(error)}
            continue
        changed = {
            p: {"before": before[p], "now": status}
            for p, status in now.items()
            if p in before and before[p] != status
        }
        if changed:
            yield {"case": case, "changed": changed}
