"""Wishes that people have by right, heard by their words before the language model is believed.

A copy of one's data, an overview of what was agreed to, taking a consent back: such a wish must not
depend on what a model was trained with, and must never be taken for another, such as erasing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load

_APOSTROPHES = re.compile(r"['\u2019\u02bc]")
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class RightsFile:
    """knowledge/rights.yml; the wishes in order, a message that holds two is the first."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    longest: int
    wishes: dict[str, tuple[str, ...]]


@cache
def rights_file() -> RightsFile:
    """The words of knowledge/rights.yml."""
    return load(KNOWLEDGE / "rights.yml", RightsFile)


def claimed(text: str) -> str | None:
    """The wish that a typed message makes, None when it makes none."""
    said = _plain(text)
    if not said or len(said.split()) > rights_file().longest:
        return None
    padded = f" {said} "
    for wish, phrases in _wishes():
        if any(phrase in padded for phrase in phrases):
            return wish
    return None


@cache
def _wishes() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of each wish as they would stand in a message."""
    return tuple(
        (wish, tuple(f" {_plain(phrase)} " for phrase in phrases))
        for wish, phrases in rights_file().wishes.items()
    )


def _plain(text: str) -> str:
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", text.casefold())).strip()
