"""The words around the rules' own sentences (knowledge/explanations.yml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load


@dataclass(frozen=True)
class Words:
    """Templates by name; `{say}` is a criterion or gate in the words of its rule."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    reasons: dict[str, str]
    stale: str
    would_change: dict[str, str]
    remains: tuple[str, ...]


@cache
def words() -> Words:
    """The words of knowledge/explanations.yml."""
    return load(KNOWLEDGE / "explanations.yml", Words)


def reason(name: str, say: str = "") -> str:
    """A reason of an answer. Raises KeyError for a name that is not in the file."""
    return words().reasons[name].format(say=say)
