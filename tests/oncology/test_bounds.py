"""Whatever a message holds, reading it is harmless, bounded, and points into the message."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncology import read
from bot.oncology.knowledge_files import KNOWLEDGE
from bot.oncology.reading import Reading
from bot.oncology.text import MAX_CHARACTERS, pack, read_document

MATERIAL = (
    "cancer breast lung liver stage 3 4c no not chemo R-CHOP x6 HER2 3+ negative relapsed after "
    "8 months my father died EGFR positive , . ? - ( ) mets to is CAR-T possible ca ovary PSA "
    "240 fail hoye gese nahi hua biopsy pending + % T4 N2 M1 grade"
)
WORDS = st.sampled_from(MATERIAL.split())
HOSTILE = {
    "brackets": "((((" * 25_000,
    "combining marks": "a" + "\u0301" * 100_000,
    "zero width": "\u200b\u200d\ufeff" * 30_000,
    "one long word": "x" * 4_000,
    "right to left": "\u202e" * 2_000 + "cancer",
    "digits": "1" * 4_000,
    "numbers": "12.5, " * 5_000,
    "numbers alone": "38.5 38.5",
    "negations": "no not " * 2_000,
    "names": "breast cancer mets to liver HER2 + R-CHOP x6 " * 500,
    "questions": "?! " * 3_000,
    "stages": "stage 4 t4n2m1 " * 1_000,
    "surrogate": "\ud800 cancer",
    "nul": "\x00" * 4_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_is_harmless(text: str) -> None:
    assert isinstance(read(text), Reading)
    assert len(read_document(text).tokens) <= MAX_CHARACTERS


QUESTIONS = yaml.safe_load((KNOWLEDGE / "questions.yml").read_text(encoding="utf-8"))["questions"]


# A command, a sticker, a file without a caption: a message may hold no word at all.
@pytest.mark.parametrize("text", ["", " ", "...", "/", "?", "👍", "1"])
def test_next_to_nothing_answers_any_question_harmlessly(text: str) -> None:
    for question in QUESTIONS:
        _check_spans(text, read(text, asks=question["fact"]))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    _check_spans(text, read(text))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(WORDS, max_size=40).map(" ".join), st.sampled_from([None, "cancer_type", "treatments"])
)
def test_any_words_in_any_order_can_be_read(text: str, asks: str | None) -> None:
    reading = read(text, asks=asks)
    _check_spans(text, reading)
    assert Reading.from_json(reading.to_json()) == reading


def _check_spans(text: str, reading: Reading) -> None:
    for found in (*reading.mentions, *reading.flags, *reading.ambiguities):
        assert 0 <= found.start <= found.end <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_tokens_lie_in_the_message_in_order(text: str) -> None:
    doc = read_document(text)
    for before, after in zip(doc.tokens, doc.tokens[1:], strict=False):
        assert before.start <= after.start
    assert all(0 <= t.start < t.end <= len(text) for t in doc.tokens)


SPELLINGS = [
    ("R-CHOP", "r chop"),
    ("HER2", "her-2"),
    ("Ｈｅｒ２", "HER 2"),
    ("٣", "3"),
    ("don’t", "don't"),
    ("Hürthle", "hurthle"),
    ("can\u200bcer", "cancer"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_one_thing_meet(one: str, other: str) -> None:
    assert pack(one) == pack(other)
