"""The outermost layer of the gateway: request ids, security headers, size and time limits.

Guarantee: no handler sees a body larger than its limit or waits for a slow sender for longer than
the time limit, whatever the request's headers claim; every answer, errors too, carries the headers.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import traceback
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import count
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

MEGABYTE: Final = 1_000_000
WEBHOOK_BYTES: Final = 1 * MEGABYTE
# A file of 20 MB and its envelope.
UPLOAD_BYTES: Final = 21 * MEGABYTE
BODY_SECONDS: Final = 20.0
UPLOAD_SECONDS: Final = 300.0

_CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = (
    ("content-security-policy", _CSP),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cache-control", "no-store"),
)
_HSTS: Final = ("strict-transport-security", "max-age=31536000; includeSubDomains")

_CLOSE: Final = (b"connection", b"close")
# No secret, only a name: a call of the system for each would cost every request a wait.
_PROCESS: Final = secrets.token_hex(4)
_numbers: Final = count(1)

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class HttpGuard:
    """ASGI middleware. `uploads` are path prefixes where files may come in."""

    def __init__(self, app: ASGIApp, *, https: bool, uploads: Sequence[str] = ()) -> None:
        self._app = app
        headers = (*HEADERS, _HSTS) if https else HEADERS
        self._headers = [(name.encode(), value.encode()) for name, value in headers]
        self._uploads = tuple(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = f"{_PROCESS}{next(_numbers):08x}"
        token = request_id.set(identity)
        upload = scope["path"].startswith(self._uploads) if self._uploads else False
        body = _LimitedBody(receive, upload)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {name.lower() for name, _value in headers}
                headers += [pair for pair in self._headers if pair[0] not in given]
                headers.append((b"x-request-id", identity.encode()))
                if not body.complete:
                    headers.append(_CLOSE)  # what was not read is not the next request
                message["headers"] = headers
            await send(message)

        try:
            body.check_announced(Headers(scope=scope))
            await self._app(scope, body.receive, send_guarded)
        except HTTPException as error:
            await _refuse(error, send_guarded)
        except Exception as error:
            # The answer was given by the application's handler for 500. An exception's text and
            # traceback may hold what a person wrote, so only its type and place are kept.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log.error("unhandled %s in %s line %s", type(error).__name__, frame.name, frame.lineno)
        finally:
            request_id.reset(token)


class _LimitedBody:
    def __init__(self, receive: Receive, upload: bool) -> None:
        self._receive, self._upload = receive, upload
        self._left = UPLOAD_BYTES if upload else WEBHOOK_BYTES
        self._until = asyncio.get_running_loop().time() + (
            UPLOAD_SECONDS if upload else BODY_SECONDS
        )
        self.complete = False

    def check_announced(self, headers: Headers) -> None:
        """Refuses at once what says of itself that it is too large."""
        announced = headers.get("content-length", "0")
        too_large = announced.isascii() and announced.isdigit() and int(announced[:15]) > self._left
        # Of an upload the handler notes that it was too large; it reads no byte of it.
        if too_large and not self._upload:
            raise HTTPException(413, "The request is too large.")
        self.complete = announced == "0" and "transfer-encoding" not in headers

    async def receive(self) -> Message:
        if self.complete:
            return await self._receive()  # only the end of the connection is left to hear of
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The request came too slowly.") from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
            if self._left < 0:
                raise HTTPException(413, "The request is too large.")
        return message


async def _refuse(error: HTTPException, send: Send) -> None:
    body = f'{{"error": "{error.detail}"}}'.encode()
    await send(
        {
            "type": "http.response.start",
            "status": error.status_code,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
