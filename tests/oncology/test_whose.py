"""Whose fact it is, when, and whether it is one: what is not the patient's stays empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology import read

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("whose_messages.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_only_what_is_the_patients_is_heard(case: dict[str, Any]) -> None:
    reading = read(case["text"])
    facts = reading.facts()
    told = case.get("facts", {})
    assert {name: facts.get(name) for name in told} == told
    assert not [name for name in case.get("none", ()) if name in facts]
    if "given" in case:
        assert [item["name"] for item in facts.get("treatments", ())] == case["given"]
    if "flags" in case:
        assert [flag.id for flag in reading.flags] == case["flags"]
