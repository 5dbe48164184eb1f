"""How an engine is started and asked whether it is ready: the one place with Rasa's command."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import count, islice
from pathlib import Path
from typing import Final

import httpx

from bot.operations.model_record import checked
from bot.operations.training import ENGINE_PYTHON

_PORTS: Final = range(20_000, 32_000)
_ports: Final = count()


def engine_command(model: Path, *, port: int, host: str = "127.0.0.1") -> tuple[str, ...]:
    """The command line of an engine with this model, to be run in the project's folder.

    Raises UntrustedModel for one that was not trained here or was changed since.
    """
    trusted = str(checked(model))
    return (
        *(str(ENGINE_PYTHON), "-W", "ignore", "-m", "bot.engine.lean_start", "run"),
        *("--model", trusted),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        *("--interface", host, "--port", str(port)),
    )


def answers(client: httpx.Client, url: str) -> bool:
    """Whether an address answers with 200 now."""
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def free_port() -> int:
    """A port that nothing uses now, and most likely nothing will before it is listened on.

    Ports of outgoing connections begin at 32768 on Linux; those below are taken by name only. This
    process never gives one twice, and processes that ask at the same time begin at other places.
    Raises OSError when all are taken.
    """
    for number in islice(_ports, len(_PORTS)):
        port = _PORTS[(os.getpid() * 61 + number) % len(_PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")
