"""Reads numbers written as words ("fifty five", "two")."""

from __future__ import annotations

from bot.oncology.text import Document

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: value for value, word in enumerate(_UNITS.split())}
TENS = {word: 20 + 10 * place for place, word in enumerate(_TENS.split())} | {"fourty": 40}


def number_at(doc: Document, index: int) -> tuple[float, int] | None:
    """The number spelled from token `index` on and the token after it; None when there is none."""
    word = doc.tokens[index].text
    if word in UNITS:
        return float(UNITS[word]), index + 1
    if word not in TENS:
        return None
    following = index + 1
    if following < len(doc.tokens) and 0 < UNITS.get(doc.tokens[following].text, 0) < 10:
        return float(TENS[word] + UNITS[doc.tokens[following].text]), following + 1
    return float(TENS[word]), following
