"""Load on the messengers' doors, beside Rasa's built-in Twilio channel with the same model.

    .venv/bin/python -m benchmarks.load [--burst 500] [--people 24] [--turns 240] [--backlog 1000]

accept: webhooks sent in the same instant over open connections, until the answer. turns: people who
write as soon as they are answered; Rasa's channel is asked with the same texts, on this machine, in
this run, and sends to the same stand-in of Twilio. backlog: messages that came while the engine was
down, then drained. own cost: what accepting, claiming and storing add to a turn, from the metrics.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.applications import Starlette

from benchmarks.measuring import Sample, table
from bot.operations.training import ENGINE_PYTHON
from bot.settings import ROOT
from bot.store import Store
from bot.store.database import insert_new
from bot.store.messages import Author
from bot.store.tables import Conversation
from tests.service import Service, free_port, running_service
from tests.standins import telegram_api, twilio_api
from tests.standins.serving import serving
from tests.standins.twilio_api import TwilioStandIn

RESULTS: Final = Path(__file__).with_name("results-load.json")
SCRIPT: Final = (
    "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka",
    "yes",
    "58",
    "yes, biopsy was done",
    "yes, that is right",
    "not sure",
)
READY_SECONDS: Final = 180
TURN_SECONDS: Final = 60


@dataclass
class ListeningTwilio(TwilioStandIn):
    """Counts what each person was sent."""

    heard: Counter[str] = field(default_factory=Counter)

    def _accept(self, fields: dict[str, str]) -> dict[str, Any]:
        self.heard[fields["To"].removeprefix("whatsapp:")] += 1
        return super()._accept(fields)


@dataclass
class World:
    """The service and the stand-in of Twilio that it sends to."""

    service: Service
    twilio: ListeningTwilio
    address: str

    def webhook(self, phone: str, text: str) -> tuple[dict[str, str], str]:
        """Parameters and signature of a message."""
        params = self.twilio.inbound(phone, text)
        return params, self.twilio.sign(f"{self.service.url}/webhooks/whatsapp", params)


# -- accept ------------------------------------------------------------------------------------


async def accept_at_once(world: World, count: int) -> Sample:
    """So many webhooks in the same instant, over connections that are open already."""
    parts = urlsplit(world.service.url)
    requests = [_request(world, n) for n in range(count)]
    open_ones = [
        await asyncio.open_connection(parts.hostname, parts.port) for _ in range(len(requests))
    ]
    seconds = await asyncio.gather(
        *(
            _timed_post(reader, writer, request)
            for (reader, writer), request in zip(open_ones, requests, strict=True)
        )
    )
    for _reader, writer in open_ones:
        writer.close()
    return Sample(list(seconds))


async def accept_in_a_second(world: World, count: int) -> Sample:
    """So many webhooks evenly over one second."""
    parts = urlsplit(world.service.url)
    requests = [_request(world, n + 100_000) for n in range(count)]

    async def one(number: int, request: bytes) -> float:
        await asyncio.sleep(number / count)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        spent = await _timed_post(reader, writer, request)
        writer.close()
        return spent

    seconds = await asyncio.gather(*(one(n, request) for n, request in enumerate(requests)))
    return Sample(list(seconds))


def _request(world: World, number: int) -> bytes:
    """Every second message comes from Telegram."""
    if number % 2:
        params, signature = world.webhook(f"+88018{number:08d}", f"message {number}")
        body = urlencode(params).encode()
        head = (
            "POST /webhooks/whatsapp HTTP/1.1\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
            f"x-twilio-signature: {signature}\r\n"
        )
    else:
        update = telegram_api.TelegramStandIn().message(900_000 + number, text="hello")
        body = json.dumps(update | {"update_id": 10_000_000 + number}).encode()
        head = (
            "POST /webhooks/telegram HTTP/1.1\r\ncontent-type: application/json\r\n"
            f"x-telegram-bot-api-secret-token: {telegram_api.SECRET}\r\n"
        )
    return f"{head}host: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def _timed_post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> float:
    began = time.perf_counter()
    writer.write(request)
    line = await reader.readline()
    spent = time.perf_counter() - began
    if b" 200 " not in line:
        raise RuntimeError(f"answered {line!r}")
    return spent


# -- turns -------------------------------------------------------------------------------------


async def our_turns(world: World, people: int, turns: int) -> tuple[float, Sample]:
    """Turns a second of people who write as soon as they are answered, and each one's time."""
    async with httpx.AsyncClient(timeout=TURN_SECONDS) as client:

        async def say(phone: str, text: str) -> None:
            before = world.twilio.heard[phone]
            params, signature = world.webhook(phone, text)
            headers = {"x-twilio-signature": signature}
            url = f"{world.service.url}/webhooks/whatsapp"
            (await client.post(url, data=params, headers=headers)).raise_for_status()
            until = time.monotonic() + TURN_SECONDS
            while world.twilio.heard[phone] == before:
                if time.monotonic() > until:
                    raise RuntimeError("no answer")
                await asyncio.sleep(0.005)

        return await _closed_loop(people, turns, "+88015", say)


