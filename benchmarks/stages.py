"""Where a turn's time goes, stage by stage; prints a table, writes results/stages.json.

    .venv/bin/python -m benchmarks.stages [--conversations 40]

One person after the other writes through the browser's door to a service of its own on SQLite.
Times are those that the gateway's metrics and the engine tell; processor time is the system's, of
each process. What the stages leave of the whole is the way between them: the page's request and
its answer, the disk, reading the replies back.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.main_job import talk
from benchmarks.measuring import Sample, cpu_seconds, table
from tests.service import Service, running_service

RESULTS: Final = Path(__file__).parent / "results" / "stages.json"
WARM: Final = 10  # conversations
# In the order of a turn; those of the engine are parts of it.
STAGES: Final = {
    "wait": "gateway and inbox: from arrival to claim, stored meanwhile",
    "prepare": "which button was meant, matters of the front desk",
    "engine": "engine, all of it, there and back",
    "engine.understand": "- vocabulary and model",
    "engine.predict": "- rules (policy)",
    "engine.act": "- the one action call: case, rules, checklist, stored",
    "engine.say": "- texts of the catalogue (NLG)",
    "store": "replies and 'done' into outbox and inbox",
}


def seconds(service: Service) -> dict[str, float]:
    """How long each stage took in all turns until now."""
    with service.client() as client:
        text = client.get("/metrics").text
    found = re.findall(r'^intake_turn_stage_seconds_sum\{stage="(.+)"\} (\S+)$', text, re.MULTILINE)
    return {stage: float(spent) for stage, spent in found}


def processor(service: Service) -> dict[str, float]:
    """Processor seconds of each process until now."""
    return {name: cpu_seconds(process.pid) for name, process in service.processes.items()}


def measure(conversations: int) -> dict[str, Any]:
    """Means of so many conversations, in milliseconds a turn."""
    with tempfile.TemporaryDirectory() as name, running_service(Path(name)) as service:
        with service.client() as client:
            talk(client, WARM)
            stages, spent = seconds(service), processor(service)
            each = talk(client, conversations)
        stages_after, spent_after = seconds(service), processor(service)
    turns, whole = len(each), 1000 * sum(each) / len(each)

    def mean(after: dict[str, float], before: dict[str, float], key: str) -> float:
        return 1000 * (after.get(key, 0.0) - before.get(key, 0.0)) / turns

    rows = [
        {"stage": stage, "ms": mean(stages_after, stages, stage), "what": what}
        for stage, what in STAGES.items()
    ]
    told = sum(float(str(row["ms"])) for row in rows if "." not in str(row["stage"]))
    rows.append({"stage": "rest", "ms": whole - told, "what": "request, disk, reading back"})
    return {
        "turns": turns,
        "whole turn, mean (ms)": whole,
        "whole turn, p50 (ms)": Sample(each).ms(0.5),
        "stages": rows,
        "processor ms a turn": {n: mean(spent_after, spent, n) for n in sorted(spent)},
        "load average": os.getloadavg()[0],
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=40)
    found = measure(parser.parse_args().conversations)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found["stages"]))
    print(json.dumps({k: v for k, v in found.items() if k != "stages"}, indent=1))


if __name__ == "__main__":
    main()
