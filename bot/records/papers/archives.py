"""Looks into ZIP archives without unpacking them: names, sizes, and the heads of a few entries.

Guarantee: nothing of an archive is written anywhere, an archive in an archive is not opened, and
what is read stays below fixed limits whatever the archive says of itself.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from bot.records.papers.kinds import Refused
from bot.records.papers.problems import Problem

MOST_ENTRIES: Final = 50_000
MOST_UNPACKED: Final = 8_000_000_000
# Slices of one scan shrink to a tenth or so; only a bomb shrinks to a thousandth.
MOST_RATIO: Final = 300
_RATIO_MATTERS_FROM: Final = 50_000_000
SAMPLES: Final = 24
SAMPLE_BYTES: Final = 262_144
_PROGRAMS: Final = (".exe", ".dll", ".bat", ".cmd", ".msi", ".scr", ".ps1", ".vbs", ".js", ".jar")
_APP_MARKS: Final = ("META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex")
_MACROS: Final = "vbaProject.bin"
# All that Python's reader raises for archives that are damaged, odd or meant to do harm.
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds: names of files, whether there are programs or macros among them."""

    names: tuple[str, ...]
    programs: bool
    macros: bool
    word: bool


def look(file: BinaryIO) -> Archive:
    """The list of contents. Raises Refused for bombs, programs, locked and damaged archives."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except _DAMAGED:
        raise Refused(Problem.BROKEN) from None
    names = tuple(entry.filename for entry in entries)
    _refuse_bombs(file, entries)
    if any(".." in PurePosixPath(name.replace("\\", "/")).parts for name in names):
        raise Refused(Problem.BROKEN)  # would write outside the folder it is unpacked into
    if any(mark in names for mark in _APP_MARKS):
        raise Refused(Problem.PROGRAM)
    if entries and all(entry.flag_bits & 1 for entry in entries):
        raise Refused(Problem.LOCKED)
    if not entries:
        raise Refused(Problem.EMPTY)
    return Archive(
        names=names,
        programs=any(name.lower().endswith(_PROGRAMS) for name in names),
        macros=any(name.endswith(_MACROS) for name in names),
        word="word/document.xml" in names,
    )


def _refuse_bombs(file: BinaryIO, entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    size = file.seek(0, 2)
    overlapping = packed > size  # entries that share their bytes
    swollen = unpacked > _RATIO_MATTERS_FROM and unpacked > MOST_RATIO * max(packed, 1)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or overlapping or swollen:
        raise Refused(Problem.BOMB)


def samples(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The first bytes of some entries, spread over the archive; those that break are left out."""
    with zipfile.ZipFile(file) as archive:
        entries = [e for e in archive.infolist() if not e.is_dir() and not e.flag_bits & 1]
        step = max(1, len(entries) // SAMPLES)
        for entry in entries[::step][:SAMPLES]:
            try:
                with archive.open(entry) as content:
                    yield entry.filename, content.read(SAMPLE_BYTES)
            except _DAMAGED:
                continue


def entry_text(file: BinaryIO, name: str, limit: int) -> bytes:
    """So many bytes of one entry; empty when it cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(name) as content:
            return content.read(limit)
    except _DAMAGED:
        return b""
