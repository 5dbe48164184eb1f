"""What operators do about a channel from the command line: webhooks, templates, dead letters."""

from __future__ import annotations

from collections.abc import Iterator

from bot.settings import SettingMissing, Settings
from bot.store import Store
from connectors.channels import TELEGRAM_PATH, WEBHOOK, telegram_mode
from connectors.content_templates import names
from connectors.provider_errors import SendError
from connectors.telegram_client import TelegramClient
from connectors.twilio_client import TwilioClient

MOST_LISTED = 200


class ChannelError(RuntimeError):
    """A provider refused; the text says which and why, in one line."""


async def telegram(configuration: Settings, what: str) -> list[str]:
    """set-webhook, delete-webhook or info; the lines to print."""
    if not configuration.telegram_on:
        raise SettingMissing("TELEGRAM_BOT_TOKEN is not set")
    client = TelegramClient(configuration)
    try:
        if what == "set-webhook":
            return await _set_webhook(client, configuration)
        if what == "delete-webhook":
            await client.delete_webhook()
            return ["no webhook is registered now; what waits at Telegram is kept"]
        return await webhook_lines(client)
    except SendError as error:
        raise ChannelError(f"telegram: {error}") from None
    finally:
        await client.aclose()


async def _set_webhook(client: TelegramClient, configuration: Settings) -> list[str]:
    secret = configuration.telegram_webhook_secret
    if telegram_mode(configuration) != WEBHOOK or secret is None:
        raise SettingMissing("TELEGRAM_WEBHOOK_SECRET is not set, or TELEGRAM_MODE is polling")
    url = webhook_url(configuration)
    if not url.startswith("https://"):
        raise SettingMissing("INTAKE_PUBLIC_URL must begin with https:// for a webhook")
    await client.set_webhook(url, secret.get_secret_value())
    return [f"registered: {url}"]


def webhook_url(configuration: Settings) -> str:
    """Where Telegram is to deliver updates."""
    return configuration.public_url.rstrip("/") + TELEGRAM_PATH


async def webhook_lines(client: TelegramClient) -> list[str]:
    """What Telegram has registered."""
    found = await client.webhook()
    lines = [
        f"bot: @{await client.name()}",
        f"webhook: {found.url or 'none'}",
        f"updates that wait: {found.pending_update_count}",
    ]
    if found.last_error_message:
        lines.append(f"last error: {found.last_error_message}")
    return lines


async def whatsapp_templates(configuration: Settings) -> list[str]:
    """Make the content templates; the setting's line to print."""
    if not configuration.whatsapp_on:
        raise SettingMissing("TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WHATSAPP_FROM")
    client = TwilioClient(configuration)
    try:
        made = {name: await client.make_template(name) for name in names()}
    except SendError as error:
        raise ChannelError(f"twilio: {error}") from None
    finally:
        await client.aclose()
    return ["TWILIO_CONTENT_SIDS=" + ",".join(f"{name}={sid}" for name, sid in made.items())]


def failed(store: Store) -> Iterator[str]:
    """What did not get through, one line each, without content."""
    for state, lines in (
        ("given up", store.dead_letters.given_up(limit=MOST_LISTED)),
        ("waits for the person", store.dead_letters.waiting(limit=MOST_LISTED)),
    ):
        for line in lines:
            way = "from" if line.incoming else "to"
            case = line.case or "-"
            yield f"{line.message_id}\t{state}\t{way} {line.channel}\t{case}\t{line.code or '-'}"
