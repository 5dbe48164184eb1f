"""The body of a provider's answer in pieces: measured as it comes, whatever its headers say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx

from connectors.provider_errors import Action, SendError

_PIECE: Final = 65_536
_LONGEST_WAIT: Final = 3600.0


async def pieces(response: httpx.Response, limit: int) -> AsyncIterator[bytes]:
    """The pieces of a file of at most `limit` bytes. Raises SendError, httpx's own errors too.

    A body that ends before its announced length is an error of httpx.
    """
    if not response.is_success:
        away = response.status_code >= 500 or response.status_code in (408, 425, 429)
        action = Action.RETRY if away else Action.CONTENT
        raise SendError(action, str(response.status_code), _retry_after(response))
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:15]) > limit:
        raise SendError(Action.CONTENT, "too_large")
    read = 0
    async for piece in response.aiter_bytes(_PIECE):
        read += len(piece)
        if read > limit:
            raise SendError(Action.CONTENT, "too_large")
        yield piece


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return min(max(float(response.headers["retry-after"]), 0.0), _LONGEST_WAIT)
    except (KeyError, ValueError):
        return None
