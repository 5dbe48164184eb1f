"""Texts of the doors themselves (chat page, menu, what they say), by language, from `texts/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import yaml

FOLDER: Final = Path(__file__).with_name("texts")
FIRST_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """One language: code (BCP 47), writing direction, its own name, and the texts by key."""

    language: str
    direction: str
    name: str
    page: Mapping[str, str]
    group_line: str
    commands: Mapping[str, str]
    said: Mapping[str, str]


@cache
def languages() -> Mapping[str, Texts]:
    """Every language there is a file for. Raises ValueError naming file and key."""
    found = {path.stem: _load(path) for path in sorted(FOLDER.glob("*.yml"))}
    first = found[FIRST_LANGUAGE]
    for texts in found.values():
        missing = _keys(first) - _keys(texts)
        if missing:
            raise ValueError(f"texts/{texts.language}.yml: {min(missing)} is missing")
    return MappingProxyType(found)


def choose(*wishes: str | None) -> Texts:
    """The texts of the first wished language that there is, or English.

    A wish is a language tag or a browser's Accept-Language list.
    """
    for wish in wishes:
        for entry in (wish or "")[:200].split(","):
            tag = entry.partition(";")[0].strip().lower()
            for candidate in (tag, tag.partition("-")[0]):
                if candidate in languages():
                    return languages()[candidate]
    return languages()[FIRST_LANGUAGE]


def _keys(texts: Texts) -> set[str]:
    return {*texts.page, *texts.commands, *texts.said}


def _load(path: Path) -> Texts:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return Texts(
            language=data["language"],
            direction=data["direction"],
            name=data["name"],
            page=MappingProxyType(dict(data["page"])),
            group_line=data["telegram"]["group"],
            commands=MappingProxyType(dict(data["telegram"]["commands"])),
            said=MappingProxyType(dict(data["said"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"texts/{path.name}: {error} is missing or malformed") from None
