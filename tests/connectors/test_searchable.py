"""The regular work takes new messages into the console's search, whatever else goes wrong."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from bot.settings import Settings
from bot.store import Store
from bot.store.index_tables import IndexedWord
from connectors.housekeeping import Housekeeping
from tests.conftest import KEY, Clock
from tests.store.people import says


def words(store: Store) -> int:
    """How many words are indexed."""
    with store.database.read() as session:
        return len(session.scalars(select(IndexedWord.word_key)).all())


@pytest.fixture
def settings() -> Settings:
    return Settings(INTAKE_DATA_KEYS=KEY)  # type: ignore[call-arg]


async def until_working(store: Store, settings: Settings, rounds: int = 200) -> None:
    """Lets the regular work run until there are words."""
    work = asyncio.create_task(Housekeeping(store, settings, pause_seconds=0.01).run())
    for _ in range(rounds):
        await asyncio.sleep(0.02)
        if work.done() or words(store):
            break
    assert not work.done()
    work.cancel()


async def test_what_is_new_becomes_searchable(sqlite_store: Store, settings: Settings) -> None:
    says(sqlite_store, "our mother")
    await until_working(sqlite_store, settings)
    assert words(sqlite_store) == 2


async def test_a_message_under_a_lost_key_does_not_stop_the_regular_work(
    sqlite_store: Store, settings: Settings, clock: Clock
) -> None:
    kept = says(sqlite_store, "gone")
    sqlite_store.conversations.expire(kept.conversation_id, None)
    with sqlite_store.database.write() as session:
        session.execute(text("UPDATE messages SET body = 'of another key'"))
    received = says(sqlite_store, "somebody who never agrees", person="+4915550")
    await until_working(sqlite_store, settings, rounds=20)
    assert words(sqlite_store) == 0
    clock.forward(hours=25)  # nobody agreed: erased by the same work
    work = asyncio.create_task(Housekeeping(sqlite_store, settings, pause_seconds=0.01).run())
    for _ in range(200):
        await asyncio.sleep(0.02)
        if sqlite_store.conversations.get(received.conversation_id) is None:
            break
    work.cancel()
    assert sqlite_store.conversations.get(received.conversation_id) is None
