"""Many threads, several processes, kill -9: every message has exactly one effect, in order."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.facts.case import Fact
from bot.store import Author, State, Store, StoreUnavailable, TurnConflict, database
from bot.store.records import Received
from tests.conftest import KEY
from tests.store.people import message, reply, says

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def real_time_store(store_url: str) -> Iterator[Store]:
    """A store on the real clock."""
    opened = Store.open(store_url, [KEY])
    yield opened
    opened.close()


def in_threads(step: Callable[[int], object], count: int) -> list[object]:
    """Run `step(0)` ... at the same time; exceptions come through."""
    gate = threading.Barrier(count)

    def run(index: int) -> object:
        gate.wait()
        return step(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_the_same_message_from_many_gateways_at_once(real_time_store: Store) -> None:
    store = real_time_store
    for round_ in range(5):
        sent = message("hello", person=f"+{round_}")
        results = in_threads(lambda _, sent=sent: store.inbox.receive(sent), 8)
        assert sum(not r.duplicate for r in results) == 1  # type: ignore[attr-defined]
        assert len({r.message_id for r in results}) == 1  # type: ignore[attr-defined]
    assert store.inbox.depth().waiting == 5


def test_first_messages_of_one_person_at_once_make_one_conversation(
    real_time_store: Store,
) -> None:
    store = real_time_store
    found = in_threads(lambda index: says(store, str(index), person="+1").conversation_id, 8)
    assert len(set(found)) == 1
    assert store.inbox.depth().waiting == 8


def test_many_workers_while_people_write(real_time_store: Store) -> None:
    store = real_time_store
    people, each = 6, 5
    written: dict[str, list[str]] = defaultdict(list)
    writing = threading.Event()

    def step(index: int) -> None:
        if index < people:
            for number in range(each):
                received = says(store, f"{index}-{number}", person=f"+{index}")
                written[received.conversation_id].append(f"{index}-{number}")
                time.sleep(0.002)
        while not writing.is_set() or store.inbox.depth().waiting:
            turn = store.inbox.claim(f"w{index}")
            if turn is None:
                time.sleep(0.005)
                continue
            store.inbox.finish(turn, [reply(turn.messages[0].message.text or "")])

    timer = threading.Timer(1.0, writing.set)
    timer.start()
    in_threads(step, people + 2)
    assert len(written) == people
    for conversation, texts in written.items():
        assert texts_by(store, conversation, Author.PATIENT) == texts
        assert texts_by(store, conversation, Author.BOT) == texts


def test_turns_of_one_case_at_once_lose_nothing(real_time_store: Store) -> None:
    store = real_time_store
    heard = says(store)
    with store.turns.begin(heard.conversation_id, "first") as turn:
        turn.finish(replies=[])

    def step(index: int) -> int:
        conflicts = 0
        while True:
            with store.turns.begin(heard.conversation_id, f"m{index}") as turn:
                turn.case.facts[f"fact{index}"] = Fact(index)
                try:
                    turn.finish(replies=[])
                except TurnConflict:
                    conflicts += 1
                else:
                    return conflicts

    in_threads(step, 6)
    case = store.cases.by_conversation(heard.conversation_id)
    assert case is not None
    assert case.wire() == {f"fact{index}": index for index in range(6)}


def test_the_audit_chain_holds_with_many_writers(real_time_store: Store) -> None:
    store = real_time_store
    in_threads(lambda index: [store.audit.write(f"u{index}", "a", "b") for _ in range(10)], 6)
    assert store.audit.verify() is None
    assert len(store.audit.entries()) == 60


def test_a_locked_database_is_said_soon_and_loses_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    store = Store.open(sqlite_url, [KEY])
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sent = message("hello")
    with pytest.raises(StoreUnavailable):
        store.inbox.receive(sent)
    assert store.inbox.depth().waiting == 0  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert not store.inbox.receive(sent).duplicate
    store.close()


def test_a_full_disk_is_said_and_loses_nothing(sqlite_url: str) -> None:
    store = Store.open(sqlite_url, [KEY])
    engine = store.database.engine

    def limit(pages: int) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    limit(1)  # the present size is the least that SQLite takes
    stored: list[Received] = []
    with pytest.raises(StoreUnavailable):
        stored.extend(says(store, "x" * 2000) for _ in range(500))
    limit(1_000_000)
    sent = message("after")
    assert not store.inbox.receive(sent).duplicate
    assert store.inbox.depth().waiting == len(stored) + 1
    store.close()


def test_erasing_while_messages_come_in(real_time_store: Store) -> None:
    store = real_time_store
    conversation = says(store, person="+1").conversation_id

    def step(index: int) -> None:
        if index == 0:
            store.erase(conversation)
            return
        says(store, str(index), person="+1")

    in_threads(step, 6)
    assert store.conversations.get(conversation) is None
    info = store.conversations.by_address("whatsapp", "+1", "+15550100")
    lines = store.transcript(info.id) if info else []
    assert len(lines) == store.inbox.depth().waiting


def test_processes_killed_at_any_moment(
    real_time_store: Store, store_url: str, tmp_path: Path
) -> None:
    store, provider = real_time_store, tmp_path / "provider"
    provider.touch()
    people, each, kills = 4, 6, 4
    processes = [started(store_url, provider) for _ in range(2)]
    chance = random.Random(7)  # noqa: S311
    try:
        for number in range(each):
            for person in range(people):
                sent = message(f"{person}-{number}", person=f"+{person}")
                store.inbox.receive(sent)
                store.inbox.receive(sent)
            if number < kills:
                time.sleep(chance.uniform(0.02, 0.2))
                killed = processes.pop(0)
                killed.kill()
                killed.wait()
                processes.append(started(store_url, provider))
        wait_until(lambda: not store.inbox.depth().waiting and not store.outbox.depth().waiting)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    sent_texts: dict[str, list[str]] = defaultdict(list)
    for line in provider.read_text(encoding="utf-8").splitlines():
        sent_texts[line.split()[0]].append(line.split()[-1])
    assert len(sent_texts) == people
    for conversation, texts in sent_texts.items():
        wanted = texts_by(store, conversation, Author.PATIENT)
        assert len(wanted) == each
        assert texts_by(store, conversation, Author.BOT) == wanted
        assert texts == wanted, "sent once, in order"
    assert all(
        line.state in (State.DONE, State.SENT)
        for conversation in sent_texts
        for line in store.transcript(conversation, limit=1000)
    )


def started(url: str, provider: Path) -> subprocess.Popen[str]:
    """A running worker process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.killed_worker", url, KEY, str(provider)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def wait_until(done: Callable[[], bool], seconds: float = 90) -> None:
    """Poll until `done`."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it does not end"
        time.sleep(0.05)


def texts_by(store: Store, conversation: str, author: Author) -> list[str]:
    """What one side wrote, oldest first."""
    lines = reversed(store.transcript(conversation, limit=1000))
    return [line.text or "" for line in lines if line.author is author]
