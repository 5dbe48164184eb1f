"""Load on the messengers' doors, beside Rasa's built-in Twilio channel with the same model.

    .venv/bin/python -m benchmarks.load [--burst 500] [--people 24] [--turns 240] [--backlog 1000]

accept: webhooks sent in the same instant over open connections, and within a second, until the
answer, at one gateway process and at two. turns: people who
write as soon as they are answered; Rasa's channel is asked with the same texts, on this machine, in
this run, and sends to the same stand-in of Twilio. one sender: a thousand messages in a minute from
one person while another one talks. backlog: messages that came while the engine was
down, then drained. own cost: what accepting, claiming and storing add to a turn, from the metrics.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from sqlalchemy import func, select

from benchmarks.chaos.people import Answered
from benchmarks.load_world import World, rasa_twilio, world_of
from benchmarks.measuring import Sample, cpu_seconds, table
from bot.store import Store
from bot.store.database import insert_new
from bot.store.messages import Author
from bot.store.tables import Conversation, Message
from connectors.texts import choose
from tests.service import free_port
from tests.standins import telegram_api, twilio_api

RESULTS: Final = Path(__file__).parent / "results" / "load.json"
SCRIPT: Final = (
    "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka",
    "yes",
    "58",
    "yes, biopsy was done",
    "yes, that is right",
    "not sure",
)
TURN_SECONDS: Final = 60


# -- accept ------------------------------------------------------------------------------------


async def accept_at_once(world: World, count: int, gateways: Sequence[str]) -> Sample:
    """So many webhooks in the same instant, over connections that are open already."""
    requests = [_request(world, n) for n in _numbers(count)]
    open_ones = [
        await asyncio.open_connection(*_place(url))
        for url, _request in zip(itertools.cycle(gateways), requests, strict=False)
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


async def accept_in_a_second(world: World, count: int, gateways: Sequence[str]) -> Sample:
    """So many webhooks evenly over one second."""
    requests = [_request(world, n) for n in _numbers(count)]

    async def one(number: int, url: str, request: bytes) -> float:
        await asyncio.sleep(number / count)
        reader, writer = await asyncio.open_connection(*_place(url))
        spent = await _timed_post(reader, writer, request)
        writer.close()
        return spent

    places = zip(itertools.cycle(gateways), requests, strict=False)
    seconds = await asyncio.gather(*(one(n, *place) for n, place in enumerate(places)))
    return Sample(list(seconds))


_used = itertools.count()


def _numbers(count: int) -> list[int]:
    """Numbers of people who have not written yet."""
    return [next(_used) for _ in range(count)]


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 80)


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
    """Turns a second of people who write as soon as they are answered, and each one's time.

    Answered means that the replies are written; they go out beside it, with pauses, while
    Rasa's channel sends them without any before it answers.
    """
    answered = Answered(world.service.store, every=0.02)
    watching = asyncio.create_task(answered.watch())
    async with httpx.AsyncClient(timeout=TURN_SECONDS) as client:

        async def say(phone: str, text: str) -> None:
            sid = await _post(world, client, phone, text)
            if not await answered.wait_for({sid}, TURN_SECONDS):
                raise RuntimeError("no answer")

        found = await _closed_loop(people, turns, "+88015", say)
    watching.cancel()
    return found


async def their_turns(url: str, world: World, people: int, turns: int) -> tuple[float, Sample]:
    """The same people and texts at Rasa's own Twilio channel, which answers after the turn."""
    async with httpx.AsyncClient(timeout=TURN_SECONDS) as client:

        async def say(phone: str, text: str) -> None:
            sender = f"whatsapp:{phone}"
            _known(world.service.store, sender)
            before = world.twilio.heard[phone]
            answer = await client.post(
                f"{url}/webhooks/twilio/webhook", data={"From": sender, "Body": text}
            )
            # Rasa's channel has no files: a turn that sends one ends with an error there.
            world.failed += answer.is_error or world.twilio.heard[phone] == before

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


# -- backlog and flood -------------------------------------------------------------------------


