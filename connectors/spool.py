"""Keeps messages on disk while the database is away, for providers that do not come again.

Guarantee: `append` returns after the message is on disk under its final name (written and fsync'd
under another name, renamed, folder fsync'd); `replay` takes messages in the order they came and
removes each only after it was stored, so a crash repeats at most one, which the inbox recognises.
Files hold one encrypted message each; one that cannot be read is set aside as `*.corrupt` and the
rest goes on. Limit: protects against a lost database, not against a lost disk.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bot.store.conversations import UNCONSENTED
from bot.store.crypto import Cipher, new_id
from bot.store.errors import BadKeys, StoreUnavailable
from bot.store.messages import InboundMessage

log = logging.getLogger(__name__)

SUFFIX: Final = ".message"
CORRUPT: Final = ".corrupt"
UNFINISHED_SECONDS: Final = 3600


class Spool:
    """A folder of messages waiting to be taken in. Raises OSError when it cannot be written."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._cipher = folder, cipher
        self._lock = threading.Lock()
        self._last = 0
        for unfinished in folder.glob("*.tmp"):
            # Left by a crash, so that its provider never got an answer.
            if time.time() - unfinished.stat().st_mtime > UNFINISHED_SECONDS:
                unfinished.unlink(missing_ok=True)

    def append(self, message: InboundMessage) -> None:
        """Store a message durably, after all that came before."""
        token = self._cipher.encrypt(message.model_dump_json(exclude_defaults=True))
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            # Several processes may share the folder: the time orders, the rest makes it unique.
            name = f"{self._last:020d}-{os.getpid()}-{new_id(4)}"
            unfinished = self._folder / f"{name}.tmp"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(token)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._folder / f"{name}{SUFFIX}")
            self._sync_folder()

    def replay(self, take: Callable[[InboundMessage], Any]) -> int:
        """Hand every message to `take`, oldest first; gives how many were taken.

        Stops when the database is still away and raises that; a message that cannot be stored at
        all is set aside, so that it does not keep the others back.
        """
        taken = 0
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            message = self._read(path)
            if message is None:
                continue
            try:
                take(message)
            except (StoreUnavailable, OSError):
                raise
            except Exception as error:
                log.error("spool file %s cannot be stored: %s", path.name, type(error).__name__)
                self._set_aside(path)
            else:
                taken += 1
                # Another process may have taken it too: the inbox tells the two apart.
                path.unlink(missing_ok=True)
        return taken

    def expire(self, now: datetime) -> int:
        """Remove what is older than anything may be kept without consent; gives how many.

        Nothing here was ever answered, so nobody could agree. Messages of the provider's own list
        are found again there.
        """
        oldest = int((now - UNCONSENTED).timestamp() * 1e9)
        gone = 0
        for path in (*self._folder.glob(f"*{SUFFIX}"), *self._folder.glob(f"*{CORRUPT}")):
            arrived = path.name.partition("-")[0]
            if arrived.isdigit() and int(arrived) < oldest:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        with os.scandir(self._folder) as entries:  # asked for every message
            return not any(entry.name.endswith(SUFFIX) for entry in entries)

    def waiting(self) -> int:
        """How many messages wait."""
        return sum(1 for _ in self._folder.glob(f"*{SUFFIX}"))

    def corrupt(self) -> int:
        """How many files were set aside."""
        return sum(1 for _ in self._folder.glob(f"*{CORRUPT}"))

    def _read(self, path: Path) -> InboundMessage | None:
        try:
            text = self._cipher.decrypt(path.read_text(encoding="ascii"))
            return InboundMessage.model_validate_json(text)
        except FileNotFoundError:
            return None
        except (BadKeys, ValidationError, UnicodeDecodeError):
            log.error("spool file %s cannot be read; set aside", path.name)
            self._set_aside(path)
            return None

    def _set_aside(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_suffix(CORRUPT))

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
