"""Changes single criteria of the rule data and tells which changes no test would notice.

    .venv/bin/python -m tests.eligibility.mutants [PATHWAY ...]

For every rule each criterion is dropped, each comparison flipped, its edge moved and its bound
shifted by one, each list of values shortened, each `any` and `all` exchanged or shortened, each
`not` removed and `then` changed. A change is caught when a tested case is answered otherwise.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.eligibility import rule_files
from bot.eligibility.matching import match
from bot.eligibility.results import PathwayResult
from bot.eligibility.rules import PathwayRules
from bot.eligibility.ruleset import current
from bot.eligibility.yaml_places import RuleFileError
from bot.facts.derive import View, derive
from bot.facts.model import CaseFacts
from bot.oncology.knowledge_files import KNOWLEDGE
from tests.eligibility import test_cell_and_local_details, test_cell_and_local_pathways
from tests.eligibility.vignettes_file import vignettes

_FLIP = {">=": "<", "<": ">=", ">": "<=", "<=": ">"}
_EDGE = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
_OTHER_STATUS = {
    "CONSIDER": "CAUTION",
    "CAUTION": "CONSIDER",
    "NOT_YET": "NO_MATCH",
    "TRIAL_ONLY": "NO_MATCH",
    "NO_MATCH": "TRIAL_ONLY",
    "DEFER": "NO_MATCH",
    "NEEDS_INFO": "NO_MATCH",
}


@dataclass(frozen=True)
class Mutant:
    """One changed rule."""

    what: str
    source: Mapping[str, Any]


def condition_mutants(source: Any) -> Iterator[tuple[str, Any]]:
    """Every single change of one condition."""
    if not isinstance(source, Mapping):
        return
    for word, other in (("all", "any"), ("any", "all")):
        if word in source:
            if len(source[word]) > 1:
                yield f"{word}->{other}", {other: source[word]}
            for n, part in enumerate(source[word]):
                rest = [*source[word][:n], *source[word][n + 1 :]]
                if rest:
                    yield f"drop part {n}", {word: rest}
                for what, changed in condition_mutants(part):
                    parts = [*source[word][:n], changed, *source[word][n + 1 :]]
                    yield f"{n}: {what}", {word: parts}
            return
    if "not" in source:
        yield "drop not", source["not"]
        for what, changed in condition_mutants(source["not"]):
            yield f"not {what}", {"not": changed}
        return
    yield from _leaf_mutants(source)


def _leaf_mutants(source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "told" in source:  # what is only asked for has no answer that could be changed
        return
    yield "negate", {"not": dict(source)}
    for sign in _FLIP:
        if sign in source:
            bound = source[sign]
            rest = {k: v for k, v in source.items() if k != sign}
            yield f"flip {sign}", {**rest, _FLIP[sign]: bound}
            yield f"edge {sign}", {**rest, _EDGE[sign]: bound}
            for shift in (1, -1):
                if bound + shift >= 0:
                    yield f"{sign}{shift:+}", {**source, sign: bound + shift}
    for name in ("is", "has", "received", "mentions", "against", "told"):
        values = source.get(name)
        if isinstance(values, list) and len(values) > 1:
            for n in range(len(values)):
                yield f"drop {values[n]}", {**source, name: values[:n] + values[n + 1 :]}


def rule_mutants(rule: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every single change of one rule."""
    criteria = [{**shared.get(c.get("use", ""), {}), **c} for c in rule.get("criteria", [])]
    for c in criteria:
        c.pop("use", None)
    base = {**rule, "criteria": criteria}
    yield Mutant("then", {**base, "then": _OTHER_STATUS[rule["then"]]})
    for n, criterion in enumerate(criteria):
        others = [criteria[:n], criteria[n + 1 :]]
        yield Mutant(f"{n} dropped", {**base, "criteria": [*others[0], *others[1]]})
        for what, changed in _criterion_mutants(criterion):
            yield Mutant(f"{n} {what}", {**base, "criteria": [*others[0], changed, *others[1]]})


