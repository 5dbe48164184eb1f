"""Every phrase that the rules can bring before a patient: no promise, and never only a no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.eligibility.engine import assess
from bot.eligibility.explain import explain, in_short
from bot.eligibility.lint import FORBIDDEN
from bot.eligibility.ruleset import current
from bot.eligibility.wording import words
from bot.facts.model import FactError
from tests.eligibility.test_reference import CASES, whole

NEGATIVE = ("NOT_YET", "TRIAL_ONLY", "NO_MATCH", "DEFER")
# REQ-103 and the house rule: no promise, no chance in numbers, no survival, no price.
PROMISE = re.compile(
    r"qualif|eligible|\bcur(e|ed|es)\b|guarante|best (treatment|option|choice)|last (chance|hope)|"
    r"\d ?(%|percent) (of patients|chance|survival|response)|survival|surviv(e|al rate)|"
    r"remission rate|\bprice|\bcosts?\b|\$|€|£|miracle|definitely|certainly will|will be accepted",
    re.IGNORECASE,
)
# A criterion stands behind "when", "whether" and "if", so it must be a whole clause.
VERB = re.compile(
    r"\b(is|are|was|were|has|have|had|did|does|do|can|cannot|came|grew|lies|works?|responds?|"
    r"responded|said|called|carries|takes|lights?|hurts|started|causes|may)\b"
)


def criteria() -> Iterator[tuple[str, str]]:
    for pathway in current().pathways.values():
        for rule in pathway.rules:
            for criterion in rule.criteria:
                yield f"{rule.id} {rule.branch}".strip(), criterion.say


def phrases() -> Iterator[tuple[str, str]]:
    """Where a phrase stands, and the phrase in every form it can take."""
    rules, told = current(), words()
    templates = [*told.reasons.values(), *told.would_change.values()]
    yield from (("explanations", text) for text in (*templates, told.stale, *told.remains))
    for name, say in criteria():
        yield from ((name, template.format(say=say)) for template in templates)
    for pathway in rules.pathways.values():
        yield pathway.id, pathway.name
        yield pathway.otherwise.rule, pathway.otherwise.statement
        yield from pathway.rows.items()
        for rule in pathway.rules:
            yield rule.id, rule.statement
            yield from ((rule.id, caution) for caution in rule.cautions)
            yield from ((rule.id, c.note) for c in rule.criteria if c.note)
    for gate in rules.gates:
        yield from ((gate.id, template.format(say=gate.say)) for template in templates)
    yield from ((sign.id, sign.say) for sign in (*rules.triage, *rules.travel))


PHRASES = list(dict.fromkeys(phrases()))


def test_no_phrase_of_a_rule_sounds_like_a_promise() -> None:
    assert len(PHRASES) > 1000
    assert [p for p in PHRASES if PROMISE.search(p[1]) or FORBIDDEN.search(p[1])] == []


def test_every_criterion_is_a_whole_clause() -> None:
    assert [c for c in criteria() if not VERB.search(c[1]) or c[1][-1] in ".!?"] == []


@pytest.mark.parametrize("sentence", ["You are eligible.", "It is guaranteed.", "A cure is near."])
def test_the_check_itself_finds_a_promise(sentence: str) -> None:
    assert PROMISE.search(sentence)
    assert FORBIDDEN.search(sentence)


@pytest.mark.parametrize("case", [whole(c.values[0]) for c in CASES[::6]])
def test_every_answer_explains_itself(case: dict[str, Any]) -> None:
    done = assess(case)
    for result in done.pathways:
        told = explain(done, result.id)
        short = in_short(done, result.id)
        for text in (*short, *told.lines()):
            assert not PROMISE.search(text), text
        assert short[0]
        if done.triage == "EMERGENCY_NOW":
            continue
        assert {r.rule for r in told.rules if r.status} or result.status in (
            *NEGATIVE,
            "NEEDS_INFO",
        )
        assert all(r.source and r.as_of and r.review for r in told.rules)
        assert all(g.source and g.effect for g in told.gates)
        if result.status in NEGATIVE:  # REQ-104: the reason, what could change it, what remains
            assert told.reasons
            assert told.would_change
            assert set(told.remains) == set(words().remains)


def test_an_error_never_repeats_the_value() -> None:
    for facts in ({"age_years": 311}, {"lvef_pct": 5.25}, {"disease_status": "quite unwell"}):
        with pytest.raises(FactError) as caught:
            assess(facts)
        assert not any(str(v) in str(caught.value) for v in facts.values())
