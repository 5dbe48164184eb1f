"""The list of cases: order, figures, filters, pages, live refresh."""

from __future__ import annotations

import re

import pytest

from bot.facts.case import CaseState, Consent
from tests.console.conftest import Console
from tests.store.people import says


def numbers(page: str) -> list[str]:
    """The case numbers of the list, from the top."""
    return re.findall(r'id="open-([A-Z0-9-]+)"', page)


def test_urgent_cases_stand_on_top_then_those_waiting_longest(console: Console) -> None:
    shown = numbers(console.logged_in().get("/console/cases").text)
    first = ("Grace M.", "Wei", "Aylin", "Nusrat J.", "أبو يوسف")
    assert shown[:5] == [console.numbers[n] for n in first]
    assert len(shown) == len(console.numbers)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("cancer=ovarian", ["Nusrat J."]),
        ("country=IQ", ["أبو يوسف"]),
        ("state=emergency", ["Grace M."]),
        ("urgency=EMERGENCY_NOW", ["Grace M."]),
        ("urgency=URGENT_TODAY", ["Grace M.", "Wei"]),
        ("channel=webchat&cancer=multiple_myeloma", ["Sam"]),
        ("needs=answer", ["Nusrat J."]),
        ("needs=delivery", ["Aylin"]),
        ("needs=records", ["Grace M.", "Nusrat J.", "Wei", "أبو يوسف"]),
        ("mine=1", []),
        ("language=ar", ["أبو يوسف"]),
        ("assigned=-&cancer=ovarian", ["Nusrat J."]),
        ("assigned=second", []),
        ("desk=submitted", []),
        ("desk=new&country=IQ", ["أبو يوسف"]),
        ("state=nonsense", []),
        ("cancer=%27%22%3E%3Cscript%3E", []),
    ],
)
def test_filters_narrow_the_list(console: Console, query: str, names: list[str]) -> None:
    page = console.logged_in().get(f"/console/cases?{query}")
    assert page.status_code == 200
    assert sorted(numbers(page.text)) == sorted(console.numbers[n] for n in names)
    if not names:
        assert "No case matches" in page.text


def test_the_list_goes_on_page_by_page_without_losing_or_repeating_a_case(
    console: Console,
) -> None:
    for n in range(60):
        console.clock.after(1)
        received = says(console.store, person=f"+49{n:07d}")
        with console.store.turns.begin(received.conversation_id, received.message_id) as turn:
            turn.case.consent = Consent(True, "1", "en", "whatsapp", console.clock.now)
            turn.finish(replies=[])
    browser, seen, path = console.logged_in(), [], "/console/cases"
    while path:
        page = browser.get(path).text
        seen += numbers(page)
        following = re.search(r'href="([^"]+)" id="page-next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == len(console.numbers) + 60


@pytest.mark.parametrize("after", ["x", "1~2~3", "0~2026-11-21T00:00:00~C", "~~", "9" * 50])
def test_a_forged_page_key_shows_the_first_page(console: Console, after: str) -> None:
    page = console.logged_in().get("/console/cases", params={"after": after})
    assert page.status_code == 200
    assert numbers(page.text)


def test_the_list_refreshes_itself_and_sends_nothing_when_nothing_changed(
    console: Console,
) -> None:
    browser = console.logged_in()
    poll = {"HX-Request": "true", "X-Poll": "1"}
    first = browser.get("/console/cases", headers=poll)
    assert first.text.lstrip().startswith('<div id="queue"')
    seen = poll | {"X-Seen": first.headers["X-Seen"]}
    assert browser.get("/console/cases", headers=seen).status_code == 204
    says(console.store, "a new person writes")
    views = [e for e in console.store.audit.entries() if e.action == "queue.view"]
    again = browser.get("/console/cases", headers=seen)
    assert again.status_code in (200, 204)
    assert [e for e in console.store.audit.entries() if e.action == "queue.view"] == views


def test_the_figures_count_what_the_list_shows(console: Console) -> None:
    page = console.logged_in().get("/console/cases").text
    figures = dict(re.findall(r'id="count-(\w+)"[^<]*><b>(\d+)</b>', page))
    assert figures["all"] == str(len(console.numbers))
    assert figures["emergency"] == "1"
    assert figures["urgent"] == "2"
    assert figures["waiting"] == "5"


def test_a_database_that_is_gone_is_said_plainly(console: Console) -> None:
    browser = console.logged_in()
    with console.store.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE cases RENAME TO gone")
    answer = browser.get("/console/cases")
    assert answer.status_code == 503
    assert "database cannot be reached" in answer.text


def test_an_emergency_at_the_end_of_a_long_queue_stands_on_the_first_page(
    console: Console,
) -> None:
    for n in range(60):
        received = says(console.store, person=f"+49{n:07d}")
        with console.store.turns.begin(received.conversation_id, received.message_id) as turn:
            turn.case.consent = Consent(True, "1", "en", "whatsapp", console.clock.now)
            turn.case.flags.append("RF16")
            turn.finish(replies=[])
        console.clock.after(1)
    received = says(console.store, person="+4911111111")
    with console.store.turns.begin(received.conversation_id, received.message_id) as turn:
        turn.case.state, number = CaseState.INTAKE, str(turn.case.number)
        turn.case.flags += ["RF16", "RF7"]
        turn.finish(replies=[])
    shown = numbers(console.logged_in().get("/console/cases").text)
    assert shown[:2] == [console.numbers["Grace M."], number]
