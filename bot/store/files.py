"""Files that people send and get: sealed in pieces, under names made from their content.

Guarantee: a file has a name only after all of its bytes are durably stored; a name tells nothing
about content or person to whoever has only the storage, and no name leads out of it. The same
content twice within one scope (a conversation) is one file. What is read is authenticated.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self
from urllib.parse import unquote, urlsplit

from bot.store.errors import NotFound
from bot.store.sealed import PIECE, Sealer

# Names of 42 digits are from before names were made from the content.
_PART: Final = ".part"
UNFINISHED_SECONDS: Final = 3600
_KEY: Final = re.compile(r"[0-9a-f]{2}/(?:[0-9a-f]{40}|[0-9a-f]{62})")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is stored: its key, size in bytes, and whether it was not there before."""

    key: str
    size: int
    new: bool


class Storage(Protocol):
    """Where sealed files lie."""

    def parts_folder(self) -> Path:
        """A local folder for files that are still being written; they are sealed already."""

    def adopt(self, part: Path, key: str) -> bool:
        """Take a finished file in under its key; False when the key is there already."""

    def replace(self, part: Path, key: str) -> None:
        """Put a finished file in the place of the one under this key, at once and as a whole."""

    def portions(self, key: str) -> Iterator[bytes]:
        """The sealed bytes; NotFound when there are none under this key."""

    def has(self, key: str) -> bool:
        """Whether there are bytes under this key."""

    def remove(self, key: str) -> None:
        """Forget the bytes; nothing happens when there are none."""

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """The keys of all files, and when each was stored."""