async def their_turns(url: str, store: Store, people: int, turns: int) -> tuple[float, Sample]:
    """The same people and texts at Rasa's own Twilio channel, which answers after the turn."""
    async with httpx.AsyncClient(timeout=TURN_SECONDS) as client:

        async def say(phone: str, text: str) -> None:
            sender = f"whatsapp:{phone}"
            _known(store, sender)
            answer = await client.post(
                f"{url}/webhooks/twilio/webhook", data={"From": sender, "Body": text}
            )
            answer.raise_for_status()

        return await _closed_loop(people, turns, "+88016", say)


def _known(store: Store, sender: str) -> None:
    """Rasa names a conversation by the sender; our actions want to know it."""
    now = store.database.now()
    row = {"id": sender, "channel": "whatsapp", "account": "", "address_key": sender}
    more = {"address": sender, "created_at": now, "epoch": 0}
    with store.database.write() as session:
        insert_new(session, Conversation, row | more)


async def _closed_loop(people: int, turns: int, prefix: str, say: Any) -> tuple[float, Sample]:
    seconds: list[float] = []

    async def person(number: int) -> None:
        for turn in range(turns // people):
            phone = f"{prefix}{number * 100 + turn // len(SCRIPT):08d}"
            began = time.perf_counter()
            await say(phone, SCRIPT[turn % len(SCRIPT)])
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(person(number) for number in range(people)))
    return len(seconds) / (time.perf_counter() - began), Sample(seconds)


# -- backlog -----------------------------------------------------------------------------------


async def backlog(world: World, count: int) -> dict[str, Any]:
    """Messages that came while the engine was down: how long they take, and what went wrong."""
    service, people = world.service, max(count // 10, 1)
    service.kill("engine")
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(count):
            phone = f"+88019{number % people:08d}"
            params, signature = world.webhook(phone, f"line {number // people}")
            headers = {"x-twilio-signature": signature}
            url = f"{service.url}/webhooks/whatsapp"
            (await client.post(url, data=params, headers=headers)).raise_for_status()
    service.start("engine")
    await asyncio.to_thread(service.wait_ready)
    began = time.perf_counter()
    while service.store.inbox.depth().waiting:
        await asyncio.sleep(0.2)
    seconds = time.perf_counter() - began
    wrong = [_out_of_order(service.store, f"+88019{n:08d}") for n in range(people)]
    return {
        "messages": count,
        "seconds": seconds,
        "given up": service.store.inbox.depth().dead,
        "conversations out of order": sum(wrong),
    }


def _out_of_order(store: Store, phone: str) -> bool:
    found = store.conversations.by_address("whatsapp", phone, twilio_api.SENDER)
    lines = store.transcript(found.id, limit=200) if found else []
    heard = [line.text for line in reversed(lines) if line.author is Author.PATIENT]
    return heard != sorted(heard, key=lambda text: int((text or "0").split()[-1]))


# -- own cost ----------------------------------------------------------------------------------


def own_cost(world: World) -> dict[str, float]:
    """Mean milliseconds of the parts of a turn, and our share of the whole."""
    text = httpx.get(f"{world.service.url}/metrics", timeout=30).text

    def mean(name: str, labels: str) -> float:
        total = _figure(text, f"{name}_sum{labels}")
        return 1000 * total / max(_figure(text, f"{name}_count{labels}"), 1)

    stage = "intake_turn_stage_seconds"
    parts = {s: mean(stage, f'{{stage="{s}"}}') for s in ("prepare", "engine", "store")}
    accept = mean("intake_accept_seconds", '{channel="whatsapp"}')
    own = accept + parts["prepare"] + parts["store"]
    return {"accept": accept, **parts, "own share": own / (own + parts["engine"])}


def _figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


# -- processes ---------------------------------------------------------------------------------

# Rasa's channel through the account's own client; only the address of the API is another.
_PEER: Final = """
import sys
from twilio.base import version
from twilio.http.http_client import TwilioHttpClient
plain = TwilioHttpClient.request
def request(self, method, url, *rest, **more):
    return plain(self, method, url.replace("https://api.twilio.com", sys.argv[1]), *rest, **more)
TwilioHttpClient.request = request
from rasa.__main__ import main
sys.argv = ["rasa", *sys.argv[2:]]
main()
"""


@contextlib.contextmanager
def rasa_twilio(service: Service, world_address: str, folder: Path) -> Iterator[str]:
    """The same model and action server behind Rasa's own Twilio channel."""
    port = free_port()
    credentials = folder / "credentials.yml"
    credentials.write_text(
        f'twilio:\n  account_sid: "{twilio_api.ACCOUNT}"\n  auth_token: "{twilio_api.TOKEN}"\n'
        f'  twilio_number: "whatsapp:{twilio_api.SENDER}"\n',
        encoding="utf-8",
    )
    command = [
        *(str(ENGINE_PYTHON), "-W", "ignore", "-c", _PEER, world_address, "run"),
        *("--model", service.environment["TEST_MODEL"], "--endpoints", "endpoints.yml"),
        *("--credentials", str(credentials), "--interface", "127.0.0.1", "--port", str(port)),
    ]
    with (folder / "peer.log").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=service.environment, stdout=out, stderr=out
        )
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + READY_SECONDS
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(f"{url}/webhooks/twilio/", timeout=2).is_success:
                        break
                time.sleep(0.3)
            yield url
        finally:
            process.terminate()
            process.wait(20)


