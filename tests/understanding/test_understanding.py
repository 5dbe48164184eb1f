"""Figures on the messages held apart never fall below what was once reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.understanding import SETS, Report, load, measure, sets

FLOORS: dict[str, dict[str, float]] = yaml.safe_load(
    (Path(__file__).parent / "floors.yml").read_text(encoding="utf-8")
)
EVERY_FLAG = {f"RF{number}" for number in range(1, 17)}


CASES = [(name, figure) for name, floors in FLOORS.items() for figure in floors]


def _all() -> list[dict[str, Any]]:
    return [message for name in SETS for message in load(name)]


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Every message, understood by the trained model."""
    return measure()


@pytest.mark.engine
@pytest.mark.parametrize(("name", "figure"), [c for c in CASES if c[1] != "wrong fills"])
def test_figure_stays_above_its_floor(reports: dict[str, Report], name: str, figure: str) -> None:
    """A fall means that people are understood worse than before."""
    misses = [m.id for m in reports[name].misses if m.fact == figure.split(" ")[0]]
    assert reports[name].figures()[figure] >= FLOORS[name][figure], misses


@pytest.mark.engine
@pytest.mark.parametrize("name", FLOORS)
def test_slots_are_rather_left_empty_than_filled_wrongly(
    reports: dict[str, Report], name: str
) -> None:
    """A wrong fact does more harm than a question more."""
    misses = [m.id for m in reports[name].misses if m.kind != "missed"]
    assert reports[name].figures()["wrong fills"] <= FLOORS[name]["wrong fills"], misses


@pytest.mark.parametrize("name", SETS)
def test_every_figure_has_a_floor(name: str) -> None:
    """A new figure is guarded from its first day."""
    assert set(FLOORS.get(name, ())) == set(Report().figures()), "run benchmarks.understanding"


def test_there_are_messages_enough_to_trust_the_figures() -> None:
    assert len(_all()) >= 400


@pytest.mark.parametrize("name", SETS)
def test_each_message_stands_once_in_its_set(name: str) -> None:
    """None is counted twice."""
    messages = load(name)
    assert len({m["id"] for m in messages}) == len(messages)
    assert len({(m["text"].casefold(), m.get("asks")) for m in messages}) == len(messages)


def test_a_folder_of_messages_is_a_set(tmp_path: Path) -> None:
    for folder in ("messages_third", "messages", "messages_development"):
        (tmp_path / folder).mkdir()
    assert list(sets(tmp_path)) == ["first", "development", "third"]


def test_every_red_flag_is_in_the_set_and_enough_that_only_look_like_one() -> None:
    """Recall without look-alikes, or the other way round, says little."""
    golds = [m["gold"] for m in _all()]
    for flag in EVERY_FLAG:
        assert sum(flag in (*g.get("flags", ()), *g.get("flags_any", ())) for g in golds) >= 7, flag
    assert sum("flags" in g.get("none", ()) for g in golds) >= 60


def test_nothing_of_the_set_was_trained_on() -> None:
    """Sentences of the set are in no training file (short everyday replies apart)."""
    trained: set[str] = set()
    for path in (Path(__file__).parents[2] / "data").rglob("*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            trained.add(line.strip().removeprefix("- ").strip().casefold())
    long = [m for m in _all() if len(m["text"].split()) > 6]
    assert not [m["id"] for m in long if m["text"].casefold() in trained]
