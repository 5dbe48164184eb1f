"""What did not get through is listed without its content, and can be tried again."""

from __future__ import annotations

import re

from bot.store.messages import State
from tests.console.conftest import Console, post


def test_a_failed_reply_is_listed_and_tried_again(console: Console) -> None:
    browser, number = console.logged_in(), console.numbers["Aylin"]
    page = browser.get("/console/undelivered").text
    assert number in page
    assert "not delivered (63016)" in page
    found = re.findall(r'name="message" value="([^"]+)"', page)
    done = post(browser, "/console/undelivered", page, message=found[0])
    assert "It is tried again now." in done.text
    assert f'value="{found[0]}"' not in done.text
    case = console.store.cases.by_number(number)
    assert case is not None
    states = {m.message_id: m.state for m in console.store.transcript(str(case.conversation_id))}
    assert states[found[0]] is State.QUEUED
    assert console.store.audit.entries(action="message.try_again")[0].actor == "coordinator"


def test_a_message_that_is_not_given_up_is_not_tried_again(console: Console) -> None:
    browser = console.logged_in()
    page = browser.get("/console/undelivered").text
    assert post(browser, "/console/undelivered", page, message="nobody's").status_code == 404


def test_lists_that_are_empty_or_asked_for_wrongly_are_pages(console: Console) -> None:
    browser = console.logged_in()
    assert "Nothing is left lying" in browser.get("/console/undelivered?list=waiting").text
    for query in ("list=x", "before=x", "before=" + "9" * 30):
        assert browser.get(f"/console/undelivered?{query}").status_code == 200
