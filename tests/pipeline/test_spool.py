"""While the database is away, messages wait on disk, in order, and are taken in later."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import InboundMessage, Store, StoreUnavailable, new_key
from bot.store.crypto import Cipher
from connectors.spool import Spool
from tests.store.people import message


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool in a new folder."""
    return Spool(tmp_path / "spool", Cipher([new_key()]))


def test_messages_come_back_whole_and_in_order(spool: Spool) -> None:
    sent = [message(f"text {n} ovarian") for n in range(20)]
    for one in sent:
        spool.append(one)
    assert spool.waiting() == 20
    taken: list[InboundMessage] = []
    assert spool.replay(taken.append) == 20
    assert taken == sent
    assert spool.waiting() == 0


def test_a_spool_that_was_replayed_halfway_goes_on(spool: Spool, sqlite_store: Store) -> None:
    for number in range(4):
        spool.append(message(f"{number}", person=f"+{number}"))
    times = iter((True, True, False))

    def take(one: InboundMessage) -> None:
        if not next(times, False):
            raise StoreUnavailable("OperationalError")
        sqlite_store.inbox.receive(one)

    with pytest.raises(StoreUnavailable):
        spool.replay(take)
    assert spool.waiting() == 2
    assert spool.replay(sqlite_store.inbox.receive) == 2
    assert sqlite_store.inbox.depth().waiting == 4


def test_a_repeat_after_a_crash_has_no_effect(spool: Spool, sqlite_store: Store) -> None:
    one = message("hello")
    spool.append(one)
    spool.append(one)
    spool.replay(sqlite_store.inbox.receive)
    assert sqlite_store.inbox.depth().waiting == 1


def test_an_unreadable_file_is_set_aside(spool: Spool, tmp_path: Path) -> None:
    spool.append(message("one"))
    first = next((tmp_path / "spool").glob("*.message"))
    for name, content in (("0", b"cut off"), ("1", b"\xff\xfe"), ("2", first.read_bytes()[:-9])):
        (first.parent / f"{name}.message").write_bytes(content)
    taken: list[InboundMessage] = []
    assert spool.replay(taken.append) == 1
    assert (spool.corrupt(), spool.waiting()) == (3, 0)


def test_a_message_that_cannot_be_stored_keeps_nobody_back(spool: Spool) -> None:
    for text in ("poison", "fine"):
        spool.append(message(text))
    stored = []

    def take(one: InboundMessage) -> None:
        if one.text == "poison":
            raise ValueError("refused")
        stored.append(one.text)

    assert spool.replay(take) == 1
    assert (stored, spool.is_empty(), spool.corrupt()) == (["fine"], True, 1)


def test_files_tell_nothing(spool: Spool, tmp_path: Path) -> None:
    spool.append(message("ovarian", person="+8801712345678", profile_name="Rina"))
    for file in (tmp_path / "spool").iterdir():
        for secret in (b"ovarian", b"8801712345678", b"Rina"):
            assert secret not in file.read_bytes()
            assert secret.decode() not in file.name
        assert file.stat().st_mode & 0o077 == 0


def test_an_unfinished_file_is_no_message_and_goes_when_old(tmp_path: Path) -> None:
    folder, key = tmp_path / "spool", new_key()
    folder.mkdir()
    old, fresh = folder / "1.tmp", folder / "2.tmp"
    for path in (old, fresh):
        path.write_text("half")
    os.utime(old, (1, 1))
    spool = Spool(folder, Cipher([key]))
    assert spool.replay(lambda _one: None) == 0
    assert not old.exists()
    assert fresh.exists()


def test_threads_do_not_lose_or_mix_messages(spool: Spool) -> None:
    def write(writer: int) -> None:
        for number in range(10):
            spool.append(message(f"{writer}-{number}"))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts: list[str] = []
    assert spool.replay(lambda one: texts.append(one.text or "")) == 50
    for writer in range(5):
        mine = [text for text in texts if text.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{number}" for number in range(10)]


def test_a_folder_that_cannot_be_made_is_said_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        Spool(tmp_path / "file" / "spool", Cipher([new_key()]))


@given(text=st.text(max_size=200).filter(lambda t: "\ud800" not in t))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"), Cipher([new_key()]))
    sent = message(text)
    spool.append(sent)
    taken: list[InboundMessage] = []
    spool.replay(taken.append)
    assert taken == [sent]
