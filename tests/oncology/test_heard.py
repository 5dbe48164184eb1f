"""What is said sideways, briefly or late: it is heard, and what only looks like it stays empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.oncology import read

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("heard_messages.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['text']} ({case.get('asks')})")
def test_what_is_heard_of_a_message(case: dict[str, Any]) -> None:
    facts = read(case["text"], asks=case.get("asks")).facts()
    told = case.get("facts", {})
    assert {name: facts.get(name) for name in told} == told
    assert not [name for name in case.get("none", ()) if name in facts]


def test_a_tumour_without_a_biopsy_is_read_back() -> None:
    told = read("liver tumour 2 cm, afp 400, hep b, no biopsy").mentions
    [cancer] = [m for m in told if m.fact == "cancer_type"]
    assert cancer.value == "hcc"
    assert cancer.confidence < 0.7
