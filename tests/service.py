"""The whole service on free ports, with the trained model and a database of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from bot.operations.engine_process import free_port
from bot.operations.training import ENGINE_PYTHON, serving_environment, train
from bot.settings import ROOT
from bot.store import Store

READY_SECONDS = 400


@dataclass
class Service:
    """A running service; `store` looks at the same database."""

    url: str
    environment: dict[str, str]
    store: Store
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]]

    def client(self) -> httpx.Client:
        """An HTTP client of the gateway."""
        return httpx.Client(base_url=self.url, timeout=60)

    def kill(self, name: str) -> None:
        """SIGKILL one process."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def start(self, name: str) -> None:
        """Start one process (again)."""
        out = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            COMMANDS[name](self.environment),
            cwd=ROOT,
            env=self.environment,
            stdout=out,
            stderr=out,
        )

    def wait_ready(self) -> None:
        """Until gateway, engine and action server are ready."""
        until = time.monotonic() + READY_SECONDS
        with self.client() as client:
            while time.monotonic() < until:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get("/readyz").status_code == httpx.codes.OK:
                        return
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        log = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                        raise AssertionError(f"{name} ended with {process.returncode}:\n{log}")
                time.sleep(0.2)
        raise AssertionError("the service was not ready in time")


def _engine_command(environment: dict[str, str]) -> list[str]:
    return [
        *(str(ENGINE_PYTHON), "-W", "ignore", "-m", "bot.engine.lean_start", "run"),
        *("--model", environment["TEST_MODEL"]),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        *("--interface", "127.0.0.1", "--port", environment["INTAKE_ENGINE_URL"].rsplit(":")[-1]),
    ]


COMMANDS = {
    "engine": _engine_command,
    "actions": lambda environment: [sys.executable, "-m", "actions.server"],
    "gateway": lambda environment: [sys.executable, "-m", "connectors.gateway"],
}


@contextlib.contextmanager
def running_service(
    folder: Path, database_url: str | None = None, **settings: str
) -> Iterator[Service]:
    """Start everything, wait until it is ready, stop it afterwards."""
    engine, actions, gateway = free_port(), free_port(), free_port()
    key = Fernet.generate_key().decode()
    environment = (
        serving_environment()
        | {
            "INTAKE_DATABASE_URL": database_url or f"sqlite:///{folder / 'intake.db'}",
            "INTAKE_DATA_KEYS": key,
            "INTAKE_FILES_URL": f"file://{folder / 'files'}",
            "INTAKE_ENGINE_URL": f"http://127.0.0.1:{engine}",
            "INTAKE_ACTIONS_URL": f"http://127.0.0.1:{actions}",
            "INTAKE_ACTIONS_PORT": str(actions),
            "INTAKE_ENGINE_TOKEN": "test-engine-token",
            "INTAKE_HOST": "127.0.0.1",
            "INTAKE_PORT": str(gateway),
            "INTAKE_PUBLIC_URL": f"http://127.0.0.1:{gateway}",
            "TEST_MODEL": str(train()),
        }
        | settings
    )
    environment = {k: v for k, v in environment.items() if k not in os.environ or v}
    keys = environment["INTAKE_DATA_KEYS"].split(",")
    store = Store.open(environment["INTAKE_DATABASE_URL"], keys)
    store.migrate()
    service = Service(f"http://127.0.0.1:{gateway}", environment, store, folder, {})
    try:
        for name in COMMANDS:
            service.start(name)
        service.wait_ready()
        yield service
    finally:
        for process in service.processes.values():
            process.terminate()
        for process in service.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
        store.close()
