"""How fast rules load and cases are assessed, on one core.

.venv/bin/python benchmarks/rules.py
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.eligibility.cli import assess_lines
from bot.eligibility.rule_files import load_rules
from tests.eligibility.vignettes_file import vignettes

CASES = 3000


def measure() -> dict[str, float]:
    """Seconds to load (best of five) and cases a second through JSON lines in and out."""
    loads = []
    for _ in range(5):
        start = time.perf_counter()
        rules = load_rules()
        loads.append(time.perf_counter() - start)
    facts = [v.facts for v in vignettes()]
    lines = [
        json.dumps({"id": str(n), "facts": facts[n % len(facts)]}, default=str)
        for n in range(CASES)
    ]
    for _ in assess_lines(lines[:200], rules):
        pass
    start = time.process_time()
    answered = sum(len(json.dumps(a)) > 0 for a in assess_lines(lines, rules))
    seconds = time.process_time() - start
    return {
        "rules": sum(len(p.rules) for p in rules.pathways.values()),
        "load_ms": min(loads) * 1000,
        "cases_per_second": answered / seconds,
    }


if __name__ == "__main__":
    figures = measure()
    for name, value in figures.items():
        print(f"{name:20} {value:10.1f}")
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "rules.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
