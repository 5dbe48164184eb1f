"""Edits are offered as corrections; a family shares a case from two doors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.store.attention import CHANGED
from bot.store.messages import Author, Kind, OutboundReply
from bot.store.queries import CaseFilter
from connectors.texts import choose
from tests.connectors.conftest import Service
from tests.connectors.waiting import until
from tests.store.people import intake

PHONE = "+8801712345678"
SAID = choose().said


def edit(service: Service, update: dict[str, Any], text: str) -> None:
    """The person edits a message of theirs."""
    edited = update["message"] | {"text": text, "edit_date": update["message"]["date"] + 60}
    assert service.push_telegram(service.telegram.update(edited_message=edited)).status_code == 200


def texts(service: Service) -> list[str]:
    return [message["text"] for message in service.telegram.sent]


def heard(service: Service) -> list[str]:
    return [turn["text"] for turn in service.engine.turns]


def tap(service: Service, title: str) -> None:
    message = service.telegram.sent[-1]
    rows = message["reply_markup"]["inline_keyboard"]
    button = next(b for row in rows for b in row if b["text"] == title)
    service.push_telegram(service.telegram.press(button["callback_data"], message))


def said_and_edited(service: Service, text: str) -> None:
    update = service.telegram.message(text="stage 2")
    service.push_telegram(update)
    until(lambda: texts(service) == ["You said: stage 2"])
    edit(service, update, text)


def test_an_edit_is_offered_and_taken_in_when_the_person_says_so(service: Service) -> None:
    said_and_edited(service, "stage 3")
    until(lambda: len(texts(service)) == 2)
    assert texts(service)[1] == SAID["edit_offer"].format(text="stage 3")
    assert heard(service) == ["stage 2"]
    tap(service, SAID["edit_take"])
    until(lambda: texts(service)[2:] == ["You said: stage 3"])
    assert service.engine.turns[-1]["metadata"]["kind"] == "text"
    assert service.engine.turns[-1]["payload"] is None


def test_an_edit_that_is_declined_changes_nothing(service: Service) -> None:
    said_and_edited(service, "stage 3")
    until(lambda: len(texts(service)) == 2)
    tap(service, SAID["edit_leave"])
    until(lambda: texts(service)[2:] == [SAID["edit_left"]])
    assert heard(service) == ["stage 2"]


def test_an_edit_without_a_change_is_passed_over(service: Service) -> None:
    said_and_edited(service, "stage 2")
    service.push_telegram(service.telegram.message(text="next"))
    until(lambda: texts(service)[1:] == ["You said: next"])
    assert heard(service) == ["stage 2", "next"]


def test_an_emergency_written_into_an_edit_is_heard(service: Service) -> None:
    said_and_edited(service, "she cannot breathe at all")
    until(lambda: heard(service) == ["stage 2", "she cannot breathe at all"])


def test_an_edit_is_left_to_the_coordinator_who_speaks_with_the_person(service: Service) -> None:
    store = service.store
    update = service.telegram.message(text="stage 2")
    service.push_telegram(update)
    until(lambda: texts(service) == ["You said: stage 2"])
    found = store.conversations.by_address("telegram", "42", "123456")
    assert found is not None
    intake(store, found.id, "a-turn-of-the-dialogue", cancer_type="ovarian")
    assert store.conversations.take_over(found.id, "nadia", found.epoch)
    edit(service, update, "stage 3")
    until(lambda: store.queries.queue(CaseFilter(waiting=True)))
    case = store.cases.by_conversation(found.id)
    assert case is not None
    assert case.handover_reason == CHANGED
    newest = store.queries.talk([found.id])[0]
    assert (newest.kind, newest.text) == (Kind.EDITED, "stage 3")
    words = OutboundReply(text="Thank you, I have seen it.")
    store.outbox.enqueue(found.id, [words], Author.COORDINATOR, "nadia")
    until(lambda: len(texts(service)) == 2)
    assert texts(service)[1] == words.text


def code_of(text: str) -> str:
    found = re.search(r"link ([A-Z2-9]{6})", text)
    assert found is not None
    return found.group(1)


def bodies(service: Service) -> list[str]:
    return [message["body"] for message in service.twilio.outgoing]


def whatsapp(service: Service, text: str) -> str:
    """A message of the patient and the answer."""
    before = len(bodies(service))
    service.push_whatsapp(service.twilio.inbound(PHONE, text))
    until(lambda: len(bodies(service)) > before)
    return bodies(service)[before]


@pytest.mark.parametrize("form", ["link {}", "/link {}", "/start link-{}", "Link {}."])
def test_a_family_shares_a_case(service: Service, form: str) -> None:
    code = code_of(whatsapp(service, "link"))
    service.push_telegram(service.telegram.message(text=form.format(code)))
    until(lambda: texts(service) == [SAID["link_wait"]])
    asked = until(lambda: bodies(service)[2:])[0]
    assert "Rahim Uddin" in asked
    assert asked.endswith("1. I agree\n2. No, do not share")
    assert whatsapp(service, "1") == SAID["link_agreed"]
    until(lambda: texts(service)[1:] == [SAID["link_joined"]])
    doors = [
        service.store.conversations.by_address(channel, address, account)
        for channel, address, account in (
            ("whatsapp", PHONE, service.twilio.sender),
            ("telegram", "42", "123456"),
        )
    ]
    assert all(doors)
    linked = service.store.links.doors(doors[1].id if doors[1] else "")
    assert [door.channel for door in linked] == ["whatsapp", "telegram"]
    service.push_telegram(service.telegram.message(text="unlink"))
    until(lambda: texts(service)[2:] == [SAID["link_ended"]])
    assert heard(service) == []


def test_the_other_side_may_say_no(service: Service) -> None:
    code = code_of(whatsapp(service, "/link"))
    service.push_telegram(service.telegram.message(text=f"link {code}"))
    until(lambda: bodies(service)[2:])
    assert whatsapp(service, "no, do not share") == SAID["link_declined"]
    until(lambda: texts(service)[1:] == [SAID["link_refused"]])


def test_the_address_for_telegram_carries_the_code(service: Service) -> None:
    code = code_of(whatsapp(service, "link"))
    until(lambda: len(bodies(service)) == 2)
    assert bodies(service)[1].endswith(f"https://t.me/intake_standin_bot?start=link-{code}")


def test_codes_cannot_be_guessed(service: Service) -> None:
    for number in range(6):
        service.push_telegram(service.telegram.message(text=f"link ABCDE{number + 2}"))
        until(lambda: len(texts(service)) == number + 1)  # noqa: B023
    assert texts(service) == [SAID["link_unknown"]] * 5 + [SAID["link_too_often"]]


def test_another_deep_link_is_a_start(service: Service) -> None:
    service.push_telegram(service.telegram.message(text="/start clinic_dhaka"))
    until(lambda: texts(service) == ["Thank you for the command. /start clinic_dhaka"])
