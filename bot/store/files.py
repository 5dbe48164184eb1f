"""Files that people send and get, encrypted, under opaque names in a local folder.

Guarantee: `put` returns after the bytes are durably stored; a name tells nothing about content or
person, and no name leads out of the folder. What is read is authenticated.
Limit: one machine (or one shared folder); an object store would be another class with these three
methods.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.store.errors import BadKeys, NotFound

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}")


class FileStore(Protocol):
    """Where files are kept, by key."""

    def put(self, data: bytes) -> str:
        """Store the bytes durably; gives their key. Raises OSError when the disk cannot."""

    def get(self, key: str) -> bytes:
        """The bytes; NotFound when there are none under this key."""

    def remove(self, key: str) -> None:
        """Forget the bytes; nothing happens when there are none."""


class LocalFiles:
    """A folder of encrypted files."""

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        self._folder = folder
        self._cipher = MultiFernet([Fernet(key) for key in keys])

    def put(self, data: bytes) -> str:
        name = secrets.token_hex(21)
        key = f"{name[:2]}/{name[2:]}"
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_suffix(".part")
        with unfinished.open("xb") as file:
            file.write(self._cipher.encrypt(data))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        _sync_folder(path.parent)
        return key

    def get(self, key: str) -> bytes:
        try:
            return self._cipher.decrypt(self._path(key).read_bytes())
        except FileNotFoundError:
            raise NotFound(key) from None
        except InvalidToken as error:
            raise BadKeys("no key of INTAKE_DATA_KEYS fits a stored file") from error

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NotFound("file")
        return self._folder / key


def open_files(url: str, keys: Sequence[str]) -> FileStore:
    """The file store at `file:///path`. Raises ValueError for an address of another kind."""
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise ValueError("INTAKE_FILES_URL must be file:///path")
    return LocalFiles(Path(unquote(parts.path)), keys)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
