"""From inbox to outbox: answered once and in order, whatever the engine does."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.store import Author, FileRef, Kind, Location, OutboundReply, State, Store
from bot.store.tables import Due
from connectors import worker as worker_module
from tests.conftest import Clock
from tests.connectors.waiting import LONGEST_SECONDS
from tests.pipeline.parts import Bells, engine_of, running, until, worker_of
from tests.standins.engine import EngineStandIn
from tests.store.people import reply, says


@pytest.fixture
def clock() -> type[datetime]:  # the worker's pauses are real, so the store's clock is too
    return lambda: datetime.now(UTC)  # type: ignore[return-value]


def bot_texts(store: Store, conversation: str) -> list[str]:
    """What the bot said, oldest first."""
    lines = store.transcript(conversation, limit=1000)
    return [line.text or "" for line in reversed(lines) if line.author is Author.BOT]


def no_work(store: Store) -> bool:
    """Whether the inbox is empty."""
    return store.inbox.depth().waiting == 0


async def test_each_person_is_answered_in_order(store: Store) -> None:
    engine, bells = EngineStandIn(), Bells()
    conversations = {}
    for number in range(4):
        for person in range(5):
            received = says(store, f"text {number}", person=f"+{person}")
            conversations[received.conversation_id] = person
    async with running(worker_of(store, engine_of(engine), bells, parallel=4)):
        await until(lambda: no_work(store))
    for conversation in conversations:
        assert bot_texts(store, conversation) == [f"You said: text {n}" for n in range(4)]


async def test_two_workers_share_the_work(store: Store) -> None:
    engine, bells = EngineStandIn(), Bells()
    for person in range(10):
        says(store, "hello", person=f"+{person}")
    async with running(*(worker_of(store, engine_of(engine), bells) for _ in range(2))):
        await until(lambda: no_work(store))
    asked = [turn["message_id"] for turn in engine.turns]
    assert len(asked) == len(set(asked)) == 10


async def test_what_the_engine_is_told(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(), Bells()
    says(
        store,
        "my scan",
        kind=Kind.FILE,
        profile_name="Rina",
        language_hint="bn",
        files=(FileRef(name="scan.pdf", key="ab/cd", content_type="application/pdf"),),
        location=Location(lat=23.8, lon=90.4),
        metadata={"too_long": True},
    )
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: engine.turns)
    (turn,) = engine.turns
    assert (turn["text"], turn["payload"]) == ("my scan", None)
    told = turn["metadata"]
    assert told["channel"] == "whatsapp"
    assert told["kind"] == "file"
    assert told["language"] == "bn"
    assert told["profile_name"] == "Rina"
    [file] = told["files"]
    assert file.pop("paper") == f"{told['messages'][0]}/0"
    assert file == {"name": "scan.pdf", "key": "ab/cd", "content_type": "application/pdf"}
    assert told["location"] == {"lat": 23.8, "lon": 90.4}
    assert told["too_long"] is True


async def test_a_tap_becomes_its_payload_and_a_made_up_token_stays_text(
    sqlite_store: Store,
) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(), Bells()
    async with running(worker_of(store, engine_of(engine), bells)):
        conversation = says(store, "buttons", channel="telegram").conversation_id
        await until(lambda: len(store.buttons.current(conversation)) == 2)
        tapped = store.buttons.current(conversation)[1]
        for token, title in ((tapped.token, "Mostly in bed"), ("made-up", "Walking about")):
            says(store, title, channel="telegram", kind=Kind.BUTTON, button_token=token)
        await until(lambda: len(engine.turns) == 3 and no_work(store))
    payloads = [(t["payload"], t["text"]) for t in engine.turns[1:]]
    assert payloads == [
        ('/answer{"fact": "ecog", "value": 3}', "Mostly in bed"),
        (None, "Walking about"),
    ]


@pytest.mark.parametrize(
    ("channel", "typed", "payload"),
    [
        ("whatsapp", "2", 3),
        ("whatsapp", " 2. ", 3),
        ("whatsapp", "২", 3),
        ("whatsapp", "3", None),
        ("whatsapp", "mostly in bed", 3),
        ("whatsapp", "2 months ago", None),
        ("telegram", "2", None),
        ("telegram", "Walking about.", 1),
        ("telegram", '/answer{"fact": "ecog", "value": 1}', None),
    ],
)
async def test_a_typed_choice_counts_as_a_tap(
    sqlite_store: Store, channel: str, typed: str, payload: int | None
) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(), Bells()
    says(store, "buttons", channel=channel)
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: engine.turns and no_work(store))
        says(store, typed, channel=channel)
        await until(lambda: len(engine.turns) == 2)
    wanted = None if payload is None else f'/answer{{"fact": "ecog", "value": {payload}}}'
    assert (engine.turns[1]["payload"], engine.turns[1]["text"]) == (wanted, typed)


async def test_several_short_messages_are_one_turn(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(), Bells()
    for text in ("my mother", "ovarian cancer"):
        says(store, text)
    async with running(worker_of(store, engine_of(engine), bells, group=5)):
        await until(lambda: no_work(store))
    (turn,) = engine.turns
    assert turn["text"] == "my mother\novarian cancer"
    assert len(turn["metadata"]["messages"]) == 2


async def test_an_outage_is_apologised_for_once_and_answered_later(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "APOLOGY_AFTER_SECONDS", 0.0)
    store, engine, bells = sqlite_store, EngineStandIn(down=True), Bells()
    conversation = says(store, "hello").conversation_id
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: bot_texts(store, conversation))
        await until(lambda: store.transcript(conversation)[-1].error_code is not None)
        engine.down = False
        await until(lambda: no_work(store))
    said = bot_texts(store, conversation)
    assert len(said) == 2
    assert said[1] == "You said: hello"
    apology = store.transcript(conversation)[1].outgoing
    assert apology is not None
    assert apology.response == "utter_apology"


async def test_an_engine_that_restarts_needs_no_apology(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "APOLOGY_AFTER_SECONDS", 3600.0)
    store, engine, bells = sqlite_store, EngineStandIn(down=True), Bells()
    conversation = says(store, "hello").conversation_id
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: store.transcript(conversation)[-1].error_code is not None)
        engine.down = False
        await until(lambda: no_work(store))
    assert bot_texts(store, conversation) == ["You said: hello"]


async def test_a_long_answer_is_split_before_it_is_stored(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(), Bells()
    conversation = says(store, "long").conversation_id
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: no_work(store))
    parts = bot_texts(store, conversation)
    assert len(parts) > 1
    assert all(len(part) <= 1600 for part in parts)


async def test_a_person_erased_during_the_turn_stays_erased(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(seconds=0.3), Bells()
    conversation = says(store, "hello").conversation_id
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: engine.turns)
        store.erase(conversation)
    assert store.conversations.get(conversation) is None
    assert store.outbox.depth().waiting == 0


async def test_a_turn_longer_than_its_lease_is_not_taken_twice(sqlite_store: Store) -> None:
    store, bells, lease = sqlite_store, Bells(), 0.6
    moment, may_answer = Clock(), threading.Event()
    store.database.now = moment

    def slowly(_asked: object) -> list[dict[str, object]]:
        may_answer.wait(LONGEST_SECONDS)
        return [{"text": "at last"}]

    engine = EngineStandIn(answer=slowly)
    conversation = says(store, "hello").conversation_id
    workers = [worker_of(store, engine_of(engine), bells, lease_seconds=lease) for _ in range(2)]
    async with running(*workers):
        for _ in range(4):  # time goes by only after the lease was renewed
            await until(lambda: lease_until(store) == moment() + timedelta(seconds=lease))
            moment.forward(seconds=lease * 0.9)
        may_answer.set()
        await until(lambda: no_work(store))
    assert len(engine.turns) == 1
    assert bot_texts(store, conversation) == ["at last"]


def lease_until(store: Store) -> datetime | None:
    """For how long the only conversation is held."""
    with store.database.read() as session:
        return session.scalar(select(Due.lease_until))


async def test_a_stopped_worker_ends_its_turn_first(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(seconds=0.4), Bells()
    conversation = says(store, "hello").conversation_id
    async with running(worker_of(store, engine_of(engine), bells)):
        await until(lambda: engine.turns)
    assert bot_texts(store, conversation) == ["You said: hello"]


async def test_a_worker_that_must_go_hands_its_turn_over(sqlite_store: Store) -> None:
    store, engine, bells = sqlite_store, EngineStandIn(seconds=60), Bells()
    says(store, "hello")
    client = engine_of(engine)
    going = asyncio.create_task(worker_of(store, client, bells).run())
    await until(lambda: engine.turns)
    going.cancel()
    with suppress(asyncio.CancelledError):
        await going
    engine.seconds = 0
    async with running(worker_of(store, client, bells)):
        await until(lambda: no_work(store))
    assert [turn["message_id"] for turn in engine.turns] == [engine.turns[0]["message_id"]] * 2


async def test_what_a_dead_worker_had_stored_is_not_produced_twice(sqlite_store: Store) -> None:
    store = sqlite_store
    heard = says(store, "hello")
    assert store.inbox.claim("dead", lease_seconds=0.0) is not None
    again = store.inbox.claim("alive")
    assert again is not None
    assert again.message_id == heard.message_id
    store.inbox.finish(again, [OutboundReply(text="once")])
    assert store.transcript(heard.conversation_id)[0].state is State.QUEUED


def test_the_apology_is_sent_even_to_a_held_conversation() -> None:
    assert worker_module.apology("xx").urgent
    assert reply("x").urgent is False


def test_a_process_of_this_host_is_known_to_live_or_not() -> None:
    host, number, _ = worker_module.PROCESS.split(":")
    assert worker_module.is_alive(worker_module.PROCESS)
    assert not worker_module.is_alive(f"{host}:{number}:other")
    assert worker_module.is_alive(f"{host}:1:init")
    assert not worker_module.is_alive(f"{host}:4194303:gone")


def test_clock_helper_moves() -> None:
    moving = Clock()
    before = moving()
    moving.forward(seconds=1)
    assert moving() - before == timedelta(seconds=1)
