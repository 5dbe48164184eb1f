"""Tags, mentions, phrases, saved views, search inside a conversation, why a case waits."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import text

from bot.console.phrases import _phrases
from bot.console.phrases import text as phrase
from bot.facts.case import Case, CaseState
from bot.store.attention import Attention
from tests.console.conftest import Console, post
from tests.console.test_case import conversation
from tests.console.test_queue import numbers
from tests.console.test_texts import FORBIDDEN


def test_a_tag_is_added_found_and_removed_and_not_kept_in_plain(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Sam")
    page = browser.get(path).text
    done = post(browser, f"{path}/tags", page, add="  needs   visa <b> ")
    assert "needs visa &lt;b&gt;" in done.text
    link = re.search(r'href="([^"]+tag=[0-9a-f]{32})"', done.text)
    assert link
    found = browser.get(link[1])
    assert "Tag: needs visa &lt;b&gt;" in found.text
    assert numbers(found.text) == [console.numbers["Sam"]]
    with console.store.database.engine.connect() as connection:
        assert "visa" not in str(connection.execute(text("SELECT * FROM case_tags")).all())
    post(browser, f"{path}/tags", page, remove="needs visa <b>")
    assert console.store.desk.tags(console.numbers["Sam"]) == []


def test_a_colleague_named_in_a_note_finds_the_case_until_they_have_read_it(
    console: Console,
) -> None:
    browser, path = console.logged_in(), console.path("Sam")
    page = browser.get(path).text
    note = "please look @second, and @nobody; mail a@lead.example"
    post(browser, f"{path}/notes", page, text=note)
    other = console.logged_in("second")
    assert "<b>1</b> naming me" in other.get("/console/cases").text
    assert numbers(other.get("/console/cases?mentioned=1").text) == [console.numbers["Sam"]]
    assert "<b>0</b> naming me" in console.logged_in("lead").get("/console/cases").text
    other.get(path)
    assert numbers(other.get("/console/cases?mentioned=1").text) == []


def test_a_view_is_saved_opened_and_removed_by_its_owner_alone(console: Console) -> None:
    browser = console.logged_in()
    page = browser.get("/console/cases?country=BD&after=x").text
    kept = unescape(re.search(r'name="query" value="([^"]*)"', page)[1])  # type: ignore[index]
    assert kept == "country=BD"
    saved = post(browser, "/console/views", page, name="Bangladesh <i>", query=kept).text
    assert "The view is saved." in saved
    assert "Bangladesh &lt;i&gt;" in saved
    view = re.search(r'name="view" value="(\d+)"', saved)
    assert view
    other = console.logged_in("second")
    assert "Bangladesh &lt;i&gt;" not in other.get("/console/cases").text
    post(other, "/console/views/remove", other.get("/console/password").text, view=view[1])
    assert "Bangladesh &lt;i&gt;" in browser.get("/console/cases").text
    gone = post(browser, "/console/views/remove", page, view=view[1]).text
    assert "Bangladesh &lt;i&gt;" not in gone


@pytest.mark.parametrize("query", ["", "after=x", "state=" + "x" * 5000, "next=//evil&id=1", "%%"])
def test_a_view_keeps_filters_and_nothing_else(console: Console, query: str) -> None:
    browser = console.logged_in()
    page = browser.get("/console/cases").text
    answer = post(browser, "/console/views", page, name="odd", query=query)
    assert answer.status_code == 200
    for view in console.store.desk.views("coordinator"):
        assert set(view.query) <= {"state"}


@pytest.mark.parametrize(
    ("who", "words", "found"),
    [
        ("Nusrat J.", "CARBOPLATIN", 1),
        ("Nusrat J.", "খুব দুর্বল", 1),
        ("أبو يوسف", "سرطان", 1),
        ("Nusrat J.", "no such word", 0),
        ("Nusrat J.", "%", 0),
        ("Nusrat J.", "   ", 0),
    ],
)
def test_words_are_found_inside_a_conversation(
    console: Console, who: str, words: str, found: int
) -> None:
    browser = console.logged_in()
    page = browser.get("/console/password").text
    answer = post(browser, console.path(who, "/find"), page, q=words)
    assert answer.status_code == 200
    assert len(re.findall(r'id="m-', answer.text)) == found
    if found:
        entry = console.store.audit.entries()[0]
        assert (entry.action, entry.reason) == ("case.find", None)


def test_a_phrase_fills_the_reply_in_the_language_of_the_case(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Sam")
    page = browser.get(path).text
    epoch = re.search(r'name="epoch" value="(\d+)"', page)
    assert epoch
    page = post(browser, f"{path}/take-over", page, epoch=epoch[1]).text
    assert phrase("reading", "en") in unescape(page)
    filled = browser.get(f"{path}?phrase=record_missing").text
    box = re.search(r"<textarea id=\"reply-text\"[^>]*>([^<]*)", filled)
    assert box
    assert unescape(box[1]) == phrase("record_missing", "en")
    assert phrase("record_missing", "es") != phrase("record_missing", "en")
    assert browser.get(f"{path}?phrase=nonsense").status_code == 200


def test_no_phrase_promises_anything() -> None:
    said = [w for wordings in _phrases().values() for w in wordings.values()]
    assert [w for w in said if FORBIDDEN.search(w)] == []
    assert all("en" in wordings and "name" in wordings for wordings in _phrases().values())


def test_the_reply_window_runs_down_where_there_is_one(console: Console) -> None:
    browser = console.logged_in()
    assert "data-until=" in browser.get(console.path("Nusrat J.")).text
    assert "data-until=" not in browser.get(console.path("Sam")).text


def test_rules_that_are_old_or_not_signed_say_so(console: Console) -> None:
    number = console.numbers["Nusrat J."]
    pathway = {
        "id": "adc",
        "status": "CONSIDER",
        "as_of": "2024-01-31",
        "review": "pending",
        "stale": True,
    }
    fresh = pathway | {"id": "til", "review": "Dr. A, 2026-10-01", "stale": False}
    result = {"triage": "ROUTINE", "travel": "CAUTION", "pathways": [pathway, fresh]}
    console.store.desk.change(
        number, "lead", "case.correct", lambda case: None, assess=lambda case: (result, None)
    )
    page = console.logged_in().get(console.path("Nusrat J.")).text
    assert page.count("Old rule") == 1
    assert page.count("Clinical sign-off is pending.") == 1
    assert "what was known on 2024-01-31" in page


def test_every_reason_to_look_at_a_case_stands_with_it_and_in_the_list(console: Console) -> None:
    for reason in ("pregnancy", "question"):
        Attention(console.store.database).ask_for(conversation(console, "Nusrat J."), reason)
    browser = console.logged_in()
    page = unescape(browser.get(console.path("Nusrat J.")).text)
    assert "<li>Asked something a person must answer</li><li>Pregnancy</li>" in page
    shown = unescape(browser.get("/console/cases").text)
    assert "Asked something a person must answer; Pregnancy" in shown
    listed = browser.get("/console/cases.csv").text
    assert "Asked something a person must answer; Pregnancy" in listed


def test_while_a_case_waits_for_a_coordinator_nobody_is_told_that_the_assistant_answers(
    console: Console,
) -> None:
    def ask_for_a_human(case: Case) -> None:
        case.state = CaseState.HUMAN

    console.store.desk.change(console.numbers["Sam"], "patient", "case.state", ask_for_a_human)
    page = console.logged_in().get(console.path("Sam")).text
    assert "The assistant is quiet and waits for one of us." in page
    assert "The assistant is answering." not in page


def test_the_form_of_a_fact_begins_at_the_value_it_has(console: Console) -> None:
    page = console.logged_in().get(console.path("Wei", "/facts/stage_group")).text
    (start,) = re.findall(r"<input[^>]*data-focus[^>]*>", page)
    assert "checked" in start


# --- the end of waiting -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "waits", "urgent"),
    [
        ("in_intake", True, True),
        ("ready", True, True),
        ("waiting_for_records", False, True),
        ("submitted", False, True),
        ("closed", False, False),
    ],
)
def test_a_case_that_others_act_on_next_no_longer_waits_for_us(
    console: Console, state: str, *, waits: bool, urgent: bool
) -> None:
    browser, path, number = console.logged_in(), console.path("Wei"), console.numbers["Wei"]
    Attention(console.store.database).ask_for(conversation(console, "Wei"), "question")
    line = console.store.queries.line(number)
    assert line is not None
    assert (line.waiting_since is not None, line.urgent) == (True, True)
    page = browser.get(path).text
    assert (
        "State of work saved" in post(browser, f"{path}/state", page, value=state, seen="new").text
    )
    line = console.store.queries.line(number)
    assert line is not None
    assert (line.waiting_since is not None, line.urgent) == (waits, urgent)


def test_what_was_seen_to_by_telephone_waits_again_only_for_something_new(console: Console) -> None:
    browser, path, number = console.logged_in(), console.path("Wei"), console.numbers["Wei"]
    page = browser.get(path).text
    answer = unescape(post(browser, f"{path}/seen", page).text)
    assert "It waits for us again when something new comes." in answer
    assert "Waiting for them" in answer
    assert "Seen to</button>" not in answer
    assert "marked the case as seen to" in answer
    Attention(console.store.database).ask_for(conversation(console, "Wei"), "delivery_failed")
    line = console.store.queries.line(number)
    assert line is not None
    assert line.waiting_since is not None


def test_the_list_and_the_history_say_how_far_the_work_is(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Wei")
    page = browser.get(path).text
    page = post(browser, f"{path}/state", page, value="ready", seen="new").text
    page = post(browser, f"{path}/assign", page, value="second", seen="").text
    assert "changed the state of work: Ready for review" in page
    assert "assigned the case: second" in page
    assert re.search(r"Ready for review · <bdi>second</bdi>", browser.get("/console/cases").text)
    assert "Ready for review" in browser.get("/console/cases.csv").text
