"""New keys for everything that is kept, tables and files, while it is in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select, type_coerce
from sqlalchemy.types import Text

from bot.operations.keys import rotate
from bot.store import BadKeys, FileRef, NotFound, Store, new_key
from bot.store.files import FileStore, LocalFiles, open_files
from bot.store.rotation import encrypted_columns
from bot.store.sealed import PIECE
from bot.store.tables import Base
from tests.conftest import KEY
from tests.standins.object_store import ObjectStoreStandIn
from tests.standins.serving import serving
from tests.store.people import intake, message

SCAN = b"%PDF-1.7 a report about ovarian cancer " + b"x" * (2 * PIECE)
FRESH = new_key()


def send_file(store: Store, files: FileStore, data: bytes = SCAN, person: str = "+880") -> str:
    """Somebody sends a file; gives its key."""
    key = files.put(data)
    ref = FileRef(name="report.pdf", key=key, size=len(data))
    heard = store.inbox.receive(message("my report", person, kind="file", files=(ref,)))
    intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    return key


@pytest.fixture(params=["folder", "object store"])
def address(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where files are kept."""
    if request.param == "folder":
        yield f"file://{tmp_path / 'files'}"
        return
    with serving(ObjectStoreStandIn().app(), abrupt=True) as url:
        for name, value in ObjectStoreStandIn.environment(url).items():
            monkeypatch.setenv(name, value)
        yield "s3://records/intake"


def test_with_the_old_key_gone_everything_is_read_and_the_old_key_reads_nothing(
    sqlite_url: str, address: str
) -> None:
    store = Store.open(sqlite_url, [KEY])
    old_files = open_files(address, [KEY])
    keys = [send_file(store, old_files, SCAN + bytes([n]), f"+88{n}") for n in range(3)]
    for case in store.queries.queue():
        store.desk.add_tag(case.number, "ada", "first tag")
        store.desk.add_tag(case.number, "ada", "second tag")
    store.close()

    both = Store.open(sqlite_url, [FRESH, KEY], files=open_files(address, [FRESH, KEY]))
    said: list[str] = []
    assert rotate(both, said.append) > 20
    assert "files: 3 looked at" in said
    assert said[-2] == "rewritten: 0"
    assert "older ones can be dropped" in said[-1]
    both.close()

    with pytest.raises(BadKeys):
        old_files.get(keys[0])
    files = open_files(address, [FRESH])
    newest = Store.open(sqlite_url, [FRESH], files=files)
    assert [files.get(key) for key in keys] == [SCAN + bytes([n]) for n in range(3)]
    for case in newest.queries.queue():
        assert set(newest.desk.tags(case.number)) == {"first tag", "second tag"}
    old = Fernet(KEY)
    for token in tokens(newest):
        with pytest.raises(InvalidToken):
            old.decrypt(token)
    newest.close()


def tokens(store: Store) -> Iterator[str]:
    """Everything encrypted in the tables, as it is stored."""
    with store.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in encrypted_columns(table):
                yield from filter(None, session.scalars(select(type_coerce(column, Text))))


class BrokenOff(RuntimeError):
    """The machine went away."""


def test_what_was_broken_off_goes_on_where_it_was(sqlite_url: str, tmp_path: Path) -> None:
    store = Store.open(sqlite_url, [KEY])
    files = LocalFiles(tmp_path / "files", [KEY])
    keys = [send_file(store, files, SCAN + bytes([n]), f"+88{n}") for n in range(4)]
    store.close()
    both_files = LocalFiles(tmp_path / "files", [FRESH, KEY])
    both = Store.open(sqlite_url, [FRESH, KEY], files=both_files)

    def until(what: str, seen: int) -> None:
        if (what, seen) == ("files", 2):
            raise BrokenOff

    with pytest.raises(BrokenOff):
        both.rotate_keys(until)
    assert [both_files.is_current(key) for key in keys] == [True, True, False, False]
    assert all(both_files.get(key) for key in keys)
    assert both.rotate_keys() == 2
    assert all(LocalFiles(tmp_path / "files", [FRESH]).get(key) for key in keys)
    assert not list((tmp_path / "files").rglob("*.part"))
    both.close()


def test_a_file_that_is_being_read_is_read_to_its_end(sqlite_url: str, tmp_path: Path) -> None:
    store = Store.open(sqlite_url, [KEY])
    old = LocalFiles(tmp_path / "files", [KEY])
    key = send_file(store, old)
    store.close()
    reading = old.chunks(key)
    first = next(reading)
    both = Store.open(sqlite_url, [FRESH, KEY], files=LocalFiles(tmp_path / "files", [FRESH, KEY]))
    both.rotate_keys()
    assert first + b"".join(reading) == SCAN
    both.close()


def test_a_person_erased_meanwhile_does_not_come_back(sqlite_url: str, tmp_path: Path) -> None:
    store = Store.open(sqlite_url, [KEY])
    send_file(store, LocalFiles(tmp_path / "files", [KEY]), person="+881")
    key = send_file(store, LocalFiles(tmp_path / "files", [KEY]), SCAN + b"2", person="+882")
    files = LocalFiles(tmp_path / "files", [FRESH, KEY])
    both = Store.open(sqlite_url, [FRESH, KEY], files=files)
    conversation = both.conversations.by_address("whatsapp", "+882", "+15550100")
    assert conversation is not None

    def erase_the_other(what: str, seen: int) -> None:
        if (what, seen) == ("files", 1):
            both.erase(conversation.id)

    both.rotate_keys(erase_the_other)
    with pytest.raises(NotFound):
        files.get(key)
    store.close()
    both.close()


def test_a_file_of_the_older_kind_is_sealed_anew(tmp_path: Path) -> None:
    key = "ab/" + "0" * 40
    path = tmp_path / key
    path.parent.mkdir()
    path.write_bytes(Fernet(KEY).encrypt(SCAN))
    files = LocalFiles(tmp_path, [FRESH, KEY])
    assert not files.is_current(key)
    with files.rewrapped(key) as put_in_place:
        put_in_place()
    assert LocalFiles(tmp_path, [FRESH]).get(key) == SCAN
