"""Runs an ASGI application on a free local port, in a thread, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn


def bound() -> socket.socket:
    """A socket on a free port: the address is known before the application is made."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def address(held: socket.socket) -> str:
    return f"http://127.0.0.1:{held.getsockname()[1]}"


@contextlib.contextmanager
def serving(
    app: Any, held: socket.socket | None = None, *, abrupt: bool = False, http: Any = "auto"
) -> Iterator[str]:
    """Gives the address of the running application; stops it at the end.

    `abrupt`: requests under way are dropped, and there is nothing to shut down (stand-ins).
    """
    held = held or bound()
    config = uvicorn.Config(
        app,
        http=http,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        # A request on a connection that is closed as idle at that moment would fail by chance.
        timeout_keep_alive=3600,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the application did not start")
        time.sleep(0.005)
    try:
        yield address(held)
    finally:
        server.should_exit = True
        server.force_exit = abrupt
        thread.join(timeout=60)
        held.close()
