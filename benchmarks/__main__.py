"""`make bench`: the short version of all benchmarks; prints tables, writes results.json."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import main_job
from benchmarks.measuring import table

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure everything, in a few minutes."""
    found = {"main job": main_job.measure(turns=120)}
    for name, rows in found.items():
        print(f"\n{name}\n{table(rows)}")
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    written = {"at": datetime.now(UTC).isoformat(), **machine, "results": found}
    RESULTS.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
