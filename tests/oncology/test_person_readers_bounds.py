"""Whatever a person sends, every reader answers, and every span lies in the message."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncology.numbers import counts, durations, oxygen, pain_scores, temperatures
from bot.oncology.person_readers import PERSON_READERS
from bot.oncology.text import MAX_CHARACTERS, read_document

TELLING = """no not fever since 2 days 101 spo2 86 can't breathe my mother in Dhaka from , . ? chemo
ago he she pain 9/10 45 F years old Hb 7.9 hep b + নাই عمان 北京 saans nahi 👍 if side effect of left
leg swollen dexa 4 mg last year now resolved"""
WORDS = st.sampled_from([*TELLING.split(), "\n"])
ASKS = st.sampled_from(
    [None, "country", "age_years", "user_role", "ecog", "temp_c", "comorbidities", "labs"]
)


def check(text: str, asks: str | None) -> None:
    doc = read_document(text)
    for reader in PERSON_READERS:
        for found in reader(doc, asks):
            assert 0 <= found.start <= found.end <= len(text)
            assert found.words.strip() in text


@given(st.text(max_size=400), ASKS)
@settings(deadline=None, max_examples=150)
def test_any_text(text: str, asks: str | None) -> None:
    check(text, asks)


@given(st.lists(WORDS, max_size=40).map(" ".join), ASKS)
@settings(deadline=None, max_examples=250)
def test_any_order_of_telling_words(text: str, asks: str | None) -> None:
    check(text, asks)
    doc = read_document(text)
    for measure in (*temperatures(doc), *oxygen(doc), *pain_scores(doc), *counts(doc)):
        assert measure.nstart < measure.nend <= len(doc.norm)
    assert all(d.hours >= 0 for d in durations(doc))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a\u0301" * 5_000,
        "\u200b" * 5_000,
        "\u202e" * 5_000,
        "x" * 4_000,
        "no " * 3_000,
        "saans nahi " * 1_000,
        "1 " * 5_000,
        "fever " * 1_000,
        "in Dhaka " * 1_000,
    ],
    ids=repr,
)
def test_hostile_text_is_harmless(text: str) -> None:
    check(text[: MAX_CHARACTERS + 1], None)
