"""Cuts a long text into parts that a channel accepts, where a reader would pause.

Nothing is lost: the parts, joined, hold every character of the text but the white space at the
cuts. A part never begins inside a letter with its marks, an emoji or a surrogate pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

# Where to cut, best first: paragraph, line, sentence (also Devanagari, Arabic, CJK, Ethiopic
# stops), clause, word. Each pattern matches what stays with the first part or is dropped.
_BREAKS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n[ \t]*\n\s*",
        r"\n\s*",
        r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？।॥؟۔።])[”’」』)]*\s*",
        r"(?<=[,;:])\s+|(?<=[،؛、，；])\s*",
        r"\s+",
    )
)
_JOINERS: Final = "\u200d\ufe0e\ufe0f\u20e3"
# A cut that leaves less than this share of a part unused is not worth a better place.
_LEAST_FILL: Final = 0.4


def length(text: str) -> int:
    """UTF-16 code units, the unit in which messengers count (an emoji is two)."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` UTF-16 units each, in order; none for a text of white space only.

    Raises ValueError for a limit under 8, in which one emoji sequence might not fit.
    """
    if limit < 8:
        raise ValueError("a part must have room for at least 8 units")
    parts: list[str] = []
    rest = text.strip()
    while length(rest) > limit:
        end = _cut(rest, limit)
        head = rest[:end].rstrip()
        if head:
            parts.append(head)
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest else parts


def numbered(text: str, titles: Sequence[str]) -> str:
    """The text with its choices as numbered lines, for a channel without buttons."""
    lines = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
    return f"{text}\n\n{lines}" if text and lines else text or lines


def shorten(title: str, limit: int) -> str:
    """A title of at most `limit` UTF-16 units, with an ellipsis when something was cut."""
    if length(title) <= limit:
        return title
    return title[: _safe(title, _fitting(title, limit - 1))].rstrip() + "…"


def _cut(text: str, limit: int) -> int:
    """The index of the best place to cut so that `text[:index]` fits."""
    window = _fitting(text, limit)
    least = int(window * _LEAST_FILL)
    for pattern in _BREAKS:
        found = [end for end in _ends(pattern, text, window) if end >= least]
        if found:
            return found[-1]
    return _safe(text, window)


def _ends(pattern: re.Pattern[str], text: str, window: int) -> Iterator[int]:
    # White space at the cut is dropped, so it may reach over the window.
    for match in pattern.finditer(text, 0, window + 1):
        visible = match.start() + len(match.group().rstrip())
        if 0 < visible <= window:
            yield visible


def _fitting(text: str, limit: int) -> int:
    """How many characters of `text` fit into `limit` UTF-16 units."""
    if len(text) * 2 <= limit:
        return len(text)
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return index
    return len(text)


def _safe(text: str, index: int) -> int:
    """The last index not after `index` that is not inside a letter with its marks."""
    cut = index
    while 0 < cut < len(text) and (_continues(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut or index


def _continues(character: str) -> bool:
    return (
        character in _JOINERS
        or unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or 0x1F3FB <= ord(character) <= 0x1F3FF
    )
