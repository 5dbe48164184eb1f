"""Messages in files: what is read of each, and what must stay empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.oncology import read


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file: `text`, `asks`, the `facts` to hear, and those to hear `none` of."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return found


def name_of(case: dict[str, Any]) -> str:
    """How a test of a case is called."""
    return f"{case['text']} ({case.get('asks')})"


def assert_heard(case: dict[str, Any]) -> None:
    """Exactly the told values are heard, and nothing of what is not told."""
    facts = read(case["text"], asks=case.get("asks")).facts()
    told = case.get("facts", {})
    assert {name: facts.get(name) for name in told} == told
    assert not [name for name in case.get("none", ()) if name in facts]
