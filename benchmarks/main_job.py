"""The main job beside `rasa init`: start, memory, webhook to reply, turns to the checklist.

    .venv/bin/python -m benchmarks.main_job [--turns 300]

"Webhook to reply" is the whole path of a browser message: gateway, inbox, worker, engine, actions,
store, outbox. The peer's figure is its bare REST turn, without any of those.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from benchmarks import peer
from benchmarks.measuring import Sample, resident_mb, table, timed
from tests.conversations.talk import Talk
from tests.service import Service, running_service

FULL_MESSAGE = "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka"
SCRIPT = (FULL_MESSAGE, "yes", "58", "yes, biopsy was done", "yes, that is right", "not sure")
ANSWERS = {
    "cancer_type": "ovarian cancer",
    "treatments": "six chemo",
    "country": "Dhaka",
    "extent": "spread to the belly",
    "disease_status": "growing",
    "age_years": "58",
    "histology_confirmed": "yes",
    "user_role": "writing for my mother",
}


def our_turns(service: Service, count: int) -> Sample:
    """Turns of short real conversations through the browser's door."""
    with service.client() as client:
        talk(client, 2)
        return Sample(talk(client, count // len(SCRIPT)))


def talk(client: httpx.Client, conversations: int) -> list[float]:
    """Seconds of each turn of so many conversations."""
    seconds = []
    for _ in range(conversations):
        path = f"/webchat/{uuid.uuid4().hex}/messages"
        for text in SCRIPT:
            spent, answer = timed(lambda t=text, p=path: client.post(p, json={"text": t}))
            answer.raise_for_status()
            seconds.append(spent)
    return seconds


def turns_to_checklist(service: Service, first: str) -> int:
    """How often a cooperative person writes until the checklist is there."""
    with service.client() as client:
        talk = Talk(client)
        talk.say(first)
        talk.answer_until_assessed(ANSWERS)
        return talk.turns


def measure(turns: int) -> list[dict[str, Any]]:
    """All figures, as rows of a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "peer").mkdir()
        (folder / "ours").mkdir()
        peer.prepare(folder / "peer")
        with peer.running(folder / "peer") as other:
            theirs = peer.turns(other, turns)
        started = time.perf_counter()
        with running_service(folder / "ours") as service:
            ready = time.perf_counter() - started
            memory = resident_mb(service.processes["engine"].pid)
            ours = our_turns(service, turns)
            full = turns_to_checklist(service, FULL_MESSAGE)
            bare = turns_to_checklist(service, "hi")
    return [
        _row("ready after (s)", ready, other.ready_seconds),
        _row("engine resident (MB)", memory, other.resident_mb),
        _row("turn p50 (ms)", ours.ms(0.5), theirs.ms(0.5)),
        _row("turn p95 (ms)", ours.ms(0.95), theirs.ms(0.95)),
        _row("turns to checklist, full first message", full, None),
        _row("turns to checklist, from hi", bare, None),
    ]


def _row(what: str, ours: float, peers: float | None) -> dict[str, Any]:
    return {
        "what": what,
        "this service": ours,
        "rasa init": peers if peers is not None else "-",
        "ratio": ours / peers if peers else "-",
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=300)
    print(table(measure(parser.parse_args().turns)))


if __name__ == "__main__":
    main()
