"""People write in pieces and sometimes too much: one turn for the pieces, none left waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.store.tables import Due, Message
from connectors.intake_door import FLOOD_BURST
from connectors.texts import choose
from tests.connectors.conftest import Service, running
from tests.connectors.waiting import until

PHONE = "+8801712345678"
OTHER = "+8801799999999"
FLOOD = choose().said["flood"]


@pytest.fixture
def slow_service(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Service]:
    """A service whose clock stands still while people write; `pause_ends` ends the waiting."""
    with running(tmp_path, migrated_sqlite, INTAKE_MESSAGE_PAUSE_SECONDS="30") as made:
        instant = made.store.database.now()
        made.store.database.now = lambda: instant
        yield made


def pause_ends(service: Service) -> None:
    """Everybody has said all they wanted to say."""
    with service.store.database.write() as session:
        session.execute(update(Due).values(ready_at=service.store.database.now()))


def pause_ends_in_order(service: Service) -> None:
    """The same, once Twilio's list has told the place of every message on WhatsApp."""
    found = service.store.conversations.by_address("whatsapp", PHONE, service.twilio.sender)
    assert found is not None
    until(lambda: all(places(service, found.id)))
    pause_ends(service)


def test_short_messages_in_a_row_are_one_turn(slow_service: Service) -> None:
    service = slow_service
    for text in ("my mother", "has ovarian cancer", "stage 3"):
        service.push_whatsapp(service.twilio.inbound(PHONE, text))
    for text in ("my father", "has lymphoma"):
        service.push_telegram(service.telegram.message(text=text))
    pause_ends(service)
    [whatsapp] = until(lambda: service.twilio.outgoing)
    assert whatsapp["body"] == "You said: my mother\nhas ovarian cancer\nstage 3"
    [telegram] = until(lambda: service.telegram.sent)
    assert telegram["text"] == "You said: my father\nhas lymphoma"


def test_messages_of_telegram_that_crossed_are_put_in_order(slow_service: Service) -> None:
    service = slow_service
    first, second = (service.telegram.message(text=text) for text in ("first", "second"))
    service.push_telegram(second)
    service.push_telegram(first)
    pause_ends(service)
    [sent] = until(lambda: service.telegram.sent)
    assert sent["text"] == "You said: first\nsecond"


def test_pieces_of_whatsapp_that_crossed_are_put_in_order(slow_service: Service) -> None:
    service = slow_service
    first, second = (service.twilio.inbound(PHONE, text) for text in ("first", "second"))
    service.push_whatsapp(second)
    service.push_whatsapp(first)
    pause_ends_in_order(service)
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["body"] == "You said: first\nsecond"


def test_a_tap_that_a_word_overtook_comes_first_again(slow_service: Service) -> None:
    service = slow_service
    pressed = {"ButtonText": "Walking about", "ButtonPayload": "old", "MessageType": "button"}
    tap = service.twilio.inbound(PHONE, "Walking about", **pressed)
    word = service.twilio.inbound(PHONE, "thank you")
    service.push_whatsapp(word)
    service.push_whatsapp(tap)
    pause_ends_in_order(service)
    until(lambda: len(service.engine.turns) == 2)
    assert [turn["text"] for turn in service.engine.turns] == ["Walking about", "thank you"]


def places(service: Service, conversation_id: str) -> list[int | None]:
    """The provider's order of what is waiting, where it is known."""
    with service.store.database.read() as session:
        query = select(Message.sequence).where(Message.conversation_id == conversation_id)
        return list(session.scalars(query))


def test_an_album_is_one_turn_with_all_its_files(slow_service: Service) -> None:
    service = slow_service
    for number in range(3):
        photo = {"file_id": f"f{number}", "file_unique_id": "u", "width": 9, "height": 9}
        caption = {"caption": "her scans"} if number == 0 else {}
        service.push_telegram(
            service.telegram.message(photo=[photo], media_group_id="album", **caption)
        )
    pause_ends(service)
    until(lambda: service.telegram.sent)
    [turn] = service.engine.turns
    assert len(turn["metadata"]["files"]) == 3
    assert (turn["text"], turn["metadata"]["kind"]) == ("her scans", "file")


def test_words_of_an_emergency_do_not_wait(slow_service: Service) -> None:
    service = slow_service
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    service.push_whatsapp(service.twilio.inbound(OTHER, "she cannot breathe at all"))
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["to"] == f"whatsapp:{OTHER}"


def test_an_emergency_is_found_among_many_who_write_at_once(slow_service: Service) -> None:
    service = slow_service
    for number in range(40):
        text = "she cannot breathe at all" if number == 20 else f"hello {number}"
        service.push_whatsapp(service.twilio.inbound(f"+88018{number:08d}", text))
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["to"] == "whatsapp:+8801800000020"


def test_a_tap_and_a_command_do_not_wait(slow_service: Service) -> None:
    service = slow_service
    service.push_telegram(service.telegram.message(text="/help"))
    [sent] = until(lambda: service.telegram.sent)
    assert sent["text"].startswith("Thank you for the command")


def test_the_browser_does_not_wait(slow_service: Service) -> None:
    assert slow_service.say("hello")["replies"][0]["text"] == "You said: hello"


@pytest.fixture
def strict_service(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """A service whose patience with a flood does not grow back, however slowly a test writes."""
    monkeypatch.setattr("connectors.intake_door.FLOOD_PER_SECOND", 0.0)
    with running(tmp_path, migrated_sqlite) as made:
        yield made


def test_a_flood_is_told_once_kept_and_delays_nobody(strict_service: Service) -> None:
    service = strict_service
    for number in range(FLOOD_BURST + 30):
        answer = service.push_whatsapp(service.twilio.inbound(PHONE, f"spam {number}"))
        assert answer.status_code == 200
    service.push_whatsapp(service.twilio.inbound(OTHER, "hello"))
    until(lambda: [m for m in service.twilio.outgoing if m["to"].endswith(OTHER)])
    told = until(lambda: [m for m in service.twilio.outgoing if m["body"] == FLOOD])
    found = service.store.conversations.by_address("whatsapp", PHONE, service.twilio.sender)
    assert found is not None
    lines = service.store.transcript(found.id, limit=500)
    kept = [line for line in lines if line.text and line.text.startswith("spam")]
    assert len(kept) == FLOOD_BURST + 30
    limited = [line for line in kept if line.error_code == "flood"]
    assert limited
    until(lambda: service.store.inbox.depth().waiting == 0)
    assert len([m for m in service.twilio.outgoing if m["body"] == FLOOD]) == len(told) == 1
    heard = "\n".join(turn["text"] for turn in service.engine.turns)
    assert all((line.text or "") not in heard.split("\n") for line in limited)


def test_an_emergency_is_heard_in_a_flood(strict_service: Service) -> None:
    service = strict_service
    for number in range(FLOOD_BURST + 5):
        service.push_whatsapp(service.twilio.inbound(PHONE, f"spam {number}"))
    service.push_whatsapp(service.twilio.inbound(PHONE, "he is coughing up a lot of blood"))
    until(lambda: [t for t in service.engine.turns if "coughing up" in (t["text"] or "")])
