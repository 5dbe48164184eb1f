"""A message that came late is answered before those that were written after it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from bot.store import Store
from connectors.bell import Bell
from connectors.gate import Gate
from connectors.intake_door import Door
from connectors.metrics import Metrics
from connectors.reconciliation import LOST, PIECES, Reconciliation
from connectors.twilio_client import TwilioClient
from connectors.whatsapp import Params, parse_message
from tests.conftest import KEY, SLOW_IS_FINE, Clock
from tests.connectors.conftest import make_settings, running
from tests.connectors.test_outage import Outage
from tests.connectors.waiting import LONGEST_SECONDS, until
from tests.standins import twilio_api
from tests.standins.twilio_api import TwilioStandIn

_numbers = itertools.count()


@dataclass
class Late:
    """A store, the provider's list, and the look that compares the two."""

    store: Store
    twilio: TwilioStandIn
    door: Door
    look: Reconciliation
    gate: Gate
    phone: str

    async def writes(self, text: str, *, webhook: bool) -> None:
        """Somebody writes; the webhook arrives or is lost."""
        params = self.twilio.inbound(self.phone, text)
        if webhook:
            await self.door.take(parse_message(Params({k: [v] for k, v in params.items()})))

    async def looks(self) -> int:
        return await self.look.look(self.twilio.messages[0]["_at"])

    def answered(self, group: int = 1) -> list[str | None]:
        """The texts, turn after turn, as the worker would take them."""
        heard: list[str | None] = []
        while (turn := self.store.inbox.claim("worker", group=group)) is not None:
            heard += [taken.message.text for taken in turn.messages]
            self.store.inbox.finish(turn, [])
        return heard