async def backlog(world: World, count: int) -> dict[str, Any]:
    """Messages that came while the engine was down: how long they take, and what went wrong."""
    service, people = world.service, max(count // 10, 1)
    service.kill("engine")
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(count):
            await _post(world, client, f"+88019{number % people:08d}", f"line {number // people}")
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


async def _post(world: World, client: httpx.AsyncClient, phone: str, text: str) -> str:
    params, signature = world.webhook(phone, text)
    url, headers = f"{world.service.url}/webhooks/whatsapp", {"x-twilio-signature": signature}
    (await client.post(url, data=params, headers=headers)).raise_for_status()
    return params["MessageSid"]


def _out_of_order(store: Store, phone: str) -> bool:
    """Whether a later line was answered before an earlier one, or one not at all."""
    found = store.conversations.by_address("whatsapp", phone, twilio_api.SENDER)
    lines = store.transcript(found.id, limit=200)[::-1] if found else []
    answers: dict[str | None, int] = {}
    for line in lines:
        if line.author is Author.BOT:
            answers.setdefault(line.turn_id, line.seq)
    heard = [line for line in lines if line.author is Author.PATIENT]
    heard.sort(key=lambda line: int((line.text or "0").split()[-1]))
    places = [answers.get(line.turn_id or line.message_id) for line in heard]
    return None in places or places != sorted(places, key=lambda place: place or 0)


async def flood(world: World, count: int) -> dict[str, Any]:
    """One sender's messages within a minute, while another person talks."""
    phone, store = "+880140000000", world.service.store
    talking = asyncio.create_task(our_turns(world, 1, len(SCRIPT)))
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(count):
            await _post(world, client, phone, f"spam {number}")
            await asyncio.sleep(max(0.0, began + 60 * number / count - time.perf_counter()))
    _rate, other = await talking
    found = store.conversations.by_address("whatsapp", phone, twilio_api.SENDER)
    assert found is not None
    mine = (Message.conversation_id == found.id, Message.author == Author.PATIENT)
    limited = (*mine, Message.error_code == "flood")
    with store.database.read() as session:
        kept = session.scalar(select(func.count()).where(*mine))
        unanswered = session.scalar(select(func.count()).where(*limited))
    told = [m for m in world.twilio.outgoing if m["body"] == choose().said["flood"]]
    return {
        "messages": count,
        "kept": kept,
        "kept without an answer each": unanswered,
        "told so": len(told),
        "turn of another person, p95 (ms)": other.ms(0.95),
    }


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


async def measure(burst: int, people: int, turns: int, waiting: int) -> dict[str, Any]:
    """Everything, in one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with world_of(folder) as world:
            await our_turns(world, people, people * len(SCRIPT))  # warm
            rate, each = await our_turns(world, people, turns)
            cost = own_cost(world)
            with rasa_twilio(world.service, world.address, folder) as url:
                await their_turns(url, world, people, people * len(SCRIPT))
                peers, peers_each = await their_turns(url, world, people, turns)
            flooded = await flood(world, waiting)
            drained = await backlog(world, waiting)
            accepted = await accepting(world, burst)
    return {
        "accept": accepted,
        "turns a second": [
            _turns("this service, WhatsApp door", rate, each, 0),
            _turns("Rasa's Twilio channel", peers, peers_each, world.failed),
        ],
        "one sender": [flooded],
        "backlog": [drained],
        "own cost (ms, mean)": [cost],
    }


async def accepting(world: World, burst: int) -> list[dict[str, Any]]:
    """Bursts at one gateway and at two, none of which begins turns meanwhile: people's pause."""
    service, second = world.service, free_port()
    service.environment["INTAKE_MESSAGE_PAUSE_SECONDS"] = "30"
    service.kill("gateway")
    service.start("gateway")
    await asyncio.to_thread(service.wait_ready)
    other = subprocess.Popen(
        [sys.executable, "-m", "connectors.gateway", "web"],
        env=service.environment | {"INTAKE_PORT": str(second)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    both = [service.url, f"http://127.0.0.1:{second}"]
    rows = []
    try:
        await _until_up(both[1])
        await accept_at_once(world, 100, both)  # warm
        for gateways in (both[:1], both):
            for what, accept in (
                ("within one second", accept_in_a_second),
                ("in the same instant", accept_at_once),
            ):
                pids = [service.processes["gateway"].pid, other.pid]
                before = sum(map(cpu_seconds, pids))
                found = await accept(world, burst, gateways)
                spent = 1000 * (sum(map(cpu_seconds, pids)) - before) / burst
                rows.append(_accept(f"{what}, gateways: {len(gateways)}", burst, found, spent))
    finally:
        other.terminate()
        other.wait(30)
    return rows


async def _until_up(url: str) -> None:
    async with httpx.AsyncClient(timeout=5) as client:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/healthz")).is_success:
                    return
            await asyncio.sleep(0.2)
    raise RuntimeError("the second gateway did not start")


def _accept(what: str, count: int, found: Sample, spent: float) -> dict[str, Any]:
    shares = {f"p{int(100 * share)} (ms)": found.ms(share) for share in (0.5, 0.95, 0.99)}
    return {"what": what, "webhooks": count, **shares, "processor a message (ms)": spent}


def _turns(what: str, rate: float, each: Sample, failed: int) -> dict[str, Any]:
    shares = {"p50 (ms)": each.ms(0.5), "p95 (ms)": each.ms(0.95)}
    return {"what": what, "turns/s": rate, **shares, "failed": failed}


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
