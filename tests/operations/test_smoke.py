"""A model that misunderstands is refused before it meets people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.operations import smoke
from bot.operations.smoke import ModelUnfit, Step, World
from bot.operations.training import train
from bot.wording import catalogue


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An engine with the present model, as `intake smoke` starts it."""
    with smoke.running(train(), tmp_path_factory.mktemp("smoke")) as running:
        yield running


@pytest.mark.engine
@pytest.mark.parametrize("name", sorted(smoke.conversations()))
def test_the_present_model_passes(world: World, name: str) -> None:
    assert smoke.hold(world, name, smoke.conversations()[name]).startswith(name)


WRONG: dict[str, list[Step]] = {
    "a reply that must be there": [Step("hello", replies=("utter_emergency",))],
    "a fact that must be understood": [
        Step("I have breast cancer"),
        Step("yes", facts=(("cancer_type", "ovarian"),)),
    ],
    "a state that must be reached": [Step("hello there", state="assessed")],
}


@pytest.mark.engine
@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_not_understood_refuses_the_model(world: World, name: str) -> None:
    with pytest.raises(ModelUnfit, match=f"{name}, sentence {len(WRONG[name])}"):
        smoke.hold(world, name, WRONG[name])


def test_every_response_that_must_come_is_one_there_is() -> None:
    known = catalogue()
    for steps in smoke.conversations().values():
        for response in (response for step in steps for response in step.replies):
            assert known.render(response, "en")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["smoke", "--model", str(tmp_path / "none.tar.gz")])
    assert done.exit_code == 1
    assert "none.tar.gz" in done.output
