"""`make bench`: the short version of all benchmarks; prints tables, writes results.json."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import short
from benchmarks.measuring import table

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure everything, in a few minutes."""
    before = os.getloadavg()[0]
    rows = short.measure()
    print(table(rows))
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load average before": before,
    }
    written = {"at": datetime.now(UTC).isoformat(), **machine, "rows": rows}
    RESULTS.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
