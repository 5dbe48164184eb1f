"""Liveness, readiness and metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Final

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.limits import limits_of
from bot.settings import Settings
from bot.store import Store
from bot.store.errors import StoreError
from connectors.metrics import CONTENT_TYPE, Metrics
from connectors.neighbours import may_see_figures
from connectors.parts import ALL, Part
from connectors.tls import trust

_TIMEOUT: Final = 2.0
# Readiness is asked for by anybody; the parts behind us are asked this often at most.
_FRESH_SECONDS: Final = 0.5


class Health:
    """`/healthz` (this process), `/readyz` (what it needs), `/metrics`.

    A worker needs engine and action server. Who only takes messages in or sends needs the database
    alone: a proxy must not stop sending us messages because no engine runs.
    """

    def __init__(
        self, settings: Settings, store: Store, metrics: Metrics, parts: Collection[Part] = ALL
    ) -> None:
        self._store, self._metrics = store, metrics
        token = settings.metrics_token
        self._token = token.get_secret_value() if token else None
        self._takes_turns = Part.WORKER in parts
        self._redis = limits_of(settings).link
        self._engines = [url.strip().rstrip("/") for url in settings.engine_url.split(",")]
        self._actions = settings.actions_url.rstrip("/")
        self._known: dict[str, str] = {}
        self._known_at = 0.0
        self._asking = asyncio.Lock()
        metrics.watch(store)

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.live),
            Route("/readyz", self.ready),
            Route("/metrics", self.figures),
        ]

    async def live(self, _request: Request) -> Response:
        """This process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """200 when all that is needed can be used, else 503 and which cannot."""
        async with self._asking:
            if time.monotonic() - self._known_at > _FRESH_SECONDS:
                self._known = await self._ask()
                self._known_at = time.monotonic()
        # Without Redis every process goes on alone.
        good = all(state == "ok" for name, state in self._known.items() if name != "redis")
        return JSONResponse({"ready": good, **self._known}, 200 if good else 503)

    async def figures(self, request: Request) -> Response:
        """Prometheus' text format, for our own network or with the token."""
        if not may_see_figures(request, self._token):
            raise HTTPException(403, "Figures are for our own network, or with a token.")
        text = await asyncio.to_thread(self._metrics.text)
        return PlainTextResponse(text.decode(), headers={"content-type": CONTENT_TYPE})

    async def _ask(self) -> dict[str, str]:
        states = {"database": await self._database()}
        if self._redis is not None:
            states["redis"] = await asyncio.to_thread(self._redis.check)
        if self._takes_turns:
            states |= await self._behind()
        return {name: "ok" if state else "unavailable" for name, state in states.items()}

    async def _behind(self) -> dict[str, bool]:
        async with httpx.AsyncClient(timeout=_TIMEOUT, verify=trust()) as client:
            actions, *engines = await asyncio.gather(
                _answers(client, f"{self._actions}/health"),
                *(_answers(client, f"{url}/") for url in self._engines),
            )
        return {"engine": any(engines), "actions": actions}

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT):
                await asyncio.to_thread(self._store.check)
        except (StoreError, TimeoutError):
            return False
        return True


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False
