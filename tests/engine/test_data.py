"""The engine's data: enough real examples, a rule for every intent, an answer for every topic."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intake.faq import Faq
from bot.operations.training import ENGINE_PYTHON, engine_environment
from bot.settings import ROOT

HERE = Path(__file__).parent
ENOUGH = 60
ENOUGH_OF_A_TOPIC = 10
# Pressed, never typed.
BUTTONS = {"answer", "move"}


def blocks() -> list[dict[str, Any]]:
    """All blocks of training examples."""
    files = sorted((ROOT / "data/nlu").glob("*.yml"))
    return [b for f in files for b in yaml.safe_load(f.read_text(encoding="utf-8"))["nlu"]]


def examples(block: dict[str, Any]) -> list[str]:
    """The examples of a block."""
    return [line.removeprefix("- ").strip() for line in block["examples"].splitlines()]


def read(name: str) -> dict[str, Any]:
    """A file of messages held apart."""
    content: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yml").read_text(encoding="utf-8"))
    return content


def key(text: str) -> str:
    """A text without what does not make two examples different."""
    return re.sub(r"[\s.,!?]+", " ", text.casefold()).strip() or text


DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
INTENTS = {i if isinstance(i, str) else next(iter(i)) for i in DOMAIN["intents"]}


def test_every_intent_has_enough_examples() -> None:
    counts: dict[str, int] = defaultdict(int)
    for block in blocks():
        counts[block["intent"]] += len(examples(block))
    assert set(counts) == INTENTS - BUTTONS
    assert {name: n for name, n in counts.items() if n < ENOUGH} == {}


def test_every_topic_has_examples_and_an_answer() -> None:
    counts: dict[str, int] = defaultdict(int)
    for block in blocks():
        if topic := (block.get("metadata") or {}).get("topic"):
            counts[topic] += len(examples(block))
    assert {name: n for name, n in counts.items() if n < ENOUGH_OF_A_TOPIC} == {}
    assert set(counts) <= Faq.load("en").topics


def test_no_example_says_two_things() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for block in blocks():
        meaning = (block.get("metadata") or {}).get("topic") or block["intent"]
        for example in examples(block):
            meanings[key(example)].add(meaning)
    assert {text: m for text, m in meanings.items() if len(m) > 1} == {}


def test_held_out_messages_are_not_trained_on() -> None:
    trained = {key(example) for block in blocks() for example in examples(block)}
    texts = [t for part in read("held_out").values() for listed in part.values() for t in listed]
    texts += [t for listed in read("paraphrases").values() for t in listed]
    texts += [row["text"] for row in read("questions_of_others")]
    assert [t for t in texts if key(t) in trained] == []


def test_every_topic_has_ten_paraphrases() -> None:
    topics = {t for b in blocks() if (t := (b.get("metadata") or {}).get("topic"))}
    assert {topic: len(listed) for topic, listed in read("paraphrases").items()} == dict.fromkeys(
        topics, 10
    )


def test_every_intent_leads_to_a_turn() -> None:
    ruled = set()
    for path in sorted((ROOT / "data/rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            heard, done = rule["steps"]
            assert done == {"action": "action_take_turn"}
            ruled.add(heard["intent"])
    assert ruled == INTENTS | {"nlu_fallback"}


@pytest.mark.engine
def test_rasa_finds_no_fault_in_the_data() -> None:
    done = subprocess.run(
        [ENGINE_PYTHON, "-W", "ignore", "-m", "rasa", "data", "validate"],
        cwd=ROOT,
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
