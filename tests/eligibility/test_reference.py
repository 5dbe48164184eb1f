"""People at the boundary values of the reference, with what it says about them.

The expectations in `reference/` were read off the oncology reference (C0 to C8), not off the rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.eligibility.cli import assess_lines
from bot.eligibility.rules import PATHWAYS
from tests.eligibility.vignettes_file import FIT

FOLDER = Path(__file__).parent / "reference"


def _cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        base = {} if table.get("base") == "none" else FIT
        for number, case in enumerate(table["cases"]):
            yield pytest.param({**case, "base": base}, id=f"{path.stem}-{number}-{case['row']}")


CASES = list(_cases())


def whole(case: dict[str, Any]) -> dict[str, Any]:
    """The facts of one person, with those of the base where their file has one."""
    return {k: v for k, v in {**case["base"], **case["facts"]}.items() if v is not None}


def test_there_are_enough_people() -> None:
    assert len(CASES) >= 450


@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_that_of_the_reference(case: dict[str, Any]) -> None:
    facts = whole(case)
    [answer] = assess_lines([json.dumps({"id": "x", "facts": facts})])
    assert "error" not in answer, answer
    shown = {p["id"]: p for p in answer["pathways"]}
    for level in ("triage", "travel"):
        assert answer[level] == case.get(level, answer[level])
    given = {p: shown[p]["status"] for p in shown} | {k: answer[k] for k in ("triage", "travel")}
    never = case.get("never", {})
    assert not {p for p, status in never.items() if given[p] == status}
    expected = {p: case[p] for p in PATHWAYS if p in case}
    assert {p: shown[p]["status"] for p in expected} == expected, {
        p: shown[p]["reasons"] for p in expected
    }
    for pathway, ids in case.get("missing", {}).items():
        assert set(ids) <= set(shown[pathway]["missing"])
    for pathway, ids in case.get("missing_none", {}).items():
        assert not set(ids) & set(shown[pathway]["missing"])
    for pathway, ids in case.get("gates", {}).items():
        assert set(ids) <= set(shown[pathway]["gates"])
    for pathway, ids in case.get("gates_none", {}).items():
        assert not set(ids) & set(shown[pathway]["gates"])
    for pathway, ids in case.get("rules", {}).items():
        assert set(ids) <= set(shown[pathway]["rules"])
    for pathway, ids in case.get("rules_exactly", {}).items():
        assert set(ids) == set(shown[pathway]["rules"])
