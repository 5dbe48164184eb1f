"""`intake doctor`: looks at settings, database, model, engine, action server and channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx

from bot.operations.training import model_path
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


Check = Callable[[Settings], Finding]


def examine() -> Iterator[Finding]:
    """All checks, in the order in which they build on each other."""
    try:
        configuration = settings()
    except SettingMissing as error:
        yield Finding("settings", str(error), failed=True)
        return
    yield Finding("settings", "read")
    for check in (_keys, _database, _model, _engine, _actions, _whatsapp, _telegram):
        yield check(configuration)


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


def _model(configuration: Settings) -> Finding:
    path = model_path()
    if path.exists():
        return Finding("model", f"{path.name}, up to date")
    return Finding("model", "missing or out of date; run: intake train", failed=True)


def _engine(configuration: Settings) -> Finding:
    return _answers("engine", f"{configuration.engine_url.split(',')[0]}/webhooks/intake/")


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
    return _channel("whatsapp", parts)


def _telegram(configuration: Settings) -> Finding:
    parts: dict[str, object] = {"TELEGRAM_BOT_TOKEN": configuration.telegram_bot_token}
    if configuration.telegram_bot_token and configuration.telegram_mode != "polling":
        parts["TELEGRAM_WEBHOOK_SECRET (or TELEGRAM_MODE=polling)"] = (
            configuration.telegram_webhook_secret
        )
    return _channel("telegram", parts)


def _channel(name: str, parts: Mapping[str, object]) -> Finding:
    missing = [setting for setting, value in parts.items() if not value]
    if len(missing) == len(parts):
        return Finding(name, f"off ({', '.join(missing)} not set)")
    if missing:
        return Finding(name, f"{', '.join(missing)} not set", failed=True)
    return Finding(name, "on")
