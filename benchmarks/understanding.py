"""What is understood of the messages held apart: figures per fact, confusions, every miss.

    .venv/bin/python -m benchmarks.understanding [--misses FACT] [--words-only]

Every folder `tests/understanding/messages*` is a set; the last one in the order of `sets` is the
one that the picture shows. Asks a running engine, or starts one for the call. `--words-only` reads
with the vocabulary alone, without an engine: quick while working on it, but says nothing of intents
and writes nothing. Otherwise writes benchmarks/results-understanding.json, the table of
docs/understanding.md and its picture, and gives a set that has no floors its first ones.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.measuring import table
from benchmarks.understanding_judge import COMPLETE, OTHER, STATED, Count, Judge, Miss
from benchmarks.understanding_picture import draw
from bot.operations.understanding import understand_lines

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "tests" / "understanding"
FLOORS: Final = FOLDER / "floors.yml"
FIRST: Final = "messages"
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


def sets(folder: Path = FOLDER) -> dict[str, Path]:
    """The sets by name: `messages` is "first", `messages_x` is "x"; "first" leads, then by name."""
    others = sorted(path for path in folder.glob(f"{FIRST}_*") if path.is_dir())
    named = {path.name.removeprefix(f"{FIRST}_"): path for path in others}
    return {"first": folder / FIRST} | named


SETS: Final = sets()


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

    def _stated(self, fact: str) -> int:
        return self.counts[fact].right + self.counts[fact].missed

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
            stated = less or bool(self.confusion if fact == "intent" else self._stated(fact))
            rows.append(
                {
                    "fact": "wrong fills" if less else fact,
                    "figure": "messages" if less else figure,
                    "value": round(value, 4),
                    "aim": aims[name],
                    "lower_is_better": less,
                    "stated": stated,
                }
            )
        return rows

    def counted(self) -> list[dict[str, Any]]:
        """Precision, recall and F1 of every fact."""
        order = [*COMPLETE, "treatments", "biomarkers", *STATED, *OTHER, "flags", "urgent", "topic"]
        return [
            {
                "fact": fact,
                "stated": self._stated(fact),
                "precision": round(count.precision, 3),
                "recall": round(count.recall, 3),
                "F1": round(count.f1, 3),
                "missed": count.missed,
                "invented": count.invented,
            }
            for fact in order
            if (count := self.counts[fact]).right + count.missed + count.invented
        ]


def load(name: str) -> list[dict[str, Any]]:
    """Every message of a set."""
    files = sorted(SETS[name].glob("*.jsonl"))
    return [json.loads(line) for f in files for line in f.read_text("utf-8").splitlines()]


def measure(words_only: bool = False) -> dict[str, Report]:
    """Understand every message of every set and compare."""
    messages = [(name, message) for name in SETS for message in load(name)]
    asked: list[dict[str, Any]] = [
        {k: m[k] for k in ("id", "text", "asks") if k in m} for _, m in messages
    ]
    results = _by_words(asked) if words_only else understand_lines(map(json.dumps, asked))
    reports = {name: Report() for name in SETS}
    for (name, message), got in zip(messages, results, strict=True):
        reports[name].add(message, got)
    return reports


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


def _figure(row: dict[str, Any]) -> str:
    """A figure, or a dash where the set says nothing of the fact."""
    return f"{row['value']:.3f}" if row["stated"] else "-"


def _beside(reports: dict[str, Report]) -> str:
    """The figures of every set beside their aims."""
    rows = [report.rows() for report in reports.values()]
    return table(
        {"fact": same[0]["fact"], "figure": same[0]["figure"]}
        | {f"{name} set": _figure(row) for name, row in zip(reports, same, strict=True)}
        | {"aim": "" if same[0]["aim"] is None else f"{same[0]['aim']:.2f}"}
        for same in zip(*rows, strict=True)
    )


def _show(reports: dict[str, Report], fact: str | None) -> None:
    print(_beside(reports))
    for name, report in reports.items():
        print(f"\n{name} set\n\n{table(report.counted())}\n\n{table(confusions(report))}\n")
        for miss in report.misses:
            if fact in (None, miss.fact):
                print(f"{miss.id} [{miss.fact}] {miss.kind}: gold {miss.gold!r}, got {miss.got!r}")
                print(f"    {miss.text}")


def _page(reports: dict[str, Report]) -> str:
    """The page with its tables renewed."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    tables = [_beside(reports)]
    for name, report in reports.items():
        tables.append(f"The {name} set, {report.messages} messages:\n\n{table(report.counted())}")
    return f"{before}{TABLE_START}\n" + "\n\n".join(tables) + f"\n{TABLE_END}{after}"


def _write(reports: dict[str, Report]) -> None:
    written = {
        name: {
            "messages": report.messages,
            "figures": {k: round(v, 4) for k, v in report.figures().items()},
            "facts": report.counted(),
            "confusions": confusions(report),
            "misses": [asdict(m) for m in report.misses],
        }
        for name, report in reports.items()
    }
    RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(_page(reports), encoding="utf-8")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    *_, last = reports.values()
    shown = [row for row in last.rows() if row["stated"]]
    PICTURE.write_text(draw(shown, last.messages), encoding="utf-8")
    _add_floors(reports)


def _add_floors(reports: dict[str, Report]) -> None:
    """A set that is measured for the first time may not fall below that afterwards."""
    known = set(yaml.safe_load(FLOORS.read_text(encoding="utf-8")))
    lines = []
    for name in reports.keys() - known:
        lines.append(f"{name}:")
        for figure, value in reports[name].figures().items():
            rounded = math.ceil if figure == "wrong fills" else math.floor
            lines.append(f"  {figure}: {rounded(100 * round(value, 4)) / 100:.2f}")
    if lines:
        with FLOORS.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--misses", metavar="FACT", help="print only the misses of this fact")
    options.add_argument("--words-only", action="store_true", help="without an engine")
    chosen = options.parse_args()
    reports = measure(chosen.words_only)
    _show(reports, chosen.misses)
    if not chosen.words_only:
        _write(reports)


if __name__ == "__main__":
    main()
