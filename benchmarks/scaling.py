"""Two engines against one, as a share of what the machine's cores allow; processor time by process.

    .venv/bin/python -m benchmarks.scaling [--people 20] [--seconds 20] [--rounds 2] [--engines 1]

People write as soon as they are answered, through two gateways and two workers on PostgreSQL and
Redis. The same engines serve all rounds; the workers are told of one or of two of them in turn, so
that whatever else the machine does falls on both. With e and o the processor seconds that a turn
costs in the engine and in everything else, two engines on two cores can do at most 2e / (e + o)
times what one does, because one engine uses one core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.main_job import SCRIPT
from benchmarks.measuring import Sample, children, cpu_seconds, table
from bot.store import Store
from tests.scale.fleet import Fleet, fleet
from tests.scale.redis_server import unused

RESULTS: Final = Path(__file__).parent / "results" / "scaling.json"
TURN_SECONDS: Final = 60


@dataclass
class Round:
    """One measurement: turns, wall seconds, processor seconds by kind of process, each turn."""

    engines: int
    turns: int = 0
    seconds: float = 0.0
    spent: Counter[str] = field(default_factory=Counter)
    each: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


async def load(service: Fleet, people: int, seconds: float) -> list[float]:
    """People who write whole conversations until the time is over; gives each turn's seconds."""
    until = time.monotonic() + seconds
    gateways = [service.url(name) for name in service.names("gateway")]
    spent: list[float] = []

    async def person(number: int, client: httpx.AsyncClient) -> None:
        talk = 0
        while time.monotonic() < until:
            path = f"/webchat/{os.urandom(8).hex()}/messages"
            url = gateways[(number + talk) % len(gateways)] + path
            talk += 1
            for text in SCRIPT:
                if time.monotonic() > until:
                    return
                began = time.perf_counter()
                await answered(client, url, text)
                spent.append(time.perf_counter() - began)

    limits = httpx.Limits(max_connections=people)
    async with httpx.AsyncClient(timeout=TURN_SECONDS, limits=limits) as client:
        await asyncio.gather(*(person(number, client) for number in range(people)))
    return spent


async def answered(client: httpx.AsyncClient, url: str, text: str) -> None:
    """Say it until it is answered, as the page does when the answer takes long."""
    message = {"text": text, "id": os.urandom(8).hex()}
    while True:
        answer = await client.post(url, json=message)
        if answer.status_code == httpx.codes.OK:
            return
        if answer.status_code != httpx.codes.ACCEPTED:
            raise RuntimeError(f"answered {answer.status_code}")
        await asyncio.sleep(0.1)


def processor_seconds(service: Fleet, database: int) -> Counter[str]:
    """What each kind of process has spent until now; `database` is PostgreSQL's first process."""
    groups = {"load": [os.getpid()], "database": [database, *children(database)]}
    for name, process in service.processes.items():
        groups.setdefault(name.partition("-")[0], []).append(process.pid)
    total: Counter[str] = Counter()
    for kind, members in groups.items():
        for pid in members:
            with suppress(FileNotFoundError, ProcessLookupError):
                total[kind] += cpu_seconds(pid)  # type: ignore[assignment]
    return total


def measured(service: Fleet, database: int, engines: int, people: int, seconds: float) -> Round:
    """One round with so many engines."""
    point_workers_at(service, engines)
    asyncio.run(load(service, people, min(seconds, 5.0)))  # warm
    before, began = processor_seconds(service, database), time.monotonic()
    each = asyncio.run(load(service, people, seconds))
    spent = processor_seconds(service, database)
    spent.subtract(before)
    return Round(engines, len(each), time.monotonic() - began, spent, each)


def point_workers_at(service: Fleet, engines: int) -> None:
    """Start the workers anew with the first so many engines."""
    urls = [service.url(name) for name in service.names("engine")][:engines]
    service.environment["INTAKE_ENGINE_URL"] = ",".join(urls)
    for name in service.names("worker"):
        service.stop(name)
        service.start(name)
    service.wait_ready(*service.names("worker"))


@contextmanager
def world(folder: Path, engines: int) -> Iterator[tuple[Fleet, int]]:
    """The service on PostgreSQL and Redis of its own; gives PostgreSQL's process too."""
    import pgserver

    server = pgserver.get_server(tempfile.mkdtemp(prefix="intake-postgres-"), cleanup_mode="delete")
    redis = unused()
    redis.start()
    counts = {"gateway": 2, "worker": 2, "actions": engines, "engine": engines}
    try:
        server.psql("CREATE DATABASE intake")
        address = server.get_uri("intake")
        with fleet(folder, address, counts, INTAKE_REDIS_URL=redis.url) as service:
            yield service, server.get_pid()
    finally:
        redis.stop()
        server.cleanup()


def measure(people: int, seconds: float, rounds: int, most: int = 2) -> dict[str, Any]:
    """Rounds with one and two engines in turn, and what comes of them."""
    with tempfile.TemporaryDirectory() as name, world(Path(name), most) as (service, database):
        load_before, empty = os.getloadavg()[0], _size(service.store)
        found = [
            measured(service, database, engines, people, seconds)
            for _ in range(rounds)
            for engines in range(1, most + 1)
        ]
        full = _size(service.store)
    turns = sum(r.turns for r in found)
    spent: Counter[str] = sum((r.spent for r in found), Counter())
    e = spent["engine"] / turns
    o = (sum(spent.values()) - spent["engine"]) / turns
    costs = {
        "load average before": load_before,
        "cores": os.cpu_count(),
        "people": people,
        "turns": turns,
        "rounds": [_shown(r) for r in found],
        "processor ms a turn": {kind: 1000 * s / turns for kind, s in sorted(spent.items())},
        "engine e (ms)": 1000 * e,
        "all else o (ms)": 1000 * o,
        "bytes a conversation": (full[0] - empty[0]) / max(full[1] - empty[1], 1),
    }
    return costs if most == 1 else costs | _gain(found, 2 * e / (e + o))


def _gain(found: list[Round], allowed: float) -> dict[str, Any]:
    """What the second engine brings, beside what two cores allow."""
    one, two = (statistics.mean(r.rate for r in found if r.engines == n) for n in (1, 2))
    return {
        "turns a second with one engine": one,
        "turns a second with two engines": two,
        "gain": two / one,
        "two cores allow 2e/(e+o)": allowed,
        "share of what they allow": (two / one) / allowed,
    }


def _shown(found: Round) -> dict[str, Any]:
    each = Sample(found.each)
    return {
        "engines": found.engines,
        "turns": found.turns,
        "turns/s": found.rate,
        "p50 (ms)": each.ms(0.5),
        "p95 (ms)": each.ms(0.95),
        "busy cores": sum(found.spent.values()) / found.seconds,
    }


def _size(store: Store) -> tuple[int, int]:
    """The database's bytes, and the conversations in it."""
    with store.database.engine.connect() as connection:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        count = connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar()
    return int(size or 0), int(count or 0)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--engines", type=int, choices=(1, 2), default=2, help="1: costs only")
    chosen = parser.parse_args()
    found = measure(chosen.people, chosen.seconds, chosen.rounds, chosen.engines)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found["rounds"]))
    print(json.dumps({k: v for k, v in found.items() if k != "rounds"}, indent=1))


if __name__ == "__main__":
    main()
