"""A gentle reminder of missing records: when it is due, who never gets one, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.facts.case import CaseState
from bot.settings import Settings
from bot.store import Store
from bot.store.messages import State
from bot.wording import catalogue
from connectors.bell import Bell
from connectors.reminders import ReminderJob
from connectors.sender import Sender
from connectors.twilio_client import TwilioClient
from tests.conftest import KEY, Clock
from tests.export.cases import assessed_case
from tests.standins import twilio_api
from tests.standins.twilio_api import TwilioStandIn
from tests.store.people import claimed, says

TEMPLATE = "HX" + "1" * 32


def job(store: Store, **settings: Any) -> ReminderJob:
    given = {"INTAKE_DATA_KEYS": KEY, "INTAKE_REMINDER_HOURS": 48, **settings}
    return ReminderJob(store, Settings(_env_file=None, **given), Bell())  # type: ignore[arg-type]


def sent(store: Store, conversation: str) -> list[str]:
    """What the person was sent, oldest first."""
    lines = store.transcript(conversation)
    return [line.text or "" for line in reversed(lines) if line.outgoing]


def test_a_reminder_comes_after_the_silence_and_names_what_is_missing(
    store: Store, clock: Clock
) -> None:
    conversation, number = assessed_case(store, channel="telegram", account="bot")
    reminders = job(store)
    clock.forward(hours=47)
    assert reminders.remind() == 0
    clock.forward(hours=2)
    assert reminders.remind() == 1
    (text,) = sent(store, conversation)
    assert number in text
    assert "Original pathology (biopsy) report" in text
    assert "pause" in text
    line = store.transcript(conversation)[0]
    assert line.state is State.QUEUED
    assert line.outgoing is not None
    assert {b.title for b in line.outgoing.buttons} == {"What is missing?", "No more reminders"}


def test_a_reminder_is_written_once_whoever_looks_and_comes_again_only_after_the_pause(
    store: Store, clock: Clock
) -> None:
    conversation, _ = assessed_case(store, channel="telegram", account="bot")
    clock.forward(hours=49)
    due = store.reminders.due(job(store).pace)
    assert [job(store).remind(), job(store).remind()] == [1, 0]
    late = store.reminders.remind(due[0], job(store).pace, job(store).compose)
    assert late == "not_due"  # a process that looked before the other wrote
    clock.forward(hours=49)
    assert job(store).remind() == 1
    clock.forward(hours=49)
    assert job(store).remind() == 0, "two until the person writes again"
    assert len(sent(store, conversation)) == 2
    says(store, channel="telegram", account="bot")
    clock.forward(hours=49)
    store.inbox.finish(claimed(store), [])
    assert job(store).remind() == 1


def _held(store: Store, conversation: str, number: str) -> None:
    def take(case: Any) -> None:
        case.state = CaseState.HUMAN

    store.desk.change(number, "rita", "case.take_over", take)


def _emergency(store: Store, conversation: str, number: str) -> None:
    def change(case: Any) -> None:
        case.state = CaseState.EMERGENCY

    store.desk.change(number, "rita", "case.test", change)


def _stopped(store: Store, conversation: str, number: str) -> None:
    store.desk.change(number, "bot", "case.test", lambda c: c.memory.update(stopped=True))


def _paused(store: Store, conversation: str, number: str) -> None:
    store.desk.change(number, "bot", "case.test", lambda c: c.memory.update(no_reminders=True))


def _submitted(store: Store, conversation: str, number: str) -> None:
    store.desk.set_state(number, "rita", "submitted")


def _complete(store: Store, conversation: str, number: str) -> None:
    for item in store.cases.checklist(number):
        if item.level == "C":
            store.desk.check_item(number, "rita", item.id, "received")


def _blocked(store: Store, conversation: str, number: str) -> None:
    says(store, None, channel="telegram", account="bot", kind="blocked")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "happens", [_held, _emergency, _stopped, _paused, _submitted, _complete, _blocked]
)
def test_who_must_not_be_reminded_never_is(
    store: Store, clock: Clock, happens: Callable[[Store, str, str], None]
) -> None:
    conversation, number = assessed_case(store, channel="telegram", account="bot")
    happens(store, conversation, number)
    for _ in range(4):
        clock.forward(hours=49)
        assert job(store).remind() == 0
    assert sent(store, conversation) == []


def test_without_consent_nobody_is_reminded(store: Store, clock: Clock) -> None:
    assessed_case(store, consent=False)
    clock.forward(hours=20)
    assert job(store, INTAKE_REMINDER_HOURS=10).remind() == 0


def test_reminders_can_be_switched_off(store: Store, clock: Clock) -> None:
    assessed_case(store, channel="telegram", account="bot")
    clock.forward(hours=100)
    assert job(store, INTAKE_REMINDER_MOST=0).remind() == 0


def test_outside_the_window_without_a_template_only_the_coordinator_sees_it(
    store: Store, clock: Clock
) -> None:
    conversation, number = assessed_case(store)
    clock.forward(hours=49)
    assert job(store).remind() == 0
    assert sent(store, conversation) == []
    case = store.cases.by_number(number)
    assert case is not None
    assert "reminder_not_sent" in case.memory["alerts"]
    line = store.queries.line(number)
    assert line is not None
    assert line.waiting_since is not None, "the case stands in the coordinators' queue"


def test_inside_the_window_the_reminder_is_plain_text(store: Store, clock: Clock) -> None:
    conversation, number = assessed_case(store)
    clock.forward(hours=21)
    assert job(store, INTAKE_REMINDER_HOURS=20).remind() == 1
    assert number in sent(store, conversation)[0]


async def test_outside_the_window_the_approved_template_goes_out(
    sqlite_store: Store, clock: Clock
) -> None:
    clock.now -= timedelta(days=3)
    conversation, number = assessed_case(sqlite_store)
    clock.forward(days=3)
    assert job(sqlite_store, TWILIO_REMINDER_TEMPLATE=TEMPLATE).remind() == 1
    twilio = TwilioStandIn()
    wording = catalogue().render("utter_reminder_template", "en", {"case": "{{1}}"})
    twilio.contents.made[TEMPLATE] = {
        "friendly_name": "records_reminder",
        "language": "en",
        "variables": {"1": "C-7K3M-42"},
        "types": {"twilio/text": {"body": wording}},
    }
    twilio.contents.approved.add(TEMPLATE)
    fields: dict[str, str] = {}

    def note(request: httpx.Request) -> None:
        fields.update(httpx.QueryParams(request.content.decode()))

    async def noted(request: httpx.Request) -> None:
        note(request)

    settings = Settings(
        _env_file=None,
        INTAKE_DATA_KEYS=KEY,
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
        TWILIO_WHATSAPP_FROM=f"whatsapp:{twilio_api.SENDER}",
        TWILIO_API_URL="http://twilio.test",
        INTAKE_PUBLIC_URL="https://intake.test",
    )
    client = TwilioClient(settings, transport=httpx.ASGITransport(twilio.app()))
    client._http.event_hooks["request"].append(noted)
    sender = Sender(sqlite_store, [client], to_send=Bell())
    delivery = sqlite_store.outbox.claim("sender", ["whatsapp"])
    assert delivery is not None
    assert await sender._send(delivery) == "sent"
    await client.aclose()
    assert fields["ContentSid"] == TEMPLATE
    assert fields["ContentVariables"] == f'{{"1": "{number}"}}'
    assert "Body" not in fields
    assert "MediaUrl" not in fields
    line = sqlite_store.transcript(conversation)[0]
    assert line.state is State.SENT
    assert "pathology" not in (line.text or ""), "an approved text names no paper"
