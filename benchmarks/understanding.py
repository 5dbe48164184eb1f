"""What is understood of the messages held apart: figures per fact, confusions, every miss.

    .venv/bin/python -m benchmarks.understanding [--misses FACT] [--words-only]

Asks a running engine, or starts one for the call. `--words-only` reads with the vocabulary alone,
without an engine: quick while working on it, but says nothing of intents and writes nothing.
Writes benchmarks/results-understanding.json, the table of docs/understanding.md and its picture.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import table
from benchmarks.understanding_judge import COMPLETE, OTHER, STATED, Count, Judge, Miss
from benchmarks.understanding_picture import draw
from bot.operations.understanding import understand_lines

ROOT: Final = Path(__file__).resolve().parents[1]
MESSAGES: Final = ROOT / "tests" / "understanding" / "messages"
RESULTS: Final = ROOT / "benchmarks" / "results-understanding.json"
PAGE: Final = ROOT / "docs" / "understanding.md"
TABLE_START, TABLE_END = "<!-- figures -->", "<!-- /figures -->"
PICTURE: Final = ROOT / "docs" / "pictures" / "understanding.svg"

# fact -> (figure, what it is to reach)
AIMS: Final[dict[str, tuple[str, float | None]]] = {
    "cancer_type": ("f1", 0.95),
    "treatments": ("f1", 0.92),
    "stage_group": ("accuracy", 0.95),
    "disease_status": ("accuracy", 0.92),
    "biomarkers": ("f1", 0.93),
    "country": ("accuracy", 0.98),
    "age_years": ("accuracy", None),
    "user_role": ("accuracy", None),
    "ecog": ("accuracy", None),
    "flags": ("f1", None),
    "topic": ("accuracy", None),
}
URGENT_RECALL, URGENT_PRECISION = 0.98, 0.85
INTENT_MACRO_F1 = 0.93
WRONG_FILLS = 0.02


@dataclass
class Report:
    """Everything that was measured."""

    messages: int = 0
    wrong_fills: int = 0
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    misses: list[Miss] = field(default_factory=list)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, message: dict[str, Any], got: dict[str, Any]) -> None:
        """Take one message into the report."""
        verdict = Judge(message, got).judge()
        self.messages += 1
        self.wrong_fills += verdict.wrong_fill
        self.misses += verdict.misses
        for fact, count in verdict.counts.items():
            total = self.counts[fact]
            total.right += count.right
            total.invented += count.invented
            total.missed += count.missed
        if "intent" in verdict.counts:
            self.confusion[message["gold"]["intent"], str(got["intent"])] += 1

    def intent_f1(self) -> float:
        """Macro F1 over the intents that the set expects."""
        scores = []
        for intent in {gold for gold, _ in self.confusion}:
            right = self.confusion[intent, intent]
            gold = sum(n for (g, _), n in self.confusion.items() if g == intent)
            got = sum(n for (_, g), n in self.confusion.items() if g == intent)
            scores.append(2 * right / (gold + got))
        return sum(scores) / max(1, len(scores))

    def figures(self) -> dict[str, float]:
        """The figures that have an aim or a floor, by name."""
        found = {f"{fact} {f}": self._figure(fact, f) for fact, (f, _) in AIMS.items()}
        urgent = self.counts["urgent"]
        return found | {
            "urgent recall": urgent.recall,
            "urgent precision": urgent.precision,
            "intent macro f1": self.intent_f1(),
            "wrong fills": self.wrong_fills / max(1, self.messages),
        }

    def _figure(self, fact: str, figure: str) -> float:
        count = self.counts[fact]
        return count.f1 if figure == "f1" else count.recall

    def rows(self) -> list[dict[str, Any]]:
        """The figures beside their aims, for table and picture."""
        aims = {f"{fact} {figure}": aim for fact, (figure, aim) in AIMS.items()} | {
            "urgent recall": URGENT_RECALL,
            "urgent precision": URGENT_PRECISION,
            "intent macro f1": INTENT_MACRO_F1,
            "wrong fills": WRONG_FILLS,
        }
        rows = []
        for name, value in self.figures().items():
            fact, _, figure = name.partition(" ")
            less = name == "wrong fills"
            rows.append(
                {
                    "fact": "wrong fills" if less else fact,
                    "figure": "messages" if less else figure,
                    "value": round(value, 4),
                    "aim": aims[name],
                    "lower_is_better": less,
                }
            )
        return rows

    def counted(self) -> list[dict[str, Any]]:
        """Precision, recall and F1 of every fact."""
        order = [*COMPLETE, "treatments", "biomarkers", *STATED, *OTHER, "flags", "urgent", "topic"]
        return [
            {
                "fact": fact,
                "stated": count.right + count.missed,
                "precision": round(count.precision, 3),
                "recall": round(count.recall, 3),
                "F1": round(count.f1, 3),
                "missed": count.missed,
                "invented": count.invented,
            }
            for fact in order
            if (count := self.counts[fact]).right + count.missed + count.invented
        ]


def load() -> list[dict[str, Any]]:
    """Every message of the set."""
    files = sorted(MESSAGES.glob("*.jsonl"))
    return [json.loads(line) for f in files for line in f.read_text("utf-8").splitlines()]


def measure(words_only: bool = False) -> Report:
    """Understand every message and compare."""
    messages = load()
    asked: list[dict[str, Any]] = [
        {k: m[k] for k in ("id", "text", "asks") if k in m} for m in messages
    ]
    results = _by_words(asked) if words_only else understand_lines(map(json.dumps, asked))
    report = Report()
    for message, got in zip(messages, results, strict=True):
        report.add(message, got)
    return report


def _by_words(messages: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    from bot.oncology.read import read
    from bot.oncology.red_flags import judge

    for message in messages:
        reading = read(message["text"], asks=message.get("asks"))
        flags = {f.id for f in (*reading.flags, *judge(reading.mentions, {}))}
        found = {"id": message["id"], "intent": None, "topic": None}
        yield found | {"facts": reading.facts(), "flags": sorted(flags)}


def confusions(report: Report) -> list[dict[str, Any]]:
    """Intents taken for another one, most frequent first."""
    wrong = [(n, pair) for pair, n in report.confusion.items() if pair[0] != pair[1]]
    return [{"meant": p[0], "taken for": p[1], "times": n} for n, p in sorted(wrong, reverse=True)]


def _show(report: Report, fact: str | None) -> None:
    print(table({k: v for k, v in r.items() if k != "lower_is_better"} for r in report.rows()))
    print(f"\n{table(report.counted())}\n\n{table(confusions(report))}\n")
    for miss in report.misses:
        if fact in (None, miss.fact):
            print(f"{miss.id} [{miss.fact}] {miss.kind}: gold {miss.gold!r}, got {miss.got!r}")
            print(f"    {miss.text}")


def _page(report: Report) -> str:
    """The page with its table renewed."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    aimed = table(
        {
            "fact": row["fact"],
            "figure": row["figure"],
            "reached": f"{row['value']:.3f}",
            "aim": "" if row["aim"] is None else f"{row['aim']:.2f}",
        }
        for row in report.rows()
    )
    tables = f"{report.messages} messages.\n\n{aimed}\n\n{table(report.counted())}"
    return f"{before}{TABLE_START}\n{tables}\n{TABLE_END}{after}"


def _write(report: Report) -> None:
    written = {
        "messages": report.messages,
        "figures": {k: round(v, 4) for k, v in report.figures().items()},
        "facts": report.counted(),
        "confusions": confusions(report),
        "misses": [asdict(m) for m in report.misses],
    }
    RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(_page(report), encoding="utf-8")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(report.rows(), report.messages), encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--misses", metavar="FACT", help="print only the misses of this fact")
    options.add_argument("--words-only", action="store_true", help="without an engine")
    chosen = options.parse_args()
    report = measure(chosen.words_only)
    _show(report, chosen.misses)
    if not chosen.words_only:
        _write(report)


if __name__ == "__main__":
    main()
