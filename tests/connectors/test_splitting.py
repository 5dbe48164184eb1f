"""A person who gets a long answer in parts can read it as one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.splitting import length, numbered, shorten, split

CASES = [
    ("short stays whole", "Hello.", 20, ["Hello."]),
    ("nothing but space is nothing", " \n ", 20, []),
    ("at the sentence", "One two three. Four five six.", 20, ["One two three.", "Four five six."]),
    (
        "at the paragraph before the sentence",
        "One. Two.\n\nThree four.",
        15,
        ["One. Two.", "Three four."],
    ),
    (
        "Hindi ends its sentences with a danda",
        "यह एक वाक्य है। यह दूसरा है।",
        18,
        ["यह एक वाक्य है।", "यह दूसरा है।"],
    ),
    ("Chinese has no spaces", "你好世界今天。天气很好啊。", 8, ["你好世界今天。", "天气很好啊。"]),
    ("a word that is too long is cut", "abcdefghijkl", 8, ["abcdefgh", "ijkl"]),
    ("numbers keep their commas", "It is 1,000,000 more", 12, ["It is", "1,000,000", "more"]),
    ("an emoji family stays together", "abcdef👩‍👩‍👧gh", 12, ["abcdef", "👩‍👩‍👧gh"]),
]


@pytest.mark.parametrize(("label", "text", "limit", "parts"), CASES, ids=[c[0] for c in CASES])
def test_cut_where_a_reader_pauses(label: str, text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


@given(st.text(max_size=400), st.integers(min_value=8, max_value=60))
def test_nothing_is_lost_and_every_part_fits(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < length(part) <= limit for part in parts)


LETTERS = ["e\u0301", "क\u0947", "ন\u09be", "b", " ", "👍\U0001f3fd"]


@given(st.lists(st.sampled_from(LETTERS), max_size=80).map("".join), st.integers(8, 30))
def test_a_mark_stays_with_its_letter(text: str, limit: int) -> None:
    for part in split(text, limit):
        assert unicodedata.category(part[0]) not in {"Mn", "Mc", "Sk"}


def test_choices_become_numbered_lines() -> None:
    assert numbered("How is she?", ["Well", "Not well"]) == "How is she?\n\n1. Well\n2. Not well"
    assert numbered("", ["Well"]) == "1. Well"
    assert numbered("How is she?", []) == "How is she?"


@given(st.text(max_size=80), st.integers(min_value=2, max_value=40))
def test_a_title_fits_its_button(title: str, limit: int) -> None:
    assert length(shorten(title, limit)) <= max(
        limit, length(title) if length(title) <= limit else 0
    )


def test_a_limit_too_small_for_an_emoji_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        split("hello", 3)
