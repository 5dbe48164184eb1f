"""A whole gateway on SQLite with stand-ins of everything around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from bot.settings import Settings
from bot.store import Store
from connectors.gateway import create_app
from tests.standins import telegram_api, twilio_api
from tests.standins.engine import EngineStandIn
from tests.standins.serving import free_port, serving
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn


@pytest.fixture
def engine() -> EngineStandIn:
    return EngineStandIn()


@pytest.fixture
def twilio() -> TwilioStandIn:
    return TwilioStandIn()


@pytest.fixture
def telegram() -> TelegramStandIn:
    return TelegramStandIn()


@dataclass
class Service:
    """A running gateway and what surrounds it."""

    url: str
    client: httpx.Client
    store: Store
    settings: Settings
    engine: EngineStandIn
    twilio: TwilioStandIn
    telegram: TelegramStandIn

    def push_whatsapp(
        self, params: dict[str, str], path: str = "/webhooks/whatsapp", **headers: Any
    ) -> httpx.Response:
        signed = {"x-twilio-signature": self.twilio.sign(self.url + path, params)}
        return self.client.post(path, data=params, headers=signed | headers)

    def push_telegram(self, update: Any, secret: str = telegram_api.SECRET) -> httpx.Response:
        headers = {"x-telegram-bot-api-secret-token": secret}
        return self.client.post("/webhooks/telegram", json=update, headers=headers)

    def say(self, text: str, conversation: str = "a-conversation") -> dict[str, Any]:
        answer = self.client.post(f"/webchat/{conversation}/messages", json={"text": text})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def make_settings(folder: Path, **more: str) -> Settings:
    return Settings(
        _env_file=None,
        INTAKE_DATABASE_URL=f"sqlite:///{folder / 'intake.db'}",
        INTAKE_FILES_URL=f"file://{folder / 'files'}",
        INTAKE_DATA_KEYS=Fernet.generate_key().decode(),
        INTAKE_ENGINE_TOKEN="engine-token",
        **more,
    )


@pytest.fixture
def service(
    tmp_path: Path, engine: EngineStandIn, twilio: TwilioStandIn, telegram: TelegramStandIn
) -> Iterator[Service]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    twilio.gateway = url
    with (
        serving(engine.app()) as engine_url,
        serving(twilio.app()) as twilio_url,
        serving(telegram.app()) as telegram_url,
    ):
        settings = make_settings(
            tmp_path,
            INTAKE_ENGINE_URL=engine_url,
            INTAKE_ACTIONS_URL=engine_url,
            INTAKE_PUBLIC_URL=url,
            TWILIO_API_URL=twilio_url,
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
            TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
            TELEGRAM_API_URL=telegram_url,
            TELEGRAM_BOT_TOKEN=telegram_api.TOKEN,
            TELEGRAM_WEBHOOK_SECRET=telegram_api.SECRET,
        )
        store = Store.open(settings.database_url, settings.keys)
        store.migrate()
        with (
            serving(create_app(settings, store, console=False), port),
            httpx.Client(base_url=url, timeout=40) as client,
        ):
            yield Service(url, client, store, settings, engine, twilio, telegram)
        store.close()
