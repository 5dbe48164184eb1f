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


@dataclass(frozen=True, slots=True)
class Approved:
    """A phrase that WhatsApp approved as a template: it goes out word for word, at any time."""

    key: str
    name: str
    text: str
    sid: str


def approved(setting: str | None, language: str) -> tuple[Approved, ...]:
    """Phrases with a template, in the language of the case where there is one.

    `setting`: "reading=HX...,reading.es=HX...": the phrase, its language unless English, the sid.
    """
    pairs = (entry.partition("=") for entry in (setting or "").split(","))
    sids = {name.strip(): sid.strip() for name, _, sid in pairs if sid.strip()}
    found = []
    for key, wordings in _phrases().items():
        own = f"{key}.{language}"
        sid = sids.get(own) or sids.get(key)
        if sid:
            wording = wordings.get(language if own in sids else FALLBACK, "")
            found.append(Approved(key, wordings["name"], wording, sid))
    return tuple(found)


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
