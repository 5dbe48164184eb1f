"""Tests worth asking the doctor about: those this cancer needs and nothing is known of."""

from __future__ import annotations

from collections.abc import Iterator

from bot.records.catalogue import Catalogue, Test
from bot.records.conditions import Facts, has_molecular_result, value_of
from bot.records.model import MissingTest

_NGS_DONE = frozenset({"tissue", "liquid", "both", "pending"})


def missing_tests(words: Catalogue, facts: Facts, held: set[str]) -> Iterator[MissingTest]:
    cancer = str(facts.get("cancer_type"))
    group = words.group_of.get(cancer)
    if group is None:
        return
    for test in words.tests:
        if (test.cancers and cancer not in test.cancers) or cancer in test.other_than:
            continue
        if test.only_when and not test.only_when.holds(facts, group):
            continue
        open_facts = tuple(name for name in test.known_by if not _known(name, facts, held))
        if _done(test, facts, open_facts):
            continue
        ask = words.wording["test"].format(ask=test.ask)
        yield MissingTest(test.id, test.title, ask, open_facts)


def _done(test: Test, facts: Facts, open_facts: tuple[str, ...]) -> bool:
    if test.done_by_ngs and facts.get("ngs_done") in _NGS_DONE:
        return True
    if not test.known_by:
        return has_molecular_result(facts)
    return not open_facts or (test.any_known and len(open_facts) < len(test.known_by))


def _known(name: str, facts: Facts, held: set[str]) -> bool:
    """`a|b` is either, `fact.x` a fact, `item.x` a paper in hand, anything else a biomarker."""
    if "|" in name:
        return any(_known(each, facts, held) for each in name.split("|"))
    kind, _, rest = name.partition(".")
    if kind == "item":
        return rest in held
    if kind == "fact":
        return value_of(facts, rest) is not None
    return (facts.get("biomarkers") or {}).get(name) is not None
