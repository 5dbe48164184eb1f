"""Tells the language of a message in Latin letters by its small words, where we do not write it."""

from __future__ import annotations

import re
from functools import cache

from bot.intake.questions import written_in

LEAST_WORDS = 2  # different small words; a single one may be a name
LEAST_SHARE = 0.34  # of the words of the message
_WORD = re.compile(r"[^\W\d_]+")


def note_for(text: str) -> str | None:
    """What the writer of another language is told in it; None for English, or when unsure."""
    said = _WORD.findall(text.casefold())
    distinct = set(said)
    scores = {note: len(distinct & words) for note, words in _words().items()}
    note = max(scores, key=scores.__getitem__, default=None)
    if note is None or scores[note] < LEAST_WORDS:
        return None
    share = sum(word in _words()[note] for word in said) / len(said)
    rivals = [n for n, score in scores.items() if score == scores[note]]
    return note if note and share >= LEAST_SHARE and len(rivals) == 1 else None


@cache
def _words() -> dict[str, frozenset[str]]:
    return {row["note"]: frozenset(row["words"]) for row in written_in().values()}
