"""The FAQ as people get it: topics answered shortly, the own cancer in mind, mistakes named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.facts.vocabulary import cancers
from bot.intake.faq import LONGEST_MESSAGE, Faq
from bot.oncology.knowledge_files import KnowledgeError

FAQ = Faq.load("en")
# The topics that people must get an answer to: the FAQ, definitions, services, process, centres,
# costs, languages, what to do after progression, and caregivers.
ASKED = [
    *range(107, 131),
    *range(63, 69),
    *range(20, 28),
    *range(9, 17),
    *range(32, 37),
    *(29, 31, 89),
    *range(74, 89),
]
FORBIDDEN = re.compile(
    r"you qualify|you are eligible|\bcure|guarantee|best treatment|last chance|\d ?%|percent"
    r"|surviv|life expectancy|[$€£₹]|\b(usd|eur|inr)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("number", ASKED)
def test_every_topic_has_an_answer(number: int) -> None:
    answer = FAQ.answer(f"REQ-{number}")
    assert answer is not None
    assert 1 <= len(answer.messages) <= 3
    assert answer.source


@pytest.mark.parametrize("cancer", sorted(cancers()))
def test_every_cancer_gets_an_answer_on_car_t(cancer: str) -> None:
    answer = FAQ.answer("REQ-107", cancer)
    assert answer is not None
    assert answer.messages


@pytest.mark.parametrize(
    ("cancer", "word"),
    [
        ("multiple_myeloma", "myeloma"),
        ("dlbcl_lbcl", "large B-cell lymphoma"),
        ("b_all", "acute leukaemia"),
        ("gastric_gej", "stomach"),
        ("ovarian", "solid tumours"),
        ("aml", "clinical trials"),
    ],
)
def test_the_answer_speaks_of_the_own_cancer(cancer: str, word: str) -> None:
    answer = FAQ.answer("REQ-107", cancer)
    assert answer is not None
    assert word in " ".join(answer.messages)


def test_an_unknown_topic_has_no_answer() -> None:
    assert FAQ.answer("REQ-999") is None


def test_texts_are_short_and_promise_nothing() -> None:
    for text in FAQ.texts():
        assert len(text) <= LONGEST_MESSAGE
        assert not FORBIDDEN.search(text), text


def test_a_language_without_a_file_is_said_so() -> None:
    with pytest.raises(FileNotFoundError):
        Faq.load("xx")


HEAD = """language: xx
as_of: 2026-06-30
review: pending
sources:
  guide: {shown: Guide, reference: "[000]"}
topics:
"""


@pytest.mark.parametrize(
    ("topics", "named"),
    [
        ("  REQ-1: {title: T, source: guide, message: [a]}", "message"),
        ("  REQ-1: {title: T, source: guid, messages: [a]}", "guid"),
        ("  REQ-1: {title: T, source: guide, messages: [a, b, c, d]}", "messages"),
        (f"  REQ-1: {{title: T, source: guide, messages: [{'x' * 301}]}}", "301"),
        (
            "  REQ-1: {title: T, source: guide, messages: [a], also: [REQ-2]}\n"
            "  REQ-2: {title: T, source: guide, messages: [a]}",
            "REQ-2 is answered twice",
        ),
        (
            "  REQ-1: {title: T, source: guide, messages: [a],"
            " variants: [{cancers: [mylom], messages: [b]}]}",
            "mylom",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, topics: str, named: str) -> None:
    (tmp_path / "xx.yml").write_text(HEAD + topics, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=named) as caught:
        Faq.load("xx", tmp_path)
    assert "xx.yml" in str(caught.value)
