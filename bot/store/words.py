"""The words of a text as the search knows them, and the keyed hashes that stand for them.

Limit: whole words. Scripts that put no space between words are cut into pairs of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from bot.store.crypto import Cipher

LONGEST: Final = 40
MOST: Final = 400  # of one text
_WORD: Final = re.compile(r"[^\W_]+")
# Han, Kana, Thai, Lao, Burmese, Khmer.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


def folded(text: str) -> str:
    """Without case and accents, and with one form of each letter and digit."""
    # Some letters have a small form only once they are decomposed, such as those of formulas.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(text: str) -> frozenset[str]:
    """The words to find a text by; single letters are none, single digits are."""
    found: set[str] = set()
    for word in _WORD.findall(folded(text)):
        for run in _UNSPACED.findall(word):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        found.update(w[:LONGEST] for w in _UNSPACED.sub(" ", word).split() if _counts(w))
        if len(found) > MOST:
            break
    return frozenset(found)


def word_keys(cipher: Cipher, words: Iterable[str]) -> frozenset[int]:
    """What stands for words in the index: 64 bits, signed as databases keep them."""
    hashes = (bytes.fromhex(cipher.lookup("word", word)[:16]) for word in words)
    return frozenset(int.from_bytes(digest, signed=True) for digest in hashes)


def _counts(word: str) -> bool:
    return len(word) > 1 or word.isdigit()
