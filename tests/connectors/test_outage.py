"""While something is away, nothing is lost: it is kept, asked for again, and taken in once."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.store import Store
from bot.store.errors import StoreUnavailable
from connectors.bell import Bell
from connectors.gate import Gate
from connectors.intake_door import Door
from connectors.metrics import Metrics
from connectors.polling import TelegramPolling
from connectors.provider_errors import Action, SendError
from connectors.reconciliation import Reconciliation
from connectors.twilio_client import TwilioClient
from tests.connectors.conftest import Service, make_settings
from tests.connectors.waiting import LONGEST_SECONDS, until
from tests.standins import twilio_api
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn

PHONE = "+8801712345678"


class Outage:
    """Makes the inbox unavailable for so many messages."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        receive = store.inbox.receive_many

        def flaky(arrivals: Any, seen: Any = None) -> Any:
            if self.left > 0:
                self.left -= 1
                raise StoreUnavailable("away")
            return receive(arrivals, seen)

        monkeypatch.setattr(store.inbox, "receive_many", flaky)


def test_twilio_is_answered_200_and_the_message_comes_from_the_disk(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.channels.REPLAY_SECONDS", 0.1)
    outage = Outage(service.store, monkeypatch)
    outage.left = 1
    params = service.twilio.inbound(PHONE, "during the outage")
    assert service.push_whatsapp(params).status_code == 200
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["body"] == "You said: during the outage"
    assert service.push_whatsapp(params).status_code == 200
    service.push_whatsapp(service.twilio.inbound(PHONE, "later"))
    until(lambda: len(service.twilio.outgoing) == 2)
    assert service.twilio.outgoing[1]["body"] == "You said: later"


def test_telegram_is_asked_to_come_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    Outage(service.store, monkeypatch).left = 1
    update = service.telegram.message(text="hello")
    answer = service.push_telegram(update)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert service.push_telegram(update).status_code == 200
    [sent] = until(lambda: service.telegram.sent)
    assert sent["text"] == "You said: hello"


def test_the_browser_is_told_to_send_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    Outage(service.store, monkeypatch).left = 1
    sent = {"text": "hello", "id": "one"}
    answer = service.client.post("/webchat/a/messages", json=sent)
    assert answer.status_code == 503
    assert "send it again" in answer.json()["error"]
    assert service.client.post("/webchat/a/messages", json=sent).json()["replies"]


def test_readiness_says_which_part_is_away(service: Service) -> None:
    service.engine.down = True
    answer = service.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "database": "ok",
        "engine": "unavailable",
        "actions": "ok",
    }
    assert service.client.get("/healthz").status_code == 200


# -- polling and reconciliation, around a real store ----------------------------------------------


@pytest.fixture
def door(sqlite_store: Store) -> Door:
    return Door(sqlite_store, None, None, Bell(), Metrics())  # type: ignore[arg-type]


class Updates:
    """A source of updates that remembers which offsets it was asked for."""

    account = "123456"

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.offsets: list[int] = []
        self.registered = False
        self.exhausted = asyncio.Event()

    async def updates(self, offset: int) -> list[dict[str, Any]]:
        self.offsets.append(offset)
        if not self.answers:
            self.exhausted.set()
            await asyncio.Event().wait()
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    async def delete_webhook(self) -> None:
        self.registered = True


async def poll(source: Updates, door: Door, errands: list[Any]) -> None:
    task = asyncio.create_task(TelegramPolling(source, door, errands.append).run())
    async with asyncio.timeout(LONGEST_SECONDS):
        await source.exhausted.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def heard(sqlite_store: Store, user: str = "42") -> list[str | None]:
    info = sqlite_store.conversations.by_address("telegram", user, "123456")
    return [line.text for line in sqlite_store.transcript(info.id)][::-1] if info else []


async def test_the_offset_moves_after_the_commit_only(
    sqlite_store: Store, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.polling._PAUSE", 0.01)
    standin = TelegramStandIn()
    first, second = standin.message(text="one"), standin.message(text="two")
    Outage(sqlite_store, monkeypatch).left = 1
    source = Updates([first, second], [first, second])
    await poll(source, door, [])
    assert source.registered
    assert source.offsets == [0, 0, second["update_id"] + 1]
    assert heard(sqlite_store) == ["one", "two"]


async def test_a_strange_update_does_not_stop_the_others(sqlite_store: Store, door: Door) -> None:
    standin = TelegramStandIn()
    strange = {"update_id": 5, "message": {"message_id": "x"}}
    source = Updates([strange, standin.message(text="after")], [])
    await poll(source, door, [])
    assert heard(sqlite_store) == ["after"]


async def test_an_update_twice_is_taken_once(sqlite_store: Store, door: Door) -> None:
    update = TelegramStandIn().message(text="once")
    await poll(Updates([update], [update]), door, [])
    assert heard(sqlite_store) == ["once"]


async def test_errands_of_polling_are_run(sqlite_store: Store, door: Door) -> None:
    update = TelegramStandIn().message(text="x", chat={"id": -5, "type": "group", "title": "F"})
    errands: list[Any] = []
    await poll(Updates([update], []), door, errands)
    assert [e.chat_id for e in errands] == [-5]


async def test_polling_waits_while_telegram_is_away(
    sqlite_store: Store, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.polling._PAUSE", 0.01)
    update = TelegramStandIn().message(text="after")
    source = Updates(SendError(Action.RETRY, "x"), SendError(Action.RETRY, "x"), [update])
    await poll(source, door, [])
    assert heard(sqlite_store) == ["after"]


async def test_what_twilio_could_not_deliver_is_taken_in_once(
    sqlite_store: Store, door: Door, tmp_path: Path
) -> None:
    twilio = TwilioStandIn()
    settings = make_settings(
        tmp_path,
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
        TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
    )
    client = TwilioClient(settings, transport=httpx.ASGITransport(app=twilio.app()))
    twilio.inbound(PHONE, "first")
    photo = twilio.inbound(PHONE, "the scan", NumMedia="1")
    twilio.add_media(photo["MessageSid"], "image/jpeg", b"x", "https://api.twilio.com")
    twilio.messages.append(twilio.messages[0] | {"sid": "SM" + "0" * 32, "from": "+1 an SMS"})
    reconciliation = Reconciliation(
        client, door, sqlite_store.inbox, Gate(Bell()), sqlite_store.beats, 300.0
    )
    since = twilio.messages[0]["_at"]
    assert await reconciliation.look(since) == 2
    assert await reconciliation.look(since) == 0
    info = sqlite_store.conversations.by_address("whatsapp", PHONE, twilio_api.SENDER)
    assert info is not None
    lines = sqlite_store.transcript(info.id)[::-1]
    assert [line.text for line in lines] == ["first", "the scan"]
    taken = lines[1].incoming
    assert taken is not None
    assert taken.files[0].content_type == "image/jpeg"
    await client.aclose()
