"""Short answers and remarks: how far it is, which biopsy, which cancer, what was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology import read

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("answered_messages.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['text']} ({case.get('asks')})")
def test_what_an_answer_tells(case: dict[str, Any]) -> None:
    facts = read(case["text"], asks=case.get("asks")).facts()
    told = case.get("facts", {})
    assert {name: facts.get(name) for name in told} == told
    assert not [name for name in case.get("none", ()) if name in facts]
