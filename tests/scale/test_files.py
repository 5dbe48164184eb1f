"""Of several workers one fetches a file; one that dies with it is stood in for."""

from __future__ import annotations

from pathlib import Path

from bot.limits import RedisLink, SharedClaims
from bot.store import Store
from tests.connectors.test_media import Collecting, Source, send
from tests.scale.redis_server import unused

SECRET = "a secret of all processes"


def worker(store: Store, folder: Path, url: str, seconds: float = 60) -> Collecting:
    """A worker's collector that shares its claims through Redis."""
    made = Collecting(store, folder, Source())
    made.collector._claims = SharedClaims(RedisLink(url, SECRET), "files", seconds)
    return made


async def test_one_of_two_workers_fetches_it(
    sqlite_store: Store, tmp_path: Path, redis_url: str
) -> None:
    one, other = (worker(sqlite_store, tmp_path / "files", redis_url) for _ in range(2))
    conversation = send(sqlite_store, 1, "scan")
    # Both see it before either is done.
    await one.collector._start()
    await other.collector._start()
    await other.collector.collect()
    await one.collector.collect()
    [file] = await one.until_settled(conversation)
    assert file.key is not None
    assert sorted(one.source.asked + other.source.asked) == ["scan"]


async def test_what_a_dead_worker_had_is_fetched_by_another(
    sqlite_store: Store, tmp_path: Path, redis_url: str
) -> None:
    conversation = send(sqlite_store, 1, "scan")
    [waiting] = sqlite_store.received_files.of([send_id(sqlite_store, conversation)])
    dead = SharedClaims(RedisLink(redis_url, SECRET), "files", 0.001)
    assert dead.mine(waiting.id)
    alive = worker(sqlite_store, tmp_path / "files", redis_url)
    [file] = await alive.until_settled(conversation)
    assert file.key is not None


async def test_without_redis_everybody_fetches(sqlite_store: Store, tmp_path: Path) -> None:
    conversation = send(sqlite_store, 1, "scan")
    [file] = await worker(sqlite_store, tmp_path / "files", unused().url).until_settled(
        conversation
    )
    assert file.key is not None


def send_id(store: Store, conversation: str) -> str:
    """The id of the only message of a conversation."""
    [line] = store.transcript(conversation)
    return line.message_id
