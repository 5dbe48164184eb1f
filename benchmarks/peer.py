"""The peer: a plain `rasa init` bot, made, trained and started on this machine in the same run."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.measuring import Sample, resident_mb, timed
from bot.operations.training import ENGINE_PYTHON, engine_environment
from tests.service import free_port
from tests.standins import twilio_api

READY_SECONDS = 400
# Rasa's own Twilio channel through the account's own client; only the API's address is another.
TWILIO_ELSEWHERE = """
import sys
from twilio.http.http_client import TwilioHttpClient
plain, elsewhere = TwilioHttpClient.request, sys.argv[1]
def request(self, method, url, *rest, **more):
    return plain(self, method, url.replace("https://api.twilio.com", elsewhere), *rest, **more)
TwilioHttpClient.request = request
from rasa.__main__ import main
sys.argv = ["rasa", *sys.argv[2:]]
main()
"""
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
def running(folder: Path, twilio: str | None = None) -> Iterator[Peer]:
    """Start it with the REST channel and wait until it answers.

    With the address of a stand-in of Twilio it has Rasa's own Twilio channel too.
    """
    port = free_port()
    credentials = "rest:\n"
    start = ("-m", "rasa")
    if twilio is not None:
        start = ("-c", TWILIO_ELSEWHERE, twilio)
        credentials += (
            f'twilio:\n  account_sid: "{twilio_api.ACCOUNT}"\n  auth_token: "{twilio_api.TOKEN}"\n'
            f'  twilio_number: "whatsapp:{twilio_api.SENDER}"\n'
        )
    (folder / "credentials.yml").write_text(credentials, encoding="utf-8")
    command = [
        *(str(ENGINE_PYTHON), "-W", "ignore", *start, "run"),
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


def in_parallel(peer: Peer, people: int, count: int) -> float:
    """Turns a second at Rasa's Twilio channel, which answers after its turn."""

    def person(number: int) -> None:
        with httpx.Client(base_url=peer.url, timeout=60) as client:
            for turn in range(count // people):
                form = {
                    "From": f"whatsapp:+88016{number * 100 + turn // 6:08d}",
                    "Body": MESSAGES[turn % 6],
                }
                client.post("/webhooks/twilio/webhook", data=form).raise_for_status()

    began = time.perf_counter()
    with ThreadPoolExecutor(people) as pool:
        list(pool.map(person, range(people)))
    return (count // people) * people / (time.perf_counter() - began)


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
