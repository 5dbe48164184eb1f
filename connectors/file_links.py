"""Addresses under which a provider may fetch one file of ours, for a short time.

Guarantee: an address is encrypted and signed and names one file; it says nothing about the person,
works for an hour, and no file can be had without one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.messages import FileRef

VALID_SECONDS: Final = 3600
_PURPOSE: Final = "file link"
_ANY_TYPE: Final = "application/octet-stream"


class FileLinks:
    """Makes the addresses and serves them. The data keys sign, so links survive a rotation."""

    def __init__(self, files: FileStore, keys: Sequence[str], public_url: str) -> None:
        self._files, self._public_url = files, public_url.rstrip("/")
        self._cipher = MultiFernet([Fernet(key) for key in keys])

    def url(self, file: FileRef) -> str:
        """An address for a file of ours. Raises ValueError for a file that is not."""
        if not file.key:
            raise ValueError("the file is not in our store")
        named = [_PURPOSE, file.key, file.name or "", file.content_type or ""]
        token = self._cipher.encrypt(json.dumps(named).encode())
        return f"{self._public_url}/files/{token.decode()}"

    def routes(self) -> list[Route]:
        return [Route("/files/{token}", self.serve, methods=["GET", "HEAD"])]

    async def serve(self, request: Request) -> Response:
        """The bytes of a file, as a download."""
        try:
            token = request.path_params["token"].encode("ascii")
            purpose, key, name, content_type = json.loads(
                self._cipher.decrypt(token, ttl=VALID_SECONDS)
            )
            if purpose != _PURPOSE:
                raise HTTPException(404)
            data = await asyncio.to_thread(self._files.chunks, key)
        except (InvalidToken, NotFound, TypeError, ValueError):
            raise HTTPException(404) from None
        disposition = f"attachment; filename*=UTF-8''{quote(name or 'file', safe='')}"
        return StreamingResponse(
            data,
            media_type=content_type or _ANY_TYPE,
            headers={"content-disposition": disposition},
        )
