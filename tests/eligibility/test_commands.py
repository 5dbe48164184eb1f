"""`intake assess` and `intake checklist` as other programs call them: whatever comes in, each line
that is not empty gets one answer, and a bad line spoils no other."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.settings import ROOT

GOOD = b'{"id": "good", "facts": {"cancer_type": "rcc"}}'
BAD: list[tuple[str, bytes]] = [
    ("half a character in the id", b'{"id": "\\ud800", "facts": {"shoe": 1}}'),
    ("bytes that are no UTF-8", b'\xff\xfe{"id": 1}'),
    ("no JSON", b"hello"),
    ("cut off", b'{"id": "x", "facts": {'),
    ("a list", b"[]"),
    ("nothing known", b"null"),
    ("no facts", b'{"id": "x"}'),
    ("facts as a list", b'{"id": "x", "facts": []}'),
    ("no number", b'{"id": "x", "facts": {"age_years": NaN}}'),
    ("a number without end", b'{"id": "x", "facts": {"age_years": 1e999}}'),
    ("a very long number", b'{"id": "x", "facts": {"age_years": ' + b"9" * 6000 + b"}}"),
    ("deep", b"[" * 50_000),
    ("two ages", b'{"id": "x", "facts": {"age_years": 4, "age_years": 40}}'),
    ("no such fact", b'{"id": "x", "facts": {"shoe_size": 42}}'),
    ("no such marker", b'{"id": "x", "facts": {"biomarkers": {"XYZ9": "pos"}}}'),
    ("impossible", b'{"id": "x", "facts": {"lvef_pct": 5}}'),
    ("contradiction", b'{"id": "x", "facts": {"sex": "male", "pregnancy_status": "pregnant"}}'),
]


def answers(command: str, *lines: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", command, "--jsonl"],
        input=b"\n".join(lines),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    assert not done.stderr
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize("command", ["assess", "checklist"])
def test_a_bad_line_spoils_no_other(command: str) -> None:
    lines = [part for _, bad in BAD for part in (bad, b"", GOOD, b"  ")]
    found = answers(command, *lines)
    assert len(found) == 2 * len(BAD)
    for (name, _), bad, good in zip(BAD, found[::2], found[1::2], strict=True):
        assert isinstance(bad["error"], str), name
        assert bad["error"], name
        assert good["id"] == "good", name
        assert "error" not in good, name


@pytest.mark.parametrize("command", ["assess", "checklist"])
def test_a_byte_order_mark_and_dos_line_ends_are_no_error(command: str) -> None:
    found = answers(command, b"\xef\xbb\xbf" + GOOD + b"\r", GOOD + b"\r", b"\r")
    assert [(a["id"], "error" in a) for a in found] == [("good", False)] * 2
