"""A real Redis for tests of what several processes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from bot import limits
from tests.connectors.waiting import LONGEST_SECONDS
from tests.scale.redis_server import RedisServer, unused


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """One server for the tests of a module."""
    server = unused()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its address; it runs and is empty, and a busy machine does not count as its absence."""
    monkeypatch.setattr(limits, "_ANSWER_SECONDS", LONGEST_SECONDS)
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
