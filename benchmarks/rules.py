"""How fast rules load and cases are assessed, and how the cost grows with the number of rules.

.venv/bin/python benchmarks/rules.py

One process, one core. Cases are the people of tests/eligibility, through JSON lines in and out as
`intake assess --jsonl` answers them, next question included. For the curve the whole rule set is
doubled and quadrupled by copies of every rule.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.eligibility.cli import assess_lines
from bot.eligibility.rule_files import load_rules
from bot.eligibility.rules import RuleSet
from tests.eligibility.test_reference import CASES as REFERENCE
from tests.eligibility.vignettes_file import FIT, vignettes

CASES = 2000
TIMES = (1, 2, 4)


def measure() -> dict[str, Any]:
    """Milliseconds to load (best of five), cases a second, and the curve over the rule set."""
    loads = []
    for _ in range(5):
        start = time.process_time()
        rules = load_rules()
        loads.append(time.process_time() - start)
    lines = _lines()
    curve = {
        str(_size(grown)): round(_milliseconds(lines, grown), 4)
        for grown in (_repeated(rules, times) for times in TIMES)
    }
    first = next(iter(curve.values()))
    return {
        "rules": _size(rules),
        "load_ms": round(min(loads) * 1000, 1),
        "cases_per_second": round(1000 / first, 1),
        "ms_a_case_by_number_of_rules": curve,
        "slope_us_a_rule": round(_slope(curve) * 1000, 3),
    }


def _lines() -> list[str]:
    people = [dict(v.facts) for v in vignettes()]
    people += [{k: v for k, v in {**FIT, **c.values[0]["facts"]}.items() if v} for c in REFERENCE]
    return [
        json.dumps({"id": str(n), "facts": people[n % len(people)]}, default=str)
        for n in range(CASES)
    ]


def _size(rules: RuleSet) -> int:
    return sum(len(p.rules) for p in rules.pathways.values())


def _repeated(rules: RuleSet, times: int) -> RuleSet:
    pathways = {
        name: dataclasses.replace(p, rules=p.rules * times, by_cancer={})
        for name, p in rules.pathways.items()
    }
    return dataclasses.replace(rules, pathways=pathways)


def _milliseconds(lines: list[str], rules: RuleSet) -> float:
    """CPU time of one case; the best of three runs, as other work shares the machine."""
    runs = []
    for _ in assess_lines(lines[:200], rules):
        pass
    for _ in range(3):
        start = time.process_time()
        answered = sum(len(json.dumps(a)) > 0 for a in assess_lines(lines, rules))
        runs.append((time.process_time() - start) / answered)
    return min(runs) * 1000


def _slope(curve: dict[str, float]) -> float:
    """Milliseconds that one more rule costs, between the first and the last point."""
    points = [(int(n), ms) for n, ms in curve.items()]
    (n0, ms0), (n1, ms1) = points[0], points[-1]
    return (ms1 - ms0) / (n1 - n0)


if __name__ == "__main__":
    figures = measure()
    for name, value in figures.items():
        if isinstance(value, dict):
            for size, milliseconds in value.items():
                print(f"{size:>8} rules {milliseconds:10.3f} ms a case")
        else:
            print(f"{name:20} {value:10}")
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "rules.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
