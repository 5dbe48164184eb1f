"""The regular work takes new messages into the console's search, whatever else goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import select, text

from bot.settings import Settings
from bot.store import Store
from bot.store.index_tables import IndexedWord
from connectors.housekeeping import Housekeeping
from tests.conftest import KEY, Clock
from tests.connectors.waiting import LONGEST_SECONDS
from tests.store.people import says


def words(store: Store) -> int:
    """How many words are indexed."""
    with store.database.read() as session:
        return len(session.scalars(select(IndexedWord.word_key)).all())


@pytest.fixture
def settings() -> Settings:
    return Settings(INTAKE_DATA_KEYS=KEY)  # type: ignore[call-arg]


async def works(store: Store, settings: Settings, until: Callable[[], Any]) -> None:
    """Lets the regular work run until something holds, and fails when it ends by itself."""
    work = asyncio.create_task(Housekeeping(store, settings, pause_seconds=0.01).run())
    async with asyncio.timeout(LONGEST_SECONDS):
        while not until():
            assert not work.done()
            await asyncio.sleep(0.02)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_what_is_new_becomes_searchable(sqlite_store: Store, settings: Settings) -> None:
    says(sqlite_store, "our mother")
    await works(sqlite_store, settings, lambda: words(sqlite_store))
    assert words(sqlite_store) == 2


async def test_a_message_under_a_lost_key_does_not_stop_the_regular_work(
    sqlite_store: Store, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = Mock(wraps=sqlite_store.indexing.catch_up)
    monkeypatch.setattr(sqlite_store.indexing, "catch_up", tries)
    kept = says(sqlite_store, "gone")
    sqlite_store.conversations.expire(kept.conversation_id, None)
    with sqlite_store.database.write() as session:
        session.execute(text("UPDATE messages SET body = 'of another key'"))
    received = says(sqlite_store, "somebody who never agrees", person="+4915550")
    await works(sqlite_store, settings, lambda: tries.call_count >= 3)
    assert words(sqlite_store) == 0
    clock.forward(hours=25)  # nobody agreed: erased by the same work
    conversations, never_agreed = sqlite_store.conversations, received.conversation_id
    await works(sqlite_store, settings, lambda: conversations.get(never_agreed) is None)
