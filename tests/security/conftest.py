"""A populated console, and the whole gateway around it, to be attacked."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.settings import Settings
from connectors.gateway import create_app
from connectors.http_guard import HttpGuard
from connectors.parts import Part
from tests.connectors.conftest import door, service
from tests.console.conftest import HERE, KEY, Console, console, make_console, populated
from tests.standins import telegram_api, twilio_api

__all__ = ["console", "door", "make_console", "populated", "service"]


class Gateway:
    """The whole application over the console's store; nothing of it runs in the background."""

    def __init__(self, console: Console, files: Path) -> None:
        settings = Settings(
            _env_file=None,
            INTAKE_PUBLIC_URL=HERE,
            INTAKE_DATA_KEYS=KEY,
            INTAKE_FILES_URL=f"file://{files}",
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
            TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
            TELEGRAM_BOT_TOKEN=telegram_api.TOKEN,
            TELEGRAM_WEBHOOK_SECRET=telegram_api.SECRET,
        )
        self.console = console
        app = create_app(settings, console.store, parts={Part.WEB})
        assert isinstance(app, HttpGuard)
        assert isinstance(app._app, Starlette)
        self.app, self.routes = app, app._app.routes

    def logged_in(self, name: str) -> TestClient:
        """A browser somebody is logged in with; redirects are not followed."""
        cookie = self.console.logged_in(name).cookies["intake_session"]
        browser = self.browser()
        browser.cookies.set("intake_session", cookie, domain="console.test")
        return browser

    def browser(self) -> TestClient:
        """A browser nobody is logged in with."""
        return TestClient(self.app, base_url=HERE, follow_redirects=False)


@pytest.fixture
def gateway(console: Console, tmp_path: Path) -> Gateway:
    """The whole gateway."""
    return Gateway(console, tmp_path / "files")
