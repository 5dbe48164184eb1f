"""The browser chat answers in the same request, forgets nothing, and says clearly what is wrong."""

from __future__ import annotations

import socket
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.limits import RateLimit
from bot.store.messages import Author, OutboundReply
from tests.connectors.conftest import Service, running
from tests.connectors.waiting import LONGEST_SECONDS, until


def new() -> str:
    return uuid.uuid4().hex


def history(service: Service, conversation: str, **query: Any) -> list[dict[str, Any]]:
    answer = service.client.get(f"/webchat/{conversation}/messages", params=query)
    assert answer.status_code == 200
    return list(answer.json()["messages"])


def test_a_message_is_answered_with_what_is_asked_and_the_state(door: Service) -> None:
    answer = door.say("hello", new())
    assert answer["replies"] == [{"text": "You said: hello", "buttons": [], "files": []}]
    assert answer.keys() == {"replies", "asks", "state", "case"}
    assert answer["state"] == "consent"


def test_a_button_is_chosen_by_its_token(door: Service) -> None:
    conversation = new()
    [offer] = door.say("buttons", conversation)["replies"]
    assert [b["title"] for b in offer["buttons"]] == ["Walking about", "Mostly in bed"]
    pressed = {"button": offer["buttons"][1]["token"]}
    answer = door.client.post(f"/webchat/{conversation}/messages", json=pressed).json()
    assert '"value": 3' in answer["replies"][0]["text"]
    [_, _, chosen, _] = history(door, conversation)
    assert (chosen["author"], chosen["text"]) == ("patient", "Mostly in bed")


def test_a_button_of_somebody_else_does_nothing(door: Service) -> None:
    [offer] = door.say("buttons", new())["replies"]
    pressed = {"button": offer["buttons"][0]["token"]}
    answer = door.client.post(f"/webchat/{new()}/messages", json=pressed)
    assert "You chose" not in answer.text


def test_payloads_never_leave_the_service(door: Service) -> None:
    answer = door.client.post(f"/webchat/{new()}/messages", json={"text": "buttons"})
    assert "/answer" not in answer.text
    assert "payload" not in answer.text


def test_typed_payloads_are_text(door: Service) -> None:
    for typed in ('/answer{"fact": "ecog", "value": 1}', "/restart"):
        assert door.say(typed, new())["replies"][0]["text"] == f"You said: {typed}"


def test_the_same_message_sent_again_is_one_message(door: Service) -> None:
    conversation = new()
    sent = {"text": "once", "id": "my-id"}
    answers = [door.client.post(f"/webchat/{conversation}/messages", json=sent) for _ in range(3)]
    assert len({a.text for a in answers}) == 1
    assert [line["text"] for line in history(door, conversation)] == ["once", "You said: once"]


def test_a_reload_shows_the_whole_conversation(door: Service) -> None:
    conversation = new()
    door.say("first", conversation)
    door.say("twice", conversation)
    lines = history(door, conversation)
    assert [(line["author"], line["text"]) for line in lines] == [
        ("patient", "first"),
        ("bot", "You said: first"),
        ("patient", "twice"),
        ("bot", "First."),
        ("bot", "Second."),
    ]
    assert history(door, conversation, after=lines[2]["seq"]) == lines[3:]


def test_an_unknown_conversation_is_empty(door: Service) -> None:
    assert history(door, new()) == []


def test_a_case_number_or_inner_id_opens_nothing(service: Service) -> None:
    service.say("my secret", "my-conversation")
    info = service.store.conversations.by_address("webchat", "my-conversation")
    assert info is not None
    assert history(service, info.id) == []


def test_a_coordinators_words_arrive_while_the_page_waits(service: Service) -> None:
    service.say("hello", "waiting")
    seen = history(service, "waiting")[-1]["seq"]
    found: list[dict[str, Any]] = []
    page = threading.Thread(
        target=lambda: found.extend(history(service, "waiting", after=seen, wait=25))
    )
    page.start()
    info = service.store.conversations.by_address("webchat", "waiting")
    assert info is not None
    reply = OutboundReply(text="This is Sara. May I call you?")
    service.store.outbox.enqueue(info.id, [reply], Author.COORDINATOR, "Sara")
    page.join(LONGEST_SECONDS)
    [line] = found
    assert (line["author"], line["name"], line["text"]) == ("coordinator", "Sara", reply.text)


def test_an_engine_that_is_down_loses_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.webchat.WAIT_SECONDS", 0.3)
    monkeypatch.setattr("connectors.worker.APOLOGY_AFTER_SECONDS", 3600.0)
    service.engine.down = True
    answer = service.client.post("/webchat/patient/messages", json={"text": "are you there"})
    assert (answer.status_code, answer.json()["replies"]) == (202, [])
    service.engine.down = False
    [_, late] = until(lambda: h if len(h := history(service, "patient")) == 2 else [])
    assert late["text"] == "You said: are you there"


