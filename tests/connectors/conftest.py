"""A whole gateway on SQLite with stand-ins of everything around it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from starlette.applications import Starlette

from bot.settings import Settings
from bot.store import Store
from connectors.gateway import create_app
from connectors.http_protocol import GuardedProtocol
from connectors.tls import trust
from tests.conftest import KEY
from tests.connectors.waiting import LONGEST_SECONDS, until
from tests.standins import telegram_api, twilio_api
from tests.standins.engine import EngineStandIn
from tests.standins.serving import address, bound, serving
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn

# Longer than anything that a test waits for.
PATIENCE_SECONDS = LONGEST_SECONDS + 30


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
    stopping: threading.Event

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


def make_settings(folder: Path, key: str | None = None, **more: str) -> Settings:
    more = {"INTAKE_MESSAGE_PAUSE_SECONDS": "0"} | more
    return Settings(
        _env_file=None,
        INTAKE_DATABASE_URL=f"sqlite:///{folder / 'intake.db'}",
        INTAKE_FILES_URL=f"file://{folder / 'files'}",
        INTAKE_DATA_KEYS=key or Fernet.generate_key().decode(),
        INTAKE_ENGINE_TOKEN="engine-token",
        **more,
    )


@contextmanager
def running(
    folder: Path, database: Path, twilio: TwilioStandIn | None = None, **more: str
) -> Iterator[Service]:
    """The gateway as it runs for people, with everything around it in one other server.

    `database` is what it finds, `more` are further settings.
    """
    fresh, twilio = twilio is None, twilio or TwilioStandIn()
    engine, telegram = EngineStandIn(), TelegramStandIn()
    at_start = {"getMe", "setWebhook", "setMyCommands"}
    held = bound()
    url = twilio.gateway = address(held)
    shutil.copy(database, folder / "intake.db")
    # Their addresses are disjoint, so one server can be all three.
    outside = [*engine.app().routes, *twilio.app().routes, *telegram.app().routes]
    with serving(Starlette(routes=outside), abrupt=True) as world:
        settings = make_settings(
            folder,
            KEY,
            INTAKE_ENGINE_URL=world,
            INTAKE_ACTIONS_URL=world,
            INTAKE_PUBLIC_URL=url,
            TWILIO_API_URL=world,
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
            TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
            TELEGRAM_API_URL=world,
            TELEGRAM_BOT_TOKEN=telegram_api.TOKEN,
            TELEGRAM_WEBHOOK_SECRET=telegram_api.SECRET,
            **more,
        )
        store = Store.open(settings.database_url, settings.keys)
        stopping = threading.Event()
        app = create_app(settings, store, console=False, stopping=stopping)
        with (
            serving(app, held, http=GuardedProtocol),
            httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, verify=trust()) as client,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr("connectors.webchat.WAIT_SECONDS", LONGEST_SECONDS + 10)
            if fresh:
                # From here on the test alone decides what happens: a gateway that starts looks
                # through Twilio's list and tells Telegram its address and menu by itself.
                until(lambda: twilio.looks and at_start <= set(telegram.answered))
            yield Service(url, client, store, settings, engine, twilio, telegram, stopping)
        store.close()


@pytest.fixture
def service(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Service]:
    """A service of the test's own."""
    with running(tmp_path, migrated_sqlite) as made:
        yield made


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Service]:
    """A service shared by tests that only knock and are refused, or use a name of their own."""
    with running(tmp_path_factory.mktemp("door"), migrated_sqlite) as made:
        yield made
