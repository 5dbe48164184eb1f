"""Our pipeline beside the default pipeline of `rasa init`, trained on the same examples.

Run in the engine's environment, from the repository's root:

    .venv-engine/bin/python -W ignore -m benchmarks.nlu_comparison [--epochs 100]

Trains the default pipeline (DIET for the intents, ResponseSelector for the topics), loads our
trained model, and parses the messages of tests/engine/held_out.yml with both, in turn, so that a
busy machine slows both alike. Prints a table and writes
benchmarks/results/nlu_comparison.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "nlu_comparison.json"
QUESTION = "ask_question"
NO_TOPIC = "none"

# What `rasa init` of Rasa 3.6 uses when config.yml leaves the pipeline empty.
# The number of epochs is filled in.
DEFAULT_PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


@dataclass
class Column:
    """What one pipeline did."""

    name: str
    train_seconds: float | None = None
    intents: list[tuple[str, str]] = field(default_factory=list)  # wanted, found
    topics: list[tuple[str, str | None]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The row of the table."""
        right = sum(wanted == found for wanted, found in self.topics)
        return {
            "pipeline": self.name,
            "train_seconds": self.train_seconds and round(self.train_seconds, 1),
            "intent_macro_f1": round(macro_f1(self.intents), 3),
            "topic_accuracy": round(right / len(self.topics), 3),
            "parse_p50_ms": round(statistics.median(self.milliseconds), 2),
            "parse_p95_ms": round(statistics.quantiles(self.milliseconds, n=20)[18], 2),
        }


def macro_f1(pairs: list[tuple[str, str]]) -> float:
    """The mean over wanted labels of the harmonic mean of precision and recall."""
    scores = []
    for label in {wanted for wanted, _ in pairs}:
        right = sum(w == f == label for w, f in pairs)
        scores.append(2 * right / sum((w == label) + (f == label) for w, f in pairs))
    return statistics.mean(scores)


def retrieval_data() -> dict[str, Any]:
    """Our examples with topics as retrieval intents, the form the default pipeline learns from."""
    blocks, answers = [], {}
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            name = block["intent"]
            if name == QUESTION:
                topic = (block.get("metadata") or {}).get("topic", NO_TOPIC)
                name = f"{QUESTION}/{topic}"
                answers[f"utter_{name}"] = [{"text": topic}]
            blocks.append({"intent": name, "examples": block["examples"]})
    return {"version": "3.1", "nlu": blocks, "responses": answers}


def default_pipeline(epochs: int) -> list[dict[str, Any]]:
    """The default pipeline with its learners set to `epochs`."""
    return [
        part | ({"epochs": epochs} if "constrain_similarities" in part else {})
        for part in DEFAULT_PIPELINE
    ]


def train_default(folder: Path, epochs: int) -> tuple[Path, float]:
    """Train the default pipeline; the model and the seconds it took."""
    config = {
        "recipe": "default.v1",
        "assistant_id": "comparison",
        "language": "en",
        "pipeline": default_pipeline(epochs),
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    data = yaml.safe_dump(retrieval_data(), allow_unicode=True, sort_keys=False)
    (folder / "nlu.yml").write_text(data, encoding="utf-8")
    started = time.monotonic()
    model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
    if model is None:
        raise SystemExit("the default pipeline could not be trained")
    return Path(model), time.monotonic() - started


def questions() -> list[tuple[str, str, str | None]]:
    """The messages held apart: text, intent, topic (None where it is not checked)."""
    held_out = yaml.safe_load((ROOT / "tests/engine/held_out.yml").read_text(encoding="utf-8"))
    plain = [(t, name, None) for name, texts in held_out["intents"].items() for t in texts]
    asked = [(t, QUESTION, topic) for topic, texts in held_out["topics"].items() for t in texts]
    return plain + asked


def topic_of(parsed: dict[str, Any]) -> str | None:
    """The topic in our parse, or in that of a response selector."""
    if "response_selector" not in parsed:
        return parsed.get("topic")
    chosen = parsed["response_selector"]["default"]["response"]["intent_response_key"]
    return (chosen or "").rpartition("/")[2] or None


async def compare(columns: dict[str, tuple[Column, Agent]]) -> None:
    """Parse every message with each pipeline, one after the other."""
    for _, agent in columns.values():
        await agent.parse_message("warm up")
    for text, intent, topic in questions():
        for column, agent in columns.values():
            started = time.perf_counter()
            parsed = await agent.parse_message(text)
            column.milliseconds.append((time.perf_counter() - started) * 1000)
            column.intents.append((intent, parsed["intent"]["name"]))
            if topic:
                column.topics.append((topic, topic_of(parsed)))


def newest_model() -> Path:
    """Our model, trained last."""
    models = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    if not models:
        raise SystemExit("no model in models/; run `make setup` first")
    return models[-1]


def main() -> None:
    """Train, compare, print, write."""
    parser = argparse.ArgumentParser(description="Our pipeline beside that of `rasa init`")
    parser.add_argument("--epochs", type=int, default=100, help="of the default pipeline")
    epochs = parser.parse_args().epochs
    with tempfile.TemporaryDirectory() as folder:
        model, seconds = train_default(Path(folder), epochs)
        columns = {
            "ours": (Column("ours"), Agent.load(str(newest_model()))),
            "default": (
                Column(f"rasa init default, {epochs} epochs", seconds),
                Agent.load(str(model)),
            ),
        }
        asyncio.run(compare(columns))
    rows = [column.figures() for column, _ in columns.values()]
    RESULT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    for name in rows[0]:
        print(f"{name:18}", *(f"{row[name]!s:>32}" for row in rows))


if __name__ == "__main__":
    main()
