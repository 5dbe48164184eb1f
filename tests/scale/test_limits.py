"""Limits hold over all processes together, and nobody waits when Redis is away."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis

from bot.limits import Limits, RedisLink, SharedLine, SharedTally, limits_of
from bot.settings import SettingMissing
from connectors.pace import SharedPace, pace_of
from tests.connectors.conftest import make_settings
from tests.scale.redis_server import RedisServer, unused

SECRET = "a secret of all processes"


def two_processes(url: str) -> tuple[Limits, Limits]:
    """Links of two processes to one Redis."""
    return Limits(RedisLink(url, SECRET)), Limits(RedisLink(url, SECRET))


def test_two_gateways_count_one_persons_messages_together(redis_url: str) -> None:
    here, there = (limits.rate("flood", 4, 0.001) for limits in two_processes(redis_url))
    allowed = [gateway.allows("+880170") for gateway in (here, there, here, there, here, there)]
    assert allowed == [True, True, True, True, False, False]
    assert here.allows("+880171")


def test_a_bucket_fills_again(redis_url: str) -> None:
    limit = Limits(RedisLink(redis_url, SECRET)).rate("flood", 1, 0.001)
    assert limit.allows("someone")
    assert not limit.allows("someone")
    with redis.Redis.from_url(redis_url) as client:
        [key] = client.scan_iter()
        full_at = int(client.get(key))  # in microseconds; as if a thousand seconds had gone by
        client.set(key, full_at - 1000 * 1_000_000)
    assert limit.allows("someone")
    assert not limit.allows("someone")


def test_redis_learns_no_name(redis_url: str) -> None:
    here, _ = two_processes(redis_url)
    here.rate("flood", 4, 1).allows("whatsapp +8801712345678")
    with redis.Redis.from_url(redis_url) as client:
        kept = " ".join(key.decode() for key in client.scan_iter())
    assert kept.startswith("intake:flood:")
    assert "8801712345678" not in kept


def test_without_redis_each_process_counts_for_itself() -> None:
    gone = unused()
    limit = Limits(RedisLink(gone.url, SECRET)).rate("flood", 2, 0.001)
    assert [limit.allows("someone") for _ in range(3)] == [True, True, False]


def test_after_an_outage_the_limit_is_shared_again(
    redis_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.limits._REST_SECONDS", 0.0)
    here, there = (limits.rate("flood", 3, 0.001) for limits in two_processes(redis_url))
    assert here.allows("someone")
    redis_server.stop()
    assert here.allows("someone")
    redis_server.start()
    assert [here.allows("someone"), there.allows("someone")] == [True, True]
    assert [here.allows("someone"), there.allows("someone")] == [True, False]


async def test_the_event_loop_goes_on_while_redis_is_asked(redis_url: str) -> None:
    limit = Limits(RedisLink(redis_url, SECRET)).rate("flood", 50, 0.001)
    admitted = await asyncio.gather(*(limit.admits("someone") for _ in range(60)))
    assert sum(admitted) == 50


def test_senders_stand_in_one_line(redis_url: str) -> None:
    lines = [SharedLine(RedisLink(redis_url, SECRET), "telegram", 0.01) for _ in range(2)]
    waits = [lines[number % 2].queue_up() for number in range(6)]
    for number, wait in enumerate(waits):
        assert 100 * (number - 1) < wait <= 100 * number
    lines[0].pause(5000)
    assert 4900 < lines[1].queue_up() <= 5000


async def test_a_sender_waits_its_turn_among_all_senders(redis_url: str) -> None:
    one, other = (pace_of(limits, "telegram", 50) for limits in two_processes(redis_url))
    began = time.monotonic()
    await asyncio.gather(*(pace.wait() for pace in (one, other) * 10))
    assert time.monotonic() - began > 19 * 0.02 * 0.9
    await one.pause(30)
    assert one.seconds > 29


async def test_without_redis_a_sender_keeps_its_own_pace() -> None:
    pace = pace_of(Limits(RedisLink(unused().url, SECRET)), "telegram", 1000)
    assert isinstance(pace, SharedPace)
    await pace.wait()
    await pace.pause(2)
    assert pace.seconds > 1


def test_failed_logins_are_counted_over_all_processes(redis_url: str) -> None:
    here, there = (SharedTally(RedisLink(redis_url, SECRET), "logins", 900) for _ in range(2))
    here.add("203.0.113.7")
    there.add("203.0.113.7")
    assert here.count("203.0.113.7") == there.count("203.0.113.7") == 2
    assert here.count("203.0.113.8") == 0
    alone = SharedTally(RedisLink(unused().url, SECRET), "logins", 900)
    alone.add("203.0.113.7")
    assert alone.count("203.0.113.7") == 0


def test_a_malformed_address_is_named() -> None:
    with pytest.raises(SettingMissing, match="INTAKE_REDIS_URL"):
        RedisLink("http://example.org", SECRET)


def test_no_setting_no_redis(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert limits_of(make_settings(tmp_path_factory.mktemp("x"))).link is None
