"""When a part of the service is down, the person is told once, nothing is lost, nothing doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.export.case_json import export_case
from tests.conversations.talk import Talk
from tests.service import Service, running_service

pytestmark = pytest.mark.engine
LONGEST_SECONDS = 120


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, because its parts are killed."""
    folder: Path = tmp_path_factory.mktemp("fragile")
    with running_service(folder) as running:
        yield running


@pytest.mark.parametrize("part", ["actions", "engine"])
def test_the_answer_comes_when_the_part_is_back(fragile: Service, part: str) -> None:
    with fragile.client() as client:
        talk = Talk(client)
        talk.say("hello")
        fragile.kill(part)
        answer = client.post(
            f"/webchat/{talk.conversation}/messages",
            json={"text": "yes"},
            timeout=60,
        )
        assert answer.status_code in (200, 202)
        told = [r["text"] for r in answer.json()["replies"]]
        assert sum("safe" in text for text in told) <= 1, told
        fragile.start(part)
        fragile.wait_ready()
        _wait(lambda: _state(fragile, talk) == "intake")
        case = _case(fragile, talk)
        texts = [m["text"] for m in case["messages"]]
        assert texts.count("yes") == 1
        assert sum("own words" in (t or "") for t in texts) == 1, texts


def test_a_message_in_a_killed_gateway_is_answered_once(fragile: Service) -> None:
    with fragile.client() as client:
        talk = Talk(client)
        talk.say("hello")
        fragile.kill("gateway")
        fragile.start("gateway")
        fragile.wait_ready()
        talk.say("yes")
        assert talk.last["state"] == "intake", talk.transcript


def _wait(reached: Callable[[], bool]) -> None:
    """Until it is so; the pauses between tries grow, so this may take a while."""
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        if reached():
            return
        time.sleep(0.5)
    raise AssertionError("the answer did not come")


def _case(service: Service, talk: Talk) -> dict:  # type: ignore[type-arg]
    found = service.store.conversations.find(talk.conversation)
    assert found is not None
    held = service.store.cases.by_conversation(found.id)
    assert held is not None
    return export_case(service.store, held.number)


def _state(service: Service, talk: Talk) -> str:
    return str(_case(service, talk)["state"])
