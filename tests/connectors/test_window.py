"""WhatsApp's 24 hours: what may not be sent waits, is seen, and is told of by an approved line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store import Author, OutboundReply, State
from connectors.content_templates import REOPEN, definition
from connectors.texts import choose
from tests.connectors.conftest import Service, running
from tests.connectors.waiting import until

PHONE = "+8801712345678"
CONTENT = "HX" + "0" * 32
LINE = choose().said[REOPEN]


@pytest.fixture
def service(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Service]:
    """A service with an approved line for people who have been silent."""
    with running(tmp_path, migrated_sqlite, TWILIO_CONTENT_SIDS=f"reopen={CONTENT}") as made:
        made.twilio.contents.made[CONTENT] = definition(REOPEN)
        made.twilio.contents.approved.add(CONTENT)
        yield made


def bodies(service: Service) -> list[str]:
    return [message["body"] for message in service.twilio.outgoing]


def report(service: Service, sid: str, status: str, code: int) -> None:
    message = next(m for m in service.twilio.messages if m["sid"] == sid)
    path = service.twilio.callbacks[sid].removeprefix(service.url)
    params = {
        "MessageSid": sid,
        "MessageStatus": status,
        "ErrorCode": str(code),
        "From": message["from"],
        "To": message["to"],
    }
    assert service.push_whatsapp(params, path).status_code == 204


def held(service: Service) -> list[Any]:
    return service.store.dead_letters.waiting()


def test_a_reply_that_found_the_window_shut_waits_and_the_person_is_told_once(
    service: Service,
) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    conversation = service.store.conversations.by_address("whatsapp", PHONE, service.twilio.sender)
    assert conversation is not None
    until(lambda: service.store.outbox.depth().waiting == 0)
    for _ in range(2):  # reports come twice
        report(service, sent["sid"], "failed", 63016)
    until(lambda: bodies(service) == ["You said: hello", LINE])
    [line] = held(service)
    assert (line.code, line.state) == ("63016", State.HELD)
    service.push_whatsapp(service.twilio.inbound(PHONE, "yes?"))
    until(lambda: len(bodies(service)) == 4)
    assert bodies(service)[2:] == ["You said: hello", "You said: yes?"]
    assert held(service) == []


def test_a_coordinators_words_after_a_day_wait_for_the_person(service: Service) -> None:
    params = service.twilio.inbound(PHONE, "hello")
    long_ago = datetime.now(UTC) - timedelta(hours=30)
    taken = service.store.inbox.receive(whatsapp(params, long_ago))
    until(lambda: bodies(service) == [LINE])  # the answer came too late to be sent
    words = OutboundReply(text="Are you well?")
    for _ in range(2):
        service.store.outbox.enqueue(taken.conversation_id, [words], Author.COORDINATOR, "nadia")
    until(lambda: len(held(service)) == 3)
    assert bodies(service) == [LINE]
    service.push_whatsapp(service.twilio.inbound(PHONE, "here"))
    until(lambda: len(bodies(service)) == 5)
    assert bodies(service)[1:4] == ["You said: hello", "Are you well?", "Are you well?"]


def test_a_rate_limit_reported_later_is_sent_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.delivery_states.backoff", lambda _tries: timedelta())
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    until(lambda: service.store.outbox.depth().waiting == 0)
    report(service, sent["sid"], "failed", 63018)
    until(lambda: bodies(service) == ["You said: hello"] * 2)


def test_who_cannot_be_reached_is_shown_to_coordinators(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    until(lambda: service.store.outbox.depth().waiting == 0)
    report(service, sent["sid"], "undelivered", 63024)
    [line] = service.store.dead_letters.given_up()
    assert (line.code, line.state) == ("63024", State.FAILED)
    assert bodies(service) == ["You said: hello"]


def whatsapp(params: dict[str, str], at: datetime) -> Any:
    from connectors.whatsapp import Params, parse_message

    message = parse_message(Params({name: [value] for name, value in params.items()}))
    return message.model_copy(update={"sent_at": at})
