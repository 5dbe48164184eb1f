"""Several gateways and workers are one service: quick, in order, and whole when some are killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.conftest import KEY
from tests.connectors.waiting import until
from tests.scale.fleet import TOKEN, Fleet, fleet, own_database
from tests.scale.people import Person, answered, heard
from tests.scale.redis_server import RedisServer
from tests.standins import twilio_api
from tests.standins.engine import EngineStandIn
from tests.standins.serving import serving
from tests.standins.twilio_api import TwilioStandIn

pytestmark = pytest.mark.postgres

PUBLIC = "https://intake.example.org"


@pytest.fixture(scope="module")
def engine() -> EngineStandIn:
    """An engine that takes its time."""
    return EngineStandIn(token=TOKEN, seconds=0.05)


@pytest.fixture(scope="module")
def twilio() -> TwilioStandIn:
    """The provider."""
    return TwilioStandIn()


@pytest.fixture(scope="module")
def many(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: str,
    redis_server: RedisServer,
    engine: EngineStandIn,
    twilio: TwilioStandIn,
) -> Iterator[Fleet]:
    """Two gateways, two workers and two senders."""
    app = engine.app()
    app.routes.extend(twilio.app().routes)
    with (
        serving(app, abrupt=True) as address,
        own_database(postgres) as database,
        fleet(
            tmp_path_factory.mktemp("fleet"),
            database,
            {"gateway": 2, "worker": 2, "sender": 2},
            address,
            KEY,
            INTAKE_REDIS_URL=redis_server.url,
            INTAKE_PUBLIC_URL=PUBLIC,
            TWILIO_API_URL=address,
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
            TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
        ) as running,
    ):
        yield running


def test_under_load_with_a_killed_gateway_worker_and_sender_nothing_is_lost_or_doubled(
    many: Fleet, engine: EngineStandIn
) -> None:
    people = [Person(many, f"person-{number}", number) for number in range(10)]
    script = [f"line {number}" for number in range(8)]
    with ThreadPoolExecutor(len(people) + 1) as pool:
        killing = pool.submit(keep_killing, many)
        talks = [pool.submit(person.talk, script) for person in people]
        for talk in talks:
            talk.result()
        assert len(killing.result()) == 3
    for person in people:
        until(lambda name=person.name: not any("? " in line for line in heard(many.store, name)))
        assert heard(many.store, person.name) == script
        assert answered(many.store, person.name) == [f"You said: {text}" for text in script]
        found = many.store.conversations.by_address("webchat", person.name)
        texts = [t["text"] for t in engine.turns if found and t["conversation"] == found.id]
        assert texts == sorted(texts)  # repeated by a kill perhaps, never out of order


def keep_killing(many: Fleet) -> list[str]:
    """One of each kind, never both at once; everything is back at the end."""
    killed = ["worker-1", "gateway-1", "sender-2"]
    for name in killed:
        time.sleep(0.5)
        many.kill(name)
        many.start(name)
        many.wait_ready(name)
    return killed


def whatsapp(many: Fleet, twilio: TwilioStandIn, gateway: str, phone: str, text: str) -> Any:
    """A message of a person, brought to this gateway."""
    params = twilio.inbound(phone, text)
    signature = twilio.sign(f"{PUBLIC}/webhooks/whatsapp", params)
    url = f"{many.url(gateway)}/webhooks/whatsapp"
    return httpx.post(url, data=params, headers={"x-twilio-signature": signature}, timeout=90)


def test_limits_hold_over_both_gateways_and_replies_reach_whatsapp_once(
    many: Fleet, twilio: TwilioStandIn
) -> None:
    for number in range(58):
        gateway = f"gateway-{1 + number % 2}"
        assert whatsapp(many, twilio, gateway, "+8801700000001", f"m{number}").is_success
    people = [f"+88018000000{number:02d}" for number in range(10)]
    for number, phone in enumerate(people):
        assert whatsapp(many, twilio, f"gateway-{1 + number % 2}", phone, "hello").is_success
    until(lambda: not many.store.inbox.depth().waiting and not many.store.outbox.depth().waiting)
    found = many.store.conversations.by_address("whatsapp", "+8801700000001", twilio.sender)
    assert found is not None
    lines = many.store.transcript(found.id, limit=200)
    assert any(line.error_code == "flood" for line in lines)  # neither gateway saw more than 29
    for phone in people:
        got = [m["body"] for m in twilio.outgoing if m["to"].endswith(phone)]
        assert got == ["You said: hello"]


def test_a_browser_at_one_gateway_hears_of_what_another_worker_answered(many: Fleet) -> None:
    say = {"text": "hello", "id": "one"}
    first = httpx.post(f"{many.url('gateway-1')}/webchat/someone/messages", json=say, timeout=40)
    assert [r["text"] for r in first.json()["replies"]] == ["You said: hello"]
    seen = httpx.get(f"{many.url('gateway-2')}/webchat/someone/messages", timeout=40).json()
    with ThreadPoolExecutor(1) as pool:
        query = {"after": seen["messages"][-1]["seq"], "wait": 25}
        page = f"{many.url('gateway-2')}/webchat/someone/messages"
        waiting = pool.submit(httpx.get, page, params=query, timeout=40)
        httpx.post(
            f"{many.url('gateway-1')}/webchat/someone/messages", json={"text": "again"}, timeout=40
        )
        shown = [m["text"] for m in waiting.result().json()["messages"]]
    assert shown[0] == "again"


def test_a_rolling_restart_is_not_noticed(many: Fleet) -> None:
    person = Person(many, "steady", 0)
    script = [f"line {number}" for number in range(12)]
    with ThreadPoolExecutor(1) as pool:
        talk = pool.submit(person.talk, script)
        for name in ("gateway-2", "worker-2", "sender-1"):
            assert many.stop(name) in (0, -15)
            many.start(name)
            many.wait_ready(name)
        talk.result()
    assert heard(many.store, "steady") == script
    assert answered(many.store, "steady") == [f"You said: {text}" for text in script]


def test_a_worker_serves_its_health_and_nothing_else(many: Fleet) -> None:
    for name in ("worker-1", "sender-1"):
        assert httpx.get(f"{many.url(name)}/healthz").is_success
        assert "intake_queue_waiting" in httpx.get(f"{many.url(name)}/metrics").text
        for path in ("/chat", "/console/login", "/webhooks/whatsapp"):
            assert httpx.get(many.url(name) + path).status_code == httpx.codes.NOT_FOUND
