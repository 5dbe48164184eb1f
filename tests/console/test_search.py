"""Search over all cases: by number, label, name, and the words of messages and notes."""

from __future__ import annotations

import re

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.store import OutboundReply
from bot.store.messages import Author
from tests.console.conftest import Console, post
from tests.console.test_queue import numbers
from tests.store.people import says


def search(browser: TestClient, words: str, **more: str) -> Response:
    """What the search form gives."""
    page = browser.get("/console/search").text
    return post(browser, "/console/search", page, q=words, **more)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("carboplatin", ["Nusrat J."]),
        ("CARBOPLATIN paclitaxel!", ["Nusrat J."]),
        ("carboplatin pyramids", []),
        ("nusrat", ["Nusrat J."]),
        ("দুর্বল", ["Nusrat J."]),
        ("سرطان بغداد", ["أبو يوسف"]),
        ("carbopl", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_cases_are_found_by_the_words_of_their_people(
    console: Console, words: str, names: list[str]
) -> None:
    answer = search(console.logged_in(), words)
    assert answer.status_code == 200
    assert sorted(numbers(answer.text)) == sorted(console.numbers[n] for n in names)
    if not names:
        assert "No case has all of these words" in answer.text


def test_notes_replies_tags_and_numbers_are_found_too(console: Console) -> None:
    browser, path, number = console.logged_in(), console.path("Sam"), console.numbers["Sam"]
    case = console.store.cases.by_number(number)
    assert case is not None
    page = browser.get(path).text
    post(browser, f"{path}/notes", page, text="Sister will courier the Blöcke")
    post(browser, f"{path}/tags", page, add="visa pending")
    console.store.outbox.enqueue(
        str(case.conversation_id), [OutboundReply(text="zebrafish")], author=Author.COORDINATOR
    )
    for words in ("courier blocke", "visa pending", number.lower(), number[2:6], "zebrafish"):
        assert number in numbers(search(browser, words).text), words


def test_a_chat_that_shares_a_case_leads_to_it(console: Console) -> None:
    main = console.store.cases.by_number(console.numbers["Sam"])
    assert main is not None
    family = says(console.store, "my aunt keeps the porcelain", person="+4915550")
    code = console.store.links.offer(str(main.conversation_id))
    asked = console.store.links.ask(code, family.conversation_id)
    assert asked is not None
    console.store.links.answer(asked[1], asked[0], agreed=True)
    assert numbers(search(console.logged_in(), "porcelain").text) == [console.numbers["Sam"]]


def test_what_is_searched_for_stands_in_no_address_no_log_and_no_table(console: Console) -> None:
    browser = console.logged_in()
    answer = search(browser, "carboplatin")
    assert "carboplatin" not in str(answer.url)
    entry = next(e for e in console.store.audit.entries() if e.action == "queue.search")
    assert (entry.object, entry.reason) == ("queue", None)
    with console.store.database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM indexed_words").all()
    assert kept
    assert not re.search("carboplatin|nusrat", str(kept), re.I)


def test_somebody_who_may_not_read_cases_may_not_search_them(console: Console) -> None:
    browser = console.logged_in("auditor")
    assert browser.get("/console/search").status_code == 403
    page = browser.get("/console/password").text
    assert post(browser, "/console/search", page, q="carboplatin").status_code == 403


def test_a_long_result_goes_on_page_by_page(console: Console) -> None:
    for n in range(60):
        says(console.store, f"we ask about helium {n}", person=f"+49{n:07d}")
        turn = console.store.inbox.claim("test")
        assert turn is not None
        with console.store.turns.begin(turn.conversation_id, turn.messages[0].message_id) as talk:
            talk.finish(replies=[])
        console.store.inbox.finish(turn, [])
    browser = console.logged_in()
    first = search(browser, "helium")
    following = re.search(r'name="after" value="([^"]+)"', first.text)
    assert following
    second = search(browser, "helium", after=following[1])
    assert len(set(numbers(first.text)) | set(numbers(second.text))) == 60