@contextlib.asynccontextmanager
async def world_of(folder: Path) -> AsyncIterator[World]:
    """A service with both channels and the stand-ins it talks to."""
    twilio = ListeningTwilio()
    telegram = telegram_api.TelegramStandIn()
    routes = [*twilio.app().routes, *telegram.app().routes]
    with serving(Starlette(routes=routes), abrupt=True) as address:
        settings = {
            "TWILIO_API_URL": address,
            "TWILIO_ACCOUNT_SID": twilio_api.ACCOUNT,
            "TWILIO_AUTH_TOKEN": twilio_api.TOKEN,
            "TWILIO_WHATSAPP_FROM": twilio_api.SENDER,
            "TELEGRAM_API_URL": address,
            "TELEGRAM_BOT_TOKEN": telegram_api.TOKEN,
            "TELEGRAM_WEBHOOK_SECRET": telegram_api.SECRET,
            "INTAKE_MESSAGE_PAUSE_SECONDS": "0",
        }
        with running_service(folder, **settings) as service:
            twilio.gateway = service.url
            yield World(service, twilio, address)


async def measure(burst: int, people: int, turns: int, waiting: int) -> dict[str, Any]:
    """Everything, in one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with world_of(folder) as world:
            await our_turns(world, people, people * len(SCRIPT))  # warm
            rate, each = await our_turns(world, people, turns)
            cost = own_cost(world)
            with rasa_twilio(world.service, world.address, folder) as url:
                await their_turns(url, world.service.store, people, people * len(SCRIPT))
                peers, peers_each = await their_turns(url, world.service.store, people, turns)
            steady = await accept_in_a_second(world, burst)
            at_once = await accept_at_once(world, burst)
            while world.service.store.inbox.depth().waiting:
                await asyncio.sleep(0.5)
            drained = await backlog(world, waiting)
    return {
        "accept": [
            _accept("in the same instant", burst, at_once),
            _accept("within one second", burst, steady),
        ],
        "turns a second": [
            _turns("this service, WhatsApp door", rate, each),
            _turns("Rasa's Twilio channel", peers, peers_each),
        ],
        "backlog": [drained],
        "own cost (ms, mean)": [cost],
    }


def _accept(what: str, count: int, found: Sample) -> dict[str, Any]:
    return {"what": what, "webhooks": count} | {
        f"p{int(100 * share)} (ms)": found.ms(share) for share in (0.5, 0.95, 0.99)
    }


def _turns(what: str, rate: float, each: Sample) -> dict[str, Any]:
    return {"what": what, "turns/s": rate, "p50 (ms)": each.ms(0.5), "p95 (ms)": each.ms(0.95)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--burst", type=int, default=500)
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--turns", type=int, default=240)
    parser.add_argument("--backlog", type=int, default=1000)
    chosen = parser.parse_args()
    found = asyncio.run(measure(chosen.burst, chosen.people, chosen.turns, chosen.backlog))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, rows in found.items():
        print(f"\n{name}\n{table(rows)}")


if __name__ == "__main__":
    main()
