"""The rule set in use: read at the start, read again when its files change, kept when they break.

Guarantee: the first load either succeeds or raises with file, line and reason. After that `current`
always answers with the last set that could be read; a broken change is logged once and tried again
when the files change again. Groups of cancers are read once: changing them needs a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Final

from bot.eligibility.rule_files import load_rules
from bot.eligibility.rules import RuleSet
from bot.eligibility.wording import words
from bot.eligibility.yaml_places import RuleFileError
from bot.oncology.knowledge_files import KNOWLEDGE

LOOK_AGAIN_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)
Signature = tuple[tuple[str, int, int], ...]


class RuleBook:
    """The rules below one folder, as fresh as their files."""

    def __init__(self, path: Path = KNOWLEDGE, look_again: float = LOOK_AGAIN_SECONDS) -> None:
        """`look_again`: seconds between two looks at the files."""
        self._path, self._look_again = path, look_again
        self._lock = threading.Lock()
        self._rules: RuleSet | None = None
        self._seen: Signature = ()
        self._groups = b""
        self._next_look = 0.0

    def current(self) -> RuleSet:
        """The rule set in use. Raises RuleFileError when the first load fails."""
        rules = self._rules
        if rules is not None and time.monotonic() < self._next_look:
            return rules
        if rules is None:
            with self._lock:
                return self._rules or self._first()
        # One thread looks; the others go on with what they have.
        if self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._rules or rules

    def reload(self) -> RuleFileError | None:
        """Read again now; a broken file leaves the set in use as it is and is returned."""
        with self._lock:
            self._seen = _signature(self._path)
            return self._read_again()

    def _first(self) -> RuleSet:
        words()  # read with the rules, so that a mistake there stops the start as well
        self._seen = _signature(self._path)
        self._groups = self._groups_file().read_bytes() if self._groups_file().exists() else b""
        self._rules = load_rules(self._path)
        self._next_look = time.monotonic() + self._look_again
        return self._rules

    def _look(self) -> None:
        self._next_look = time.monotonic() + self._look_again
        now = _signature(self._path)
        if now != self._seen:
            self._seen = now
            self._read_again()

    def _read_again(self) -> RuleFileError | None:
        try:
            if self._groups_file().read_bytes() != self._groups:
                raise RuleFileError(self._groups_file(), 0, "changed groups need a restart")
            fresh = load_rules(self._path)
        except OSError as error:
            return self._kept(RuleFileError(self._path, 0, error.strerror or "cannot be read"))
        except RuleFileError as error:
            return self._kept(error)
        if self._rules is None or fresh.version != self._rules.version:
            _log.info("rules of version %s in use", fresh.version)
        self._rules = fresh
        return None

    def _kept(self, error: RuleFileError) -> RuleFileError:
        _log.error("rules not read again, the last good set stays in use: %s", error)
        return error

    def _groups_file(self) -> Path:
        return self._path / "cancer_groups.yml"


def _signature(path: Path) -> Signature:
    """Names, sizes and times of the rule files."""
    files = [*sorted((path / "pathways").glob("*.yml")), *sorted(path.glob("*.yml"))]
    found = []
    for file in files:
        try:
            state = file.stat()
        except OSError:  # gone between listing and looking; the load will say so
            continue
        found.append((file.name, state.st_size, state.st_mtime_ns))
    return tuple(found)


_book: Final = RuleBook()


def current() -> RuleSet:
    """The rule set in use. Raises RuleFileError when the first load fails."""
    return _book.current()
