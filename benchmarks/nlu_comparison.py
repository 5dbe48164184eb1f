"""Our pipeline beside the default pipeline of `rasa init`, trained on the same examples.

Run in the engine's environment, from the repository's root:

    .venv-engine/bin/python -W ignore -m benchmarks.nlu_comparison [--epochs 100] [--trained]

Trains the default pipeline (DIET for the intents, ResponseSelector for the topics) and ours, and
parses the messages held apart with both, in turn, so that a busy machine slows both alike.
`--trained` takes the default pipeline of the run before, from var/. Prints a table and writes
benchmarks/results/nlu_comparison.json and the table of docs/nlu-comparison.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.model_training import train_nlu

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "nlu_comparison.json"
PAGE = ROOT / "docs" / "nlu-comparison.md"
TABLE_START, TABLE_END = "<!-- figures -->", "<!-- /figures -->"
# The default pipeline takes long to train, so its model outlives the run.
KEPT = ROOT / "var" / "nlu_comparison"
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


@dataclass(frozen=True)
class Question:
    """A message held apart; a topic of None is not checked."""

    text: str
    intent: str
    topic: str | None = None
    asks: str | None = None


@dataclass(frozen=True)
class Trained:
    """A trained pipeline."""

    model: Path
    seconds: float

    @property
    def megabytes(self) -> float:
        """Size of its file."""
        return self.model.stat().st_size / 1e6


@dataclass
class Column:
    """What one pipeline did."""

    name: str
    trained: Trained
    intents: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # wanted, found
    topics: list[tuple[str, str | None]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The column of the table."""
        right = sum(wanted == found for wanted, found in self.topics)
        intents = {
            f"intents of {k}, macro F1": round(macro_f1(v), 3) for k, v in self.intents.items()
        }
        return {
            "pipeline": self.name,
            **intents,
            "topics of the paraphrases, accuracy": round(right / len(self.topics), 3),
            "parse p50, ms": round(statistics.median(self.milliseconds), 1),
            "parse p95, ms": round(statistics.quantiles(self.milliseconds, n=20)[18], 1),
            "training, s": round(self.trained.seconds),
            "model, MB": round(self.trained.megabytes, 1),
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
        for block in _yaml(path)["nlu"]:
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


def train(name: str, config: dict[str, Any], data: Path | str) -> Trained:
    """Train a pipeline into `KEPT`, and note how long it took."""
    KEPT.mkdir(parents=True, exist_ok=True)
    described = KEPT / f"{name}.yml"
    described.write_text(yaml.safe_dump(config), encoding="utf-8")
    started = time.monotonic()
    model = train_nlu(str(described), str(data), str(KEPT), fixed_model_name=name)
    if model is None:
        raise SystemExit(f"the pipeline {name} could not be trained")
    seconds = time.monotonic() - started
    (KEPT / f"{name}.json").write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
    return Trained(Path(model), seconds)


def train_default(epochs: int) -> Trained:
    """The default pipeline on our examples."""
    data = KEPT / "data.yml"
    KEPT.mkdir(parents=True, exist_ok=True)
    written = yaml.safe_dump(retrieval_data(), allow_unicode=True, sort_keys=False)
    data.write_text(written, encoding="utf-8")
    config = {"recipe": "default.v1", "assistant_id": "comparison", "language": "en"}
    return train("default", config | {"pipeline": default_pipeline(epochs)}, data)


def train_ours() -> Trained:
    """Our pipeline, without the rules of the dialogue."""
    config = {k: v for k, v in _yaml(ROOT / "config.yml").items() if k != "policies"}
    return train("ours", config, ROOT / "data" / "nlu")


def trained_before(name: str) -> Trained:
    """The model of an earlier run."""
    noted = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
    return Trained(KEPT / f"{name}.tar.gz", noted["seconds"])


def questions() -> dict[str, list[Question]]:
    """The messages held apart, by set."""
    held_out = _yaml(ROOT / "tests/engine/held_out.yml")
    found = {
        "short messages": [
            *(Question(t, name) for name, texts in held_out["intents"].items() for t in texts),
            *(Question(t, QUESTION) for texts in held_out["topics"].values() for t in texts),
        ],
        "paraphrases": [
            Question(text, QUESTION, topic)
            for topic, texts in _yaml(ROOT / "tests/engine/paraphrases.yml").items()
            for text in texts
        ],
    }
    for folder in sorted((ROOT / "tests/understanding").glob("messages*")):
        found[folder.name] = _labelled(folder)
    return found


def _labelled(folder: Path) -> list[Question]:
    lines = [line for f in sorted(folder.glob("*.jsonl")) for line in f.read_text().splitlines()]
    messages = [json.loads(line) for line in lines]
    return [
        Question(m["text"], m["gold"]["intent"], asks=m.get("asks"))
        for m in messages
        if "intent" in m["gold"] and "intent" not in m["gold"].get("open", ())
    ]


def _yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def topic_of(parsed: dict[str, Any]) -> str | None:
    """The topic in our parse, or in that of a response selector."""
    if parsed["intent"]["name"] != QUESTION:
        return None
    if "response_selector" not in parsed:
        return parsed.get("topic")
    chosen = parsed["response_selector"]["default"]["response"]["intent_response_key"]
    return (chosen or "").rpartition("/")[2] or None


async def compare(columns: list[tuple[Column, Agent]]) -> None:
    """Parse every message with each pipeline, one after the other."""
    for _, agent in columns:
        await agent.parse_message("warm up")
    for name, asked in questions().items():
        for question in asked:
            for column, agent in columns:
                message = UserMessage(question.text, metadata={"asks": question.asks})
                started = time.perf_counter()
                parsed = await agent.processor.parse_message(message)
                column.milliseconds.append((time.perf_counter() - started) * 1000)
                pair = (question.intent, parsed["intent"]["name"])
                column.intents.setdefault(name, []).append(pair)
                if question.topic:
                    column.topics.append((question.topic, topic_of(parsed)))


def _write(columns: list[dict[str, Any]]) -> None:
    RESULT.write_text(json.dumps(columns, indent=2) + "\n", encoding="utf-8")
    head, *rows = zip(*(column.items() for column in columns), strict=True)
    lines = ["| |" + "|".join(f" {value} " for _, value in head) + "|", "|---|---|---|"]
    lines += [f"| {row[0][0]} | " + " | ".join(str(v) for _, v in row) + " |" for row in rows]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{TABLE_START}\n{table}\n{TABLE_END}{after}", encoding="utf-8")
    print(table)


def main() -> None:
    """Train, compare, print, write."""
    parser = argparse.ArgumentParser(description="Our pipeline beside that of `rasa init`")
    parser.add_argument("--epochs", type=int, default=100, help="of the default pipeline")
    parser.add_argument("--trained", action="store_true", help="keep the default pipeline trained")
    chosen = parser.parse_args()
    ours = Column("ours", train_ours())
    default = Column(
        f"`rasa init` default, {chosen.epochs} epochs",
        trained_before("default") if chosen.trained else train_default(chosen.epochs),
    )
    columns = [(column, Agent.load(str(column.trained.model))) for column in (ours, default)]
    asyncio.run(compare(columns))
    _write([column.figures() for column, _ in columns])


if __name__ == "__main__":
    main()
