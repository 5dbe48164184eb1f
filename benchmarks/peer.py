"""The peer: a plain `rasa init` bot, made, trained and started on this machine in the same run."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.measuring import Sample, resident_mb, timed
from bot.operations.training import ENGINE_PYTHON, engine_environment
from tests.service import free_port

READY_SECONDS = 240
MESSAGES = ("hello", "I am sad", "yes", "great", "bye", "are you a bot?")


@dataclass
class Peer:
    """A running `rasa init` bot: address, seconds until ready, resident memory in MB."""

    url: str
    ready_seconds: float
    resident_mb: float


def prepare(folder: Path) -> None:
    """Make and train the bot; about two minutes on two cores."""
    command = [str(ENGINE_PYTHON), "-W", "ignore", "-m", "rasa", "init", "--no-prompt"]
    done = subprocess.run(
        [*command, "--init-dir", str(folder)],
        env=engine_environment(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Peer]:
    """Start it with the REST channel and wait until it answers."""
    port = free_port()
    (folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    command = [
        *(str(ENGINE_PYTHON), "-W", "ignore", "-m", "rasa", "run"),
        *("--enable-api", "--interface", "127.0.0.1", "--port", str(port)),
    ]
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=engine_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield Peer(url, time.perf_counter() - started, resident_mb(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def turns(peer: Peer, count: int) -> Sample:
    """Bare REST turns of short conversations."""
    with httpx.Client(base_url=peer.url, timeout=30) as client:
        for warm in range(10):
            _turn(client, f"warm{warm}", "hello")
        return Sample(
            [timed(_turn, client, f"p{i // 6}", MESSAGES[i % 6])[0] for i in range(count)]
        )


def _turn(client: httpx.Client, sender: str, text: str) -> None:
    answer = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
    answer.raise_for_status()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            status = httpx.get(f"{url}/status", timeout=2)
            if status.status_code == 200 and status.json().get("model_file"):
                return
        time.sleep(0.1)
    raise RuntimeError("the peer did not start")