@pytest.fixture
async def late(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[Late]:
    twilio = TwilioStandIn()
    configuration = make_settings(
        tmp_path,
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
        TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
    )
    client = TwilioClient(configuration, transport=httpx.ASGITransport(app=twilio.app()))
    door = Door(sqlite_store, None, None, Bell(), Metrics())  # type: ignore[arg-type]
    gate = Gate(Bell())
    look = Reconciliation(client, door, sqlite_store.inbox, gate, sqlite_store.beats, 300.0)
    phone = f"+88017{next(_numbers):08d}"
    yield Late(sqlite_store, twilio, door, look, gate, phone)
    await client.aclose()


@given(arrives=st.lists(st.booleans(), min_size=1, max_size=8), group=st.sampled_from([1, 10]))
@settings(
    max_examples=25, suppress_health_check=[*SLOW_IS_FINE, HealthCheck.function_scoped_fixture]
)
def test_whatever_was_lost_the_order_is_the_one_of_writing(
    sqlite_store: Store, tmp_path: Path, arrives: list[bool], group: int
) -> None:
    async def run() -> None:
        async for made in late.__wrapped__(sqlite_store, tmp_path):  # type: ignore[attr-defined]
            for number, webhook in enumerate(arrives):
                await made.writes(f"message {number}", webhook=webhook)
            assert await made.looks() == arrives.count(False)
            assert await made.looks() == 0
            wanted = [f"message {number}" for number in range(len(arrives))]
            assert made.answered(group) == wanted

    asyncio.run(run())


async def test_who_writes_after_the_look_comes_last(late: Late) -> None:
    await late.writes("first", webhook=False)
    await late.writes("second", webhook=True)
    await late.looks()
    await late.writes("third", webhook=True)
    assert late.answered() == ["first", "second", "third"]


async def test_a_turn_that_was_begun_keeps_its_place(late: Late) -> None:
    await late.writes("lost", webhook=False)
    await late.writes("heard", webhook=True)
    turn = late.store.inbox.claim("worker")
    assert turn is not None
    await late.looks()
    late.store.inbox.give_back(turn)
    assert late.answered() == ["heard", "lost"]


async def test_the_words_come_although_the_file_is_gone(late: Late) -> None:
    late.twilio.inbound(late.phone, "my scan", NumMedia="1")
    sid = late.twilio.messages[-1]["sid"]
    late.twilio.gone.add(sid)
    await late.writes("did you get it?", webhook=False)
    assert await late.looks() == 2
    assert late.answered() == ["my scan", "did you get it?"]


@pytest.mark.parametrize("what", [LOST, PIECES])
async def test_another_process_can_ask_for_a_look(
    late: Late, clock: Clock, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("connectors.reconciliation.ASKED_SECONDS", 0.01)
    looking = [asyncio.create_task(late.look.run()), asyncio.create_task(late.look.run_asked())]
    async with asyncio.timeout(LONGEST_SECONDS):
        while late.gate.channels() is not None:  # until the first look has ended
            await asyncio.sleep(0.01)
        late.twilio.inbound(late.phone, "lost by another process")
        while not (heard := late.answered()):
            clock.forward(seconds=1)
            late.store.beats.beat(what)
            await asyncio.sleep(0.05)
    assert heard == ["lost by another process"]
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)


class SlowList(TwilioStandIn):
    """Its list is not told before the gateway has had time to answer from what it knows."""

    seconds = 1.0

    async def _list(self, request: Request) -> Response:
        await asyncio.sleep(self.seconds)
        return await super()._list(request)


@pytest.fixture
def halfway(tmp_path: Path, migrated_sqlite: Path) -> tuple[SlowList, Path]:
    """A gateway was killed with one message in its hands and the next one stored."""
    twilio = SlowList()
    path = tmp_path / "before.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    phone = "+8801712345678"
    twilio.inbound(phone, "first")
    second = twilio.inbound(phone, "second")
    store = Store.open(f"sqlite:///{path}", [KEY])
    store.inbox.receive(parse_message(Params({k: [v] for k, v in second.items()})))
    store.close()
    return twilio, path


def texts(twilio: TwilioStandIn) -> list[Any]:
    return [message["body"] for message in twilio.outgoing]


def test_after_a_start_nobody_is_answered_before_the_list_was_read(
    tmp_path: Path, halfway: tuple[SlowList, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio, path = halfway
    monkeypatch.setattr("connectors.reconciliation.GATE_SECONDS", 3600.0)
    with running(tmp_path, path, twilio):
        until(lambda: "second" in str(texts(twilio)))
        said = "\n".join(texts(twilio))
    assert said.index("first") < said.index("second")


def test_a_provider_that_does_not_answer_costs_a_moment_only(
    tmp_path: Path, halfway: tuple[SlowList, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio, path = halfway
    twilio.seconds = 60.0
    monkeypatch.setattr("connectors.reconciliation.GATE_SECONDS", 0.5)
    with running(tmp_path, path, twilio):
        until(lambda: "You said: second" in texts(twilio))


def test_others_are_answered_while_the_list_is_read(tmp_path: Path, migrated_sqlite: Path) -> None:
    twilio = SlowList()
    twilio.seconds = 60.0
    with running(tmp_path, migrated_sqlite, twilio) as service:
        assert service.say("hello")["replies"]


def test_what_lies_on_the_disk_is_not_overtaken(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio = SlowList()
    twilio.seconds = 60.0  # nothing comes from the list
    monkeypatch.setattr("connectors.reconciliation.GATE_SECONDS", 0.0)
    monkeypatch.setattr("connectors.channels.REPLAY_SECONDS", 1.0)
    with running(tmp_path, migrated_sqlite, twilio) as service:
        Outage(service.store, monkeypatch).left = 1
        phone = "+8801712345678"
        service.push_whatsapp(twilio.inbound(phone, "during the outage"))
        service.push_whatsapp(twilio.inbound(phone, "right after it"))
        until(lambda: "right after it" in str(texts(twilio)))
    said = "\n".join(texts(twilio))
    assert said.index("during the outage") < said.index("right after it")
