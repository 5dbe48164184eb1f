"""The list of requirements is complete, and what it names exists."""

from __future__ import annotations

import re

from bot.settings import ROOT

ROW = re.compile(r"^\| REQ-(\d+) \| (.+?) \| `(.+?)` \| (.+?) \|$", re.MULTILINE)


def test_every_requirement_has_its_line() -> None:
    rows = ROW.findall((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
    assert [int(number) for number, *_ in rows] == list(range(1, 133))


def test_what_the_list_names_is_there() -> None:
    rows = ROW.findall((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
    named = {p.split(" ")[0] for _, _, where, _ in rows for p in where.split("; ")}
    named |= {test.strip("`") for *_, test in rows if test.startswith("`")}
    missing = sorted(p for p in named if not (ROOT / p).exists())
    assert missing == []
