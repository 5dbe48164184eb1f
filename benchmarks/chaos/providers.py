"""Twilio and Telegram on a bad day: the tests' stand-ins, with faults in both directions.

Incoming: webhooks are delivered twice, swapped, broken off before their answer; then each provider
does what it does: Twilio tries once more only when it could not connect, Telegram until it gets a
2xx. Outgoing: requests are refused with 429 and 500, or their answer breaks off. Twilio may have
sent the message of a broken or refused request; Telegram's are broken off before sending, because
nobody can ask Telegram afterwards.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.standins.telegram_api import Refused, TelegramStandIn
from tests.standins.twilio_api import Fault, TwilioStandIn

WEBHOOK_SECONDS: Final = 15.0
LONGEST_BACKOFF: Final = 60.0
PRESS_LASTS: Final = 150.0


@dataclass
class Faults:
    """Shares of what goes wrong, and how often it did."""

    duplicate: float = 0.10
    reorder: float = 0.05
    time_out: float = 0.05
    refuse: float = 0.10
    chance: random.Random = field(default_factory=random.Random)
    counted: Counter[str] = field(default_factory=Counter)

    @classmethod
    def bad(cls, seed: int) -> Faults:
        """The shares that the run is judged by."""
        return cls(chance=random.Random(seed))

    @classmethod
    def none(cls, seed: int) -> Faults:
        """A quiet day."""
        return cls(0.0, 0.0, 0.0, 0.0, random.Random(seed))

    def happens(self, share: float, name: str) -> bool:
        """Whether it happens this time."""
        found = self.chance.random() < share
        self.counted[name] += found
        return found


@dataclass
class Providers:
    """Both stand-ins behind one address, their faults, and the deliveries under way."""

    faults: Faults
    twilio: TwilioStandIn = field(default_factory=TwilioStandIn)
    telegram: TelegramStandIn = field(default_factory=TelegramStandIn)
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20))
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    lines: dict[int, asyncio.Lock] = field(default_factory=dict)

    def aim(self, gateway: str) -> None:
        """Where webhooks go."""
        self.twilio.gateway = gateway
        self.telegram.webhook = f"{gateway}/webhooks/telegram"

    def app(self) -> Starlette:
        """Everything a gateway calls."""
        inner = [*self.twilio.app().routes, *self.telegram.app().routes]
        return Starlette(routes=[self._faulty(route) for route in inner])

    def _faulty(self, route: BaseRoute) -> BaseRoute:
        assert isinstance(route, Route)
        sends_sms = route.path.endswith("/Messages.json") and "POST" in (route.methods or ())
        if sends_sms:
            return Route(route.path, self._around_twilio(route.endpoint), methods=["POST"])
        if route.path.startswith("/bot"):
            endpoint = self._around_telegram(route.endpoint)
            return Route(route.path, endpoint, methods=["GET", "POST"])
        return route

    def _around_twilio(self, send: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            if self.faults.happens(self.faults.refuse, "twilio refused"):
                throttled = self.faults.chance.random() < 0.5
                sent_anyway = not throttled and self.faults.chance.random() < 0.5
                fault = Fault(429, retry_after="1") if throttled else Fault(500, sent_anyway)
                self.twilio.faults.append(fault)
                return await send(request)
            if self.faults.happens(self.faults.time_out, "twilio answer lost"):
                await send(request)
                return _broken_off()
            return await send(request)

        return endpoint

    def _around_telegram(self, call: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            if request.path_params["method"] != "sendMessage":
                return await call(request)
            if self.faults.happens(self.faults.refuse, "telegram refused"):
                throttled = self.faults.chance.random() < 0.5
                refused = (
                    Refused(429, "Too Many Requests: retry after 1", 1)
                    if throttled
                    else Refused(500, "Internal Server Error")
                )
                self.telegram.faults.append(refused)
                return await call(request)
            if self.faults.happens(self.faults.time_out, "telegram broken off"):
                return _broken_off()
            return await call(request)

        return endpoint

    # -- incoming -----------------------------------------------------------------------------

    def whatsapp(self, phone: str, *texts: str) -> list[str]:
        """Somebody writes; the sids. WhatsApp tells no order, so these are not swapped."""
        sent = [self.twilio.inbound(phone, text) for text in texts]
        self._start(self._deliver_whatsapp(sent))
        return [params["MessageSid"] for params in sent]

    def on_telegram(self, *updates: dict[str, Any]) -> list[str]:
        """Somebody writes or taps; the update ids. Swapped now and then: taps overtake texts."""
        ids = [str(update["update_id"]) for update in updates]
        swapped = len(updates) > 1 and self.faults.happens(self.faults.reorder, "updates swapped")
        for update in reversed(updates) if swapped else updates:
            self._start(self._deliver_telegram(update, in_line=not swapped))
        return ids

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _deliver_whatsapp(self, sent: list[dict[str, str]]) -> None:
        for params in sent:
            twice = self.faults.happens(self.faults.duplicate, "webhook twice")
            await self._push_whatsapp(params)
            if twice:
                await asyncio.sleep(self.faults.chance.choice((0.0, 0.0, 1.0, 8.0)))
                await self._push_whatsapp(params)

    async def _push_whatsapp(self, params: dict[str, str]) -> None:
        for _ in range(2):  # one more try, when no connection could be made
            try:
                async with asyncio.timeout(self._patience()):
                    await self.twilio.push(self.client, params)
                return
            except httpx.ConnectError:
                self.faults.counted["webhook not connected"] += 1
                await asyncio.sleep(0.5)
            except (httpx.HTTPError, TimeoutError):
                self.faults.counted["webhook broken off"] += 1
                return

    async def _deliver_telegram(self, update: dict[str, Any], *, in_line: bool) -> None:
        chat = _chat_of(update)
        line = self.lines.setdefault(chat, asyncio.Lock()) if in_line else asyncio.Lock()
        async with line:
            await self._push_telegram(update)
        if self.faults.happens(self.faults.duplicate, "update twice"):
            await asyncio.sleep(self.faults.chance.choice((0.0, 0.0, 1.0, 8.0)))
            await self._push_telegram(update)

    async def _push_telegram(self, update: dict[str, Any]) -> None:
        began, pause = asyncio.get_running_loop().time(), 0.0
        while True:
            wait = pause
            try:
                async with asyncio.timeout(self._patience()):
                    answer = await self.telegram.push(self.client, update)
                if answer.is_success:
                    return
                wait = float(answer.headers.get("retry-after", wait))
            except (httpx.HTTPError, TimeoutError):
                self.faults.counted["update broken off"] += 1
            await asyncio.sleep(wait)
            pause = min(max(pause * 2, 2.0), LONGEST_BACKOFF)
            old = asyncio.get_running_loop().time() - began > PRESS_LASTS
            if "callback_query" in update and old:
                self.faults.counted["tap thrown away"] += 1
                return

    def _patience(self) -> float:
        """How long a provider waits for our answer; now and then it breaks off at once."""
        broken = self.faults.happens(self.faults.time_out, "webhook answer lost")
        return self.faults.chance.uniform(0.0, 0.02) if broken else WEBHOOK_SECONDS

    # -- delivery reports ---------------------------------------------------------------------

    async def ship(self) -> None:
        """Reports what became of messages, late, twice and swapped; until cancelled."""
        while True:
            for message in [m for m in self.twilio.outgoing if m["status"] == "queued"]:
                message["status"] = "sending"
                self._start(self._report(message["sid"]))
            await asyncio.sleep(0.5)

    async def _report(self, sid: str) -> None:
        statuses = ["sent", "delivered", "read"]
        if self.faults.happens(self.faults.reorder, "reports swapped"):
            statuses = ["delivered", "sent", "read"]
        for status in statuses:
            twice = 1 + self.faults.happens(self.faults.duplicate, "report twice")
            for _ in range(twice):
                try:
                    await self.twilio.report(self.client, sid, status)
                except httpx.HTTPError:
                    self.faults.counted["report lost"] += 1

    def sent_by_row(self) -> Counter[str]:
        """How often each of our messages was sent on WhatsApp, by its id."""
        addresses = self.twilio.callbacks.values()
        return Counter(parse_qs(urlsplit(address).query)["m"][0] for address in addresses)


def _broken_off() -> Response:
    """An answer that ends in the middle."""

    async def half() -> AsyncIterator[bytes]:
        yield b'{"si'
        raise ConnectionResetError("the answer breaks off")

    return StreamingResponse(half(), 201, {"content-length": "500"}, "application/json")


def _chat_of(update: dict[str, Any]) -> int:
    content = update.get("message") or update.get("callback_query") or {}
    return int(content["from"]["id"])
