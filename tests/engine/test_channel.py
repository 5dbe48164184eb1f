"""The engine's own door: who may enter, what a turn gets and gives, and how it fails."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from tests.engine.conftest import Actions
from tests.engine.server import TOKEN, Engine

pytestmark = pytest.mark.engine


def turn(engine: Engine, **fields: Any) -> tuple[int, dict[str, Any]]:
    """One turn of conversation `c` with sensible fields where the test names none."""
    body: dict[str, Any] = {"conversation": "c", "message_id": "m1", "text": "hello"}
    return engine.post("/turn", body | fields)


def test_says_when_it_is_ready(engine: Engine) -> None:
    with urllib.request.urlopen(f"{engine.url}/webhooks/intake/") as response:  # noqa: S310
        assert json.load(response) == {"ready": True}


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
@pytest.mark.parametrize("route", ["/turn", "/understand", "/forget"])
def test_no_way_in_without_the_token(engine: Engine, route: str, token: str) -> None:
    status, answer = engine.post(route, {}, token=token)
    assert status == 401
    assert answer == {"error": "wrong or missing token"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{not json", "not JSON"),
        (b"[]", "not an object"),
        ({"message_id": "1", "text": "x"}, "conversation"),
        ({"conversation": "c", "text": "x"}, "message_id"),
        ({"conversation": "c", "message_id": "1", "text": 5}, "text"),
        ({"conversation": "c", "message_id": "1", "payload": "answer"}, "payload"),
        ({"conversation": "c", "message_id": "1", "text": "x", "metadata": []}, ""),
    ],
)
def test_a_malformed_turn_is_refused_by_name(engine: Engine, body: Any, named: str) -> None:
    status, answer = engine.post("/turn", body)
    if named:
        assert status == 400
        assert named in answer["error"]
    else:  # an empty list is as good as no metadata
        assert status == 200


def test_replies_come_back_with_text_buttons_files_and_name(
    engine: Engine, actions: Actions
) -> None:
    button = {"title": "Yes", "payload": '/answer{"fact": "consent_data", "value": true}'}
    file = {"name": "letter.pdf", "key": "k1", "content_type": "application/pdf"}
    actions.answer["responses"] = [
        {"response": "utter_thanks", "buttons": [button], "files": [file]},
        {"text": "Plain."},
    ]
    status, answer = turn(engine)
    assert status == 200
    named, plain = answer["replies"]
    assert named["response"] == "utter_thanks"
    assert named["text"]
    assert named["buttons"] == [button]
    assert named["files"] == [file]
    assert plain == {"text": "Plain.", "buttons": [], "files": [], "response": None}


def test_values_fill_the_text(engine: Engine, actions: Actions) -> None:
    actions.answer["responses"] = [{"response": "utter_faq", "values": {"answer": "Because."}}]
    _, answer = turn(engine)
    assert answer["replies"][0]["text"] == "Because."


def test_an_answer_tells_where_its_time_went(engine: Engine, actions: Actions) -> None:
    actions.answer["responses"] = [{"response": "utter_thanks"}]
    _, answer = turn(engine)
    assert set(answer["seconds"]) == {"understand", "predict", "act", "say"}
    assert all(spent > 0 for spent in answer["seconds"].values())


def test_a_reply_with_blank_lines_stays_one_message(engine: Engine, actions: Actions) -> None:
    actions.answer["responses"] = [{"text": "One.\n\nTwo."}]
    _, answer = turn(engine)
    assert [r["text"] for r in answer["replies"]] == ["One.\n\nTwo."]


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "/session_start",
        "/answer",
        '/answer{"fact": "ecog", "value": 0}',
        '/intent{"name": "x"}',
        ' /move{"name": "x"}',
    ],
)
def test_typed_text_is_never_a_payload(engine: Engine, actions: Actions, typed: str) -> None:
    status, _ = turn(engine, text=typed)
    assert status == 200
    assert actions.heard["text"].lstrip("\u200b") == typed.strip()
    assert actions.heard["intent"]["name"] not in {"answer", "move", "restart", "session_start"}
    assert not [e for e in actions.heard["entities"] if e["extractor"] == "RegexMessageHandler"]


def test_a_payload_is_an_intent_with_its_values(engine: Engine, actions: Actions) -> None:
    turn(engine, text=None, payload='/answer{"fact": "ecog", "value": 1}')
    assert actions.heard["intent"]["name"] == "answer"
    assert {e["entity"]: e["value"] for e in actions.heard["entities"]} == {
        "fact": "ecog",
        "value": 1,
    }


@pytest.mark.parametrize(("kind", "intent"), [("file", "send_records"), ("location", "inform")])
def test_a_message_without_words_still_is_a_turn(
    engine: Engine, actions: Actions, kind: str, intent: str
) -> None:
    status, _ = turn(engine, text=None, metadata={"kind": kind})
    assert status == 200
    assert actions.heard["intent"]["name"] == intent
    assert actions.heard["metadata"]["kind"] == kind


def test_a_shared_location_is_heard_as_its_city(engine: Engine, actions: Actions) -> None:
    shared = {"lat": 23.81, "lon": 90.41}
    turn(engine, text=None, metadata={"kind": "location", "location": shared})
    assert actions.heard["text"] == "Dhaka, Bangladesh"
    assert actions.heard["intent"]["name"] == "inform"


def test_the_action_learns_which_message_this_is(engine: Engine, actions: Actions) -> None:
    turn(engine, message_id="wamid.7", metadata={"channel": "whatsapp", "asks": "country"})
    call = actions.calls[-1]
    assert call["next_action"] == "action_take_turn"
    assert call["sender_id"] == "c"
    assert actions.heard["message_id"] == "wamid.7"
    assert actions.heard["metadata"]["asks"] == "country"
    assert actions.authorizations[-1] == f"Bearer {TOKEN}"


def test_neither_the_domain_nor_old_turns_travel(engine: Engine, actions: Actions) -> None:
    sizes = []
    for number in range(40):
        turn(engine, conversation="long", message_id=f"m{number}", text="we live in Lagos")
        sizes.append(len(json.dumps(actions.calls[-1])))
    assert actions.calls[-1]["domain"] == {}
    assert max(sizes[5:]) - min(sizes[5:]) < 200


def test_an_erased_conversation_starts_from_nothing(engine: Engine, actions: Actions) -> None:
    actions.answer["events"] = [{"event": "slot", "name": "diagnosis", "value": "ovarian"}]
    turn(engine, conversation="erased", text="she has ovarian cancer")
    actions.answer["events"] = []
    turn(engine, conversation="erased", message_id="m2")
    assert actions.calls[-1]["tracker"]["slots"]["diagnosis"] == "ovarian"
    assert engine.post("/forget", {"conversation": "erased"}) == (200, {"forgotten": True})
    turn(engine, conversation="erased", message_id="m3")
    assert actions.calls[-1]["tracker"]["slots"]["diagnosis"] is None
    assert "ovarian" not in json.dumps(actions.calls[-1])


def test_slots_outlive_the_turns_that_set_them(engine: Engine, actions: Actions) -> None:
    actions.answer["events"] = [{"event": "slot", "name": "location", "value": "BD"}]
    turn(engine, conversation="slots", message_id="first")
    actions.answer["events"] = []
    for number in range(10):
        turn(engine, conversation="slots", message_id=f"m{number}")
    assert actions.calls[-1]["tracker"]["slots"]["location"] == "BD"


def test_a_failed_action_is_an_error_without_content_and_can_be_tried_again(
    engine: Engine, actions: Actions
) -> None:
    actions.status = 500
    actions.answer = {"error": "she said she has cancer", "action_name": "action_take_turn"}
    status, answer = turn(engine, conversation="f", text="my mother Amina has ovarian cancer")
    assert status == 500
    assert "Amina" not in json.dumps(answer)
    assert "cancer" not in json.dumps(answer)
    log = engine.log.read_text(errors="replace")
    assert "Amina" not in log
    assert "she said" not in log
    actions.reset()
    actions.answer["responses"] = [{"text": "Here again."}]
    status, answer = turn(engine, conversation="f", text="my mother Amina has ovarian cancer")
    assert status == 200
    assert answer["replies"][0]["text"] == "Here again."


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a\u0301" * 20_000,
        "\u200b" * 5_000,
        "x" * 4_000,
        "\u202eabc\u202c" * 500,
        "{{" * 2_000 + "}}",
        "\x00\x01\x02 hello",
        "🙏" * 3_000,
        "{'a': 1} [b](c)" * 300,
    ],
)
def test_hostile_text_is_answered_like_any_other(
    engine: Engine, actions: Actions, text: str
) -> None:
    status, _ = turn(engine, text=text)
    assert status == 200
    assert actions.calls


def test_understanding_answers_each_message_under_its_id(engine: Engine) -> None:
    messages = [{"id": "a", "text": "hello"}, {"id": 2, "text": "/status", "asks": "country"}]
    status, answer = engine.post("/understand", {"messages": messages})
    assert status == 200
    assert [r["id"] for r in answer["results"]] == ["a", 2]
    assert set(answer["results"][0]) >= {"intent", "confidence", "topic", "reading"}


@pytest.mark.parametrize("body", [{}, {"messages": "x"}, {"messages": [{"id": 1}]}])
def test_malformed_understanding_is_refused(engine: Engine, body: Any) -> None:
    status, answer = engine.post("/understand", body)
    assert status == 400
    assert "messages" in answer["error"]