class FileStore:
    """Seals files on their way into a storage and opens them on their way out."""

    def __init__(self, storage: Storage, keys: Sequence[str]) -> None:
        self._storage, self._sealer = storage, Sealer(keys)

    def writer(self, scope: str) -> FileWriter:
        """For a `with` block that writes one file; without `commit` nothing stays.

        `scope` is the conversation: within it the same content is one file, and nobody can tell
        that two people sent the same.
        """
        return FileWriter(self._storage, self._sealer, scope)

    def put(self, data: bytes, scope: str | None = None, key: str | None = None) -> str:
        """Store the bytes durably; gives their key. Raises OSError when the storage cannot.

        With a `key` of `unused_key` they are stored under it; who comes second changes nothing.
        """
        with self.writer(scope or secrets.token_hex(16)) as writer:
            writer.write(data)
            return writer.commit(key and _checked(key)).key

    def has(self, key: str) -> bool:
        """Whether there are bytes under this key."""
        return self._storage.has(_checked(key))

    def get(self, key: str) -> bytes:
        """All the bytes; for files that are known to be small. Raises as `chunks` does."""
        return b"".join(self.chunks(key))

    def chunks(self, key: str) -> Iterator[bytes]:
        """The bytes in pieces. Raises NotFound at once, BadKeys when a piece does not fit."""
        return self._sealer.opened(self._storage.portions(_checked(key)))

    def remove(self, key: str) -> None:
        """Forget the bytes; nothing happens when there are none."""
        self._storage.remove(_checked(key))

    def older_than(self, moment: datetime) -> Iterator[str]:
        """The keys of files stored before a moment."""
        return (key for key, stored in self._storage.stored() if stored < moment)

    def sweep(self) -> None:
        """Removes what processes that died while writing have left; it belongs to no message."""
        old = time.time() - UNFINISHED_SECONDS
        for part in self._storage.parts_folder().glob(f"*{_PART}"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < old:
                    part.unlink()

    def is_current(self, key: str) -> bool:
        """Whether the newest data key seals this file. Raises NotFound."""
        return self._sealer.is_current(self._storage.portions(_checked(key)))

    @contextmanager
    def rewrapped(self, key: str) -> Iterator[Callable[[], None]]:
        """The file sealed under the newest key, aside; what is given puts it in its place.

        Two steps, so that a lock need only be held for the second. Raises NotFound and BadKeys.
        """
        with _part(self._storage) as (file, path):
            self._sealer.rewrap(self._storage.portions(_checked(key)), file)
            _make_durable(file)
            yield lambda: self._storage.replace(path, key)


class FileWriter:
    """One file being written, sealed from its first byte."""

    def __init__(self, storage: Storage, sealer: Sealer, scope: str) -> None:
        self._storage, self._sealer, self._scope = storage, sealer, scope
        self._hash, self.size = hashlib.sha256(), 0

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._file, self._path = self._stack.enter_context(_part(self._storage))
        self._sealing = self._sealer.seal(self._file)
        return self

    def write(self, data: bytes) -> None:
        """Adds bytes. Raises OSError when the disk cannot."""
        self._hash.update(data)
        self.size += len(data)
        self._sealing.write(data)

    def commit(self, key: str | None = None) -> Stored:
        """The whole file is written: store it durably. Raises OSError when the storage cannot."""
        self._sealing.close()
        _make_durable(self._file)
        if key is None:
            key = _key_of(hmac.new(self._scope.encode(), self._hash.digest(), "sha256").hexdigest())
        return Stored(key, self.size, self._storage.adopt(self._path, key))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


class LocalFolder:
    """A folder on one machine, or one that several machines share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def parts_folder(self) -> Path:
        """Beside the files, so that taking one in is a change of name."""
        return self._folder / "parts"

    def adopt(self, part: Path, key: str) -> bool:
        """Gives the file its name."""
        path = self._folder / key
        if path.exists():
            path.touch()  # in use again: no longer a file that nobody names
            return False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.rename(path)
        _sync_folder(path.parent)
        return True

    def replace(self, part: Path, key: str) -> None:
        """Gives the file the name of the other; who reads that one reads on."""
        path = self._folder / key
        part.rename(path)
        _sync_folder(path.parent)

    def portions(self, key: str) -> Iterator[bytes]:
        """The file's bytes; it is opened at once."""
        try:
            file = (self._folder / key).open("rb")
        except FileNotFoundError:
            raise NotFound("file") from None
        return _read(file)

    def has(self, key: str) -> bool:
        """Whether there is a file."""
        return (self._folder / key).exists()

    def remove(self, key: str) -> None:
        """Removes the file."""
        (self._folder / key).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every file under a name of ours, by the time it was written."""
        for path in self._folder.glob("??/*"):
            key = f"{path.parent.name}/{path.name}"
            with suppress(FileNotFoundError):  # removed meanwhile
                if _KEY.fullmatch(key):
                    yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)


class LocalFiles(FileStore):
    """A folder of sealed files."""

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        super().__init__(LocalFolder(folder), keys)


def open_files(url: str, keys: Sequence[str]) -> FileStore:
    """The file store at `file:///path` or `s3://bucket/prefix`.

    Raises ValueError for an address of another kind. Access to S3 is set by the usual AWS_*
    variables (AWS_ENDPOINT_URL for a store that is not Amazon's).
    """
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        from bot.store.object_files import Bucket  # a large library that few need

        return FileStore(Bucket(url), keys)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise ValueError("INTAKE_FILES_URL must be file:///path or s3://bucket/prefix")
    return LocalFiles(Path(unquote(parts.path)), keys)


def unused_key() -> str:
    """A key for a file that is still to be made."""
    return _key_of(secrets.token_hex(32))


def _key_of(digits: str) -> str:
    return f"{digits[:2]}/{digits[2:]}"


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFound("file")
    return key


@contextmanager
def _part(storage: Storage) -> Iterator[tuple[BinaryIO, Path]]:
    """A file to write aside; it is gone afterwards unless it was given a name."""
    folder = storage.parts_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(_PART, dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, path
    finally:
        path.unlink(missing_ok=True)


def _make_durable(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _read(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while portion := file.read(PIECE):
            yield portion


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
