"""What the trained model understands: intents and topics it was not trained on, and the rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
import yaml

from bot.oncology.topics import answer_of
from bot.settings import ROOT
from tests.engine.server import Engine

pytestmark = pytest.mark.engine

HELD_OUT: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (ROOT / "tests/engine/held_out.yml").read_text(encoding="utf-8")
)
PARAPHRASES: dict[str, list[str]] = yaml.safe_load(
    (ROOT / "tests/engine/paraphrases.yml").read_text(encoding="utf-8")
)
QUESTIONS_OF_OTHERS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/engine/questions_of_others.yml").read_text(encoding="utf-8")
)
INTENT_F1 = 0.93
TOPIC_ACCURACY = 0.95
PARAPHRASE_ACCURACY = 0.95
ACCURACY_OF_OTHERS = 0.8
# Search phrases that the reference collects under one number; each has its answer under another.
SEARCH_PHRASES = "REQ-131"
ANSWERS_TO_SEARCH_PHRASES = frozenset(
    {"REQ-16", "REQ-36", "REQ-76", "REQ-107", "REQ-108", "REQ-116", "REQ-117", "REQ-118"}
    | {"REQ-122", "REQ-126"}
)
# Wishes that are answered with what the topic says.
WISHES = {
    "send_records": "REQ-126",
    "request_checklist": "REQ-126",
    "request_letter": "REQ-126",
    "language_change": "REQ-130",
    "ask_advice": "REQ-122",
}


def macro_f1(wanted: list[str], found: list[str]) -> float:
    """The mean over labels of the harmonic mean of precision and recall."""
    right = Counter(w for w, f in zip(wanted, found, strict=True) if w == f)
    asked, given = Counter(wanted), Counter(found)
    return sum(2 * right[label] / (asked[label] + given[label]) for label in asked) / len(asked)


def misses(texts: list[str], wanted: list[str], found: list[str]) -> str:
    """The wrong ones, a line each."""
    rows = zip(texts, wanted, found, strict=True)
    return "\n".join(f"{w} -> {f}: {t}" for t, w, f in rows if w != f)


def test_the_command_asks_an_engine_that_is_running(engine: Engine) -> None:
    lines = [
        '{"id": 1, "text": "my mother has ovarian cancer, Dhaka"}',
        "no JSON",
        '{"id": 2, "text": "60", "asks": ["age_years"]}',
        r'{"id": "\ud800", "text": "\ud800 hello", "asks": "\ud800"}',
        '{"id": 3, "text": "60", "asks": "age_years"}',
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "understand", "--jsonl"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"INTAKE_ENGINE_URL": engine.url, "INTAKE_ENGINE_TOKEN": engine.token},
    )
    first, second, third, fourth, fifth = map(json.loads, done.stdout.splitlines())
    assert first["facts"]["cancer_type"] == "ovarian"
    assert second == {"id": None, "error": "not JSON"}
    assert third == {"id": 2, "error": "asks must be the name of a fact or null"}
    assert (fourth["id"], "error" in fourth) == ("\ud800", False)
    assert (fifth["id"], fifth["facts"]) == (3, {"age_years": 60})


def test_intents_of_unseen_messages(engine: Engine) -> None:
    pairs = [(text, name) for name, texts in HELD_OUT["intents"].items() for text in texts]
    pairs += [(text, "ask_question") for texts in HELD_OUT["topics"].values() for text in texts]
    texts, wanted = [t for t, _ in pairs], [name for _, name in pairs]
    found = [r["intent"] for r in engine.understand(*texts)]
    assert macro_f1(wanted, found) >= INTENT_F1, misses(texts, wanted, found)


def test_topics_of_unseen_questions(engine: Engine) -> None:
    pairs = [(text, name) for name, texts in HELD_OUT["topics"].items() for text in texts]
    texts, wanted = [t for t, _ in pairs], [name for _, name in pairs]
    wanted = [answer_of(topic) for topic in wanted]
    found = [answer_of(str(r["topic"])) for r in engine.understand(*texts)]
    right = sum(w == f for w, f in zip(wanted, found, strict=True))
    assert right / len(wanted) >= TOPIC_ACCURACY, misses(texts, wanted, found)


def test_topics_of_questions_put_in_ten_ways(engine: Engine) -> None:
    pairs = [(text, name) for name, texts in PARAPHRASES.items() for text in texts]
    texts, wanted = [t for t, _ in pairs], [answer_of(name) for _, name in pairs]
    found = [answered(r) for r in engine.understand(*texts)]
    right = sum(w == f for w, f in zip(wanted, found, strict=True))
    assert right / len(wanted) >= PARAPHRASE_ACCURACY, misses(texts, wanted, found)


def answered(result: dict[str, Any]) -> str:
    """The topic whose answer a message gets, or what else it is taken for."""
    asks = result["intent"] == "ask_question"
    return answer_of(str(result["topic"])) if asks else str(result["intent"])


def test_topics_of_questions_that_others_wrote(engine: Engine) -> None:
    texts = [row["text"] for row in QUESTIONS_OF_OTHERS]
    found = [answered(r) for r in engine.understand(*texts)]
    wrong = [
        f"{row['topics']} -> {answer}: {row['text']}"
        for row, answer in zip(QUESTIONS_OF_OTHERS, found, strict=True)
        if not fits(row["topics"], WISHES.get(answer, answer))
    ]
    assert len(wrong) <= (1 - ACCURACY_OF_OTHERS) * len(texts), "\n".join(wrong)


def fits(topics: list[str], answer: str) -> bool:
    """Whether an answer is that of one of the topics."""
    searched = SEARCH_PHRASES in topics and answer in ANSWERS_TO_SEARCH_PHRASES
    return searched or answer in map(answer_of, topics)


def test_a_question_the_faq_does_not_answer_has_no_topic(engine: Engine) -> None:
    results = engine.understand("what is a biopsy", "is there halal food in the hospital?")
    assert [(r["intent"], r["topic"]) for r in results] == [("ask_question", None)] * 2


@pytest.mark.parametrize(
    "text",
    [
        "he can't breathe",
        "hello, thanks for the list, but she is vomiting blood",
        "how much does it cost? my father is having a seizure",
        "stop. I want to die",
    ],
)
def test_a_red_flag_beats_every_other_intent(engine: Engine, text: str) -> None:
    (result,) = engine.understand(text)
    assert result["intent"] == "report_emergency"
    assert result["reading"]["flags"]


def facts(result: dict[str, Any]) -> set[str]:
    """The names of the facts in a reading."""
    return {m["fact"] for m in result["reading"]["mentions"]}


def test_a_question_keeps_the_facts_it_carries(engine: Engine) -> None:
    (result,) = engine.understand("mother ovarian cancer, we are in Dhaka. is car-t possible?")
    assert result["intent"] == "ask_question"
    assert result["topic"] == "REQ-107"
    assert {"cancer_type", "country"} <= facts(result)


def test_facts_are_never_lost_to_the_fallback(engine: Engine) -> None:
    (result,) = engine.understand("zzk qqq Lusaka wvvw DLBCL xxyy")
    assert result["intent"] != "nlu_fallback"
    assert {"cancer_type", "country"} <= facts(result)


def test_only_questions_have_a_topic(engine: Engine) -> None:
    greeting, question = engine.understand("good morning", "what languages do you support?")
    assert greeting["topic"] is None
    assert question["topic"] == "REQ-130"


def test_what_was_asked_helps_to_read_a_short_answer(engine: Engine) -> None:
    (result,) = engine.understand("62", asks="age_years")
    assert facts(result) == {"age_years"}


@pytest.mark.parametrize(
    ("asks", "text"),
    [("user_role", "for my aunt"), ("disease_status", "it came back"), ("cancer_type", "prostate")],
)
def test_a_short_answer_to_the_open_question_gives_facts(
    engine: Engine, asks: str, text: str
) -> None:
    (result,) = engine.understand(text, asks=asks)
    assert result["intent"] == "inform"


@pytest.mark.parametrize(
    ("asks", "text", "intent"),
    [
        ("ecog", "can you promise it works", "manipulation"),
        ("treatments", "what is stage 3c", "ask_question"),
        ("metastatic_sites", "lung, liver, bone", "inform"),
        ("disease_status", "i am so scared", "distress"),
        ("stage_group", "i don't know", "dont_know"),
        ("stage_group", "why do you ask?", "ask_why"),
        ("stage_group", "sorry, I meant stage 4", "correct"),
    ],
)
def test_words_under_an_open_question(engine: Engine, asks: str, text: str, intent: str) -> None:
    (result,) = engine.understand(text, asks=asks)
    assert result["intent"] == intent


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (
            "ovarian cancer. five quiet years, now the old trouble knocks at the door again",
            "relapsed",
        ),
        ("myeloma, three medicines and not one touched it", "refractory"),
        ("is it normal that breast cancer comes back?", None),
        ("breast cancer. my back pain is getting worse", None),
        ("we had five quiet years in this house", None),
    ],
)
def test_the_status_is_heard_in_words_nobody_listed(
    engine: Engine, text: str, status: str | None
) -> None:
    mentions = engine.understand(text)[0]["reading"]["mentions"]
    heard = [m["value"] for m in mentions if m["fact"] == "disease_status"]
    assert heard == ([status] if status else [])
