"""A service of many processes on one machine: N gateways, workers, senders, engines, actions.

Everything is started as on hosts of its own: each process has its port and environment and shares
nothing with the others but PostgreSQL, Redis and the folder of files.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography.fernet import Fernet
from sqlalchemy import NullPool, create_engine, text

from bot.operations.engine_process import answers, engine_command, free_port
from bot.operations.training import serving_environment, train
from bot.settings import ROOT
from bot.store import Store
from bot.store.database import driver_url

READY_SECONDS = 240
TOKEN = "engine-token"
PARTS = {"gateway": "web", "worker": "worker", "sender": "sender"}


@dataclass
class Fleet:
    """Running processes by name, such as "worker-2"; `store` looks at their database."""

    folder: Path
    environment: dict[str, str]
    store: Store
    ports: dict[str, int]
    model: Path | None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """The address of a process."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def names(self, kind: str) -> list[str]:
        """The processes of a kind."""
        return [name for name in self.ports if name.partition("-")[0] == kind]

    def start(self, name: str) -> None:
        """Start one process (again)."""
        kind, _, number = name.partition("-")
        port = str(self.ports[name])
        own = {"INTAKE_PORT": port, "INTAKE_ACTIONS_PORT": port}
        if kind == "engine":  # each has an action server of its own
            own["INTAKE_ACTIONS_URL"] = self.url(f"actions-{number}")
            assert self.model is not None
            command = engine_command(self.model, port=self.ports[name])
        elif kind == "actions":
            command = (sys.executable, "-m", "actions.server")
        else:
            command = (sys.executable, "-m", "connectors.gateway", PARTS[kind])
        with (self.folder / f"{name}.log").open("ab") as out:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment | own, stdout=out, stderr=out
            )

    def kill(self, name: str) -> None:
        """SIGKILL one process."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def stop(self, name: str) -> int:
        """Ask one process to end, as a rolling restart does; its exit code."""
        self.processes[name].terminate()
        return self.processes[name].wait(90)

    def wait_ready(self, *names: str) -> None:
        """Until these (default: all) are ready."""
        until = time.monotonic() + READY_SECONDS
        waiting = list(names or self.ports)
        with httpx.Client(timeout=5) as client:
            while waiting:
                waiting = [n for n in waiting if not answers(client, self._health(n))]
                for name in waiting:
                    if self.processes[name].poll() is not None or time.monotonic() > until:
                        log = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                        raise AssertionError(f"{name} is not ready:\n{log}")
                time.sleep(0.1 if waiting else 0)

    def _health(self, name: str) -> str:
        kind = name.partition("-")[0]
        route = {"engine": "/webhooks/intake/", "actions": "/health"}.get(kind, "/readyz")
        return self.url(name) + route

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
            process.wait()
        self.store.close()


@contextlib.contextmanager
def fleet(
    folder: Path,
    database_url: str,
    counts: Mapping[str, int],
    engine_url: str | None = None,
    keys: str | None = None,
    **settings: str,
) -> Iterator[Fleet]:
    """Start so many of each kind and wait until all are ready.

    Without engines among `counts`, `engine_url` stands in for engine and action server.
    """
    ports = {
        f"{kind}-{number}": free_port()
        for kind, count in counts.items()
        for number in range(1, count + 1)
    }
    engines = [f"http://127.0.0.1:{port}" for name, port in ports.items() if "engine" in name]
    actions = [f"http://127.0.0.1:{port}" for name, port in ports.items() if "actions" in name]
    key = keys or Fernet.generate_key().decode()
    environment = (
        serving_environment()
        | {
            "INTAKE_DATABASE_URL": database_url,
            "INTAKE_DATA_KEYS": key,
            "INTAKE_FILES_URL": f"file://{folder / 'files'}",
            "INTAKE_ENGINE_URL": ",".join(engines) or str(engine_url),
            "INTAKE_ACTIONS_URL": (actions or [str(engine_url)])[0],
            "INTAKE_ENGINE_TOKEN": TOKEN,
            "INTAKE_HOST": "127.0.0.1",
            "INTAKE_MESSAGE_PAUSE_SECONDS": "0",
        }
        | settings
    )
    environment = {k: v for k, v in environment.items() if k not in os.environ or v}
    store = Store.open(database_url, key.split(","))
    store.migrate()
    made = Fleet(folder, environment, store, ports, train() if engines else None)
    try:
        for name in ports:
            made.start(name)
        made.wait_ready()
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def own_database(server: str) -> Iterator[str]:
    """A migrated PostgreSQL database of one's own, made from the one named `empty`."""
    name = f"t{uuid.uuid4().hex}"
    address = driver_url(server).set(database="postgres")
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE empty"))
    try:
        yield server.replace("/empty", f"/{name}")
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
