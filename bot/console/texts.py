"""Texts of the console by language, one file per language under `strings/`; English is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

STRINGS = Path(__file__).parent / "strings"
DEFAULT = "en"


@dataclass(frozen=True, slots=True, eq=False)  # one object a language: compared by identity
class Texts:
    """The console's words in one language; a missing key falls back to English."""

    language: str
    direction: str
    words: Mapping[str, str]
    fallback: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with `{name}` places filled; an unknown key is an error."""
        text = self.words.get(key)
        return (self.fallback[key] if text is None else text).format(**values)

    def has(self, key: str) -> bool:
        """Whether the key has a text."""
        return key in self.words or key in self.fallback

    def named(self, kind: str, ident: object) -> str:
        """The name of an id of some kind (`state.intake`), or the id made readable."""
        key = f"{kind}.{ident}"
        return self(key) if self.has(key) else readable(str(ident))


def readable(ident: str) -> str:
    """An id that has no name of its own, as a person would write it."""
    text = ident.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _flat(node: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested sections as dotted keys."""
    out: dict[str, str] = {}
    for key, value in node.items():
        if isinstance(value, Mapping):
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = str(value)
    return out


@cache
def _load(language: str) -> dict[str, str]:
    text = (STRINGS / f"{language}.yml").read_text(encoding="utf-8")
    return _flat(yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def languages() -> tuple[str, ...]:
    """Languages that have a strings file."""
    return tuple(sorted(p.stem for p in STRINGS.glob("*.yml")))


@cache
def texts(language: str = DEFAULT) -> Texts:
    """The texts of a language that `languages` names."""
    words = _load(language)
    return Texts(language, words.get("direction", "ltr"), words, _load(DEFAULT))


def preferred(accept_language: str) -> Texts:
    """The first language of an Accept-Language header that the console speaks."""
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower()
        for known in (tag, tag.split("-")[0]):
            if known in languages():
                return texts(known)
    return texts()


def region(accept_language: str, language: str) -> str:
    """The reader's regional form of a language ("en-GB"), for dates and times."""
    tag = accept_language.split(",")[0].split(";")[0].strip()
    return tag if tag.lower().split("-")[0] == language and len(tag) < 12 else language
