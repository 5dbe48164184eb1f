"""`intake doctor`: looks at settings, database, model, engine, action server and channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx

from bot.limits import limits_of
from bot.operations.model_record import UntrustedModel, checked
from bot.operations.training import ENGINE_PYTHON, model_path
from bot.settings import SettingMissing, Settings, settings
from bot.store import Store
from bot.store.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination."""

    name: str
    text: str
    failed: bool = False

    @property
    def line(self) -> str:
        """As printed."""
        return f"{'FAIL' if self.failed else 'ok':5} {self.name}: {self.text}"


Check = Callable[[Settings], Finding | list[Finding]]


def examine() -> Iterator[Finding]:
    """All checks, in the order in which they build on each other."""
    try:
        configuration = settings()
    except SettingMissing as error:
        yield Finding("settings", str(error), failed=True)
        return
    yield Finding("settings", "read")
    for check in (
        *(_keys, _database, _redis, _model, _engines, _actions, _whatsapp, _telegram),
        *(_photo_reading, _virus_check),
    ):
        found = check(configuration)
        yield from [found] if isinstance(found, Finding) else found


def _keys(configuration: Settings) -> Finding:
    try:
        count = len(configuration.keys)
    except SettingMissing as error:
        return Finding("data keys", str(error), failed=True)
    own = "" if configuration.data_keys else " (made by `intake run`; set INTAKE_DATA_KEYS)"
    return Finding("data keys", f"{count}{own}")


def _database(configuration: Settings) -> Finding:
    kind = configuration.database_url.split(":", 1)[0]
    try:
        store = Store.open(configuration.database_url, configuration.keys)
        store.check()
        store.close()
    except (StoreUnavailable, SettingMissing) as error:
        return Finding("database", f"{kind}: {error}", failed=True)
    return Finding("database", f"{kind}, reachable")


def _redis(configuration: Settings) -> Finding:
    try:
        link = limits_of(configuration).link
    except SettingMissing as error:
        return Finding("redis", str(error), failed=True)
    if link is None:
        return Finding("redis", "off (INTAKE_REDIS_URL not set): enough for one gateway process")
    if link.check():
        return Finding("redis", "answers")
    return Finding("redis", "does not answer; each process counts for itself", failed=True)


def _model(_configuration: Settings) -> Finding:
    if not ENGINE_PYTHON.exists():
        return Finding("model", "not on this host: it is where the engine is")
    path = model_path()
    if path.exists():
        try:
            checked(path)
        except UntrustedModel as error:
            return Finding("model", str(error), failed=True)
        return Finding("model", f"{path.name}, up to date, as it was trained")
    return Finding("model", "missing or out of date; run: intake train", failed=True)


def _engines(configuration: Settings) -> list[Finding]:
    urls = [url.strip().rstrip("/") for url in configuration.engine_url.split(",") if url.strip()]
    names = ["engine"] if len(urls) == 1 else [f"engine {n}" for n in range(1, len(urls) + 1)]
    return [
        _answers(name, f"{url}/webhooks/intake/") for name, url in zip(names, urls, strict=True)
    ]


def _actions(configuration: Settings) -> Finding:
    return _answers("action server", f"{configuration.actions_url}/health")


def _answers(name: str, url: str) -> Finding:
    try:
        code = httpx.get(url, timeout=3).status_code
    except httpx.HTTPError:
        return Finding(name, "does not answer; start it with: intake run", failed=True)
    return Finding(name, "answers" if code == httpx.codes.OK else "not ready", failed=code != 200)


def _whatsapp(configuration: Settings) -> Finding:
    parts = {
        "TWILIO_ACCOUNT_SID": configuration.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": configuration.twilio_auth_token,
        "TWILIO_WHATSAPP_FROM": configuration.twilio_whatsapp_from,
    }
    found = _channel("whatsapp", parts)
    if found.failed or not configuration.whatsapp_on:
        return found
    return asyncio.run(_ask_twilio(configuration))


async def _ask_twilio(configuration: Settings) -> Finding:
    from connectors.provider_errors import SendError
    from connectors.twilio_client import TwilioClient

    client = TwilioClient(configuration)
    try:
        await client.check()
    except SendError as error:
        return Finding("whatsapp", f"Twilio refuses us or does not answer ({error})", failed=True)
    finally:
        await client.aclose()
    url = configuration.public_url.rstrip("/")
    if not url.startswith("https://"):
        return Finding("whatsapp", "INTAKE_PUBLIC_URL must begin with https://", failed=True)
    return Finding("whatsapp", f"on; Twilio is to call {url}/webhooks/whatsapp")


def _telegram(configuration: Settings) -> Finding:
    parts: dict[str, object] = {"TELEGRAM_BOT_TOKEN": configuration.telegram_bot_token}
    if configuration.telegram_bot_token and configuration.telegram_mode != "polling":
        parts["TELEGRAM_WEBHOOK_SECRET (or TELEGRAM_MODE=polling)"] = (
            configuration.telegram_webhook_secret
        )
    found = _channel("telegram", parts)
    if found.failed or not configuration.telegram_on:
        return found
    return asyncio.run(_ask_telegram(configuration))


async def _ask_telegram(configuration: Settings) -> Finding:
    from connectors.channel_commands import webhook_url
    from connectors.channels import POLLING, telegram_mode
    from connectors.provider_errors import SendError
    from connectors.telegram_client import TelegramClient

    client = TelegramClient(configuration)
    try:
        registered = await client.webhook()
    except SendError as error:
        return Finding("telegram", f"refuses us or does not answer ({error})", failed=True)
    finally:
        await client.aclose()
    polls = telegram_mode(configuration) == POLLING
    wanted = "" if polls else webhook_url(configuration)
    waiting = f"{registered.pending_update_count} updates wait"
    if registered.url != wanted and not (polls and not registered.url):
        advice = "delete-webhook" if polls else "set-webhook"
        text = f"another webhook is registered; run: intake channel telegram {advice}"
        return Finding("telegram", text, failed=True)
    if registered.last_error_message and registered.pending_update_count:
        text = f"{waiting}; Telegram says: {registered.last_error_message}"
        return Finding("telegram", text, failed=True)
    return Finding("telegram", f"on, {'polling' if polls else wanted}, {waiting}")


def _photo_reading(_configuration: Settings) -> Finding:
    from bot.records.papers.ocr import reader

    found = reader()
    if found is None:
        text = "off (Tesseract is not installed: docs/records.md); photos are asked about"
        return Finding("photo reading", text)
    return Finding("photo reading", f"on ({', '.join(found.languages)})")


def _virus_check(configuration: Settings) -> Finding:
    if not configuration.clamav:
        return Finding("virus check", "off (INTAKE_CLAMAV not set)")
    from connectors.virus_scan import ScannerAway, VirusScanner

    try:
        scanner = VirusScanner(configuration.clamav)
        asyncio.run(scanner.infected(iter([b"hello"])))
    except (ScannerAway, ValueError) as error:
        return Finding("virus check", f"does not answer: {error}", failed=True)
    return Finding("virus check", "on")


def _channel(name: str, parts: Mapping[str, object]) -> Finding:
    missing = [setting for setting, value in parts.items() if not value]
    if len(missing) == len(parts):
        return Finding(name, f"off ({', '.join(missing)} not set)")
    if missing:
        return Finding(name, f"{', '.join(missing)} not set", failed=True)
    return Finding(name, "on")