JSON_TYPE = {"content-type": "application/json"}
FORM = "multipart/form-data"
REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("no JSON", {"content": b"text=hello", "headers": JSON_TYPE}, 400),
    ("a list", {"json": ["hello"]}, 400),
    ("no text", {"json": {"words": "hello"}}, 400),
    ("a number as text", {"json": {"text": 5}}, 400),
    ("an empty button", {"json": {"button": ""}}, 400),
    ("a huge button", {"json": {"button": "x" * 300}}, 400),
    (
        "deep JSON",
        {"content": b"[" * 100_000, "headers": JSON_TYPE},
        400,
    ),
    (
        "invalid UTF-8",
        {"content": b'{"text": "\xff"}', "headers": JSON_TYPE},
        400,
    ),
    ("another type", {"content": b"<x/>", "headers": {"content-type": "text/xml"}}, 415),
    ("a form without a file", {"files": {"other": ("a", b"x")}}, 400),
    (
        "a broken form",
        {"content": b"--x", "headers": {"content-type": f"{FORM}; boundary=y"}},
        400,
    ),
    (
        "a form without boundary",
        {"content": b"x", "headers": {"content-type": FORM}},
        400,
    ),
    ("two megabytes of text", {"json": {"text": "x" * 2_000_000}}, 413),
]


@pytest.mark.parametrize(("label", "sent", "status"), REFUSED, ids=[c[0] for c in REFUSED])
def test_what_is_wrong_is_said_in_a_sentence(
    door: Service, label: str, sent: dict[str, Any], status: int
) -> None:
    answer = door.client.post(f"/webchat/{new()}/messages", **sent)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("conversation", ["a" * 129, "a b", "ä", "a.b", "%2e%2e", "a'--"])
def test_a_malformed_conversation_is_refused(door: Service, conversation: str) -> None:
    for answer in (
        door.client.post(f"/webchat/{conversation}/messages", json={"text": "x"}),
        door.client.get(f"/webchat/{conversation}/messages"),
    ):
        assert answer.status_code in (400, 404)
        assert "error" in answer.json()


@pytest.mark.parametrize("conversation", ["a", "A-b_9", "x" * 128])
def test_any_well_formed_conversation_is_accepted(door: Service, conversation: str) -> None:
    assert door.say("hello", conversation)["replies"]


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "x"}, {"after": "9" * 40}, {"wait": "soon"}]
)
def test_a_malformed_question_for_messages_is_refused(door: Service, query: dict[str, str]) -> None:
    assert door.client.get(f"/webchat/{new()}/messages", params=query).status_code == 400


KINDS = [
    ("only white space", " \n ", "unsupported"),
    ("nothing", "", "unsupported"),
    ("a command", "/help", "command"),
]


@pytest.mark.parametrize(("label", "text", "kind"), KINDS, ids=[c[0] for c in KINDS])
def test_kinds_of_text(door: Service, label: str, text: str, kind: str) -> None:
    assert door.say(text, new())["replies"][0]["text"].startswith(f"Thank you for the {kind}.")


def test_a_very_long_text_is_kept_and_marked(service: Service) -> None:
    service.say("x" * 5000, "long")
    assert service.engine.turns[-1]["metadata"]["too_long"] is True
    assert history(service, "long")[0]["text"] == "x" * 5000


def test_a_flood_is_slowed_down_for_its_own_conversation_only() -> None:
    limit = RateLimit(burst=3, per_second=0.0)
    assert [limit.allows("flood") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("other")


def test_the_limiter_remembers_a_bounded_number_of_conversations() -> None:
    limit = RateLimit(burst=1, per_second=0.0, keys=100)
    for number in range(1000):
        assert limit.allows(str(number))
    assert len(limit._left) == 100


def test_a_client_that_stops_sending_is_let_go(
    door: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.http_guard.UPLOAD_SECONDS", 0.2)
    host, _, port = door.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST /webchat/slow/messages HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        client.settimeout(LONGEST_SECONDS)
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"came too slowly" in answer


HEADS = [
    ("line by line", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "),
    ("not a word", b""),
    ("endless", b"GET /healthz HTTP/1.1\r\nX-Big: " + b"x" * 100_000),
]


@pytest.mark.parametrize(("label", "head"), HEADS, ids=[c[0] for c in HEADS])
def test_a_request_that_never_begins_is_hung_up_on(
    door: Service, monkeypatch: pytest.MonkeyPatch, label: str, head: bytes
) -> None:
    monkeypatch.setattr("connectors.http_protocol.HEAD_SECONDS", 0.2)
    host, _, port = door.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.settimeout(LONGEST_SECONDS)
        client.sendall(head)
        with suppress(ConnectionResetError):  # hung up on while still talking
            assert client.recv(65_536) == b""


def test_one_connection_serves_many_requests(door: Service) -> None:
    with httpx.Client(base_url=door.url, limits=httpx.Limits(max_connections=1)) as client:
        assert {client.get("/healthz").status_code for _ in range(20)} == {200}


def test_a_stop_does_not_wait_for_open_pages(tmp_path: Path, migrated_sqlite: Path) -> None:
    with running(tmp_path, migrated_sqlite) as service:
        service.say("hello", "open-page")
        seen = history(service, "open-page")[-1]["seq"]
        found: list[list[dict[str, Any]]] = []

        def wait() -> None:
            found.append(history(service, "open-page", after=seen, wait=25))

        page = threading.Thread(target=wait)
        page.start()
        service.stopping.set()
        page.join(LONGEST_SECONDS)
        assert found == [[]]
