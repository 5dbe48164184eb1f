"""Reads a received file in a process of its own, with limits on memory, time and writing.

Guarantee: whatever a file does to the libraries that parse it, the caller gets an answer within
TIMEOUT, and its own memory holds one piece of the file at a time. The file's bytes lie in memory
without a name on any disk; the process can write no file, and the limits are set before it reads.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from typing import Final

from bot.records.papers.evidence import Evidence
from bot.records.papers.problems import Problem

TIMEOUT: Final = 90.0
_CPU_SECONDS: Final = 60
_MEMORY: Final = 1_500_000_000
_OPEN_FILES: Final = 64
_LONGEST_ANSWER: Final = 200_000


def read_apart(chunks: Iterable[bytes], *, with_ocr: bool = True) -> Evidence:
    """What a file is and says; BROKEN when reading it failed, took too long or too much memory.

    Raises what `chunks` raises.
    """
    answer = run_apart(__name__, "ocr" if with_ocr else "plain", chunks, _LONGEST_ANSWER)
    try:
        return Evidence.from_json(json.loads(answer))
    except (KeyError, TypeError, ValueError):
        return Evidence(problem=Problem.BROKEN.value)


def run_apart(module: str, argument: str, chunks: Iterable[bytes], longest: int) -> bytes:
    """What a module of ours prints that is given the file in a limited process; b"" in trouble.

    The module calls `limit` before it reads. Raises what `chunks` raises.
    """
    descriptor = os.memfd_create("paper")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as whole:
            for chunk in chunks:
                whole.write(chunk)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return _ask(descriptor, [sys.executable, "-m", module, argument])[:longest]
    finally:
        os.close(descriptor)


def _ask(descriptor: int, command: list[str]) -> bytes:
    # No setting of the service (keys, tokens) reaches the process.
    passed = {k: os.environ[k] for k in ("PATH", "TESSDATA_PREFIX") if k in os.environ}
    environment = passed | {"OMP_THREAD_LIMIT": "1", "MALLOC_ARENA_MAX": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            stdin=descriptor,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout


def limit() -> None:
    """Sets the limits of this process, for good."""
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """The process: reads standard input, prints what was found."""
    limit()
    from bot.records.papers.reading import read

    with os.fdopen(os.dup(0), "rb") as file:
        found = read(file, with_ocr=sys.argv[1] == "ocr")
    sys.stdout.write(json.dumps(found.to_json()))


if __name__ == "__main__":
    main()
