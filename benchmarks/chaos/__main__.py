"""The chaos run beside the quiet one, with the same people.

    .venv/bin/python -m benchmarks.chaos [--conversations 200] [--kills 10] [--seed 1]

Prints the counters of both and how many conversations ended in another case than on the quiet day.
With `--day quiet` or `--day bad` only that one is lived through, and compared with the other as it
was kept: the two need not follow each other. With `--first` a long run is made of several.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.chaos.counting import Counts, as_json, count
from benchmarks.chaos.killing import PARTS, Killer
from benchmarks.chaos.people import Answered, Person, fingerprint
from benchmarks.chaos.providers import Faults, Providers
from bot.settings import VAR
from connectors.content_templates import definition, names
from tests.service import Service, running_service
from tests.standins import telegram_api, twilio_api
from tests.standins.serving import serving

RESULTS = Path(__file__).parents[1] / "results" / "chaos.json"
DAYS = ("quiet", "bad")
# About how long it takes to kill a process and have it back, so that somebody is always talking.
SECONDS_A_KILL = 9.0
# Both days together take about so long; what no time was left for is not counted as killed.
LONGEST_SECONDS = 400.0
AFTERWARDS_SECONDS = 60.0
PATIENCE_SECONDS = 600.0
DRAIN_SECONDS = 300.0


def settings_for(world: str) -> dict[str, str]:
    """Both channels, at the stand-ins' address."""
    return {
        "TWILIO_API_URL": world,
        "TWILIO_ACCOUNT_SID": twilio_api.ACCOUNT,
        "TWILIO_AUTH_TOKEN": twilio_api.TOKEN,
        "TWILIO_WHATSAPP_FROM": twilio_api.SENDER,
        "TELEGRAM_API_URL": world,
        "TELEGRAM_BOT_TOKEN": telegram_api.TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": telegram_api.SECRET,
        "TWILIO_CONTENT_SIDS": ",".join(f"{name}={sid}" for name, sid in _templates().items()),
        "INTAKE_MESSAGE_PAUSE_SECONDS": "0.5",
        "INTAKE_RECONCILE_SECONDS": "10",
    }


def _templates() -> dict[str, str]:
    return {name: f"HX{number:032x}" for number, name in enumerate(names(), 1)}


def day(
    folder: Path, people: range, faults: Faults, kills: int, seed: int, seconds: float
) -> dict[str, Any]:
    """One run: counters, final cases, and what happened; nothing is killed after `seconds`."""
    providers = Providers(faults)
    providers.twilio.contents.made |= {sid: definition(n) for n, sid in _templates().items()}
    with (
        serving(providers.app(), abrupt=True) as world,
        running_service(folder, **settings_for(world)) as service,
    ):
        providers.aim(service.url, world)
        killer = Killer(service, kills, random.Random(seed))
        return asyncio.run(_day(service, providers, people, killer, seconds))


async def _day(
    service: Service, providers: Providers, numbers: range, killer: Killer, seconds: float
) -> dict[str, Any]:
    answered = Answered(service.store)
    spread = max(5.0, min(seconds, killer.times * len(PARTS) * SECONDS_A_KILL))
    people = [
        Person(
            n,
            "whatsapp" if n % 2 else "telegram",
            providers,
            service.store,
            answered,
            PATIENCE_SECONDS,
            spread,
        )
        for n in numbers
    ]
    tasks = [asyncio.create_task(step) for step in (answered.watch(), providers.ship())]
    began = time.monotonic()
    killing = asyncio.create_task(killer.run(seconds))
    await asyncio.gather(*(person.talk() for person in people))
    await killing
    await _revive(service)
    await _drain(service, providers)
    seconds = time.monotonic() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    counts = count(service.store, providers, people)
    return {
        "counts": counts,
        "cases": {p.address: fingerprint(service.store, p) for p in people},
        "kills": dict(killer.kills),
        "faults": dict(sorted(providers.faults.counted.items())),
        "seconds": round(seconds, 1),
    }


async def _revive(service: Service) -> None:
    """A kill may have been cut short between the death and the new start."""
    for name, process in service.processes.items():
        if process.poll() is not None:
            service.start(name)
    await asyncio.to_thread(service.wait_ready)


async def _drain(service: Service, providers: Providers) -> None:
    """Until nothing waits anywhere."""
    until, began = time.monotonic() + DRAIN_SECONDS, datetime.now(UTC) - timedelta(hours=1)
    while time.monotonic() < until:
        store = service.store
        waiting = store.inbox.depth().waiting + store.outbox.depth().waiting
        unread = store.received_files.awaited(began).files
        if not waiting and not unread and not providers.under_way:
            return
        await asyncio.sleep(0.5)


def differing(quiet: dict[str, Any], chaos: dict[str, Any]) -> list[str]:
    """Who ended in another case."""
    return [who for who, case in quiet["cases"].items() if chaos["cases"].get(who) != case]


def live(name: str, people: range, kills: int, seed: int, seconds: float) -> dict[str, Any]:
    """One day; kept beside the results for the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        faults = Faults.bad(seed) if name == "bad" else Faults.none(seed)
        lived = day(Path(folder), people, faults, kills if name == "bad" else 0, seed, seconds)
    found = {**_shown(lived), "cases": lived["cases"], "people": str(people), "seed": seed}
    _kept(name).parent.mkdir(exist_ok=True)
    _kept(name).write_text(json.dumps(found, default=str), encoding="utf-8")
    return found


def _kept(name: str) -> Path:
    return VAR / f"chaos-{name}.json"


def compare(people: range, kills: int) -> dict[str, Any]:
    """Both days as they were kept; what is written to the results."""
    quiet, bad = (json.loads(_kept(name).read_text(encoding="utf-8")) for name in DAYS)
    if (quiet["people"], quiet["seed"]) != (bad["people"], bad["seed"]):
        raise SystemExit("the two days that were kept are not those of the same people")
    others = differing(quiet, bad)
    return {
        "conversations": len(people),
        "kills of each process, at most": kills,
        "other final case": len(others),
        "who": others,
        "pairs": {who: [quiet["cases"][who], bad["cases"].get(who)] for who in others[:5]},
        **{
            name: {key: value for key, value in found.items() if key != "cases"}
            for name, found in (("quiet", quiet), ("bad", bad))
        },
    }


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    counts: Counts = found["counts"]
    rest = {name: value for name, value in found.items() if name not in ("counts", "cases")}
    return {**as_json(counts), **rest, "details": counts.details[:30]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--kills", type=int, default=10, help="of each process")
    parser.add_argument("--seconds", type=float, default=LONGEST_SECONDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", choices=DAYS, help="live through this one only")
    chosen = parser.parse_args(arguments)
    people = range(chosen.first, chosen.first + chosen.conversations)
    until = time.monotonic() + chosen.seconds - AFTERWARDS_SECONDS
    for name in (chosen.day,) if chosen.day else DAYS:
        live(name, people, chosen.kills, chosen.seed, max(60.0, until - time.monotonic()))
    if not all(_kept(name).exists() for name in DAYS):
        return
    found = compare(people, chosen.kills)
    text = json.dumps(found, indent=1, ensure_ascii=False, default=str)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
