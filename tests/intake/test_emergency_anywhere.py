"""An emergency is answered first at every point of a conversation, and its look-alikes are not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.facts.case import CaseState
from tests.intake.talking import Talking

WORDS = Path(__file__).parents[1] / "oncology"
URGENT = {"utter_emergency", "utter_self_harm", "utter_urgent"}
# Of every hundred emergencies one may be missed; of every hundred look-alikes three may alarm.
RECALL, FALSE_ALARMS = 0.99, 0.03


def _texts(name: str) -> list[str]:
    def leaves(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for item in value.values() for text in leaves(item)]
        return [str(item) for item in value] if isinstance(value, list) else []

    return leaves(yaml.safe_load((WORDS / name).read_text(encoding="utf-8")))


def _result() -> Talking:
    talk = _summary().taps("Yes")
    assert talk.case.state is CaseState.ASSESSED, talk
    return talk


def _summary() -> Talking:
    talk = Talking().says("ovarian cancer stage 3c, chemo stopped working, Dhaka, 58, biopsy done")
    talk.taps("Yes")
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    return talk


POINTS: dict[str, Callable[[], Talking]] = {
    "as the very first message": Talking,
    "instead of an answer to the consent": lambda: Talking().says("hello", "greet"),
    "instead of an answer to a question": lambda: Talking().agreed().says("ovarian cancer"),
    "at the summary": _summary,
    "after the result": _result,
}


@cache
def _at(point: str) -> Talking:
    return POINTS[point]()


def _answered_as_urgent(point: str, text: str) -> bool:
    talk = deepcopy(_at(point)).says(text)
    return talk.said[0] in URGENT if talk.replies else False


@pytest.mark.parametrize("point", list(POINTS))
def test_an_emergency_comes_first(point: str) -> None:
    texts = _texts("emergencies.yml")
    missed = [text for text in texts if not _answered_as_urgent(point, text)]
    assert len(missed) <= (1 - RECALL) * len(texts), missed


@pytest.mark.parametrize("point", list(POINTS))
def test_an_emergency_inside_another_message_comes_first(point: str) -> None:
    texts = [
        f"we are in Dhaka and my report is ready. {t}. can you help"
        for t in _texts("emergencies.yml")[::4]
    ]
    missed = [text for text in texts if not _answered_as_urgent(point, text)]
    assert len(missed) <= (1 - RECALL) * len(texts), missed


@pytest.mark.parametrize("point", list(POINTS))
def test_what_only_sounds_like_one_does_not_alarm(point: str) -> None:
    texts = _texts("look_alikes.yml")
    assert len(texts) >= 150
    alarms = [text for text in texts if _answered_as_urgent(point, text)]
    assert len(alarms) <= FALSE_ALARMS * len(texts), alarms


def test_the_intake_goes_on_where_it_was_interrupted() -> None:
    talk = deepcopy(_at("instead of an answer to a question"))
    asked = talk.case.asks
    talk.says("she cannot breathe").says("yes", "affirm").taps("It is safe now")
    assert talk.case.asks == asked, talk


@pytest.mark.parametrize(
    ("text", "intent", "ends"),
    [
        ("it stopped", "resume", False),
        ("the bleeding has stopped", "resume", False),
        ("ya paró", "resume", False),
        ("go on please", "resume", True),
        ("it stopped, we are in the hospital now", "inform", True),
    ],
)
def test_a_danger_that_eased_goes_on_being_one(text: str, intent: str, ends: bool) -> None:
    talk = Talking().says("liver cancer, Hanoi. vomited blood an hour ago").says("yes", "affirm")
    talk.says(text, intent)
    assert (talk.case.state is not CaseState.EMERGENCY) is ends, talk
