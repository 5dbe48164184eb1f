"""A person writes through each door and is answered through it; nobody else is let in."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from bot.settings import SettingMissing
from connectors.channels import Channels
from tests.connectors.conftest import Service, make_settings
from tests.connectors.waiting import until
from tests.standins import telegram_api, twilio_api
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn

PHONE = "+8801712345678"


def stored(service: Service) -> int:
    """How many messages the metrics say were stored."""
    text = service.client.get("/metrics").text
    lines = [
        li
        for li in text.splitlines()
        if li.startswith("intake_received_total{") and '"stored"' in li
    ]
    return int(sum(float(line.rpartition(" ")[2]) for line in lines))


# -- WhatsApp -------------------------------------------------------------------------------------


def test_whatsapp_from_webhook_to_reply(service: Service) -> None:
    answer = service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "<Response>" in answer.text
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["body"] == "You said: hello"
    assert (sent["to"], sent["from"]) == (f"whatsapp:{PHONE}", "whatsapp:+14155238886")
    assert service.twilio.refused == []


def test_whatsapp_choices_are_numbered_and_a_number_chooses(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "buttons"))
    [offer] = until(lambda: service.twilio.outgoing)
    assert offer["body"].endswith("1. Walking about\n2. Mostly in bed")
    service.push_whatsapp(service.twilio.inbound(PHONE, "2"))
    answer = until(lambda: service.twilio.outgoing[1:])[0]
    assert '"value": 3' in answer["body"]


def test_whatsapp_long_answers_come_in_parts_and_in_order(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "long"))
    until(lambda: any("399" in m["body"] for m in service.twilio.outgoing))
    bodies = [m["body"] for m in service.twilio.outgoing]
    assert all(len(body) <= 1600 for body in bodies)
    assert " ".join(bodies) == " ".join(f"This is sentence number {n}." for n in range(400))


def test_the_same_webhook_twice_is_one_message(service: Service) -> None:
    params = service.twilio.inbound(PHONE, "once")
    assert [service.push_whatsapp(params).status_code for _ in range(3)] == [200, 200, 200]
    until(lambda: service.twilio.outgoing)
    service.push_whatsapp(service.twilio.inbound(PHONE, "twice"))
    until(lambda: any(m["body"] == "Second." for m in service.twilio.outgoing))
    assert [m["body"] for m in service.twilio.outgoing] == ["You said: once", "First.", "Second."]


FORGED: list[tuple[str, dict[str, str]]] = [
    ("no signature", {}),
    ("an empty one", {"x-twilio-signature": ""}),
    ("a made-up one", {"x-twilio-signature": "c2lnbmF0dXJl"}),
    ("a proxy's word for another host", {"x-twilio-signature": "host"}),
]


@pytest.mark.parametrize(("label", "headers"), FORGED, ids=[c[0] for c in FORGED])
def test_a_forged_whatsapp_webhook_is_refused(
    door: Service, label: str, headers: dict[str, str]
) -> None:
    before = stored(door)
    params = door.twilio.form(PHONE, "forged")
    if headers.get("x-twilio-signature") == "host":
        # Signed over an attacker's own address, with headers that ask us to believe it is ours.
        signature = door.twilio.sign("https://evil.example/webhooks/whatsapp", params)
        headers = {
            "x-twilio-signature": signature,
            "x-forwarded-host": "evil.example",
            "x-forwarded-proto": "https",
            "forwarded": "host=evil.example;proto=https",
            "x-original-url": "https://evil.example/webhooks/whatsapp",
        }
    for path in ("/webhooks/whatsapp", "/webhooks/whatsapp/status"):
        answer = door.client.post(path, data=params, headers=headers)
        assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert stored(door) == before


def test_a_signature_fits_one_address_and_one_content_only(door: Service) -> None:
    before = stored(door)
    params = door.twilio.form(PHONE, "hello")
    headers = {"x-twilio-signature": door.twilio.sign(door.url + "/webhooks/whatsapp", params)}
    for path, content in (
        ("/webhooks/whatsapp/status", params),
        ("/webhooks/whatsapp?x=1", params),
        ("/webhooks/whatsapp", params | {"Body": "changed"}),
        ("/webhooks/whatsapp", params | {"Extra": ""}),
    ):
        assert door.client.post(path, data=content, headers=headers).status_code == 403
    assert stored(door) == before


def test_a_signed_query_belongs_to_the_address(door: Service) -> None:
    path = "/webhooks/whatsapp?tenant=a&empty="
    answer = door.push_whatsapp(door.twilio.inbound(PHONE, "hello"), path)
    assert answer.status_code == 200


def test_a_signed_json_body_is_read(service: Service) -> None:
    body = json.dumps(service.twilio.inbound(PHONE, "as JSON")).encode()
    path = f"/webhooks/whatsapp?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "x-twilio-signature": service.twilio.sign(service.url + path, {}),
        "content-type": "application/json",
    }
    assert service.client.post(path, content=body, headers=headers).status_code == 200
    [sent] = until(lambda: service.twilio.outgoing)
    assert sent["body"] == "You said: as JSON"


def test_a_signed_body_that_is_not_a_message_is_400(
    door: Service, caplog: pytest.LogCaptureFixture
) -> None:
    before = stored(door)
    answer = door.push_whatsapp({"MessageSid": "SM1", "Body": "my secret illness"})
    assert (answer.status_code, answer.text) == (400, "Bad request")
    assert "From" in caplog.text
    assert "secret" not in caplog.text
    assert stored(door) == before


STATUS_PATH = "/webhooks/whatsapp/status"


def test_delivery_reports_move_forward_only(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    callback = service.twilio.callbacks[sent["sid"]].removeprefix(service.url)
    assert callback.startswith(f"{STATUS_PATH}?m=")
    for status in ("read", "delivered", "sent", "delivered"):
        report = {"MessageSid": sent["sid"], "MessageStatus": status, "To": f"whatsapp:{PHONE}"}
        assert service.push_whatsapp(report, callback).status_code == 204
    assert outgoing_states(service) == ["read"]


def test_a_report_that_overtakes_the_sends_own_answer(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    callback = service.twilio.callbacks[sent["sid"]].removeprefix(service.url)
    report = {"MessageSid": "SM" + "f" * 32, "MessageStatus": "delivered"}
    assert service.push_whatsapp(report, callback).status_code == 204
    assert outgoing_states(service) == ["delivered"]


def test_a_report_for_nothing_of_ours_is_harmless(door: Service) -> None:
    report = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    assert door.push_whatsapp(report, f"{STATUS_PATH}?m=unknown").status_code == 204
    assert door.push_whatsapp(report, STATUS_PATH).status_code == 204


def test_who_blocked_us_is_not_written_to_any_more(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    [sent] = until(lambda: service.twilio.outgoing)
    callback = service.twilio.callbacks[sent["sid"]].removeprefix(service.url)
    report = {
        "MessageSid": sent["sid"],
        "MessageStatus": "failed",
        "ErrorCode": "63033",
        "From": "whatsapp:+14155238886",
        "To": f"whatsapp:{PHONE}",
    }
    assert service.push_whatsapp(report, callback).status_code == 204
    info = service.store.conversations.by_address("whatsapp", PHONE, "+14155238886")
    assert info is not None
    assert info.stop_reason == "blocked"


def outgoing_states(service: Service, address: str = PHONE) -> list[str]:
    info = service.store.conversations.by_address("whatsapp", address, "+14155238886")
    assert info is not None
    return [li.state.value for li in service.store.transcript(info.id) if li.outgoing]


# -- Telegram -------------------------------------------------------------------------------------


def test_telegram_from_webhook_to_reply(service: Service) -> None:
    answer = service.push_telegram(service.telegram.message(text="hello"))
    assert answer.status_code == 200
    [sent] = until(lambda: service.telegram.sent)
    assert (sent["text"], sent["chat"]["id"]) == ("You said: hello", 42)


def test_telegram_text_is_never_markup(service: Service) -> None:
    service.push_telegram(service.telegram.message(text="<b>*bold*</b> [x](http://y)"))
    [sent] = until(lambda: service.telegram.sent)
    assert sent["text"] == "You said: <b>*bold*</b> [x](http://y)"
    [call] = [fields for name, fields in service.telegram.calls if name == "sendMessage"]
    assert "parse_mode" not in call


def test_telegram_buttons_are_answered_and_taken_away(service: Service) -> None:
    service.push_telegram(service.telegram.message(text="buttons"))
    [offer] = until(lambda: service.telegram.sent)
    [[walking], [bed]] = offer["reply_markup"]["inline_keyboard"]
    assert [walking["text"], bed["text"]] == ["Walking about", "Mostly in bed"]
    assert "answer" not in bed["callback_data"]
    service.push_telegram(service.telegram.press(bed["callback_data"], offer))
    assert '"value": 3' in until(lambda: service.telegram.sent[1:])[0]["text"]
    until(lambda: not service.telegram.queries)
    until(lambda: "reply_markup" not in service.telegram.sent[0])


def test_a_button_of_another_conversation_means_nothing(service: Service) -> None:
    service.push_telegram(service.telegram.message(text="buttons"))
    # On a busy machine an apology may come first.
    [offer] = until(lambda: [m for m in service.telegram.sent if "reply_markup" in m])
    token = offer["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    service.push_telegram(service.telegram.press(token, offer, identity=77))
    answers = until(lambda: [m for m in service.telegram.sent if m["chat"]["id"] == 77])
    assert "You chose" not in answers[0]["text"]


@pytest.mark.parametrize(
    "secret", ["", "wrong", telegram_api.SECRET + "x", telegram_api.SECRET.upper()]
)
def test_a_wrong_telegram_secret_is_refused(door: Service, secret: str) -> None:
    before = stored(door)
    answer = door.push_telegram(door.telegram.message(text="hello"), secret)
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert stored(door) == before


def test_the_same_update_twice_is_one_message(service: Service) -> None:
    update = service.telegram.message(text="twice")
    for _ in range(3):
        assert service.push_telegram(update).status_code == 200
    until(lambda: len(service.telegram.sent) == 2)
    service.push_telegram(service.telegram.message(text="then"))
    until(lambda: len(service.telegram.sent) == 3)
    assert [m["text"] for m in service.telegram.sent] == ["First.", "Second.", "You said: then"]


def test_a_group_gets_one_line_and_is_left(service: Service) -> None:
    service.telegram.groups.add(-5)
    update = service.telegram.message(text="hi all", chat={"id": -5, "type": "group", "title": "F"})
    assert service.push_telegram(update).status_code == 200
    until(lambda: not service.telegram.groups)
    [line] = service.telegram.sent
    assert line["chat"]["id"] == -5
    assert stored(service) == 0


def test_who_blocks_the_bot_is_stopped(service: Service) -> None:
    service.telegram.blocked.add(42)
    service.push_telegram(service.telegram.message(text="hello"))
    info = until(lambda: service.store.conversations.by_address("telegram", "42", "123456"))
    until(lambda: service.store.conversations.get(info.id).stopped_at)


def test_telegram_asks_us_to_wait_and_we_do(service: Service) -> None:
    service.telegram.faults.append(telegram_api.Refused(429, "Too Many Requests", retry_after=1))
    service.push_telegram(service.telegram.message(text="hello"))
    [sent] = until(lambda: service.telegram.sent)
    assert sent["text"] == "You said: hello"


NOT_TELEGRAM: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("no JSON", b"update_id=1"),
    ("a list", b"[]"),
    ("invalid UTF-8", b'{"update_id": 1, "message": "\xff\xfe"}'),
    ("deep JSON", b'{"update_id": 1, "message": ' + b"[" * 200_000),
    ("a huge number", b'{"update_id": ' + b"9" * 5000 + b"}"),
    ("half a message", b'{"update_id": 1, "message": {"message_id": 1}}'),
]


@pytest.mark.parametrize(("label", "body"), NOT_TELEGRAM, ids=[c[0] for c in NOT_TELEGRAM])
def test_a_body_that_is_not_telegrams_is_400(door: Service, label: str, body: bytes) -> None:
    headers = {"x-telegram-bot-api-secret-token": telegram_api.SECRET}
    answer = door.client.post("/webhooks/telegram", content=body, headers=headers)
    assert (answer.status_code, answer.text) == (400, "Bad request")


def test_telegram_is_told_our_address_and_menu(door: Service) -> None:
    until(lambda: door.telegram.commands)
    assert door.telegram.webhook == f"{door.url}/webhooks/telegram"
    assert [c["command"] for c in door.telegram.commands][:3] == ["start", "help", "language"]


# -- what holds for all doors ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/webhooks/whatsapp", "/webhooks/telegram", "/chat", "/nowhere"])
def test_every_answer_carries_the_security_headers(door: Service, path: str) -> None:
    headers = door.client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert len(headers["x-request-id"]) == 16


@pytest.mark.parametrize("path", ["/webhooks/whatsapp", "/webhooks/telegram"])
def test_ten_megabytes_are_not_even_read(door: Service, path: str) -> None:
    def endless() -> Any:
        for _ in range(10):
            yield b"x" * 1_000_000

    headers = {"x-telegram-bot-api-secret-token": telegram_api.SECRET}
    announced = door.client.post(path, content=b"x" * 10_000_000, headers=headers)
    assert announced.status_code == 413
    unannounced = door.client.post(path, content=endless(), headers=headers)
    assert unannounced.status_code == 413


def test_health_readiness_and_metrics(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    ready = service.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "database": "ok", "engine": "ok", "actions": "ok"}
    service.say("hello")
    figures = service.client.get("/metrics").text
    assert 'intake_received_total{channel="webchat",result="stored"} 1.0' in figures
    assert 'intake_queue_waiting{queue="inbox"} 0.0' in figures
    assert 'intake_turn_seconds_count{channel="webchat",result="answered"} 1.0' in figures
    assert "hello" not in figures


def test_no_text_and_no_number_in_the_logs(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="connectors")
    service.push_whatsapp(service.twilio.inbound(PHONE, "my ovarian cancer"))
    service.push_telegram(service.telegram.message(text="my ovarian cancer"))
    service.say("my ovarian cancer", "private-conversation")
    until(lambda: service.twilio.outgoing and service.telegram.sent)
    lines = [r.getMessage() for r in caplog.records if r.name.startswith(("connectors", "bot"))]
    for secret in ("ovarian", PHONE, PHONE[1:], "private-conversation", twilio_api.TOKEN):
        assert not [line for line in lines if secret in line]


REFUSED_SETTINGS: list[tuple[str, dict[str, str], str]] = [
    (
        "a webhook without a secret",
        {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_MODE": "webhook"},
        "TELEGRAM_WEBHOOK_SECRET",
    ),
    (
        "a secret with spaces",
        {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_WEBHOOK_SECRET": "a b"},
        "TELEGRAM_WEBHOOK_SECRET",
    ),
    ("an unknown mode", {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_MODE": "pigeon"}, "TELEGRAM_MODE"),
    (
        "half of Twilio",
        {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_WHATSAPP_FROM": "+1"},
        "TWILIO_AUTH_TOKEN",
    ),
]


@pytest.mark.parametrize(
    ("label", "given", "name"), REFUSED_SETTINGS, ids=[c[0] for c in REFUSED_SETTINGS]
)
def test_a_channel_without_its_secret_is_refused_by_name(
    label: str, given: dict[str, str], name: str, tmp_path: Any
) -> None:
    with pytest.raises(SettingMissing, match=name):
        Channels(make_settings(tmp_path, **given), None)  # type: ignore[arg-type]


def test_the_stand_ins_names_are_used() -> None:
    assert TwilioStandIn().account == twilio_api.ACCOUNT
    assert TelegramStandIn().token == telegram_api.TOKEN
