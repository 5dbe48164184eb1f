"""The first result as somebody afraid reads it on a phone: few messages, short, nothing lost."""

from __future__ import annotations

from functools import cache

import pytest

from bot.facts.case import CaseState
from bot.facts.vocabulary import cancers
from bot.intake.results import LONGEST_MESSAGE
from bot.oncology.vocabulary import cancers as vocabulary
from tests.intake.talking import Talking

MOST_MESSAGES = 8
MOST_OTHERS = 8
# Told after the name of the cancer; together they meet every status that a route can have.
STORIES = (
    "newly found, no treatment yet, 61, Lagos, biopsy done",
    "stage 4, spread to the liver, chemo stopped working, 45, Dhaka, biopsy done",
    "it came back after 5 months, two lines of chemo, 70, in bed most of the day, Cairo",
)
LISTS = frozenset({"utter_checklist_first"})


def told(cancer: str, story: str) -> Talking:
    """The conversation up to the first result."""
    talk = Talking().says(f"{vocabulary()[cancer].name}, {story}").taps("Yes")
    while talk.case.state is CaseState.INTAKE:
        talk.says("not sure", "dont_know")
    assert talk.case.state is CaseState.CONFIRM, talk
    return talk.taps("Yes")


@cache
def results() -> tuple[tuple[str, Talking], ...]:
    """Every third cancer with one story, the others with the next ones."""
    names = sorted(cancers())
    return tuple((name, told(name, STORIES[i % len(STORIES)])) for i, name in enumerate(names))


def test_the_result_is_a_handful_of_short_messages() -> None:
    for cancer, talk in results():
        assert len(talk.replies) <= MOST_MESSAGES, f"{cancer}\n{talk}"
        for reply in talk.replies:
            text = talk._text(reply)
            if reply.response not in LISTS:
                assert len(text) <= LONGEST_MESSAGE, f"{cancer}: {text}"
            assert text.count("?") <= 1 or not reply.buttons, text


def test_the_result_says_everything_that_must_be_said() -> None:
    for cancer, talk in results():
        for words in (
            "not medical advice",
            "specialist",
            "second opinion",
            "Care for pain",
            "Papers to collect first",
            "one business day",
            "by day 25",
            "do not stop or change any treatment",
            "delete my data",
            talk.case.number,
        ):
            assert words in talk.text, f"{cancer}: {words}\n{talk}"


def test_the_rest_is_behind_buttons_and_short_too() -> None:
    for cancer, talk in results():
        for title in ("Why these?", "Other routes"):
            if title == "Why these?" and not any(
                b.title == title for r in talk.replies for b in r.buttons
            ):
                continue  # no route was named, so there is nothing to explain
            said = told_after(talk, title)
            assert 1 <= len(said.replies) <= MOST_OTHERS, f"{cancer}\n{said}"
            for reply in said.replies:
                assert len(said._text(reply)) <= LONGEST_MESSAGE, f"{cancer}\n{said}"


def told_after(talk: Talking, title: str) -> Talking:
    """The same conversation after one more tap; the replies of the result stay tappable."""
    again = Talking(case=talk.case, replies=list(talk.replies), count=talk.count)
    return again.taps(title)


def test_what_was_asked_about_keeps_its_reason() -> None:
    talk = told("gastric_gej", "what about BNCT? stage 4, spread to the liver, chemo failed, Basra")
    named = [t for t in map(talk._text, talk.replies) if "BNCT" in t]
    assert named, talk
    assert "head and neck" in named[0], talk


@pytest.mark.parametrize("said", ["why these", "Why these?"])
def test_why_may_be_typed(said: str) -> None:
    talk = told("ovarian", STORIES[1]).says(said, "ask_why")
    assert talk.said[0] == "utter_route_why", talk
