"""The full explanation of an assessment, and the treatments as a picture."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from bot.console.judging import judge
from bot.console.treatments import timeline
from bot.eligibility.ruleset import current
from bot.facts.case import Case, CaseNumber, ConversationId, Fact, FactSource
from tests.console.conftest import Console


def test_every_criterion_is_shown_with_its_state_rule_and_source(console: Console) -> None:
    number = console.numbers["Nusrat J."]
    console.store.desk.change(number, "lead", "case.correct", lambda case: None, assess=judge)
    browser = console.logged_in()
    page = browser.get(console.path("Nusrat J.")).text
    links = re.findall(r'href="([^"]+/pathways/[a-z_0-9]+)"', page)
    assert len(links) == len(current().pathways)
    states: set[str] = set()
    for link in links:
        full = browser.get(link)
        assert full.status_code == 200
        states |= set(re.findall(r'class="badge \w+">(holds|does not hold|not known)<', full.text))
        sources = re.findall(r"Source .+?; as of \d{4}-\d\d-\d\d; review", full.text)
        assert len(sources) == full.text.count('class="rule"')
        part = browser.get(link, headers={"HX-Request": "true"})
        assert part.text.lstrip().startswith('<div class="explained"')
    assert states == {"holds", "does not hold", "not known"}
    assert browser.get(console.path("Nusrat J.", "/pathways/nonsense")).status_code == 404
    assert browser.get(console.path("Ravi", "/pathways/til")).status_code == 404


@pytest.mark.parametrize(
    ("treatments", "rows", "undated"),
    [
        (None, [], []),
        ([], [], []),
        ([{"name": "surgery", "modality": "surgery"}], [], ["surgery"]),
        (
            [
                {"name": "b", "start": "2024-03", "end": "2024-08", "modality": "chemo"},
                {"name": "a", "start": "2022", "modality": "surgery"},
                {"name": "c", "start": "2026-01", "status": "ongoing"},
                {"name": "d", "start": "2027-01", "status": "planned"},
            ],
            [("a", "2022"), ("b", "2024"), ("c", "2026")],
            [],
        ),
        ([{"name": "x\u202e", "start": "1950", "end": "1951"}], [("x", "1950–1951")], []),
    ],
)
def test_treatments_are_bars_on_a_line_of_years(
    treatments: Any, rows: list[tuple[str, str]], undated: list[str]
) -> None:
    case = Case(conversation_id=ConversationId("x"), number=CaseNumber("C"), channel="webchat")
    if treatments is not None:
        case.facts["treatments"] = Fact(treatments, "told", FactSource.SAID)
    drawn = timeline(case, date(2026, 11, 21))
    if not rows and not undated:
        assert drawn is None
        return
    assert drawn is not None
    assert [(row.name, row.years) for row in drawn.rows] == rows
    assert list(drawn.undated) == undated
    assert all(row.left >= 0 and row.left + row.width <= 100.01 for row in drawn.rows)
    assert len(drawn.years) <= 10
