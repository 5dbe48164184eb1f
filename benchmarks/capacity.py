"""What 1,000, 100,000 and 10 million conversations a month need, by simulation from measured costs.

    .venv/bin/python -m benchmarks.capacity [--costs benchmarks/results/scaling.json]

Conversations begin at random with the day's rhythm; looked at is the busiest hour of the day,
without and with a television report that sends ten thousand people, most of them within twenty
minutes. A person writes, waits for the answer, thinks, writes again. A turn passes a worker, then
the engine that its conversation prefers, its action server and the database, then the worker again;
worker and engine are queues. Both are added until 95 of 100 turns are answered in two seconds.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from benchmarks.capacity_picture import draw
from benchmarks.measuring import Sample, table

HERE: Final = Path(__file__).parent
COSTS: Final = HERE / "results" / "scaling.json"
RESULTS: Final = HERE / "results" / "capacity.json"
PICTURE: Final = HERE.parent / "docs" / "pictures" / "capacity.svg"

SCALES: Final = (1_000, 100_000, 10_000_000)
DAYS: Final = 30
# The busiest hour of an ordinary day carries this share of it (24 hours alike would be 4.2 %).
BUSIEST_HOUR: Final = 0.11
REPORT: Final = 10_000
TURNS: Final = 11  # from "hi" to the checklist, as measured
THINKING: Final = 40.0  # seconds, median, log-normal
REPLIES: Final = 2.6  # messages a turn sends
AIM_SECONDS: Final = 2.0
HOUR: Final = 3600.0
# What is not simulated as a queue is given so much of a core at most.
BUSY: Final = 0.7


@dataclass(frozen=True)
class Costs:
    """Seconds of processor time a turn spends in each kind of process; bytes a conversation."""

    engine: float
    actions: float
    worker: float
    gateway: float
    database: float
    conversation_bytes: float

    @classmethod
    def of(cls, path: Path) -> Costs:
        """From the benchmark of scaling."""
        found = json.loads(path.read_text(encoding="utf-8"))
        spent = {kind: ms / 1000 for kind, ms in found["processor ms a turn"].items()}
        names = ("engine", "actions", "worker", "gateway", "database")
        return cls(*(spent[name] for name in names), found["bytes a conversation"])


@dataclass(frozen=True)
class Fleet:
    """How many of the processes that turns queue for; one is one core at most."""

    engines: int
    workers: int


@dataclass(slots=True)
class Queue:
    """One core that serves in order; `free` is when it is done with all it has."""

    free: float = 0.0

    def serve(self, at: float, seconds: float) -> float:
        """When a job that comes at `at` is done."""
        self.free = max(self.free, at) + seconds
        return self.free


def beginnings(scale: int, chance: random.Random, report: bool) -> list[float]:
    """When the conversations of the busiest hour begin, in seconds."""
    a_day = scale / DAYS
    usual = poisson(a_day * BUSIEST_HOUR, chance)
    moments = [chance.uniform(0, HOUR) for _ in range(usual)]
    if report:
        start = HOUR / 6
        moments += [start + HOUR * chance.betavariate(1, 3) for _ in range(REPORT)]
    return sorted(moments)


def poisson(mean: float, chance: random.Random) -> int:
    """How many come when `mean` are expected."""
    return max(0, round(chance.gauss(mean, math.sqrt(mean)))) if mean > 50 else _few(mean, chance)


def _few(mean: float, chance: random.Random) -> int:
    limit, product, number = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        number += 1
    return number


def simulate(
    starts: list[float], fleet: Fleet, costs: Costs, chance: random.Random
) -> dict[str, Any]:
    """The hour: every turn's waiting until its reply is stored, and the busiest minute."""
    engines = [Queue() for _ in range(fleet.engines)]
    workers = [(0.0, number, Queue()) for number in range(fleet.workers)]
    tie = count()
    events = [(at, next(tie), person, 0) for person, at in enumerate(starts)]
    heapq.heapify(events)
    waits: defaultdict[int, list[float]] = defaultdict(list)
    while events:
        at, _, person, turn = heapq.heappop(events)
        # Whichever worker is free first takes it; the engine is the conversation's own.
        _, number, worker = heapq.heappop(workers)
        claimed = worker.serve(at, costs.worker / 2 * spread(chance))
        engine = engines[hash((person, 7)) % len(engines)]
        thought = engine.serve(claimed, costs.engine * spread(chance))
        acted = thought + (costs.actions + costs.database) * spread(chance)
        # The worker does other turns meanwhile, so that its second half only counts as work.
        worker.free += costs.worker / 2
        done = acted + costs.worker / 2 * spread(chance)
        heapq.heappush(workers, (worker.free, number, worker))
        waits[int(at // 60)].append(done - at)
        if turn + 1 < TURNS:
            later = done + THINKING * math.exp(chance.gauss(0, 0.7))
            heapq.heappush(events, (later, next(tie), person, turn + 1))
    return {
        "waits": Sample([wait for minute in waits.values() for wait in minute]),
        "peak": max(map(len, waits.values()), default=0) / 60,
        "by minute": [(minute, Sample(waits[minute]).ms(0.95)) for minute in sorted(waits)],
    }


def spread(chance: random.Random) -> float:
    """A turn costs now less, now more; 1 on average."""
    return math.exp(chance.gauss(-0.08, 0.4))


def fleet_for(rate: float, costs: Costs, busy: float = BUSY) -> Fleet:
    """Processes that are so busy at so many turns a second."""
    return Fleet(
        max(1, math.ceil(rate * costs.engine / busy)),
        max(1, math.ceil(rate * costs.worker / busy)),
    )


def sized(starts: list[float], costs: Costs, seed: int = 1) -> tuple[Fleet, dict[str, Any]]:
    """The smallest fleet that answers in time, and how the hour goes with it."""
    plenty = simulate(starts, Fleet(1000, 1000), costs, random.Random(seed))
    for percent in range(110, 30, -5):
        fleet = fleet_for(plenty["peak"], costs, percent / 100)
        found = simulate(starts, fleet, costs, random.Random(seed))
        if found["waits"].ms(0.95) <= 1000 * AIM_SECONDS:
            return fleet, found
    raise RuntimeError("no fleet answers in time")


def rows(costs: Costs) -> list[dict[str, Any]]:
    """For each scale: the usual day, the report with its processes, the report with enough."""
    found = []
    for scale in SCALES:
        usual = beginnings(scale, random.Random(1), report=False)
        fleet, hour = sized(usual, costs)
        found.append(_row(scale, "usual", fleet, hour, costs))
        report = beginnings(scale, random.Random(1), report=True)
        same = simulate(report, fleet, costs, random.Random(1))
        found.append(_row(scale, "report, same processes", fleet, same, costs))
        if same["waits"].ms(0.95) > 1000 * AIM_SECONDS:
            fleet, hour = sized(report, costs)
            found.append(_row(scale, "report, enough processes", fleet, hour, costs))
    return found


def _row(scale: int, day: str, fleet: Fleet, hour: dict[str, Any], costs: Costs) -> dict[str, Any]:
    peak = hour["peak"]

    def cores(seconds: float) -> int:
        return max(1, math.ceil(peak * seconds / BUSY))

    return {
        "conversations a month": f"{scale:,}",
        "day": day,
        "turns/s, busiest minute": peak,
        "engines": fleet.engines,
        "workers": fleet.workers,
        "action servers": cores(costs.actions),
        "gateways": cores(costs.gateway),
        "database cores": cores(costs.database),
        "messages out/s": peak * REPLIES,
        "answer p50 (s)": hour["waits"].ms(0.5) / 1000,
        "p95 (s)": hour["waits"].ms(0.95) / 1000,
        "database a year (GB)": scale * 12 * costs.conversation_bytes / 1e9,
    }


def curve(costs: Costs) -> dict[str, list[tuple[int, float]]]:
    """p95 by minute of the hour of the report at 100,000 a month, by number of workers."""
    starts = beginnings(100_000, random.Random(1), report=True)
    enough = sized(starts, costs)[0]
    found = {}
    for workers in sorted(
        {max(1, enough.workers // 2), max(1, enough.workers - 1), enough.workers}
    ):
        hour = simulate(starts, Fleet(enough.engines, workers), costs, random.Random(1))
        found[f"{workers} worker{'s' if workers > 1 else ''}"] = hour["by minute"]
    return found


def main() -> None:
    """Simulate, print, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, default=COSTS)
    costs = Costs.of(parser.parse_args().costs)
    found = rows(costs)
    lines = curve(costs)
    written = {"costs (ms)": {k: 1000 * v for k, v in vars(costs).items()}, "rows": found}
    RESULTS.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    PICTURE.write_text(draw(lines, 1000 * AIM_SECONDS), encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
