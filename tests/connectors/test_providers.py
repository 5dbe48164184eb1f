"""What we send is what the providers accept; what they refuse has its consequence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.store.messages import Author, FileRef, IssuedButton, Outgoing
from bot.store.records import Delivery
from connectors.provider_errors import Action, SendError, twilio_errors
from connectors.telegram import AnswerPress, LeaveGroup, parse_update
from connectors.telegram_client import TelegramClient
from connectors.texts import choose, languages
from connectors.twilio_client import TwilioClient
from tests.connectors.conftest import make_settings
from tests.standins import telegram_api, twilio_api
from tests.standins.serving import serving
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import Fault, TwilioStandIn

PHONE = "+8801712345678"
BUTTONS = (IssuedButton(title="Yes", token="t" * 22), IssuedButton(title="No", token="u" * 22))


def row(text: str = "Hello", address: str = PHONE, **more: Any) -> Delivery:
    fields: dict[str, Any] = {
        "message_id": "m-1_A",
        "conversation_id": "c",
        "token": "t",
        "lease_until": datetime.now(UTC),
        "channel": "whatsapp",
        "account": "+14155238886",
        "address": address,
        "alt_address": None,
        "author": Author.BOT,
        "content": Outgoing(text=text),
        "attempts": 1,
        "created_at": datetime.now(UTC) - timedelta(seconds=5),
        "last_inbound_at": datetime.now(UTC),
        "language": "en",
    }
    return Delivery(**(fields | more))


@pytest.fixture
def twilio() -> TwilioStandIn:
    return TwilioStandIn()


@pytest.fixture
async def twilio_client(tmp_path: Path, twilio: TwilioStandIn) -> AsyncIterator[TwilioClient]:
    settings = make_settings(
        tmp_path,
        INTAKE_PUBLIC_URL="https://intake.example.org",
        TWILIO_API_URL="https://api.twilio.test",
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
        TWILIO_WHATSAPP_FROM=f"whatsapp:{twilio_api.SENDER}",
    )
    client = TwilioClient(settings, transport=httpx.ASGITransport(app=twilio.app()))
    yield client
    await client.aclose()


async def test_twilio_accepts_what_we_send(
    twilio_client: TwilioClient, twilio: TwilioStandIn
) -> None:
    sid = await twilio_client.send(row())
    [sent] = twilio.outgoing
    assert (sent["sid"], sent["to"], sent["body"]) == (sid, f"whatsapp:{PHONE}", "Hello")
    assert twilio.callbacks[sid] == "https://intake.example.org/webhooks/whatsapp/status?m=m-1_A"


ADDRESSES = [
    ("a phone number", "+8801712345678", None, "whatsapp:+8801712345678"),
    ("the number is preferred", "BD.123456", "+8801712345678", "whatsapp:+8801712345678"),
    ("only a business-scoped id", "BD.123456", None, "whatsapp:BD.123456"),
]


@pytest.mark.parametrize(
    ("label", "address", "alt", "to"), ADDRESSES, ids=[c[0] for c in ADDRESSES]
)
async def test_who_is_written_to(
    label: str,
    address: str,
    alt: str | None,
    to: str,
    twilio_client: TwilioClient,
    twilio: TwilioStandIn,
) -> None:
    await twilio_client.send(row(address=address, alt_address=alt))
    assert twilio.outgoing[0]["to"] == to


async def test_choices_are_numbered_lines(
    twilio_client: TwilioClient, twilio: TwilioStandIn
) -> None:
    await twilio_client.send(row(content=Outgoing(text="Well?", buttons=BUTTONS)))
    assert twilio.outgoing[0]["body"] == "Well?\n\n1. Yes\n2. No"


FAULTS = [
    ("throttled", Fault(429, retry_after="7"), Action.RETRY, 7.0),
    ("an internal error", Fault(500), Action.MAYBE, None),
    ("not available", Fault(503, retry_after="3"), Action.MAYBE, 3.0),
    ("sent, but the answer was an error", Fault(502, sent_anyway=True), Action.MAYBE, None),
]


@pytest.mark.parametrize(("label", "fault", "action", "wait"), FAULTS, ids=[c[0] for c in FAULTS])
async def test_what_follows_from_a_fault(
    label: str,
    fault: Fault,
    action: Action,
    wait: float | None,
    twilio_client: TwilioClient,
    twilio: TwilioStandIn,
) -> None:
    twilio.faults.append(fault)
    with pytest.raises(SendError) as caught:
        await twilio_client.send(row())
    assert (caught.value.action, caught.value.retry_after) == (action, wait)
    # What perhaps went out is found, and only then.
    found = await twilio_client.find_sent(row())
    assert (found is not None) is fault.sent_anyway


async def test_a_message_of_another_row_is_not_taken_for_ours(twilio_client: TwilioClient) -> None:
    sid = await twilio_client.send(row())
    assert await twilio_client.find_sent(row()) == sid
    assert await twilio_client.find_sent(row(), frozenset({sid})) is None
    assert await twilio_client.find_sent(row("Another text")) is None
    assert await twilio_client.find_sent(row(address="+15550001111")) is None


REFUSED = [
    ("too long", row("x" * 1601), Action.CONTENT, "21617"),
    ("empty", row(""), Action.CONTENT, "21619"),
    ("a number that is none", row(address="+1"), Action.UNREACHABLE, "21211"),
    ("opted out", row(address="+15550009999"), Action.OPT_OUT, "21610"),
]


@pytest.mark.parametrize(
    ("label", "delivery", "action", "code"), REFUSED, ids=[c[0] for c in REFUSED]
)
async def test_what_twilio_refuses(
    label: str,
    delivery: Delivery,
    action: Action,
    code: str,
    twilio_client: TwilioClient,
    twilio: TwilioStandIn,
) -> None:
    twilio.opted_out.add("+15550009999")
    with pytest.raises(SendError) as caught:
        await twilio_client.send(delivery)
    assert (caught.value.action, caught.value.code) == (action, code)
    assert delivery.address not in str(caught.value)


async def test_wrong_credentials_are_the_operators_business(
    tmp_path: Path, twilio: TwilioStandIn
) -> None:
    settings = make_settings(
        tmp_path,
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN="wrong",
        TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
    )
    client = TwilioClient(settings, transport=httpx.ASGITransport(app=twilio.app()))
    with pytest.raises(SendError) as caught:
        await client.send(row())
    assert caught.value.action is Action.CONFIG
    await client.aclose()


NETWORK = [
    ("refused", httpx.ConnectError("x"), Action.RETRY),
    ("no connection in time", httpx.ConnectTimeout("x"), Action.RETRY),
    ("no answer in time", httpx.ReadTimeout("x"), Action.MAYBE),
    ("broken off", httpx.RemoteProtocolError("x"), Action.MAYBE),
]


@pytest.mark.parametrize(("label", "error", "action"), NETWORK, ids=[c[0] for c in NETWORK])
async def test_what_follows_from_the_network(
    label: str, error: Exception, action: Action, tmp_path: Path
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    settings = make_settings(
        tmp_path,
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN="x",
        TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
    )
    client = TwilioClient(settings, transport=httpx.MockTransport(fail))
    with pytest.raises(SendError) as caught:
        await client.send(row())
    assert caught.value.action is action
    await client.aclose()


async def test_a_long_list_is_read_page_by_page(
    twilio_client: TwilioClient, twilio: TwilioStandIn
) -> None:
    for number in range(450):
        twilio.inbound(PHONE, f"message {number}")
    since = datetime.now(UTC) - timedelta(hours=1)
    bodies = [m["body"] async for m in twilio_client.received_since(since)]
    assert bodies == [f"message {number}" for number in range(450)]


def test_every_listed_error_code_has_an_action_and_a_plain_line() -> None:
    table = twilio_errors()
    assert len(table.codes) > 40
    for rule in (*table.codes.values(), *table.statuses.values(), table.other):
        assert rule.text.endswith(".")
    assert table.rule(63016).action is Action.WINDOW
    assert table.rule(63033).action is Action.OPT_OUT
    assert table.rule(99999, 429).action is Action.RETRY
    assert table.rule(99999, 599).action is Action.MAYBE
    assert table.rule(99999, 400).action is Action.CONTENT


# -- Telegram -------------------------------------------------------------------------------------


@pytest.fixture
def telegram() -> TelegramStandIn:
    standin = TelegramStandIn()
    standin.known.add(42)
    return standin


@pytest.fixture
async def telegram_client(
    tmp_path: Path, telegram: TelegramStandIn
) -> AsyncIterator[TelegramClient]:
    with serving(telegram.app(), abrupt=True) as url:
        settings = make_settings(
            tmp_path, TELEGRAM_API_URL=url, TELEGRAM_BOT_TOKEN=telegram_api.TOKEN
        )
        client = TelegramClient(settings)
        yield client
        await client.aclose()


def chat(text: str = "Hello", address: str = "42", **more: Any) -> Delivery:
    return row(text, address, channel="telegram", account="123456", **more)


async def test_telegram_accepts_what_we_send(
    telegram_client: TelegramClient, telegram: TelegramStandIn
) -> None:
    identity = await telegram_client.send(chat(content=Outgoing(text="Well?", buttons=BUTTONS)))
    [sent] = telegram.sent
    assert (str(sent["message_id"]), sent["text"]) == (identity, "Well?")
    rows = sent["reply_markup"]["inline_keyboard"]
    assert rows == [[{"text": b.title, "callback_data": b.token}] for b in BUTTONS]


TELEGRAM_REFUSES = [
    ("blocked", chat(address="43"), None, Action.OPT_OUT, None),
    ("unknown chat", chat(address="44"), None, Action.UNREACHABLE, None),
    ("too long", chat("x" * 4097), None, Action.CONTENT, None),
    ("throttled", chat(), telegram_api.Refused(429, "Too Many Requests", 9), Action.RETRY, 9.0),
    ("an internal error", chat(), telegram_api.Refused(500, "Internal"), Action.RETRY, None),
    ("a bad gateway", chat(), telegram_api.Refused(502, "Bad Gateway"), Action.RETRY, None),
    ("a wrong token", chat(), telegram_api.Refused(401, "Unauthorized"), Action.CONFIG, None),
]


@pytest.mark.parametrize(
    ("label", "delivery", "fault", "action", "wait"),
    TELEGRAM_REFUSES,
    ids=[c[0] for c in TELEGRAM_REFUSES],
)
async def test_what_telegram_refuses(
    label: str,
    delivery: Delivery,
    fault: telegram_api.Refused | None,
    action: Action,
    wait: float | None,
    telegram_client: TelegramClient,
    telegram: TelegramStandIn,
) -> None:
    telegram.blocked.add(43)
    telegram.faults.extend([fault] if fault else [])
    with pytest.raises(SendError) as caught:
        await telegram_client.send(delivery)
    assert (caught.value.action, caught.value.retry_after) == (action, wait)


async def test_nobody_at_telegrams_address(tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path, TELEGRAM_API_URL="http://127.0.0.1:9", TELEGRAM_BOT_TOKEN=telegram_api.TOKEN
    )
    client = TelegramClient(settings)
    with pytest.raises(SendError) as caught:
        await client.send(chat())
    assert caught.value.action is Action.RETRY
    for step in (client.updates(0), client.set_commands((("help", "Help"),), "en")):
        with pytest.raises(SendError):
            await step
    await client.run_errand(AnswerPress("1", 42, 1), "line")
    heard = parse_update(TelegramStandIn().message(text="hi"), "1").message
    assert heard is not None
    await client.typing(heard)
    await client.aclose()


async def test_errands(telegram_client: TelegramClient, telegram: TelegramStandIn) -> None:
    await telegram_client.send(chat(content=Outgoing(text="?", buttons=BUTTONS)))
    [below] = telegram.sent
    query = telegram.press("t" * 22, below)["callback_query"]["id"]
    await telegram_client.run_errand(AnswerPress(query, 42, below["message_id"]), "")
    assert not telegram.queries
    assert "reply_markup" not in telegram.sent[0]
    telegram.groups.add(-7)
    await telegram_client.run_errand(LeaveGroup(-7, may_write=True), choose().group_line)
    assert telegram.sent[-1]["text"] == choose().group_line
    assert not telegram.groups


async def test_the_menu_is_set_in_every_language(
    telegram_client: TelegramClient, telegram: TelegramStandIn
) -> None:
    for language, texts in languages().items():
        await telegram_client.set_commands(tuple(texts.commands.items()), language)
    assert {c["command"] for c in telegram.commands} == set(choose().commands)


async def test_a_file_is_fetched(
    telegram_client: TelegramClient, telegram: TelegramStandIn
) -> None:
    async def fetched(file: FileRef) -> bytes:
        return b"".join([piece async for piece in telegram_client.fetch(file)])

    telegram.files["f1"] = b"content"
    assert await fetched(FileRef(provider_ref="f1")) == b"content"
    for missing in (FileRef(provider_ref="unknown"), FileRef()):
        with pytest.raises(SendError):
            await fetched(missing)
