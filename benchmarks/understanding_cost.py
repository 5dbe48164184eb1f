"""What it costs to parse a message: by its length up to 4,096 characters, and for hostile ones.

Run in the engine's environment, from the repository's root:

    .venv-engine/bin/python -W ignore -m benchmarks.understanding_cost

Parses with the newest model, in one process. Messages of a length are cut out of messages held
apart, set end to end. The times are processor time, so that a busy machine does not blur the
curve. Writes benchmarks/results/understanding_cost.json, the table of docs/understanding.md and
docs/pictures/parse-cost.svg.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from benchmarks.measuring import table

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "understanding_cost.json"
PAGE = ROOT / "docs" / "understanding.md"
PICTURE = ROOT / "docs" / "pictures" / "parse-cost.svg"
TABLE_START, TABLE_END = "<!-- cost -->", "<!-- /cost -->"
LENGTHS = (16, 64, 128, 256, 512, 1024, 1536, 2048, 2560, 3072, 3584, 4096)
REPEATS = 15

# What nobody writes by accident.
HOSTILE = {
    "100,000 brackets": "([{" * 33_334,
    "100,000 combining marks": "cancer" + "\u0301" * 100_000,
    "100,000 zero-width characters": "\u200b\u200d" * 50_000,
    "one word of 4,000 characters": "x" * 4_000,
    "4,000 right-to-left overrides": "\u202ecancer" * 571,
    "4,000 digits": "9" * 4_000,
    "400 times the same drug": "cisplatin " * 400,
    "4,000 characters of negation": "no not never without " * 190,
}


def stream() -> str:
    """Messages held apart, one after the other."""
    texts = []
    for path in sorted((ROOT / "tests/understanding/messages").glob("*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    return " ".join(texts)


async def milliseconds(agent: Agent, text: str) -> float:
    """Processor time of one parse."""
    started = time.process_time()
    await agent.parse_message(text)
    return (time.process_time() - started) * 1000


async def by_length(agent: Agent) -> list[dict[str, Any]]:
    """Median and worst of several messages of each length."""
    text = stream()
    rows = []
    for length in LENGTHS:
        starts = range(0, REPEATS * 4096, 4096)
        took = [await milliseconds(agent, text[s : s + length]) for s in starts]
        rows.append({"characters": length, "p50": statistics.median(took), "worst": max(took)})
    return rows


async def hostile(agent: Agent) -> list[dict[str, Any]]:
    """The better of two runs for each hostile message."""
    rows = []
    for name, text in HOSTILE.items():
        took = [await milliseconds(agent, text) for _ in range(2)]
        rows.append({"message": name, "characters": len(text), "ms": min(took)})
    return rows


def draw(rows: list[dict[str, Any]]) -> str:
    """The curve: characters across, milliseconds up."""
    left, bottom, width, height = 60, 290, 560, 230
    top = max(row["p50"] for row in rows) * 1.1

    def at(row: dict[str, Any]) -> tuple[float, float]:
        across = left + width * row["characters"] / LENGTHS[-1]
        return round(across, 1), round(bottom - height * row["p50"] / top, 1)

    points = [at(row) for row in rows]
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 340" role="img" '
        'aria-label="Parse time by length of the message" '
        'font-family="system-ui, sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<text x="16" y="26" font-size="16" font-weight="600">'
        "Parse time by length of the message (median, processor time)</text>",
        f'<path d="M{left},{bottom - height} V{bottom} H{left + width}" '
        'fill="none" stroke="#888888"/>',
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" '
        'fill="none" stroke="#2f7d5b" stroke-width="2"/>',
    ]
    for row, (x, y) in zip(rows, points, strict=True):
        lines.append(f'<circle cx="{x}" cy="{y}" r="3" fill="#2f7d5b"/>')
        if row["characters"] in {16, 512, 1024, 2048, 3072, 4096}:
            lines.append(f'<text x="{x}" y="{y - 9}" text-anchor="end">{row["p50"]:.0f} ms</text>')
            label = f"{row['characters']}"
            lines.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    lines.append(f'<text x="{left + width}" y="{bottom + 38}" text-anchor="end">characters</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


async def measure() -> None:
    """Load, measure, print, write."""
    models = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    agent = Agent.load(str(models[-1]))
    for _ in range(5):
        await agent.parse_message("mother has ovarian cancer stage 3, Dhaka")
    lengths, attacks = await by_length(agent), await hostile(agent)
    RESULT.write_text(json.dumps({"lengths": lengths, "hostile": attacks}, indent=1) + "\n")
    PICTURE.write_text(draw(lengths), encoding="utf-8")
    tables = f"{table(lengths)}\n\n{table(attacks)}"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    PAGE.write_text(f"{before}{TABLE_START}\n{tables}\n{TABLE_END}{after}", encoding="utf-8")
    print(tables)


if __name__ == "__main__":
    asyncio.run(measure())
