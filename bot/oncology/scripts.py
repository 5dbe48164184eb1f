"""Names the script a character belongs to, by ranges of code points."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

# Where each script begins among the code points, and its name; names sharing a row share a table.
_SCRIPTS = (
    (0x0000, "LATIN"),
    (0x0370, "GREEK"),
    (0x0400, "CYRILLIC"),
    (0x0530, "ARMENIAN"),
    (0x0590, "HEBREW"),
    (0x0600, "ARABIC"),
    (0x0700, "OTHER"),
    (0x0900, "DEVANAGARI"),
    (0x0980, "BENGALI"),
    (0x0A00, "GURMUKHI"),
    (0x0A80, "GUJARATI"),
    (0x0B00, "ODIA"),
    (0x0B80, "TAMIL"),
    (0x0C00, "TELUGU"),
    (0x0C80, "KANNADA"),
    (0x0D00, "MALAYALAM"),
    (0x0D80, "SINHALA"),
    (0x0E00, "THAI"),
    (0x0E80, "OTHER"),
    (0x1000, "MYANMAR"),
    (0x10A0, "GEORGIAN"),
    (0x1100, "HANGUL"),
    (0x1200, "ETHIOPIC"),
    (0x1380, "OTHER"),
    (0x1780, "KHMER"),
    (0x1800, "OTHER"),
    (0x1E00, "LATIN"),
    (0x1F00, "GREEK"),
    (0x2000, "LATIN"),
    (0x2C00, "OTHER"),
    (0x3040, "CJK"),
    (0x3130, "HANGUL"),
    (0x3190, "CJK"),
    (0xA000, "OTHER"),
    (0xAC00, "HANGUL"),
    (0xD800, "OTHER"),
    (0xF900, "CJK"),
    (0xFB00, "ARABIC"),
    (0xFF00, "LATIN"),
    (0x10000, "OTHER"),
)
_SCRIPT_STARTS = [start for start, _ in _SCRIPTS]


def script_of(character: str) -> str:
    """The script of one character; Chinese and Japanese characters share one."""
    return _SCRIPTS[bisect_right(_SCRIPT_STARTS, ord(character)) - 1][1]


def scripts_of(text: str) -> Iterable[str]:
    """One character of each script other than Latin in the text."""
    seen: dict[str, str] = {}
    for character in text:
        if not character.isascii() and character.isalpha():
            seen.setdefault(script_of(character), character)
    seen.pop("LATIN", None)
    return seen.values()
