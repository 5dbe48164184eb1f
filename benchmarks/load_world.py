"""The service, the stand-ins it talks to, and Rasa's own Twilio channel, for load runs."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from bot.operations.training import ENGINE_PYTHON
from bot.settings import ROOT
from tests.service import Service, free_port, running_service
from tests.standins import telegram_api, twilio_api
from tests.standins.serving import serving
from tests.standins.twilio_api import TwilioStandIn

READY_SECONDS: Final = 180


@dataclass
class ListeningTwilio(TwilioStandIn):
    """Counts what each person was sent."""

    heard: Counter[str] = field(default_factory=Counter)

    def _accept(self, fields: dict[str, str]) -> dict[str, Any]:
        self.heard[fields["To"].removeprefix("whatsapp:")] += 1
        return super()._accept(fields)


@dataclass
class World:
    """The service and the stand-in of Twilio that it sends to."""

    service: Service
    twilio: ListeningTwilio
    address: str
    failed: int = 0  # turns of the peer that ended with an error or without a message

    def webhook(self, phone: str, text: str) -> tuple[dict[str, str], str]:
        """Parameters and signature of a message."""
        params = self.twilio.inbound(phone, text)
        return params, self.twilio.sign(f"{self.service.url}/webhooks/whatsapp", params)


# Rasa's channel through the account's own client; only the address of the API is another. Actions
# are told the message's id as with our door, without which they take no turn.
_PEER: Final = """
import sys
from twilio.base import version
from twilio.http.http_client import TwilioHttpClient
plain, world = TwilioHttpClient.request, sys.argv[1]
def request(self, method, url, *rest, **more):
    return plain(self, method, url.replace("https://api.twilio.com", world), *rest, **more)
TwilioHttpClient.request = request
from bot.engine import fast_actions
fast_actions.install()
from rasa.__main__ import main
sys.argv = ["rasa", *sys.argv[2:]]
main()
"""


@contextlib.contextmanager
def rasa_twilio(service: Service, world_address: str, folder: Path) -> Iterator[str]:
    """The same model and action server behind Rasa's own Twilio channel."""
    port = free_port()
    credentials = folder / "credentials.yml"
    credentials.write_text(
        f'twilio:\n  account_sid: "{twilio_api.ACCOUNT}"\n  auth_token: "{twilio_api.TOKEN}"\n'
        f'  twilio_number: "whatsapp:{twilio_api.SENDER}"\n',
        encoding="utf-8",
    )
    command = [
        *(str(ENGINE_PYTHON), "-W", "ignore", "-c", _PEER, world_address, "run"),
        *("--model", service.environment["TEST_MODEL"], "--endpoints", "endpoints.yml"),
        *("--credentials", str(credentials), "--interface", "127.0.0.1", "--port", str(port)),
    ]
    with (folder / "peer.log").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=service.environment, stdout=out, stderr=out
        )
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + READY_SECONDS
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(f"{url}/webhooks/twilio/", timeout=2).is_success:
                        break
                time.sleep(0.3)
            yield url
        finally:
            process.terminate()
            process.wait(20)


@contextlib.asynccontextmanager
async def world_of(folder: Path) -> AsyncIterator[World]:
    """A service with both channels and the stand-ins it talks to."""
    twilio = ListeningTwilio()
    telegram = telegram_api.TelegramStandIn()
    routes = [*twilio.app().routes, *telegram.app().routes]
    with serving(Starlette(routes=routes), abrupt=True) as address:
        settings = {
            "TWILIO_API_URL": address,
            "TWILIO_ACCOUNT_SID": twilio_api.ACCOUNT,
            "TWILIO_AUTH_TOKEN": twilio_api.TOKEN,
            "TWILIO_WHATSAPP_FROM": twilio_api.SENDER,
            "TELEGRAM_API_URL": address,
            "TELEGRAM_BOT_TOKEN": telegram_api.TOKEN,
            "TELEGRAM_WEBHOOK_SECRET": telegram_api.SECRET,
            "INTAKE_MESSAGE_PAUSE_SECONDS": "0",
        }
        with running_service(folder, **settings) as service:
            twilio.gateway = service.url
            yield World(service, twilio, address)
