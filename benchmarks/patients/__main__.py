"""Simulated patients against the running service, and how they fared.

    .venv/bin/python -m benchmarks.patients [--people 384] [--seed 1] [--show 5]

Reports completed conversations, turns to the checklist, wrong facts, facts that were asked for
again after they had been given, and dead ends; `--show` prints that many of the worst transcripts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measuring import table
from benchmarks.patients.people import Person, Style, people
from benchmarks.patients.talking import Outcome, converse
from tests.conversations.talk import Talk
from tests.service import Service, running_service


def run(service: Service, everyone: list[Person], at_once: int = 4) -> list[Outcome]:
    """Everybody talks, a few at a time."""

    def facts_of(public_id: str) -> dict[str, Any]:
        found = service.store.conversations.by_address("webchat", public_id)
        case = service.store.cases.by_conversation(found.id) if found else None
        return dict(case.wire()) if case else {}

    with service.client() as client, ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda p: converse(p, Talk(client), facts_of), everyone))


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The figures over some conversations."""
    done = [o for o in outcomes if o.completed]
    return {
        "people": len(outcomes),
        "completed": len(done) / max(1, len(outcomes)),
        "median turns": statistics.median(o.turns for o in done) if done else "-",
        "wrong facts": sum(len(o.wrong) for o in outcomes),
        "asked again": sum(len(o.asked_again) for o in outcomes),
        "dead ends": sum(o.dead_end is not None for o in outcomes),
    }


def rows(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """One row per style, then all."""
    by_style = [
        {"style": str(style)} | summary([o for o in outcomes if o.person.style is style])
        for style in Style
    ]
    return [*by_style, {"style": "all"} | summary(outcomes)]


def _trouble(outcome: Outcome) -> int:
    return 10 * (outcome.dead_end is not None) + len(outcome.wrong) + len(outcome.asked_again)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=384)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_service(Path(name)) as service:
        outcomes = run(service, people(given.people, given.seed))
    print(table(rows(outcomes)))
    worst = sorted((o for o in outcomes if _trouble(o)), key=_trouble, reverse=True)
    for o in worst:
        print(f"- {o.person.name}: {o.dead_end or ''} {o.wrong or ''} {o.asked_again or ''}")
    for o in worst[: given.show]:
        print(f"\n=== {o.person.name}\n{o.transcript}")


if __name__ == "__main__":
    main()
