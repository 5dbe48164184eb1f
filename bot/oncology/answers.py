"""Reads short replies: yes, no, do not know, skip, back, why, in the languages people mix.

A reply counts only when such words, perhaps with polite padding, are all that the message says:
"no mets in the liver" is no "no". "answer.yes" and the like steer the dialogue, they are no facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.text import Document

# A word that could be two of them is the first ("oo" and "la" mean yes and no somewhere).
_KINDS = ("why", "back", "skip", "unknown", "no", "yes")
_LONGEST = 12  # tokens of a short reply


@dataclass(frozen=True)
class ReplyFile:
    """knowledge/answers.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    unknown: tuple[str, ...]
    skip: tuple[str, ...]
    back: tuple[str, ...]
    why: tuple[str, ...]
    padding: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Replies:
    phrases: PhraseBook[str]
    padding: PhraseBook[str]


@cache
def _replies() -> _Replies:
    file = load(KNOWLEDGE / "answers.yml", ReplyFile)
    return _Replies(
        PhraseBook((phrase, kind) for kind in _KINDS for phrase in getattr(file, kind)),
        PhraseBook((phrase, "padding") for phrase in file.padding),
    )


def read_short(doc: Document, asks: str | None) -> Iterable[Mention]:
    """answer.yes, answer.no, answer.unknown, answer.skip, answer.back or answer.why."""
    count = len(doc.tokens)
    if not 0 < count <= _LONGEST:
        return []
    hits = _replies().phrases.find(doc)
    if not hits:
        return []
    said = _said(hits)
    covered = {i for hit in hits for i in range(hit.first, hit.last)}
    covered |= {i for hit in _replies().padding.find_all(doc) for i in range(hit.first, hit.last)}
    if len(covered) < count:
        return _led_by(doc, hits, asks)
    if said is None:
        return []
    start, end = doc.tokens[0].start, doc.tokens[-1].end
    return [Mention(f"answer.{said}", True, doc.words(start, end), start, end)]


def replies(doc: Document) -> list[Hit[str]]:
    """Words of yes, no and the like anywhere in a message, with their kinds."""
    return _replies().phrases.find(doc)


@cache
def reply_padding() -> frozenset[str]:
    """Single polite words around a short reply."""
    words = load(KNOWLEDGE / "answers.yml", ReplyFile).padding
    return frozenset(word for word in words if " " not in word)


def _said(hits: list[Hit[str]]) -> str | None:
    """The one thing the replies say together; None when they contradict each other."""
    kinds = {hit.value for hit in hits}
    if len(kinds) == 1:
        return kinds.pop()
    if "back" in kinds or "why" in kinds:
        return None
    for stronger in ("unknown", "skip"):
        if stronger in kinds:
            return stronger
    return None


def _led_by(doc: Document, hits: list[Hit[str]], asks: str | None) -> list[Mention]:
    """A reply and then more: "yes 3 months back", "no, only chemo", "no idea which stage"."""
    first = hits[0]
    if asks is None or first.first != 0 or first.value not in ("yes", "no", "unknown"):
        return []
    if first.value == "no" and first.last < len(doc.tokens):
        gap = doc.norm[doc.tokens[first.last - 1].nend :][:2].strip()
        follows = doc.tokens[first.last].text
        if not gap.startswith((",", ".", "!", "-", ";", ":")) and follows not in _STATEMENT:
            return []
    start, end = doc.tokens[0].start, doc.tokens[first.last - 1].end
    return [Mention(f"answer.{first.value}", True, doc.words(start, end), start, end, 0.9)]


# After "no" these begin a statement; anything else may be what is denied ("no mets").
_STATEMENT = frozenset(
    ["only", "just", "we", "he", "she", "it", "but", "i", "they", "not", "its", "his", "her", "my"]
)
