"""Carries httpx requests over aiohttp, whose parser is compiled: a tenth of the processor time.

For short requests to hosts of ours that are asked with every turn. Errors come out as httpx's own,
so that whoever uses a client need not know. Not for streams: an answer is read as a whole.
"""

from __future__ import annotations

import ssl

import aiohttp
import httpx


class QuickTransport(httpx.AsyncBaseTransport):
    """A pool of kept connections; one left unused for `keepalive` seconds is closed."""

    def __init__(self, *, connections: int, keepalive: float, verify: ssl.SSLContext) -> None:
        self._connections, self._keepalive, self._verify = connections, keepalive, verify
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer. Raises httpx.TransportError in the kinds that httpx's own transport has."""
        given = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(
            connect=given.get("connect"), sock_read=given.get("read"), total=None
        )
        try:
            async with self._opened().request(
                request.method,
                str(request.url),
                headers=request.headers,
                data=await request.aread(),
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except aiohttp.ConnectionTimeoutError as error:
            raise httpx.ConnectTimeout(type(error).__name__, request=request) from None
        except TimeoutError as error:
            raise httpx.ReadTimeout(type(error).__name__, request=request) from None
        except aiohttp.ClientConnectorError as error:
            raise httpx.ConnectError(type(error).__name__, request=request) from None
        except aiohttp.ClientError as error:
            raise httpx.ReadError(type(error).__name__, request=request) from None
        return httpx.Response(answer.status, headers=list(answer.raw_headers), content=body)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """The session, which wants to be made where a loop runs."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=self._keepalive, ssl=self._verify
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # httpx does that
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session
