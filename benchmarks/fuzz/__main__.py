"""The long run of made-up input: `python -m benchmarks.fuzz [--cases N] [--only NAME]`.

Parsers are called, and routes asked, with what hypothesis thinks of, about N times each (the
tests hold a short run of the same). A case fails when it ends in an error nobody named, in a status
of 500 and more, in an answer that shows our inside, or not within ten seconds. Prints a table and
adds the counts to `benchmarks/results-fuzz.json`.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.fuzz.routes import ROUTES, Doors
from benchmarks.fuzz.targets import PARSERS, WEIGHTS

RESULTS = Path(__file__).parents[1] / "results-fuzz.json"
HANGS_AFTER = 10
Target = tuple[st.SearchStrategy[Any], Callable[[Any], None]]


class Hung(Exception):
    """A case did not end in time."""


def _hung(_signal: int, _frame: object) -> None:
    raise Hung


def run(target: Target, cases: int, number: int) -> tuple[int, float]:
    """Try a target; gives how many cases were tried, and the longest in seconds."""
    strategy, attempt = target
    tried, longest = 0, 0.0

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(value: Any) -> None:
        nonlocal tried, longest
        tried += 1
        began = time.perf_counter()
        signal.alarm(HANGS_AFTER)
        try:
            attempt(value)
        finally:
            signal.alarm(0)
        longest = max(longest, time.perf_counter() - began)

    one()
    return tried, longest


def main() -> int:
    """Try everything, or one target."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--cases", type=int, default=2000, help="cases for a target of average cost"
    )
    options.add_argument("--only", default="", help="part of a target's name")
    options.add_argument("--skip", default="-", help="part of the names to leave out")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    signal.signal(signal.SIGALRM, _hung)
    logging.disable(logging.CRITICAL)  # what the service notes of each refusal
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as folder, Doors(Path(folder)) as doors:
        targets: dict[str, Target] = dict(PARSERS)
        targets |= {name: (made, attempt(doors)) for name, (made, attempt) in ROUTES.items()}
        total = 0
        for name, target in targets.items():
            if chosen.only not in name or chosen.skip in name:
                continue
            began = time.perf_counter()
            cases = max(1, round(chosen.cases * WEIGHTS.get(name, 1.0)))
            tried, longest = run(target, cases, chosen.seed)
            seconds = time.perf_counter() - began
            total += tried
            print(f"{name:34} {tried:8} cases {seconds:7.1f} s, longest {longest * 1000:7.1f} ms")
            sys.stdout.flush()
            held = done.setdefault(name, {"cases": 0, "longest_ms": 0.0})
            held["cases"] += tried
            held["longest_ms"] = max(held["longest_ms"], round(longest * 1000, 1))
            RESULTS.write_text(json.dumps(done, indent=1, sort_keys=True) + "\n")
    print(f"{total} cases, none failed; {sum(held['cases'] for held in done.values())} in all runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
