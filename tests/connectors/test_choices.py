"""What is typed instead of tapped: a number, a label, most of a label; never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.messages import IssuedButton
from connectors.choices import picked

OFFERED = (
    "Able to work",
    "Walking about, not working",
    "Mostly in bed",
    "Stage 2",
    "Stage 3",
    "Resectable",
    "I do not know",
)
BUTTONS = tuple(IssuedButton(title=title, token=f"t{n}") for n, title in enumerate(OFFERED))

TYPED = [
    ("a number", "2", "Walking about, not working"),
    ("a number in brackets", "(3)", "Mostly in bed"),
    ("a number with a stop", "3.", "Mostly in bed"),
    ("Bengali digits", "৩", "Mostly in bed"),
    ("a number that was not offered", "9", None),
    ("nought", "0", None),
    ("the label", "mostly in bed", "Mostly in bed"),
    ("with a full stop", "Able to work.", "Able to work"),
    ("a letter missing", "mosty in bed", "Mostly in bed"),
    ("two letters swapped", "mostly in bde", None),
    ("swapped in a long word", "walkign about, not working", "Walking about, not working"),
    ("a letter too many", "resecttable", "Resectable"),
    ("the opposite", "unresectable", None),
    ("with a negation", "not able to work", None),
    ("another number in the label", "stage 4", None),
    ("a slip beside the number", "stgae 3", "Stage 3"),
    ("only a part", "in bed", None),
    ("something else", "she lives in Dhaka", None),
    ("a whole story", "mostly in bed " * 20, None),
    ("nothing", " ", None),
]


@pytest.mark.parametrize(("label", "typed", "title"), TYPED, ids=[c[0] for c in TYPED])
def test_means(label: str, typed: str, title: str | None) -> None:
    found = picked(BUTTONS, typed, numbers=True)
    assert (found.title if found else None) == title


def test_a_number_is_no_choice_where_none_are_shown() -> None:
    assert picked(BUTTONS, "2", numbers=False) is None


def test_a_label_that_the_channel_cut_may_be_typed_in_full() -> None:
    cut = (IssuedButton(title="She can walk but…", token="a"), *BUTTONS)
    found = picked(cut, "She can walk but not work", numbers=False)
    assert found is not None
    assert found.token == "a"


def test_two_choices_that_are_equally_close_are_none() -> None:
    near = tuple(IssuedButton(title=title, token=title) for title in ("Lobectomy", "Labectomy"))
    assert picked(near, "Lebectomy", numbers=False) is None


@given(st.text(max_size=60))
def test_whatever_is_typed_means_at_most_one_offered_choice(text: str) -> None:
    found = picked(BUTTONS, text, numbers=True)
    assert found is None or found in BUTTONS


@given(st.sampled_from(OFFERED))
def test_every_label_means_itself(title: str) -> None:
    found = picked(BUTTONS, title, numbers=True)
    assert found is not None
    assert found.title == title
