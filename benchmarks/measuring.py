"""Timing, memory and tables: what every benchmark shares."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sample:
    """Measured seconds of many repetitions."""

    seconds: list[float]

    def ms(self, share: float) -> float:
        """Milliseconds below which `share` (0 to 1) of the repetitions lie."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(call: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds that a call took, and its result."""
    started = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - started, result


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    return sum(_resident_kb(p) for p in (pid, *children(pid))) / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def children(pid: int) -> list[int]:
    """All processes that a process started, and those that they started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [grand for child in map(int, listed) for grand in (child, *children(child))]


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    rows = list(rows)
    if not rows:
        return ""
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_shown(row.get(h)) for h in head) + " |" for row in rows]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
