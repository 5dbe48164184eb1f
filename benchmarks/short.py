"""The figures to reach, in under five minutes: this service beside `rasa init`, in one run.

What takes longer (100,000 conversations, two engines, half an hour's soak) is not measured again
but read from the last full run, with its date and the load it had.
"""

from __future__ import annotations

import asyncio
import json
import operator
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import main_job, peer, soak
from benchmarks.load import our_turns
from benchmarks.load_world import ListeningTwilio, World, world_of
from benchmarks.measuring import Sample, resident_mb, timed
from tests.service import Service
from tests.standins.serving import serving

RESULTS: Final = Path(__file__).parent / "results"
PEOPLE: Final = 20
LONG: Final = 205  # turns of one conversation
ASKED: Final = "what is immunotherapy?"
STEADY_SECONDS: Final = 15.0
AT_MOST, AT_LEAST, BELOW = operator.le, operator.ge, operator.lt


@dataclass(frozen=True)
class Aim:
    """A figure to reach."""

    what: str
    holds: Callable[[float, float], bool]
    aim: float

    def row(self, value: float | None, note: str = "") -> dict[str, Any]:
        """As a row of the table."""
        sign = {AT_MOST: "<=", AT_LEAST: ">=", BELOW: "<"}[self.holds]
        state = "-" if value is None else "yes" if self.holds(value, self.aim) else "no"
        measured: Any = "not measured" if value is None else float(value)
        return {
            "what": self.what,
            "reach": f"{sign} {self.aim:g}",
            "measured": measured,
            "reached": state,
            "note": note,
        }


FLAT: Final = Aim("turn 200 against turn 10 of one conversation, p50", AT_MOST, 1.15)
WHOLE: Final = Aim("whole turn against the bare REST turn of rasa init, p50", AT_MOST, 1.0)
PARALLEL: Final = Aim("turns a second, 20 people, against Rasa's Twilio channel", AT_LEAST, 1.5)
MEMORY: Final = Aim("engine's resident memory against rasa init", AT_MOST, 0.6)
READY: Final = Aim("time to ready against rasa init", AT_MOST, 0.5)
TAIL: Final = Aim("p95 against p50 at 80 % of the highest rate", AT_MOST, 4.0)
ENGINES: Final = Aim("two engines against one, share of what two cores allow", AT_LEAST, 0.9)
GROWTH: Final = Aim("soak at half load: memory growth, largest", BELOW, 0.05)
ERRORS: Final = Aim("soak at half load: errors", AT_MOST, 0.0)


def stored(kind: str) -> Aim:
    """The aim of a crowded store."""
    return Aim(f"100,000 conversations against an empty store, {kind}, p50", AT_MOST, 1.1)


def measure(turns: int = 120) -> list[dict[str, Any]]:
    """All rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "peer").mkdir()
        (folder / "ours").mkdir()
        peer.prepare(folder / "peer")
        theirs = _theirs(folder / "peer", turns)
        ours = asyncio.run(_ours(folder / "ours", turns))
    rows = [
        FLAT.row(ours["flat"]),
        WHOLE.row(
            ours["turn"] / theirs["turn"],
            f"{ours['turn']:.1f} ms against {theirs['turn']:.1f} ms",
        ),
        PARALLEL.row(
            ours["rate"] / theirs["rate"], f"{ours['rate']:.1f} against {theirs['rate']:.1f}"
        ),
        MEMORY.row(
            ours["memory"] / theirs["memory"],
            f"{ours['memory']:.0f} MB against {theirs['memory']:.0f} MB",
        ),
        READY.row(
            ours["ready"] / theirs["ready"],
            f"{ours['ready']:.1f} s (engine, actions, gateway) against {theirs['ready']:.1f} s",
        ),
        TAIL.row(ours["tail"], f"at {0.8 * ours['highest']:.1f} turns a second"),
    ]
    return [*rows, *long_ones()]


def _theirs(folder: Path, turns: int) -> dict[str, float]:
    twilio = ListeningTwilio()
    with (
        serving(twilio.app(), abrupt=True) as address,
        peer.running(folder, twilio=address) as bot,
    ):
        bare = peer.turns(bot, turns)
        peer.in_parallel(bot, PEOPLE, PEOPLE * 2)  # warm
        rate = peer.in_parallel(bot, PEOPLE, 2 * turns)
        return {
            "turn": bare.ms(0.5),
            "rate": rate,
            "memory": bot.resident_mb,
            "ready": bot.ready_seconds,
        }


async def _ours(folder: Path, turns: int) -> dict[str, float]:
    began = time.perf_counter()
    async with world_of(folder) as world:
        ready = time.perf_counter() - began
        service = world.service
        memory = resident_mb(service.processes["engine"].pid)
        turn = await asyncio.to_thread(main_job.our_turns, service, turns)
        flat = await asyncio.to_thread(_flat, service)
        rate = await _in_parallel(world, turns)
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            highest = await soak.highest(service, client, STEADY_SECONDS)
            heard, _ = await soak.steady(service, client, 0.8 * highest, STEADY_SECONDS)
    each = Sample([seconds for _, seconds in heard.spent])
    return {
        "ready": ready,
        "memory": memory,
        "turn": turn.ms(0.5),
        "flat": flat,
        "rate": rate,
        "highest": highest,
        "tail": each.ms(0.95) / each.ms(0.5),
    }


async def _in_parallel(world: World, turns: int) -> float:
    await our_turns(world, PEOPLE, PEOPLE * 2)  # warm
    rate, _ = await our_turns(world, PEOPLE, 2 * turns)
    return float(rate)


def _flat(service: Service) -> float:
    """The median of turns 195 to 205 of one conversation against that of turns 5 to 15."""
    path = f"/webchat/{uuid.uuid4().hex}/messages"
    seconds = []
    with service.client() as client:
        for text in ("hello", "yes", *[ASKED] * LONG):
            spent, answer = timed(lambda t=text: client.post(path, json={"text": t}))
            answer.raise_for_status()
            seconds.append(spent)
    early, late = seconds[5:16], seconds[195:206]
    return Sample(late).ms(0.5) / Sample(early).ms(0.5)


def long_ones() -> list[dict[str, Any]]:
    """Rows of the last full runs, with their date."""
    store, when_store = _last("scaling_store.json")
    scaling, when_scaling = _last("scaling.json")
    soaked, when_soaked = _last("soak.json")
    crowded = {row["database"]: row["ratio p50"] for row in store.get("rows", ())}
    grown = [row["growth"] for row in soaked.get("memory", ())]
    minutes = f"{soaked['minutes']:g} minutes, {when_soaked}" if soaked else ""
    return [
        *(stored(kind).row(crowded.get(kind), when_store) for kind in ("SQLite", "PostgreSQL")),
        ENGINES.row(scaling.get("share of what they allow"), when_scaling),
        GROWTH.row(max(grown, default=None), minutes),
        ERRORS.row(soaked.get("errors"), minutes),
    ]


def _last(name: str) -> tuple[dict[str, Any], str]:
    path = RESULTS / name
    if not path.exists():
        return {}, ""
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return json.loads(path.read_text(encoding="utf-8")), f"full run of {when:%Y-%m-%d}"
