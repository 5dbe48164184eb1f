"""Twilio and Telegram on a bad day: the tests' stand-ins, with faults in both directions.

Incoming: webhooks are delivered twice, swapped, broken off after they were sent and before they are
answered; then each provider does what it does: Twilio tries once more only when it could not
connect, Telegram until it gets a 2xx. What may cross: WhatsApp messages that one person sent one
right after the other; on Telegram a tap and a text, whose lines are separate there; delivery
reports. Outgoing: requests are refused with 429 and 500, or their answer breaks off; so are fetches
of files. Twilio may have sent the message of a broken or refused request; Telegram's are broken off
before sending, because nobody can ask Telegram afterwards.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
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
PDF: Final = "application/pdf"
_left: ContextVar[asyncio.Event] = ContextVar("left")


class Wire(httpx.AsyncHTTPTransport):
    """Tells when a request has left: only then can its answer be lost."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        left = _left.get(None)

        async def trace(event: str, _info: Any) -> None:
            if left is not None and event.endswith("send_request_body.complete"):
                left.set()

        request.extensions = {**request.extensions, "trace": trace}
        return await super().handle_async_request(request)


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
    # Numbers of updates and of messages are told apart by their size.
    telegram: TelegramStandIn = field(
        default_factory=lambda: TelegramStandIn(_ids=itertools.count(700_000_000))
    )
    client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=20, transport=Wire())
    )
    address: str = ""
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    lines: dict[str, asyncio.Lock] = field(default_factory=dict)

    def aim(self, gateway: str, address: str) -> None:
        """Where webhooks go, and where files are fetched."""
        self.address = address
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
        if "/Media/" in route.path or route.path.startswith("/file/bot"):
            return Route(route.path, self._around_file(route.endpoint), methods=["GET"])
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

    def _around_file(self, fetch: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            if self.faults.happens(self.faults.refuse, "file refused"):
                return Response(status_code=500)
            if self.faults.happens(self.faults.time_out, "file broken off"):
                return _broken_off()
            return await fetch(request)

        return endpoint

    # -- incoming -----------------------------------------------------------------------------

    def whatsapp(self, *messages: dict[str, str]) -> list[str]:
        """Somebody writes, taps or sends a file; the sids. Pieces are swapped now and then."""
        several = len(messages) > 1
        swapped = several and self.faults.happens(self.faults.reorder, "webhooks swapped")
        self._start(self._deliver_whatsapp(messages[::-1] if swapped else messages))
        return [params["MessageSid"] for params in messages]

    def tapped_on_whatsapp(self, phone: str, title: str, token: str) -> dict[str, str]:
        """A press of a button or of a list's item."""
        pressed = {"ButtonText": title, "ButtonPayload": token, "MessageType": "button"}
        return self.twilio.inbound(phone, title, **pressed)

    def tapped_on_telegram(self, user: int, token: str) -> dict[str, Any]:
        """A press of a button under the last message."""
        message = next(m for m in reversed(self.telegram.sent) if m["chat"]["id"] == user)
        return self.telegram.press(token, message, user)

    def paper_on_whatsapp(self, phone: str, data: bytes) -> dict[str, str]:
        """A document."""
        kind = {"MediaContentType0": PDF, "MessageType": "document"}
        params = self.twilio.inbound(phone, "", NumMedia="1", **kind)
        sid = params["MessageSid"]
        return params | {"MediaUrl0": self.twilio.add_media(sid, PDF, data, self.address)}

    def paper_on_telegram(self, user: int, data: bytes) -> dict[str, Any]:
        """A document."""
        identity = f"paper{user}"
        self.telegram.files[identity] = data
        names = {"file_id": identity, "file_unique_id": identity, "file_name": "report.pdf"}
        return self.telegram.message(
            user, document={**names, "mime_type": PDF, "file_size": len(data)}
        )

    def choices(self, channel: str, address: str) -> list[tuple[str, str]]:
        """Titles and tokens of the buttons under the last message to a person."""
        if channel == "whatsapp":
            to = f"whatsapp:{address}"
            last = next((m for m in reversed(self.twilio.outgoing) if m["to"] == to), None)
            return list(last["_choices"]) if last else []
        chat = int(address)
        shown = next((m for m in reversed(self.telegram.sent) if m["chat"]["id"] == chat), {})
        rows = (shown.get("reply_markup") or {}).get("inline_keyboard", [])
        return [(button["text"], button["callback_data"]) for row in rows for button in row]

    def on_telegram(self, *updates: dict[str, Any]) -> None:
        """Somebody writes or taps; a text may overtake the tap before it."""
        tapped = len(updates) > 1 and "callback_query" in updates[0]
        swapped = tapped and self.faults.happens(self.faults.reorder, "text before tap")
        self._start(self._deliver_telegram(updates[::-1] if swapped else updates))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _deliver_whatsapp(self, sent: Sequence[dict[str, str]]) -> None:
        for params in sent:
            twice = self.faults.happens(self.faults.duplicate, "webhook twice")
            await self._push_whatsapp(params)
            if twice:
                self._start(self._again(params))

    async def _again(self, params: dict[str, str]) -> None:
        """The same webhook once more; the person's next message does not wait for it."""
        await asyncio.sleep(self.faults.chance.choice((0.0, 0.0, 1.0, 8.0)))
        await self._push_whatsapp(params)

    async def _push_whatsapp(self, params: dict[str, str]) -> None:
        for _ in range(2):  # one more try, when no connection could be made
            try:
                await self._pushed(self.twilio.push(self.client, params))
                return
            except httpx.ConnectError:
                self.faults.counted["webhook not connected"] += 1
                await asyncio.sleep(0.5)
            except (httpx.HTTPError, TimeoutError):
                self.faults.counted["webhook broken off"] += 1
                return

    async def _deliver_telegram(self, updates: Sequence[dict[str, Any]]) -> None:
        for update in updates:
            async with self.lines.setdefault(_line_of(update), asyncio.Lock()):
                await self._push_telegram(update)
            if self.faults.happens(self.faults.duplicate, "update twice"):
                await asyncio.sleep(self.faults.chance.choice((0.0, 0.0, 1.0, 8.0)))
                await self._push_telegram(update)

    async def _push_telegram(self, update: dict[str, Any]) -> None:
        began, pause = asyncio.get_running_loop().time(), 0.0
        while True:
            wait = pause
            try:
                answer = await self._pushed(self.telegram.push(self.client, update))
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

    async def _pushed(self, push: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        """The gateway's answer; now and then it is lost once the request has left."""
        left = asyncio.Event()
        _left.set(left)
        pushing = asyncio.create_task(push)
        try:
            async with asyncio.timeout(WEBHOOK_SECONDS):
                if self.faults.happens(self.faults.time_out, "webhook answer lost"):
                    leaving = asyncio.create_task(left.wait())
                    await asyncio.wait((pushing, leaving), return_when=asyncio.FIRST_COMPLETED)
                    leaving.cancel()
                    if left.is_set():
                        await asyncio.sleep(self.faults.chance.uniform(0.0, 0.02))
                        raise httpx.ReadTimeout("the answer is lost")
                return await pushing
        finally:
            pushing.cancel()
            await asyncio.wait((pushing,))

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


def _line_of(update: dict[str, Any]) -> str:
    """Telegram delivers a chat's messages one after the other, and a person's taps beside them."""
    content = update.get("message") or update["callback_query"]
    return f"{'tap' if 'callback_query' in update else 'chat'} {content['from']['id']}"
