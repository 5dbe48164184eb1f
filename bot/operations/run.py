"""`intake run`: everything on one machine, from a fresh database to addresses to open.

Order: settings, ports, keys, model, database, first login; then engine, action server and gateway
side by side. The gateway answers (and stores) from the first second; the addresses are printed
when the engine is ready too.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.fernet import Fernet

from bot.operations.engine_process import engine_command
from bot.operations.processes import Process, port_is_free
from bot.operations.training import serving_environment, train
from bot.settings import KEY_FILE, VAR, Settings, settings
from bot.store import Store

READY_SECONDS = 180
FIRST_USER = "coordinator"


class CannotStart(RuntimeError):
    """Something stands in the way; the text says what to do about it."""


def run() -> None:
    """Start, wait until ready, print the addresses, stop everything on Ctrl-C."""
    configuration = settings()
    _check_ports(configuration)
    make_key(configuration)
    model = train()
    store = Store.open(configuration.database_url, configuration.keys)
    store.migrate()
    password = first_login(store)
    store.close()
    processes = _processes(configuration, model)
    asyncio.run(_serve(processes, configuration, password))


def make_key(configuration: Settings) -> None:
    """Make a data key of our own when none is set."""
    if configuration.data_keys or KEY_FILE.exists():
        return
    VAR.mkdir(exist_ok=True)
    descriptor = os.open(KEY_FILE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(Fernet.generate_key().decode())


def first_login(store: Store) -> str | None:
    """Make the first account when there is none; returns its password, to be shown once."""
    from bot.console.accounts import create_user

    if store.users.count():
        return None
    return create_user(store, FIRST_USER, role="administrator")


def _engines(configuration: Settings) -> list[str]:
    return [url.strip() for url in configuration.engine_url.split(",") if url.strip()]


def _check_ports(configuration: Settings) -> None:
    actions = urlsplit(configuration.actions_url)
    engines = [urlsplit(url) for url in _engines(configuration)]
    wanted = (
        (configuration.host, configuration.port, "INTAKE_PORT"),
        *((url.hostname or "", url.port or 0, "INTAKE_ENGINE_URL") for url in engines),
        (actions.hostname or "", actions.port or 0, "INTAKE_ACTIONS_URL"),
    )
    for host, port, setting in wanted:
        if not port_is_free(host, port):
            raise CannotStart(
                f"port {port} is in use; stop what uses it, or set {setting} to another one"
            )


def _processes(configuration: Settings, model: Path) -> list[Process]:
    token = (
        configuration.engine_token.get_secret_value()
        if configuration.engine_token
        else secrets.token_urlsafe(32)
    )
    shared = {
        "INTAKE_ENGINE_TOKEN": token,
        "INTAKE_ENGINE_URL": configuration.engine_url,
        "INTAKE_ACTIONS_URL": configuration.actions_url,
        "INTAKE_ACTIONS_PORT": str(urlsplit(configuration.actions_url).port or 5055),
    }
    environment = dict(os.environ) | shared
    logs = VAR / "logs"
    gateway = (sys.executable, "-m", "connectors.gateway")
    actions = (sys.executable, "-m", "actions.server")
    return [
        Process("gateway", gateway, environment, logs / "gateway.log"),
        Process("actions", actions, environment, logs / "actions.log"),
        *(
            Process(
                name,
                engine_command(model, port=urlsplit(url).port or 5005),
                serving_environment() | shared,
                logs / f"{name}.log",
            )
            for name, url in _named(_engines(configuration))
        ),
    ]


def _named(urls: list[str]) -> list[tuple[str, str]]:
    """A name for each engine; the only one is just called engine."""
    if len(urls) == 1:
        return [("engine", urls[0])]
    return [(f"engine-{number}", url) for number, url in enumerate(urls, 1)]


async def _serve(processes: list[Process], configuration: Settings, password: str | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    keepers = [asyncio.create_task(p.keep_running()) for p in processes]
    ready = asyncio.create_task(_say_when_ready(configuration, password))
    await stop.wait()
    print("\nStopping ...", flush=True)
    for task in (*keepers, ready):
        task.cancel()
    await asyncio.gather(*keepers, ready, return_exceptions=True)
    await asyncio.gather(*(p.stop() for p in processes))


async def _say_when_ready(configuration: Settings, password: str | None) -> None:
    address = f"http://{configuration.host}:{configuration.port}"
    print("Starting ...", flush=True)
    if await _ready(address):
        print(_banner(address, password), flush=True)
    else:
        print(f"Not ready after {READY_SECONDS} s; see the files in {VAR / 'logs'}", flush=True)


async def _ready(address: str) -> bool:
    async with httpx.AsyncClient(timeout=2) as client:
        for _ in range(READY_SECONDS * 4):
            try:
                if (await client.get(f"{address}/readyz")).status_code == httpx.codes.OK:
                    return True
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.25)
    return False


def _banner(address: str, password: str | None) -> str:
    lines = ["", "Ready.", f"  Chat:     {address}/chat", f"  Console:  {address}/console"]
    if password:
        lines.append(f"  Login:    {FIRST_USER} / {password}   (to be changed at first login)")
    return "\n".join([*lines, "  Ctrl-C stops everything.", ""])
