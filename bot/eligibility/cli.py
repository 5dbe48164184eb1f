"""What `intake assess` and `intake rules` do; the command line itself only prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.eligibility import lint, page
from bot.eligibility.engine import Assessment, assess
from bot.eligibility.rules import RuleSet
from bot.eligibility.ruleset import current
from bot.facts.json_line import NoLine, check_told_once, read_line
from bot.facts.model import FactError


def assess_lines(lines: Iterable[str], rules: RuleSet | None = None) -> Iterator[dict[str, Any]]:
    """Answer every line `{"id", "facts"}`; a line that cannot be used gets `{"id", "error"}`."""
    for line in lines:
        if line.strip():
            yield _answer(line, rules)


def _answer(line: str, rules: RuleSet | None) -> dict[str, Any]:
    try:
        case = read_line(line)
    except NoLine as error:
        return {"id": None, "error": str(error)}
    ident = case.get("id")
    if "facts" not in case:
        return {"id": ident, "error": "facts: missing"}
    try:
        check_told_once(line)
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


@dataclass(frozen=True, slots=True)
class Stored:
    """What was answered at the time: facts, statuses by pathway, and the version of the rules."""

    case: str
    facts: Mapping[str, Any] = field(repr=False)
    statuses: Mapping[str, str] = field(repr=False)
    version: str = ""
    triage: str | None = None
    travel: str | None = None


def rules_diff(
    stored: Iterable[Stored], judge: Callable[[Mapping[str, Any]], Assessment] = assess
) -> Iterator[dict[str, Any]]:
    """Replay stored cases under the rules of today; yields one object a case that would change.

    `changed` holds what was answered and what would be answered now, by pathway (and `triage`,
    `travel`); `rules` the versions. Facts that can no longer be used give `error` instead.
    """
    for then in stored:
        try:
            now = judge(then.facts)
        except FactError as error:
            yield {"case": then.case, "error": str(error)}
            continue
        answers = {p.id: p.status for p in now.pathways}
        pairs: list[tuple[str, str | None, str]] = [
            (p, before, answers.get(p, "")) for p, before in then.statuses.items()
        ]
        pairs += [("triage", then.triage, now.triage), ("travel", then.travel, now.travel)]
        changed = {
            name: {"before": before, "now": today}
            for name, before, today in pairs
            if before is not None and before != today
        }
        if changed:
            versions = {"before": then.version, "now": now.version}
            yield {"case": then.case, "rules": versions, "changed": changed}