def _criterion_mutants(criterion: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for what, when in condition_mutants(criterion["when"]):
        yield what, {**criterion, "when": when}


PINNED = Path(__file__).parent / "pinned.json"


@dataclass(frozen=True)
class Case:
    """One tested case: the view, and the answer its test asks for.

    The tests of hand-written cases ask for the status; a pinned case asks for all of it.
    """

    name: str
    view: View
    expected: tuple[Any, ...]
    exact: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def answer(result: PathwayResult) -> tuple[Any, ...]:
    """What a test compares, before gates: status first."""
    return (
        result.status,
        list(result.rules),
        sorted(result.missing),
        sorted(result.cautions),
        sorted(result.products),
    )


def tested_facts(pathway: str) -> list[Mapping[str, Any]]:
    """The facts of every hand-written case of a pathway."""
    found: list[Mapping[str, Any]] = [v.facts for v in vignettes() if v.pathway == pathway]
    details = test_cell_and_local_details
    found += [details.FIT | f for _, p, f, _ in details.ALL if p == pathway]
    table = test_cell_and_local_pathways
    found += [table.FIT | f for _, p, f, _ in table.CASES if p == pathway]
    return found


def cases_of(pathway: str) -> list[Case]:
    """Every tested case of a pathway, before gates, pinned ones included."""
    rules = current().pathways[pathway]
    out = []
    for facts in tested_facts(pathway):
        view = derive(CaseFacts.read(facts))
        out.append(Case("tested", view, answer(match(rules, view, None)), facts=facts))
    for pinned in json.loads(PINNED.read_text(encoding="utf-8")):
        if pinned["pathway"] == pathway:
            view = derive(CaseFacts.read(pinned["facts"]))
            out.append(Case("pinned", view, tuple(pinned["answer"]), True, pinned["facts"]))
    return out


def opened(pathway: str) -> tuple[Any, dict[str, Any], Any]:
    """Reader, content and default origin of a pathway file."""
    path = KNOWLEDGE / "pathways" / f"{pathway}.yml"
    reader = rule_files._Reader(path, path.read_text(encoding="utf-8"))
    file = copy.deepcopy(reader.data)
    return reader, file, reader.origin(file, (), None)


def survivors(pathway: str) -> tuple[int, list[str]]:
    """How many changes were made, and those that no tested case notices."""
    reader, file, default = opened(pathway)
    cases = cases_of(pathway)
    rules = current().pathways[pathway]
    total, missed = 0, []
    for number, source in enumerate(file["rules"]):
        relevant = [c for c in cases if _speaks(rules, number, c)]
        for mutant in rule_mutants(source, file.get("shared") or {}):
            try:
                changed = rule_files._rule(reader, mutant.source, ("rules", number), file, default)
            except RuleFileError:
                continue
            total += 1
            replaced = tuple(changed if n == number else r for n, r in enumerate(rules.rules))
            altered = dataclasses.replace(rules, rules=replaced, by_cancer={})
            if not noticed(altered, relevant):
                name = f"{source['id']} {source.get('branch', '')}".strip()
                missed.append(f"{name}: {mutant.what}")
    return total, missed


def _speaks(rules: PathwayRules, number: int, case: Case) -> bool:
    cancers = rules.rules[number].cancers
    return cancers is None or (case.view.entity is not None and bool(cancers & case.view.entity))


def noticed(altered: PathwayRules, cases: Sequence[Case]) -> bool:
    """Does any case see the change?"""
    for case in cases:
        result = match(altered, case.view, None)
        if case.exact:
            if answer(result) != case.expected:
                return True
        elif result.status != case.expected[0]:
            return True
    return False


if __name__ == "__main__":
    made = left = 0
    for chosen in sys.argv[1:] or sorted(current().pathways):
        count, missed_ones = survivors(chosen)
        made, left = made + count, left + len(missed_ones)
        print(f"{chosen}: {count - len(missed_ones)} of {count}")
        for line in missed_ones:
            print(f"   {line}")
    print(f"caught {made - left} of {made}")
