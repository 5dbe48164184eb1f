"""Phrases a coordinator may put into a reply, in the language of the case where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from bot.console.frame import Visit

FILE = Path(__file__).parent / "strings" / "phrases" / "phrases.yml"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase; `href` fills the reply box where no script runs."""

    name: str
    text: str
    href: str


@cache
def _phrases() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.load(
        FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return read


def text(key: str, language: str) -> str:
    """The wording of a phrase, "" when there is none of this name."""
    wordings = _phrases().get(key, {})
    return wordings.get(language) or wordings.get(FALLBACK, "")


def offered(visit: Visit, number: str, language: str) -> tuple[Phrase, ...]:
    """Every phrase in the language of the case."""
    return tuple(
        Phrase(
            name=wordings["name"],
            text=text(key, language),
            href=visit.link("case", number=number, query={"phrase": key}) + "#reply",
        )
        for key, wordings in _phrases().items()
    )
