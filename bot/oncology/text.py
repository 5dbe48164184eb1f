"""Normalises a message and cuts it into tokens, keeping for each its place in the original text.

Bounded: only the first 4,096 characters are read and a base character keeps at most four
combining marks, so the cost is linear in what is kept and nothing a person sends can blow it up.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

MAX_CHARACTERS = 4096
_MAX_MARKS = 4

# Characters people's keyboards and word processors put in place of the plain one.
_PLAIN = {
    **dict.fromkeys("‘’‚‛ʼʹʻ′`´＇", "'"),
    **dict.fromkeys("“”„‟«»″＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("，、؛؍", ","),
    **dict.fromkeys("。．｡۔।॥", "."),
    **dict.fromkeys("？؟", "?"),
    **dict.fromkeys("×✕✖⨯", "x"),
    "٪": "%",
    "…": ".",
    "•": ",",
    "·": ".",
    "・": " ",
    "≥": ">",
    "≤": "<",
    "→": ">",
    "ß": "ss",
    "ı": "i",
    "ø": "o",
    "đ": "d",
    "ł": "l",
    "ـ": "",  # Arabic tatweel
    "ي": "ی",  # one form for the Arabic and the Persian/Urdu letter
    "ى": "ی",
    "ك": "ک",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ة": "ه",
}

# Scripts written without spaces: each character is a token, so phrases still match whole units.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
)
_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u09d7\u0a01-\u0a4d\u0a70\u0a71\u0a81-\u0acd\u0b82\u0bbe-\u0bcd\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d57\u0d81-\u0ddf"  # noqa: E501
_TOKEN = re.compile(
    rf"(?P<han>[{_UNSPACED}][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    r"\u102b-\u103e\u17b4-\u17d3]*)"
    r"|(?P<digits>[0-9]+)"
    rf"|(?P<word>(?:[^\W\d_{_UNSPACED}]|[{_MARKS}])(?:[^\W\d_{_UNSPACED}]|[{_MARKS}]|'(?=[^\W\d_]))*)"
    r"|(?P<symbol>[+%<>=&~#@]|[^\w\s!-/:-@\[-`{-~])"
)


class Token(NamedTuple):
    """A run of letters, a run of digits, one character of a script without spaces, or a sign.

    `text` is normalised ("mother's" is "mothers"); `start`/`end` are offsets into the original,
    `nstart`/`nend` into the normalised text. `breaks` is true when a phrase cannot go on across
    the gap before this token (new line, comma, full stop, question mark ...).
    """

    text: str
    start: int
    end: int
    nstart: int
    nend: int
    breaks: bool


# Words from which a message is a story rather than a call for help.
STORY_WORDS = 70


@dataclass(slots=True, weakref_slot=True)
class Document:
    """A message ready to be read: the original text, the normalised text, and the tokens."""

    original: str
    norm: str
    tokens: tuple[Token, ...]
    packed: str  # " tok tok | tok ": what phrases are matched in
    _origin: list[int] | None  # original offset of each normalised character; None: the same
    _ends: list[int] | None
    _packed_at: list[int]  # start in `packed` of each token
    memory: dict[str, Any] = field(default_factory=dict)  # what a reader leaves for the others

    def origin(self, nstart: int, nend: int) -> tuple[int, int]:
        """The span in the original text of a span of the normalised text."""
        if self._origin is None or self._ends is None:
            return nstart, nend
        if nend <= nstart or nstart >= len(self._origin):
            return len(self.original), len(self.original)
        return self._origin[nstart], self._ends[nend - 1]

    def words(self, start: int, end: int) -> str:
        """The person's own words of a span of the original."""
        return self.original[start:end]

    def token_at(self, nstart: int) -> int:
        """Index of the first token that ends after this place of the normalised text."""
        ends = self.memory.get("ends")
        if ends is None:
            ends = self.memory["ends"] = [token.nend for token in self.tokens]
        return bisect_right(ends, nstart)

    def positions(self) -> dict[str, list[int]]:
        """Where each word stands: its text, the tokens that are it."""
        found: dict[str, list[int]] | None = self.memory.get("positions")
        if found is None:
            found = self.memory["positions"] = {}
            for index, token in enumerate(self.tokens):
                found.setdefault(token.text, []).append(index)
        return found

    def token_span(self, nstart: int, nend: int) -> tuple[int, int]:
        """Tokens (first, one past the last) that a span of the normalised text touches."""
        first = self.token_at(nstart)
        last = first
        while last < len(self.tokens) and self.tokens[last].nstart < nend:
            last += 1
        return first, max(last, first)


def read_document(text: str) -> Document:
    """Normalise and cut one message; never raises, whatever the text holds."""
    original = text[:MAX_CHARACTERS]
    if original.isascii() and original.isprintable():
        norm, origin, ends = original.lower().replace("`", "'"), None, None
    else:
        norm, origin, ends = _normalise(original)
    if _LONG_GAP.search(norm):
        norm, origin, ends = _shortened(norm, origin, ends)
    tokens, packed, at = _cut(norm, origin, ends)
    return Document(original, norm, tokens, packed, origin, ends, at)


@lru_cache(maxsize=65536)
def pack(phrase: str) -> str:
    """A vocabulary phrase in the form in which it is looked for ("R-CHOP" is " r chop ")."""
    return read_document(phrase).packed


def _normalise(text: str) -> tuple[str, list[int], list[int]]:
    out: list[str] = []
    origin: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        for character in _plain(text[start : min(end, start + 1 + _MAX_MARKS)]):
            out.append(character)
            origin.append(start)
            ends.append(end)
    return "".join(out), origin, ends


