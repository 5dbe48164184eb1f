"""Starts the engine for tests: a process of its own on a free port, ready when this returns."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.operations.engine_process import free_port
from bot.operations.training import ENGINE_PYTHON, serving_environment, train
from bot.settings import ROOT

TOKEN = "a-token-for-tests"
READY_WITHIN = 400.0  # seconds; a loaded machine is slow, a broken engine ends by itself


class EngineError(RuntimeError):
    """The engine ended, or was not ready in time; carries the end of its log."""


@dataclass
class Engine:
    """A running engine. Close it when done, or use it as a context manager."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_after: float  # seconds from start to ready

    def post(self, route: str, body: Any, token: str | None = None) -> tuple[int, dict[str, Any]]:
        """POST JSON (or raw bytes) to a route of the channel; status and answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/webhooks/intake{route}",
            data=data,
            headers={"Authorization": f"Bearer {self.token if token is None else token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def understand(self, *texts: str, asks: str | None = None) -> list[dict[str, Any]]:
        """What the engine understands in each text."""
        messages = [{"id": str(i), "text": t, "asks": asks} for i, t in enumerate(texts)]
        status, answer = self.post("/understand", {"messages": messages})
        if status != 200:
            raise EngineError(f"understand answered {status}: {answer}")
        results: list[dict[str, Any]] = answer["results"]
        return results

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_engine(
    log: Path,
    actions_url: str = "http://127.0.0.1:9",
    token: str = TOKEN,
    port: int | None = None,
    model: Path | None = None,
) -> Engine:
    """Start the engine with the model of the present inputs (trained if need be), and wait."""
    model = model or train()
    port = port or free_port()
    command = [
        *(ENGINE_PYTHON, "-W", "ignore", "-m", "bot.engine.lean_start", "run", "--model", model),
        *("--interface", "127.0.0.1", "--port", str(port)),
    ]
    environment = serving_environment() | {
        "INTAKE_ENGINE_TOKEN": token,
        "INTAKE_ACTIONS_URL": actions_url,
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT
        )
    started = time.monotonic()
    url = f"http://127.0.0.1:{port}"
    while not _ready(url):
        waited = time.monotonic() - started
        if process.poll() is not None or waited > READY_WITHIN:
            process.kill()
            raise EngineError(log.read_text(errors="replace")[-3000:])
        time.sleep(0.25)
    return Engine(url, token, process, log, time.monotonic() - started)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/webhooks/intake/", timeout=2) as response:  # noqa: S310
            return bool(json.load(response)["ready"])
    except (OSError, ValueError):
        return False
