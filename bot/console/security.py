"""What every answer and every unsafe request of the console must meet: headers, origin, form token.

Guarantee: no inline script or style runs, no other site frames or reads a page, nothing is cached,
and a form post from elsewhere is refused before a handler sees it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
TRANSPORT: Final = "max-age=31536000; includeSubDomains"


class Headers:
    """ASGI layer that puts the headers on every answer, errors included."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if self._https:
                    headers.setdefault("Strict-Transport-Security", TRANSPORT)
            await send(message)

        await self._app(scope, receive, completed)


def same_origin(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether an unsafe request comes from one of our own pages.

    Browsers that send Sec-Fetch-Site are believed; of others the Origin must be ours. A request
    with neither is refused: every browser sends Origin with a post.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc in (
        urlsplit(public_url).netloc,
        headers.get("host", ""),
    )


def form_token(secret: str) -> str:
    """The token that forms of this session carry; it does not give the session away."""
    return hmac.new(secret.encode(), b"console form", hashlib.sha256).hexdigest()


def token_fits(secret: str, given: str) -> bool:
    """Constant-time check of a form's token."""
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), given.encode())
