"""Stored files: sealed in pieces, one file for one content, readable for ever, never half there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.store.errors import BadKeys
from bot.store.files import FileStore, LocalFiles, open_files
from bot.store.sealed import PIECE, Sealer
from tests.standins.object_store import ObjectStoreStandIn
from tests.standins.serving import serving

KEY = Fernet.generate_key().decode()
SCAN = b"%PDF-1.7 a report about ovarian cancer"


@pytest.fixture(params=["folder", "object store"])
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileStore]:
    if request.param == "folder":
        yield open_files(f"file://{tmp_path}", [KEY])
        return
    with serving(ObjectStoreStandIn().app(), abrupt=True) as url:
        for name, value in ObjectStoreStandIn.environment(url).items():
            monkeypatch.setenv(name, value)
        yield open_files("s3://records/intake", [KEY])


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 6_000_000])
def test_what_was_stored_is_read_back(files: FileStore, size: int) -> None:
    data = secrets.token_bytes(size)
    with files.writer("conversation") as writer:
        for start in range(0, size, 700_001):
            writer.write(data[start : start + 700_001])
        stored = writer.commit()
    assert (stored.size, stored.new) == (size, True)
    pieces = list(files.chunks(stored.key))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= PIECE


def test_the_same_file_twice_is_one_file_of_one_person_only(files: FileStore) -> None:
    stored = []
    for scope in ("amina", "amina", "rahim"):
        with files.writer(scope) as writer:
            writer.write(SCAN)
            stored.append(writer.commit())
    assert [s.new for s in stored] == [True, False, True]
    assert stored[0].key == stored[1].key != stored[2].key
    files.remove(stored[0].key)
    assert files.get(stored[2].key) == SCAN


def test_nothing_stays_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path, [KEY])
    with files.writer("amina") as writer:
        writer.write(SCAN)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_process_that_died_has_left_is_swept_away(files: FileStore) -> None:
    with files.writer("amina") as writer:
        writer.write(SCAN)
        folder = files._storage.parts_folder()
        [part] = folder.glob("*.part")
        files.sweep()
        assert part.exists()  # it may still be written
        os.utime(part, (0, 0))
        files.sweep()
        assert not part.exists()


def test_a_file_stored_before_names_came_from_content_is_still_read(tmp_path: Path) -> None:
    old = "ab/" + "0" * 40
    (tmp_path / "ab").mkdir()
    (tmp_path / old).write_bytes(Fernet(KEY).encrypt(SCAN))
    assert LocalFiles(tmp_path, [KEY]).get(old) == SCAN


CHANGES = {
    "a byte changed": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
    "the end cut off": lambda data: data[: -PIECE // 2],
    "a whole piece cut off": lambda data: data[: -(PIECE + 16)],
    "something added": lambda data: data + b"x",
    "pieces swapped": lambda data: (
        data[: -2 * (PIECE + 16)] + data[-(PIECE + 16) :] + data[-2 * (PIECE + 16) : -(PIECE + 16)]
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_file_is_not_read(tmp_path: Path, change: str) -> None:
    files = LocalFiles(tmp_path, [KEY])
    key = files.put(secrets.token_bytes(3 * PIECE))
    path = tmp_path / key
    path.write_bytes(CHANGES[change](path.read_bytes()))
    with pytest.raises(BadKeys):
        files.get(key)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    key = LocalFiles(tmp_path, [KEY]).put(SCAN)
    with pytest.raises(BadKeys):
        LocalFiles(tmp_path, [Fernet.generate_key().decode()]).get(key)


@given(garbage=st.binary(max_size=300))
def test_garbage_is_refused_with_a_clear_error(garbage: bytes) -> None:
    for start in (b"", b"INTAKE\x00\x01", b"INTAKE\x00\x01\x00\x05"):
        with pytest.raises(BadKeys):
            list(Sealer([KEY]).opened(iter([start + garbage])))
