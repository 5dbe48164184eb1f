"""How an engine is started and asked whether it is ready: the one place with Rasa's command."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx

from bot.operations.model_record import checked
from bot.operations.training import ENGINE_PYTHON


def engine_command(model: Path, *, port: int, host: str = "127.0.0.1") -> tuple[str, ...]:
    """The command line of an engine with this model, to be run in the project's folder.

    Raises UntrustedModel for one that was not trained here or was changed since.
    """
    trusted = str(checked(model))
    return (
        *(str(ENGINE_PYTHON), "-W", "ignore", "-m", "rasa", "run", "--model", trusted),
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
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
