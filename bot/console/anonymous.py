"""Takes personal data out of a message that is to become a training example.

Guarantee: addresses, numbers that could name somebody, exact dates, links and the names we know of
the person are gone. Limit: a name that nobody told us stays; that is why a coordinator reads the
text before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME, _NUMBER, _ADDRESS, _DATE = "_name_", "_number_", "_address_", "_date_"
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_HANDLE = re.compile(r"(?<!\w)@\w{3,}")
# Day, month and year together, in any script's digits: a birthday or a visit.
_EXACT_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
_CASE = re.compile(r"\bC-[0-9A-Z]{4}-\d{2}\b", re.IGNORECASE)
# Telephone numbers, papers of identity, accounts: six digits or more, as people write them.
_LONG_NUMBER = re.compile(r"[+(]?\b(?:[A-Z]{1,2})?\d(?:[\s().-]{0,2}\d){5,}\b")
# Names said with these words around them; the words stay, as they carry the intent.
_INTRODUCED = re.compile(
    r"(?P<before>\b(?i:my name is|name is|name\s*:|i am called|this is mr|this is mrs|"
    r"patient name|mera naam|naam hai|me llamo|mon nom est|meu nome é|ich heiße)\s*:?\s+)"
    r"(?P<name>[\w'’-]+(?:\s+(?!and\b|from\b|my\b|i\b|we\b)[A-Z][\w'’-]+){0,3})"
)
_TITLED = re.compile(r"\b(?P<title>(?i:dr|prof|mr|mrs|ms|sir|doctor))\.?\s+[A-Z][\w'’-]+")
# Signs by which a line of training data marks entities and lists.
_MARKS = re.compile(r"[\[\](){}<>`|]")
_SPACE = re.compile(r"\s+")
# What YAML cannot hold, and the signs that turn the direction of reading.
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e]"
)
LONGEST = 500


def anonymous(text: str, known_names: Iterable[str] = ()) -> str:
    """The text on one line without personal data and without marks of training files."""
    text = _LINK.sub(_ADDRESS, text)
    text = _MAIL.sub(_ADDRESS, text)
    text = _HANDLE.sub(_ADDRESS, text)
    text = _CASE.sub(_NUMBER, text)
    text = _EXACT_DATE.sub(_DATE, text)
    text = _LONG_NUMBER.sub(_NUMBER, text)
    text = _INTRODUCED.sub(lambda m: m["before"] + _NAME, text)
    text = _TITLED.sub(lambda m: f"{m['title']} {_NAME}", text)
    for name in known_names:
        for part in re.findall(r"\w{3,}", name):
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", _NAME, text, flags=re.IGNORECASE)
    return one_line(text)


def one_line(text: str) -> str:
    """A text as one line of a training file, which nothing in it can leave."""
    line = _UNPRINTABLE.sub("", _SPACE.sub(" ", _MARKS.sub(" ", text)))
    return line.lstrip("-#* ").strip()[:LONGEST].strip()
