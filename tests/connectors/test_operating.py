"""What an operator sees and does: webhooks, templates, what failed, figures, a quiet stop."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.operations import doctor
from bot.settings import SettingMissing, Settings
from bot.store import OutboundReply
from connectors import channel_commands
from connectors.channel_commands import ChannelError
from connectors.content_templates import ContentTemplates
from tests.connectors.conftest import Service
from tests.connectors.waiting import until

HTTPS = "https://intake.example.org"
PHONE = "+8801712345678"


def public(service: Service, **more: Any) -> Settings:
    """The service's settings with an address that providers can reach."""
    return service.settings.model_copy(update={"public_url": HTTPS} | more)


async def test_telegrams_webhook_is_set_shown_and_removed(door: Service) -> None:
    settings, standin = public(door), door.telegram
    until(lambda: standin.commands)  # the service has introduced itself
    assert await channel_commands.telegram(settings, "set-webhook") == [
        f"registered: {HTTPS}/webhooks/telegram"
    ]
    assert (standin.webhook, standin.secret) == (f"{HTTPS}/webhooks/telegram", "stand-in_secret")
    lines = await channel_commands.telegram(settings, "info")
    assert lines[:2] == ["bot: @intake_standin_bot", f"webhook: {HTTPS}/webhooks/telegram"]
    await channel_commands.telegram(settings, "delete-webhook")
    assert (await channel_commands.telegram(settings, "info"))[1] == "webhook: none"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no token", {"telegram_bot_token": None}, "TELEGRAM_BOT_TOKEN"),
    ("no secret", {"telegram_webhook_secret": None}, "TELEGRAM_WEBHOOK_SECRET"),
    ("polling", {"telegram_mode": "polling"}, "TELEGRAM_MODE"),
    ("an address nobody can reach", {"public_url": "http://127.0.0.1"}, "INTAKE_PUBLIC_URL"),
]


@pytest.mark.parametrize(("label", "change", "named"), REFUSED, ids=[c[0] for c in REFUSED])
async def test_no_webhook_without(
    door: Service, label: str, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingMissing, match=named):
        await channel_commands.telegram(public(door, **change), "set-webhook")


async def test_a_refusal_is_one_line(door: Service) -> None:
    wrong = Settings.model_validate(
        door.settings.model_dump(by_alias=True) | {"TELEGRAM_BOT_TOKEN": "1:wrong"}
    )
    with pytest.raises(ChannelError, match="telegram: config: 401"):
        await channel_commands.telegram(wrong, "info")


async def test_templates_are_made_and_printed_as_a_setting(door: Service) -> None:
    [line] = await channel_commands.whatsapp_templates(door.settings)
    name, _, value = line.partition("=")
    assert name == "TWILIO_CONTENT_SIDS"
    assert set(ContentTemplates.of(value).sids.values()) == set(door.twilio.contents.made)


def finding(service: Service, monkeypatch: pytest.MonkeyPatch, name: str, **more: Any) -> Any:
    monkeypatch.setattr(doctor, "settings", lambda: public(service, **more))
    return next(found for found in doctor.examine() if found.name == name)


def test_the_doctor_looks_at_what_the_providers_have_registered(
    door: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.telegram.webhook = "https://elsewhere.example/hook"
    found = finding(door, monkeypatch, "telegram")
    assert found.failed
    assert "set-webhook" in found.text
    door.telegram.webhook = f"{HTTPS}/webhooks/telegram"
    assert not finding(door, monkeypatch, "telegram").failed
    found = finding(door, monkeypatch, "telegram", telegram_mode="polling")
    assert found.failed
    assert "delete-webhook" in found.text
    assert not finding(door, monkeypatch, "whatsapp").failed
    assert finding(door, monkeypatch, "whatsapp", twilio_account_sid="AC" + "f" * 32).failed
    assert finding(door, monkeypatch, "whatsapp", public_url="http://127.0.0.1").failed


def test_what_failed_is_listed_without_content_and_tried_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "secret words"))
    until(lambda: service.twilio.outgoing)
    conversation = service.store.conversations.by_address("whatsapp", PHONE, service.twilio.sender)
    assert conversation is not None
    service.twilio.opted_out.add(PHONE)
    service.store.outbox.enqueue(conversation.id, [OutboundReply(text="more secret words")])
    until(service.store.dead_letters.given_up)
    monkeypatch.setattr("bot.operations.cases.open_store", lambda: service.store)
    runner = CliRunner()
    listed = runner.invoke(cli.app, ["channel", "failed"])
    assert "secret" not in listed.output
    message_id, state, way, _case, code = listed.output.strip().split("\t")
    assert (state, way, code) == ("given up", "to whatsapp", "21610")
    service.twilio.opted_out.clear()
    service.push_whatsapp(service.twilio.inbound(PHONE, "I am back"))
    assert runner.invoke(cli.app, ["channel", "retry", message_id]).exit_code == 0
    until(lambda: [m for m in service.twilio.outgoing if m["body"] == "more secret words"])
    again = runner.invoke(cli.app, ["channel", "retry", "unknown"])
    assert again.exit_code == 2


def test_a_coordinators_code_for_the_familys_other_messenger(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    until(lambda: service.twilio.outgoing)
    found = service.store.conversations.by_address("whatsapp", PHONE, service.twilio.sender)
    assert found is not None
    monkeypatch.setattr("bot.operations.cases.open_store", lambda: service.store)
    printed = CliRunner().invoke(cli.app, ["channel", "link", found.id]).output.strip()
    service.push_telegram(service.telegram.message(text=printed))
    until(lambda: [m for m in service.twilio.outgoing if m["body"].endswith("do not share")])
    assert CliRunner().invoke(cli.app, ["channel", "link", "nobody"]).exit_code == 2


@pytest.mark.parametrize(
    "words", [["channel", "telegram", "dance"], ["channel", "whatsapp", "sing"]]
)
def test_an_unknown_word_is_bad_input(words: list[str]) -> None:
    assert CliRunner().invoke(cli.app, words).exit_code == 2


FIGURES = (
    'intake_received_total{channel="whatsapp",result="stored"}',
    'intake_queue_waiting{queue="inbox"}',
    'intake_queue_oldest_seconds{queue="inbox"}',
    'intake_queue_waiting{queue="outbox"}',
    'intake_turn_seconds_count{channel="whatsapp",result="answered"}',
    'intake_sends_total{channel="whatsapp",result="sent"}',
    'intake_engine_errors_total{reason="down"}',
    "intake_spooled 0.0",
    "intake_spool_corrupt 0.0",
    *(
        f'intake_turn_stage_seconds_count{{stage="{stage}"}}'
        for stage in ("wait", "prepare", "engine", "engine.understand", "engine.act", "store")
    ),
)


def test_the_figures_an_operator_watches(service: Service) -> None:
    service.engine.down = True
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    until(lambda: 'errors_total{reason="down"}' in service.client.get("/metrics").text)
    service.engine.down = False
    until(lambda: [m for m in service.twilio.outgoing if m["body"] == "You said: hello"])
    text = until(lambda: all_figures(service.client.get("/metrics").text))
    assert PHONE not in text


def all_figures(text: str) -> str:
    """The text once every figure is in it."""
    return text if all(figure in text for figure in FIGURES) else ""
