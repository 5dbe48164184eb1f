"""The gateway: webhooks, browser chat and console on one address, worker and sender too if wanted.

Serves from the first second: what comes in while the engine is still loading is stored and
answered when it is there. Start it with `python -m connectors.gateway [PART ...]` or through
`create_app`. A process without the web part serves its health and figures only.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from socket import socket
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from bot.oncology.knowledge_files import set_apart
from bot.settings import SettingMissing, Settings, settings
from bot.store import Store
from bot.store.errors import StoreError, StoreUnavailable
from bot.store.files import open_files
from connectors.channels import Channels
from connectors.chat_page import ChatPage
from connectors.engine_memory import forgetting
from connectors.health import Health
from connectors.http_guard import HttpGuard, request_id
from connectors.http_protocol import GuardedProtocol
from connectors.parts import ALL, Part
from connectors.webchat import Webchat
from connectors.webhooks import TelegramWebhook, WhatsAppWebhook

log = logging.getLogger(__name__)

GRACE_SECONDS = 20
# Most is loaded soon, the rest with the first console page or printed list.
LOADED_AFTER_SECONDS = (10, 60)


def create_app(
    configuration: Settings,
    store: Store,
    *,
    parts: Collection[Part] = ALL,
    console: bool = True,
    stopping: threading.Event | None = None,
) -> ASGIApp:
    """The parts of the service that this process has; `stopping` is set when it is asked to end.

    Raises SettingMissing when a channel is on without its secrets.
    """
    channels = Channels(configuration, store)
    health = Health(configuration, store, channels.metrics, parts)
    routes: list[BaseRoute] = [
        *WhatsAppWebhook(
            configuration,
            store,
            channels.door,
            channels.metrics,
            channels.reopening,
            channels.message_lost,
        ).routes(),
        *TelegramWebhook(
            configuration, channels.door, channels.metrics, channels.run_errand
        ).routes(),
        *Webchat(store, channels.door, channels.answered, stopping, channels.limits).routes(),
        *channels.links.routes(),
        *ChatPage().routes(),
        *health.routes(),
        Route("/", _home),
    ]
    if Part.WEB not in parts:
        routes = [*health.routes()]
    elif console:
        from bot.console.app import create_console

        routes.append(Mount("/console", create_console(store, configuration)))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(channels.running(parts))
            yield

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )
    https = configuration.public_url.startswith("https://")
    return HttpGuard(app, https=https, uploads=("/webchat/",))


async def _home(_request: Request) -> Response:
    return RedirectResponse("/chat")


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return await _failed(_request, error)
    detail = error.detail if error.status_code != 404 else "There is nothing at this address."
    return JSONResponse({"error": detail}, error.status_code, error.headers)


async def _failed(_request: Request, _error: Exception) -> Response:
    text = "Something went wrong on our side. Please try again in a minute."
    return JSONResponse({"error": text}, 500)


class _RequestIds(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def start_logging() -> None:
    """One line an event on stderr; libraries that would log addresses stay quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RequestIds())
    line = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
    handler.setFormatter(logging.Formatter(line))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    quiet = ("httpx", "httpcore", "telegram", "twilio", "multipart", "python_multipart")
    for name in (*quiet, "fontTools"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Server(uvicorn.Server):
    """Tells the application at once that it is to stop, not only when all requests have ended."""

    def __init__(self, stopping: threading.Event, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """What is loaded by a while later stays; see set_apart."""
        await super().startup(sockets)
        for seconds in LOADED_AFTER_SECONDS:
            asyncio.get_running_loop().call_later(seconds, set_apart)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


def main(parts: Collection[Part] = ALL, host: str | None = None, port: int | None = None) -> int:
    """Runs the parts until told to stop; finishes what is under way."""
    start_logging()
    stopping = threading.Event()
    try:
        configuration = settings()
        files = open_files(configuration.files_url, configuration.keys)
        store = Store.open(configuration.database_url, configuration.keys, files=files)
        store.retention.tell(forgetting(configuration))
        if not store.database.has_tables():
            raise StoreUnavailable("the database has no tables yet; run: intake migrate")
        app = create_app(configuration, store, parts=parts, stopping=stopping)
    except (SettingMissing, StoreError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    server = _Server(
        stopping,
        uvicorn.Config(
            app,
            host=host or configuration.host,
            port=port or configuration.port,
            access_log=False,  # addresses of the browser chat are keys to conversations
            log_config=None,
            server_header=False,
            proxy_headers=bool(configuration.trusted_proxies),
            forwarded_allow_ips=configuration.trusted_proxies,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACE_SECONDS,
            http=GuardedProtocol,
        ),
    )
    try:
        server.run()
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(frozenset(map(Part, sys.argv[1:])) or ALL))
