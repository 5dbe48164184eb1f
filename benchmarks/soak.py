"""Half of the highest rate for half an hour: memory of every process, errors, time of a turn.

    .venv/bin/python -m benchmarks.soak [--minutes 30] [--share 0.5]

First the highest sustained rate is measured for a short while, then people begin conversations at a
fixed share of it, whether the last ones were answered quickly or not. Memory is looked at every ten
seconds; growth is from the end of the first fifth (when caches are full) to the end, by medians.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.main_job import SCRIPT
from benchmarks.measuring import Sample, resident_mb, table
from tests.service import Service, running_service

RESULTS: Final = Path(__file__).parent / "results" / "soak.json"
LOOK_SECONDS: Final = 10.0
HIGHEST_SECONDS: Final = 30.0
PEOPLE: Final = 20
THINKING_SECONDS: Final = 1.0


@dataclass
class Heard:
    """What came of the turns."""

    spent: list[tuple[float, float]] = field(default_factory=list)  # (moment, seconds)
    errors: int = 0


async def converse(service: Service, client: httpx.AsyncClient, heard: Heard, pause: float) -> None:
    """One conversation; a turn that is not answered with 200 is an error."""
    path = f"{service.url}/webchat/{uuid.uuid4().hex}/messages"
    for text in SCRIPT:
        began = time.perf_counter()
        try:
            answer = await client.post(path, json={"text": text})
        except httpx.HTTPError:
            heard.errors += 1
            return
        if answer.status_code != httpx.codes.OK or not answer.json()["replies"]:
            heard.errors += 1
        heard.spent.append((time.monotonic(), time.perf_counter() - began))
        await asyncio.sleep(pause)


async def highest(
    service: Service, client: httpx.AsyncClient, seconds: float = HIGHEST_SECONDS
) -> float:
    """Turns a second of people who never pause."""
    heard, until = Heard(), time.monotonic() + seconds

    async def person() -> None:
        while time.monotonic() < until:
            await converse(service, client, heard, 0.0)

    began = time.monotonic()
    await asyncio.gather(*(person() for _ in range(PEOPLE)))
    return len(heard.spent) / (time.monotonic() - began)


async def steady(
    service: Service, client: httpx.AsyncClient, rate: float, seconds: float
) -> tuple[Heard, dict[str, list[float]]]:
    """So many turns a second for so long; gives what was heard and the memory of each process."""
    heard, memory = Heard(), defaultdict[str, list[float]](list)
    gap = len(SCRIPT) / rate
    began = time.monotonic()
    talks: set[asyncio.Task[None]] = set()

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, process in service.processes.items():
                memory[name].append(resident_mb(process.pid))

    looking = asyncio.create_task(look())
    for number in itertools.count():
        at = began + number * gap
        if at > began + seconds:
            break
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        task = asyncio.create_task(converse(service, client, heard, THINKING_SECONDS))
        talks.add(task)
        task.add_done_callback(talks.discard)
    await asyncio.gather(*talks)
    looking.cancel()
    return heard, memory


async def run(service: Service, minutes: float, share: float) -> dict[str, Any]:
    """The whole soak."""
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        top = await highest(service, client)
        heard, memory = await steady(service, client, share * top, 60 * minutes)
    times = [moment for moment, _ in heard.spent]
    middle = (times[0] + times[-1]) / 2
    halves = [
        Sample([s for moment, s in heard.spent if (moment > middle) is late])
        for late in (False, True)
    ]
    waiting = service.store.inbox.depth().waiting + service.store.outbox.depth().waiting
    return {
        "minutes": minutes,
        "highest rate (turns/s)": top,
        "rate held (turns/s)": len(heard.spent) / (times[-1] - times[0]),
        "turns": len(heard.spent),
        "errors": heard.errors,
        "left waiting": waiting,
        "p50, first and second half (ms)": [half.ms(0.5) for half in halves],
        "p95, first and second half (ms)": [half.ms(0.95) for half in halves],
        "memory": [_grown(name, looks) for name, looks in sorted(memory.items())],
    }


def _grown(name: str, looks: list[float]) -> dict[str, Any]:
    fifth = max(len(looks) // 5, 1)
    early = statistics.median(looks[fifth : 2 * fifth] or looks[:1])
    late = statistics.median(looks[-fifth:])
    return {
        "process": name,
        "then (MB)": early,
        "at the end (MB)": late,
        "growth": late / early - 1,
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--share", type=float, default=0.5)
    chosen = parser.parse_args()
    began = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, running_service(Path(name)) as service:
        found = asyncio.run(run(service, chosen.minutes, chosen.share))
    found["load average before and after"] = [began, os.getloadavg()[0]]
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found["memory"]))
    print(json.dumps({k: v for k, v in found.items() if k != "memory"}, indent=1))


if __name__ == "__main__":
    main()