def _shortened(
    norm: str, origin: list[int] | None, ends: list[int] | None
) -> tuple[str, list[int], list[int]]:
    """Without what is too long of each gap between words.

    Nobody writes it to be read, and patterns with several places for blanks would share thousands
    of them out in every way, which takes minutes.
    """
    kept = [True] * len(norm)
    for gap in _LONG_GAP.finditer(norm):
        cut = range(gap.start() + _LONGEST_GAP, gap.end())
        kept[cut.start : cut.stop] = [False] * len(cut)
    places = [place for place, stays in enumerate(kept) if stays]
    return (
        "".join(norm[place] for place in places),
        [origin[place] if origin else place for place in places],
        [ends[place] if ends else place + 1 for place in places],
    )


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Spans of one base character with its combining marks."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not (
            ord(text[index]) > 127 and unicodedata.combining(text[index])
        ):
            yield start, index
            start = index


@lru_cache(maxsize=8192)
def _plain(cluster: str) -> str:
    if cluster in _PLAIN:
        return _PLAIN[cluster]
    out: list[str] = []
    for character in unicodedata.normalize("NFKC", cluster):
        replaced = _PLAIN.get(character)
        if replaced is not None:
            out.append(replaced)
            continue
        category = unicodedata.category(character)
        if category in ("Cf", "Cs", "Co", "Cn"):
            continue
        if category in ("Cc", "Zs", "Zl", "Zp"):
            out.append("\n" if character in "\n\u2028\u2029" else " ")
        elif category == "Nd":
            out.append(str(unicodedata.decimal(character)))
        else:
            out.append(_folded(character))
    return "".join(out)


def _folded(character: str) -> str:
    """Lower case without accents, for the alphabets in which an accent is no letter of its own."""
    lowered = character.lower()
    parts = unicodedata.normalize("NFD", lowered)
    base = _PLAIN.get(parts[0], parts[0])
    if "a" <= base <= "z" or "\u03b1" <= base <= "\u03c9":
        return base
    if unicodedata.category(base) == "Mn" and "\u0600" <= base <= "\u06ff":
        return ""  # Arabic vowel signs
    if unicodedata.category(base) == "Mn" and base < "\u0370":
        return ""
    return unicodedata.normalize("NFKC", lowered)


# Words of two letters that are written with a full stop, or stand before a name or a number.
_SHORTENED = frozenset(
    [
        *("ca", "dr", "mr", "ms", "st", "lt", "rt", "pt", "vs", "dx", "hx", "bx", "rx", "tx"),
        *("sr", "jr", "mt", "ft", "sm", "eg", "ie", "al", "fr", "gr", "wt", "ht", "yr", "mo", "wk"),
    ]
)

# What a number with a full stop counts ("4. evre", "2. Linie").
_COUNTED = re.compile(
    r"(?:evre|kur|kemo|gun|hafta|ay\b|yil|asama|basamak|sira|stadium|linie|zyklus|zyklen|cycle|line|"
    r"dose|stage|grade|gy\b|cm\b|mm\b|mg\b|ml\b|kg\b|стади|курс|лини|ciklus|linja|rd\b|th\b|st\b|nd\b)"
)
_LONGEST_GAP = 24  # characters
_LONG_GAP = re.compile(rf"\W{{{_LONGEST_GAP + 1},}}")
_SOFT_GAP = re.compile(r"[ \t\-_/()\[\]{}'\"*:.]*")


def _cut(
    norm: str, origin: list[int] | None, ends: list[int] | None
) -> tuple[tuple[Token, ...], str, list[int]]:
    tokens: list[Token] = []
    parts: list[str] = [" "]
    at: list[int] = []
    length = 1
    last = 0
    for match in _TOKEN.finditer(norm):
        nstart, nend = match.span()
        text = match.group()
        if match.lastgroup == "word" and "'" in text:
            text = text.replace("'", "")
        breaks = bool(tokens) and nstart > last and _breaks(norm, last, nstart, tokens[-1].text)
        if breaks:
            parts.append("| ")
            length += 2
        at.append(length)
        parts.append(text + " ")
        length += len(text) + 1
        start, end = (
            (nstart, nend)
            if origin is None or ends is None
            else (
                origin[nstart],
                ends[nend - 1],
            )
        )
        tokens.append(Token(text, start, end, nstart, nend, breaks))
        last = nend
    return tuple(tokens), "".join(parts), at


def _breaks(norm: str, last: int, nstart: int, before: str) -> bool:
    """Whether the characters between two tokens end a phrase.

    A full stop ends one, except after a letter or a shortened word ("Ca. breast", "Dr. Rao") or
    where no space follows ("18.2"). A semicolon inside "t(9;11)" does not.
    """
    gap = norm[last:nstart]
    if gap == " ":
        return False
    if _SOFT_GAP.fullmatch(gap):
        if "." not in gap:
            return False
        dot = gap.index(".")
        numbered = before == "no" and norm[nstart].isdigit()
        short = len(before) == 1 or before in _SHORTENED or numbered
        if before.isdigit():  # "tumour now 8. Is there": a sentence ends; "4. evre" goes on
            return (
                len(gap) > dot + 1 and norm[nstart].isalpha() and not _COUNTED.match(norm, nstart)
            )
        return not short and len(gap) > dot + 1
    return not (gap == ";" and before.isdigit())
