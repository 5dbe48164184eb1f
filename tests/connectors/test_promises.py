"""Every promise in the channels' tables names tests that are there."""

from __future__ import annotations

import re
from functools import cache

import pytest

from bot.settings import ROOT

PAGE = ROOT / "docs" / "channels.md"
_QUOTED = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str]]:
    """Each promise with the cell that says what shows it."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|-"):
            found.append((cells[0], cells[-1]))
    return [row for row in found if row[1] != "shown by"]


@cache
def named_in(name: str) -> frozenset[str]:
    text = (ROOT / "tests" / name).read_text(encoding="utf-8")
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize(("promise", "shown"), rows(), ids=[row[0][:60] for row in rows()])
def test_what_shows_it_is_there(promise: str, shown: str) -> None:
    folder, checked = "", 0
    for name in _QUOTED.findall(shown):
        file, _, test = name.partition("::")
        if not file.endswith((".py", "/")):
            continue  # a benchmark's command
        folder = f"{file.rpartition('/')[0]}/" if "/" in file else folder
        path = file if "/" in file else f"{folder}{file}"
        checked += 1
        if path.endswith("/"):
            assert (ROOT / "tests" / path).is_dir(), path
        elif test:
            assert test in named_in(path), name
        else:
            assert (ROOT / "tests" / path).is_file(), path
    assert checked, promise
