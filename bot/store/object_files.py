"""Sealed files in an S3-compatible store.

Guarantee as for the folder: an object appears only as a whole. Who may read the bucket sees sealed
bytes under names that tell nothing. Limit: set a rule on the bucket that ends multipart uploads
which were broken off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from bot.store.errors import NotFound

_PORTION: Final = 1_000_000
_MISSING: Final = (FileNotFoundError, NotFoundError)


class Bucket:
    """One bucket, or the part of it below a prefix."""

    def __init__(self, url: str) -> None:
        self._store = S3Store.from_url(url)

    def parts_folder(self) -> Path:
        """The machine's own temporary folder: what lies there is sealed."""
        return Path(tempfile.gettempdir()) / "intake-parts"

    def adopt(self, part: Path, key: str) -> bool:
        """Uploads the file unless it is there. Raises OSError when the store refuses it."""
        if self.has(key):
            return False
        self.replace(part, key)
        return True

    def replace(self, part: Path, key: str) -> None:
        """Uploads the file over the one that is there. Raises OSError when the store refuses it."""
        try:
            obstore.put(self._store, key, part, max_concurrency=2)
        except BaseError as error:
            raise OSError(f"object store: {type(error).__name__}") from None

    def portions(self, key: str) -> Iterator[bytes]:
        """The object's bytes; it is asked for at once."""
        try:
            found = obstore.get(self._store, key)
        except _MISSING:
            raise NotFound("file") from None
        except BaseError as error:
            raise OSError(f"object store: {type(error).__name__}") from None
        return (bytes(portion) for portion in found.stream(min_chunk_size=_PORTION))

    def remove(self, key: str) -> None:
        """Deletes the object."""
        try:
            obstore.delete(self._store, key)
        except _MISSING:
            return
        except BaseError as error:
            raise OSError(f"object store: {type(error).__name__}") from None

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every object, by the time it was uploaded."""
        try:
            for page in obstore.list(self._store):
                for found in page:
                    yield found["path"], found["last_modified"]
        except BaseError as error:
            raise OSError(f"object store: {type(error).__name__}") from None

    def has(self, key: str) -> bool:
        """Whether there is an object. Raises OSError when the store refuses to say."""
        try:
            obstore.head(self._store, key)
        except _MISSING:
            return False
        except BaseError as error:
            raise OSError(f"object store: {type(error).__name__}") from None
        return True
