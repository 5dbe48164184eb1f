"""`intake understand`: what the service understands of messages, through a running engine.

Without a running engine one is started for the call and stopped afterwards.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import httpx

from bot.oncology.reading import Reading
from bot.oncology.red_flags import judge
from bot.operations.engine_process import answers, engine_command, free_port
from bot.operations.training import serving_environment, train
from bot.settings import ROOT, settings

BATCH = 200
ENGINE_READY_SECONDS = 300
LONGEST_TEXT = 20_000
HEALTH = "/webhooks/intake/"


class EngineMissing(RuntimeError):
    """No engine answers and none could be started."""


def understand_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One result per line; a bad line gets `{"id", "error"}`."""
    with _engine() as client:
        source = iter(lines)
        while batch := list(islice(source, BATCH)):
            yield from _understand(client, batch)


def _understand(client: httpx.Client, batch: list[str]) -> Iterator[dict[str, Any]]:
    parsed = [_parse(line) for line in batch if line.strip()]
    results = iter(_read(client, [p for p in parsed if "error" not in p]))
    for line in parsed:
        yield line if "error" in line else {"id": line["id"], **next(results)}


def _read(client: httpx.Client, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was understood of each; a message that the engine cannot read spoils no other."""
    if not messages:
        return []
    asked = [{"text": message["text"], "asks": message["asks"]} for message in messages]
    answer = client.post("/webhooks/intake/understand", json={"messages": asked})
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        if len(messages) == 1:
            return [{"error": "the engine could not read this message"}]
        return [result for message in messages for result in _read(client, [message])]
    answer.raise_for_status()
    return [_result(found) for found in answer.json()["results"]]


def _parse(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": "not JSON"}
    if not isinstance(message, dict):
        return {"id": None, "error": "not an object"}
    if not isinstance(message.get("text"), str):
        return {"id": message.get("id"), "error": "text must be a string"}
    asks = message.get("asks")
    if asks is not None and not isinstance(asks, str):
        return {"id": message.get("id"), "error": "asks must be the name of a fact or null"}
    text = _whole(message["text"][:LONGEST_TEXT])
    return {"id": message.get("id"), "text": text, "asks": asks and _whole(asks)}


def _whole(text: str) -> str:
    """The text with its half characters replaced: no other program takes those."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _result(found: dict[str, Any]) -> dict[str, Any]:
    reading = Reading.from_json(found["reading"] or {})
    flags = {f.id for f in (*reading.flags, *judge(reading.mentions, {}))}
    return {
        "intent": found["intent"],
        "facts": {k: v for k, v in reading.facts().items() if not k.startswith("answer.")},
        "flags": sorted(flags, key=lambda flag: int(flag.removeprefix("RF"))),
        "topic": found["topic"] if found["intent"] == "ask_question" else None,
    }


@contextlib.contextmanager
def _engine() -> Iterator[httpx.Client]:
    configuration = settings()
    token = configuration.engine_token.get_secret_value() if configuration.engine_token else ""
    with _client(configuration.engine_url, token) as running:
        if token and answers(running, HEALTH):
            yield running
            return
    with _own_engine() as client:
        yield client


@contextlib.contextmanager
def _own_engine() -> Iterator[httpx.Client]:
    token, port = secrets.token_urlsafe(24), free_port()
    command = engine_command(train(), port=port)
    environment = serving_environment() | {
        "INTAKE_ENGINE_TOKEN": token,
        "INTAKE_ACTIONS_URL": settings().actions_url,
    }
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with _client(f"http://127.0.0.1:{port}", token) as client:
            _wait(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + ENGINE_READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if answers(client, HEALTH):
            return
        time.sleep(0.3)
    raise EngineMissing("the engine did not start; try: intake doctor")


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=url.split(",")[0], headers={"Authorization": f"Bearer {token}"}, timeout=120
    )
