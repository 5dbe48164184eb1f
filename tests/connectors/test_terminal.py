"""`intake chat`: the same conversation, typed in a terminal."""

from __future__ import annotations

import io

import httpx
import pytest

from connectors.terminal import ChatError, Conversation, chat
from tests.connectors.conftest import Service


def test_a_conversation_with_choices(door: Service) -> None:
    conversation = Conversation(door.client)
    assert conversation.say("hello") == ["You said: hello"]
    assert conversation.say("buttons") == [
        "How is she on most days?",
        "  1. Walking about",
        "  2. Mostly in bed",
    ]
    assert '"value": 3' in conversation.say("2")[0]
    assert conversation.say("twice") == ["First.", "Second."]


def test_lines_are_read_until_the_end(
    door: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n\n"))
    chat(door.url)
    assert "You said: hello" in capsys.readouterr().out


def test_nobody_at_the_address_is_one_clear_line() -> None:
    client = httpx.Client(base_url="http://127.0.0.1:9")
    with client, pytest.raises(ChatError, match="intake run"):
        Conversation(client).say("hello")


def test_what_is_no_service_is_one_clear_line(door: Service) -> None:
    with httpx.Client(base_url=f"{door.url}/chat") as client, pytest.raises(ChatError):
        Conversation(client).say("hello")
