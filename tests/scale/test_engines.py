"""Two real engines, each with an action server: killing one of each loses and doubles nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import KEY
from tests.connectors.waiting import until
from tests.scale.fleet import Fleet, fleet, own_database
from tests.scale.people import Person, heard, responses
from tests.scale.redis_server import RedisServer

pytestmark = [pytest.mark.engine, pytest.mark.postgres]

SCRIPT = (
    "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka",
    "yes",
    "58",
    "what is immunotherapy?",
    "yes, biopsy was done",
    "thank you",
)


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, redis_server: RedisServer
) -> Iterator[Fleet]:
    """A gateway, two workers, two engines with an action server each."""
    counts = {"gateway": 1, "worker": 2, "actions": 2, "engine": 2}
    with (
        own_database(postgres) as database,
        fleet(
            tmp_path_factory.mktemp("engines"),
            database,
            counts,
            keys=KEY,
            INTAKE_REDIS_URL=redis_server.url,
        ) as running,
    ):
        yield running


def test_killing_one_engine_and_one_action_server_is_not_noticed_in_any_answer(
    service: Fleet,
) -> None:
    quiet = Person(service, "quiet", 0)
    quiet.talk(SCRIPT)
    expected = responses(service.store, "quiet")
    assert len(expected) > len(SCRIPT)
    people = [Person(service, f"person-{number}", number) for number in range(6)]
    with ThreadPoolExecutor(len(people)) as pool:
        talks = [pool.submit(person.talk, SCRIPT) for person in people]
        for name in ("engine-1", "actions-2"):
            time.sleep(0.5)
            service.kill(name)
            service.start(name)
            service.wait_ready(name)
        for talk in talks:
            talk.result()
    for person in people:
        until(lambda name=person.name: not any("? " in line for line in heard(service.store, name)))
        assert heard(service.store, person.name) == list(SCRIPT)
        assert responses(service.store, person.name) == expected


def test_while_one_engine_is_away_the_other_one_answers(service: Fleet) -> None:
    service.kill("engine-2")
    people = [Person(service, f"meanwhile-{number}", number) for number in range(4)]
    for person in people:  # some of them would have gone to the one that is away
        person.say("hello")
        assert responses(service.store, person.name)
    service.start("engine-2")
    service.wait_ready("engine-2")
