"""`intake smoke`: holds a few short conversations with a model before it meets people.

Starts the engine with that model, an action server and an empty database of its own, and talks: the
switch to a new model is made only when every sentence was understood as it must be. The sentences
are made up; nothing of real people is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from cryptography.fernet import Fernet

from bot.operations.engine_process import answers, engine_command, free_port
from bot.operations.training import serving_environment
from bot.settings import ROOT
from bot.store import Store
from bot.store.messages import InboundMessage, OutboundReply

CONVERSATIONS: Final = ROOT / "bot" / "operations" / "smoke.yml"
READY_SECONDS: Final = 180
CHANNEL: Final = "webchat"


class ModelUnfit(RuntimeError):
    """The model must not serve people; the text says what it got wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something said, and what must come of it."""

    says: str
    replies: tuple[str, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()
    state: str | None = None


def conversations(path: Path = CONVERSATIONS) -> dict[str, list[Step]]:
    """The conversations by name."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: [_step(entry) for entry in steps] for name, steps in loaded.items()}


def _step(entry: dict[str, Any]) -> Step:
    return Step(
        entry["says"],
        tuple(entry.get("replies", ())),
        tuple(entry.get("facts", {}).items()),
        entry.get("state"),
    )


def smoke(model: Path) -> list[str]:
    """Hold the conversations; one line for each. Raises ModelUnfit."""
    with tempfile.TemporaryDirectory() as name, running(model, Path(name)) as world:
        return [hold(world, name, steps) for name, steps in conversations().items()]


@dataclass(frozen=True, slots=True)
class World:
    """Engine and action server on a database of their own."""

    store: Store
    engine_url: str
    token: str


def hold(world: World, name: str, steps: list[Step]) -> str:
    """Hold one conversation; gives a line about it. Raises ModelUnfit."""
    from connectors.engine_client import EngineError

    began = time.monotonic()
    for number, step in enumerate(steps, 1):
        where = f"{name}, sentence {number}"
        try:
            replies = asyncio.run(_say(world, name, step.says))
        except EngineError as error:
            raise ModelUnfit(f"{where}: the engine did not answer ({error})") from None
        _check(world, name, where, step, replies)
    return f"{name}: {len(steps)} sentences, {time.monotonic() - began:.1f} s"


async def _say(world: World, name: str, text: str) -> list[OutboundReply]:
    """One turn as a worker takes it."""
    from connectors.choices import Choice
    from connectors.engine_client import EngineClient
    from connectors.worker import metadata

    message = InboundMessage(
        channel=CHANNEL, provider_id=secrets.token_hex(8), address=name, text=text
    )
    world.store.inbox.receive(message)
    turn = world.store.inbox.claim("smoke")
    if turn is None:
        raise ModelUnfit(f"{name}: the message was not to be found")
    client = EngineClient(world.engine_url, world.token)
    try:
        replies = await client.turn(
            turn.conversation_id, turn.message_id, text, None, metadata(turn, Choice(text))
        )
    finally:
        await client.aclose()
    world.store.inbox.finish(turn, replies)
    return replies


def _check(world: World, name: str, where: str, step: Step, replies: list[OutboundReply]) -> None:
    given = {reply.response for reply in replies}
    for wanted in step.replies:
        if wanted not in given:
            raise ModelUnfit(f"{where}: {wanted} was not said")
    found = world.store.conversations.by_address(CHANNEL, name)
    case = world.store.cases.by_conversation(found.id) if found else None
    if case is None:
        raise ModelUnfit(f"{where}: no case was made")
    for fact, value in step.facts:
        held = case.facts.get(fact)
        if held is None or held.value != value:
            raise ModelUnfit(f"{where}: {fact} is not {value}")
    if step.state is not None and case.state != step.state:
        raise ModelUnfit(f"{where}: the state is {case.state}, not {step.state}")


@contextlib.contextmanager
def running(model: Path, folder: Path) -> Iterator[World]:
    """Engine and action server on ports of their own, with an empty database."""
    key, token = Fernet.generate_key().decode(), secrets.token_urlsafe(24)
    engine_port, actions_port = free_port(), free_port()
    environment = serving_environment() | {
        "INTAKE_DATABASE_URL": f"sqlite:///{folder / 'smoke.db'}",
        "INTAKE_DATA_KEYS": key,
        "INTAKE_ENGINE_TOKEN": token,
        "INTAKE_ACTIONS_URL": f"http://127.0.0.1:{actions_port}",
        "INTAKE_ACTIONS_HOST": "127.0.0.1",
        "INTAKE_ACTIONS_PORT": str(actions_port),
    }
    store = Store.open(environment["INTAKE_DATABASE_URL"], [key])
    store.migrate()
    commands = (
        engine_command(model, port=engine_port),
        (sys.executable, "-m", "actions.server"),
    )
    log = (folder / "processes.log").open("wb")
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603
        for command in commands
    ]
    try:
        url = f"http://127.0.0.1:{engine_port}"
        wanted = (f"{url}/webhooks/intake/", f"http://127.0.0.1:{actions_port}/health")
        _wait(wanted, processes)
        yield World(store, url, token)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
        log.close()
        store.close()


def _wait(urls: tuple[str, ...], processes: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + READY_SECONDS
    with httpx.Client(timeout=2) as client:
        while time.monotonic() < until and all(p.poll() is None for p in processes):
            if all(answers(client, url) for url in urls):
                return
            time.sleep(0.3)
    raise ModelUnfit("the engine or the action server did not start with this model")


def model_named(name: str | None) -> Path:
    """A model file by path, or the one of the present inputs. Raises ModelUnfit."""
    from bot.operations.training import model_path

    path = Path(name) if name else model_path()
    if not path.exists():
        raise ModelUnfit(f"{os.fspath(path)} is not there; make it with: intake train")
    return path
