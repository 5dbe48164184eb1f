"""A stand-in of Twilio's message API that refuses what Twilio refuses.

As a part of tests: `TwilioStandIn(...).app()`. As a process, to hold a conversation by hand:

    python -m tests.standins.twilio_api --port 9001 --gateway http://127.0.0.1:8000 --phone +8801...

with the gateway started with TWILIO_API_URL=http://127.0.0.1:9001, TWILIO_ACCOUNT_SID and
TWILIO_AUTH_TOKEN as printed, TWILIO_WHATSAPP_FROM=+14155238886. What is typed is signed and pushed
like Twilio does; what the service sends is printed.

Rules: https://www.twilio.com/docs/messaging/api/message-resource and the error pages of the codes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.standins.twilio_content import Contents
from tests.standins.twilio_rules import broken_rule

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "stand-in-auth-token"
SENDER = "+14155238886"
SHIPPING = ("queued", "sent", "delivered", "read")


@dataclass
class Fault:
    """What happens to one request: an HTTP status, and whether the message goes out regardless."""

    status: int
    sent_anyway: bool = False
    retry_after: str | None = None


@dataclass
class TwilioStandIn:
    """One account. `faults` are used up one a sending; `gateway` is where webhooks are pushed."""

    gateway: str | None = None
    account: str = ACCOUNT
    token: str = TOKEN
    sender: str = SENDER
    faults: deque[Fault] = field(default_factory=deque)
    messages: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    # Statuses for the next fetches of media; 0 breaks off after half of the bytes.
    media_faults: deque[int] = field(default_factory=deque)
    # Sids of messages whose files Twilio no longer has.
    gone: set[str] = field(default_factory=set)
    callbacks: dict[str, str] = field(default_factory=dict)
    media_urls: list[str] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    last_inbound: dict[str, datetime] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    typing: list[str] = field(default_factory=list)
    # How often the message list was asked for and given.
    looks: int = 0

    def app(self) -> Starlette:
        base = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[
                Route(f"{base}/Messages.json", self._create, methods=["POST"]),
                Route(f"{base}/Messages.json", self._list, methods=["GET"]),
                Route(f"{base}/Messages/{{sid}}.json", self._one, methods=["GET"]),
                Route(f"{base}/Messages/{{sid}}.json", self._redact, methods=["POST"]),
                Route(f"{base}/Messages/{{sid}}.json", self._delete, methods=["DELETE"]),
                Route(f"{base}/Messages/{{sid}}/Media.json", self._media_list),
                Route(f"{base}/Messages/{{sid}}/Media/{{media}}", self._media_bytes),
                *self.contents.routes(self._unauthorised, self._error, self._sid),
                Route("/v2/Indicators/Typing.json", self._typing, methods=["POST"]),
            ]
        )

    @property
    def outgoing(self) -> list[dict[str, Any]]:
        """What the service has sent, oldest first."""
        return [m for m in self.messages if m["direction"] == "outbound-api"]

    def sign(self, url: str, params: dict[str, str]) -> str:
        """As Twilio signs a form: the address, then names and values by name."""
        text = url + "".join(name + params[name] for name in sorted(params))
        digest = hmac.new(self.token.encode(), text.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()

    def form(self, phone: str, body: str = "", **more: str) -> dict[str, str]:
        """The parameters of a message webhook, of which Twilio itself knows nothing."""
        sid = self._sid("SM")
        return {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "From": f"whatsapp:{phone}",
            "To": f"whatsapp:{self.sender}",
            "WaId": phone.lstrip("+"),
            "ProfileName": "Amina",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "MessageType": "text",
        } | more

    def inbound(self, phone: str, body: str = "", **more: str) -> dict[str, str]:
        """The parameters of a message webhook, and its entry in the message list."""
        params = self.form(phone, body, **more)
        self.last_inbound[phone] = datetime.now(UTC)
        sid = params["MessageSid"]
        self.messages.append(
            self._resource(sid, params["From"], params["To"], body, "inbound", "received")
            | {"num_media": params["NumMedia"]}
        )
        return params

    async def push(
        self, client: httpx.AsyncClient, params: dict[str, str], path: str = "/webhooks/whatsapp"
    ) -> httpx.Response:
        """Delivers a webhook, signed over the gateway's public address."""
        url = f"{self.gateway}{path}"
        return await client.post(
            url,
            content=urlencode(params),
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": self.sign(url, params),
                "i-twilio-idempotency-token": params["MessageSid"],
            },
        )

    async def report(
        self, client: httpx.AsyncClient, sid: str, status: str, code: int | None = None
    ) -> httpx.Response:
        """Pushes a delivery report to the address that the message was sent with."""
        message = next(m for m in self.messages if m["sid"] == sid)
        message["status"], message["error_code"] = status, code
        message["date_sent"] = message["date_sent"] or format_datetime(datetime.now(UTC))
        params = {
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "SmsSid": sid,
            "AccountSid": self.account,
            "From": message["from"],
            "To": message["to"],
            "ApiVersion": "2010-04-01",
            "ChannelPrefix": "whatsapp",
        } | ({"ErrorCode": str(code), "ErrorMessage": ""} if code else {})
        url = self.callbacks[sid]
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": self.sign(url, params),
        }
        return await client.post(url, content=urlencode(params), headers=headers)

    def _unauthorised(self, request: Request) -> Response | None:
        expected = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return self._error(401, 20003, "Authenticate")
        if request.path_params.get("account", self.account) != self.account:
            return self._error(404, 20404, "The requested resource was not found")
        return None

    async def _create(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        form = await request.form()
        fields = {name: str(value) for name, value in form.items()}
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and not fault.sent_anyway:
            code = {429: 20429, 503: 20503}.get(fault.status, 20500)
            return self._error(fault.status, code, "Injected", fault.retry_after)
        broken = broken_rule(fields, self.sender, self.opted_out) or self.contents.broken(fields)
        if broken is not None:
            return self._error(400, *broken)
        resource = self._accept(fields)
        if fault is not None:
            return self._error(fault.status, 20500, "Injected after sending", fault.retry_after)
        return JSONResponse(_public(resource), 201)

    async def _typing(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        form = await request.form()
        sids = {m["sid"] for m in self.messages if m["direction"] == "inbound"}
        if form.get("channel") != "whatsapp" or form.get("messageId") not in sids:
            return self._error(400, 20001, "messageId")
        self.typing.append(str(form["messageId"]))
        return JSONResponse({"success": True})

    def _accept(self, fields: dict[str, str]) -> dict[str, Any]:
        sid = self._sid("MM" if fields.get("MediaUrl") else "SM")
        body = self.contents.body(fields)
        resource = self._resource(sid, fields["From"], fields["To"], body, "outbound-api", "queued")
        resource["_content"] = fields.get("ContentSid")
        resource["_choices"] = self.contents.choices(fields)
        resource["date_sent"] = None  # until it has left
        resource["num_media"] = "1" if fields.get("MediaUrl") else "0"
        if fields.get("MediaUrl"):
            self.media_urls.append(fields["MediaUrl"])
        if fields.get("StatusCallback"):
            self.callbacks[sid] = fields["StatusCallback"]
        self.messages.append(resource)
        return resource

    async def ship(self, client: httpx.AsyncClient) -> None:
        """Lets every queued message arrive, or fail outside the 24-hour window, with reports."""
        for message in [m for m in self.outgoing if m["status"] == "queued"]:
            heard = self.last_inbound.get(message["to"].removeprefix("whatsapp:"))
            shut = heard is None or datetime.now(UTC) - heard > timedelta(hours=24)
            if shut and message["_content"] not in self.contents.approved:
                await self.report(client, message["sid"], "failed", 63016)
                continue
            for status in SHIPPING[1:]:
                await self.report(client, message["sid"], status)

    async def _list(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        query = request.query_params
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        if not 1 <= size <= 1000:
            return self._error(400, 20001, "PageSize")
        since = query.get("DateSent>")
        found = [
            m
            for m in reversed(self.messages)
            if query.get("To") in (None, m["to"])
            and query.get("From") in (None, m["from"])
            and (since is None or (m["date_sent"] and m["_at"] >= datetime.fromisoformat(since)))
        ]
        shown = found[page * size : (page + 1) * size]
        more = len(found) > (page + 1) * size
        following = dict(query) | {"Page": str(page + 1)}
        self.looks += 1
        return JSONResponse(
            {
                "messages": [_public(m) for m in shown],
                "page": page,
                "page_size": size,
                "next_page_uri": f"{request.url.path}?{urlencode(following)}" if more else None,
            }
        )

    async def _one(self, request: Request) -> Response:
        found = self._found(request)
        return found if isinstance(found, Response) else JSONResponse(_public(found))

    async def _redact(self, request: Request) -> Response:
        found = self._found(request)
        if isinstance(found, Response):
            return found
        form = await request.form()
        if form.get("Body") != "":
            return self._error(400, 20001, "Only an empty Body is allowed")
        found["body"] = ""
        return JSONResponse(_public(found))

    async def _delete(self, request: Request) -> Response:
        found = self._found(request)
        if isinstance(found, Response):
            return found
        self.messages.remove(found)
        return Response(status_code=204)

    async def _media_list(self, request: Request) -> Response:
        found = self._found(request)
        if isinstance(found, Response):
            return found
        sid = request.path_params["sid"]
        if sid in self.gone:
            return self._error(404, 20404, "Not found")
        listed = [
            {
                "sid": key.rpartition("/")[2],
                "parent_sid": sid,
                "content_type": content_type,
                "uri": f"/2010-04-01/Accounts/{self.account}/Messages/{key}.json",
            }
            for key, (content_type, _data) in self.media.items()
            if key.startswith(f"{sid}/")
        ]
        return JSONResponse({"media_list": listed, "next_page_uri": None})

    async def _media_bytes(self, request: Request) -> Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        key = f"{request.path_params['sid']}/Media/{request.path_params['media']}"
        if key not in self.media:
            return self._error(404, 20404, "Not found")
        content_type, data = self.media[key]
        if self.media_faults:
            status = self.media_faults.popleft()
            if status:
                return self._error(status, 20000 + status, "Injected")
            length = {"content-length": str(len(data))}
            half = iter([data[: len(data) // 2]])
            return StreamingResponse(half, media_type=content_type, headers=length)
        return Response(data, media_type=content_type)

    def add_media(self, message_sid: str, content_type: str, data: bytes, base: str) -> str:
        """Keeps a file for a message; gives its address."""
        key = f"{message_sid}/Media/{self._sid('ME')}"
        self.media[key] = (content_type, data)
        return f"{base}/2010-04-01/Accounts/{self.account}/Messages/{key}"

    def _found(self, request: Request) -> dict[str, Any] | Response:
        refused = self._unauthorised(request)
        if refused is not None:
            return refused
        sid = request.path_params["sid"]
        found = next((m for m in self.messages if m["sid"] == sid), None)
        return found or self._error(404, 20404, "Not found")

    def _resource(
        self, sid: str, sender: str, to: str, body: str, direction: str, status: str
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "sid": sid,
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "from": sender,
            "to": to,
            "body": body,
            "direction": direction,
            "status": status,
            "num_media": "0",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_sent": format_datetime(now),
            "date_created": format_datetime(now),
            "date_updated": format_datetime(now),
            "messaging_service_sid": None,
            "price": None,
            "price_unit": None,
            "uri": f"/2010-04-01/Accounts/{self.account}/Messages/{sid}.json",
            "_at": now,
        }

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{secrets.token_hex(16)}"

    def _error(self, status: int, code: int, text: str, retry_after: str | None = None) -> Response:
        self.refused.append(code)
        body = {
            "code": code,
            "message": text,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        headers = {"retry-after": retry_after} if retry_after else None
        return JSONResponse(body, status, headers)


def _public(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if not name.startswith("_")}


if __name__ == "__main__":
    from tests.standins.twilio_by_hand import main

    asyncio.run(main())
