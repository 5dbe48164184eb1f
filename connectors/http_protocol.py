"""The web server's connection with patience for whoever sends a request line by line.

Guarantee: a connection whose request head is not complete within HEAD_SECONDS, or is larger than
HEAD_BYTES, is closed; bodies have limits of their own (`http_guard`).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 15.0
HEAD_BYTES: Final = 65_536


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, with a clock and a measure on request heads."""

    _clock: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._start_clock()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._stop_clock()
        super().on_headers_complete()

    def _start_clock(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(HEAD_SECONDS, self._close)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
