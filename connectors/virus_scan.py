"""Asks a ClamAV daemon whether a file holds a virus, over its socket (command INSTREAM).

On with INTAKE_CLAMAV: `unix:///run/clamav/clamd.ctl` or `tcp://host:3310`.
Protocol: clamd(8). The file goes piece by piece; a daemon that cannot be asked is no clean bill.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

_SECONDS: Final = 120.0
_LENGTH: Final = struct.Struct(">I")


class ScannerAway(Exception):
    """The daemon could not be asked, or did not say yes or no."""


class VirusScanner:
    """One daemon. Raises ValueError for an address of another kind."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = unquote(parts.path) if parts.scheme == "unix" else None
        self._host, self._port = parts.hostname, parts.port or 3310
        if not (self._path or (parts.scheme == "tcp" and self._host)):
            raise ValueError("INTAKE_CLAMAV must be unix:///path or tcp://host:port")

    async def infected(self, chunks: Iterator[bytes]) -> bool:
        """Whether something was found. Raises ScannerAway, and what `chunks` raises."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._ask(chunks)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise ScannerAway(type(error).__name__) from None

    async def _ask(self, chunks: Iterator[bytes]) -> bool:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            while (chunk := await asyncio.to_thread(next, chunks, b"")) != b"":
                writer.write(_LENGTH.pack(len(chunk)) + chunk)
                await writer.drain()
            writer.write(_LENGTH.pack(0))
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0").strip()
        finally:
            writer.close()
        if answer.endswith(b" FOUND"):
            return True
        if answer.endswith(b": OK"):
            return False
        raise ScannerAway("answer")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._path is not None:
            return await asyncio.open_unix_connection(self._path)
        return await asyncio.open_connection(self._host, self._port)
