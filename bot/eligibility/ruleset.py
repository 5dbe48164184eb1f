"""The rule set in use: read at the start, read again when its files change, kept when they break.

Guarantee: the first load either succeeds or raises with file, line and reason. After that `current`
always answers with the last set that could be read; a broken change is logged once and tried again
when the files change again. The hash of the files names the version. Groups of cancers are read
once: changing them needs a restart.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from bot.eligibility.rule_files import MISSHAPEN, read_gates, read_pathway, read_signs
from bot.eligibility.rules import PATHWAYS, PathwayRules, RuleSet
from bot.eligibility.wording import words
from bot.eligibility.yaml_places import RuleFileError
from bot.oncology.knowledge_files import KNOWLEDGE

LOOK_AGAIN_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)
Signature = tuple[tuple[str, int, int], ...]


TRIAGE: Final = ("EMERGENCY_NOW", "URGENT_TODAY")
TRAVEL: Final = ("HOLD", "CAUTION")
_Read = TypeVar("_Read")


def _whole(read: Callable[[Path, str], _Read], path: Path, text: str) -> _Read:
    """Read one file; what no check of a field foresaw names the file all the same."""
    try:
        return read(path, text)
    except MISSHAPEN as error:
        raise RuleFileError(path, 1, f"not written as a rule file ({error})") from None


def load_rules(path: Path = KNOWLEDGE) -> RuleSet:
    """Read and compile every rule file below `path`. Raises RuleFileError."""
    names = ("gates.yml", "triage.yml", "travel.yml", "cancer_groups.yml")
    files = [path / name for name in names]
    folder = sorted((path / "pathways").glob("*.yml"))
    texts: dict[Path, str] = {}
    for file in (*files, *folder):
        try:
            texts[file] = file.read_text(encoding="utf-8")
        except OSError as error:
            raise RuleFileError(file, 0, error.strerror or "cannot be read") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RuleFileError(file, line, "not readable as UTF-8") from None
    digest = hashlib.sha256()
    for file in (*files, *folder):
        digest.update(file.name.encode() + b"\0" + texts[file].encode() + b"\0")
    pathways: dict[str, PathwayRules] = {}
    for file in folder:
        read = _whole(read_pathway, file, texts[file])
        if read.id in pathways:
            raise RuleFileError(file, 1, f"pathway {read.id} is given twice")
        pathways[read.id] = read
    missing = [p for p in PATHWAYS if p not in pathways]
    if missing:
        raise RuleFileError(path / "pathways", 0, f"no file for {', '.join(missing)}")
    return RuleSet(
        pathways={p: pathways[p] for p in PATHWAYS},
        gates=_whole(read_gates, files[0], texts[files[0]]),
        triage=_whole(partial(read_signs, levels=TRIAGE), files[1], texts[files[1]]),
        travel=_whole(partial(read_signs, levels=TRAVEL), files[2], texts[files[2]]),
        version=digest.hexdigest()[:16],
    )


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
