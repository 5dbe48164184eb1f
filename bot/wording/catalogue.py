"""Every sentence a person reads: English in `domain.yml`, others in `languages/<code>/`.

A language is a folder with a `responses.yml` in the form of the `responses:` part of `domain.yml`.
What a language lacks is said in English, so that nobody is left without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_LANGUAGE = "en"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What an empty place leaves behind.
_GAPS = re.compile(r" {2,}")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnknownResponse(KeyError):
    """A response name that no catalogue has: a mistake in code or data, never the person's."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One way to say a response; it fits when every condition equals the value given."""

    text: str
    conditions: tuple[tuple[str, Any], ...] = ()
    channel: str | None = None

    def fits(self, values: Mapping[str, Any], channel: str | None) -> bool:
        """Whether this variation may be used for these values on this channel."""
        return self.channel in (None, channel) and all(
            values.get(name) == wanted for name, wanted in self.conditions
        )

    @property
    def weight(self) -> int:
        """The more a variation asks for, the better it fits when it fits."""
        return len(self.conditions) + (self.channel is not None)


def _variations(entries: list[dict[str, Any]]) -> tuple[Variation, ...]:
    return tuple(
        Variation(
            text=entry["text"].strip(),
            conditions=tuple((c["name"], c["value"]) for c in entry.get("condition", ())),
            channel=entry.get("channel"),
        )
        for entry in entries
        if "text" in entry
    )


class Catalogue:
    """All responses of all languages, loaded once."""

    def __init__(self, languages: Mapping[str, Mapping[str, tuple[Variation, ...]]]) -> None:
        self._languages = languages
        # Of every message the words of all buttons are looked through: what needs no values is
        # put together once.
        self._words: dict[tuple[str, str], str] = {}

    @classmethod
    def load(cls, root: Path = ROOT) -> Catalogue:
        """Read `domain.yml` and every `languages/<code>/responses.yml` under `root`."""
        files = {DEFAULT_LANGUAGE: root / "domain.yml"}
        files |= {p.parent.name: p for p in sorted(root.glob("languages/*/responses.yml"))}
        return cls(
            {
                code: {
                    name: _variations(entries)
                    for name, entries in _read(path).get("responses", {}).items()
                }
                for code, path in files.items()
            }
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that have texts, the default first."""
        return tuple(self._languages)

    def names(self, language: str = DEFAULT_LANGUAGE) -> frozenset[str]:
        """Response names that a language has."""
        return frozenset(self._languages[language])

    def variations(self, response: str, language: str = DEFAULT_LANGUAGE) -> tuple[Variation, ...]:
        """All ways to say `response` in `language`, or in English where it is missing."""
        for code in (language, DEFAULT_LANGUAGE):
            found = self._languages.get(code, {}).get(response)
            if found:
                return found
        raise UnknownResponse(response)

    def render(
        self,
        response: str,
        language: str = DEFAULT_LANGUAGE,
        values: Mapping[str, Any] | None = None,
        channel: str | None = None,
        pick: int = 0,
    ) -> str:
        """The text of `response`; `pick` chooses among equally good variations (any integer)."""
        if not values and channel is None and not pick:
            key = (response, language if language in self._languages else DEFAULT_LANGUAGE)
            if key not in self._words:
                self._words[key] = self._render(response, language, {}, None, 0)
            return self._words[key]
        return self._render(response, language, values or {}, channel, pick)

    def _render(
        self,
        response: str,
        language: str,
        given: Mapping[str, Any],
        channel: str | None,
        pick: int,
    ) -> str:
        fitting = [v for v in self.variations(response, language) if v.fits(given, channel)]
        if not fitting:
            raise UnknownResponse(response)
        best = max(v.weight for v in fitting)
        choice = [v for v in fitting if v.weight == best]
        return _fill(choice[pick % len(choice)].text, given)


def _fill(text: str, values: Mapping[str, Any]) -> str:
    """Put values into their places; an unknown place stays empty rather than showing braces."""
    filled = _PLACEHOLDER.sub(lambda m: str(values.get(m.group(1), "")), text)
    return _GAPS.sub(" ", filled).strip()


def _read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=_Loader) or {}  # noqa: S506 - a safe loader


@cache
def catalogue() -> Catalogue:
    """The catalogue of this process, read once."""
    return Catalogue.load()
