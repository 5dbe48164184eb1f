"""A ring in one process wakes who waits in another, and Redis' absence costs a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connectors import bell_line
from connectors.bell import Bell
from connectors.bell_line import BellLine
from tests.connectors.waiting import LONGEST_SECONDS
from tests.scale.redis_server import RedisServer


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Bell]:
    """The bell of one process; the line is up."""
    bell = Bell()
    up = bell.listen()
    line = asyncio.create_task(BellLine(url, {"answered": bell}).run())
    assert await up.heard(LONGEST_SECONDS)  # it rings once when it begins to listen
    try:
        yield bell
    finally:
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)


async def test_only_those_who_wait_for_this_conversation_are_woken() -> None:
    bell = Bell()
    mine, other, anything = bell.listen("mine"), bell.listen("other"), bell.listen()
    bell.ring("mine")
    assert await mine.heard(0)
    assert await anything.heard(0)
    assert not await other.heard(0)
    bell.ring()
    assert await other.heard(0)


async def test_a_conversation_nobody_waits_for_any_more_is_forgotten() -> None:
    bell = Bell()
    for number in range(1000):
        bell.listen(str(number))
    assert len(bell._events) == 0


async def test_a_reply_made_elsewhere_wakes_its_page(redis_url: str) -> None:
    async with process(redis_url) as here, process(redis_url) as there:
        waiting = there.listen("conversation-1")
        not_theirs = there.listen("conversation-2")
        here.ring("conversation-1")
        assert await waiting.heard(LONGEST_SECONDS)
        assert not await not_theirs.heard(0)


async def test_a_ring_for_everybody_is_one_for_everybody(redis_url: str) -> None:
    async with process(redis_url) as here, process(redis_url) as there:
        waiting = there.listen("conversation-1")
        for number in range(500):
            here.ring(f"another-{number}")
        assert await waiting.heard(LONGEST_SECONDS)  # beyond some, all are woken


async def test_rings_come_again_after_redis_was_away(
    redis_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell_line, "_AGAIN_SECONDS", 0.05)
    async with process(redis_url) as here, process(redis_url) as there:
        await asyncio.to_thread(redis_server.stop)
        here.ring("conversation-1")
        back = there.listen()
        await asyncio.to_thread(redis_server.start)
        assert await back.heard(LONGEST_SECONDS)
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:  # the other side may still be on its way back
                waiting = there.listen("conversation-1")
                here.ring("conversation-1")
                if await waiting.heard(0.2):
                    break
