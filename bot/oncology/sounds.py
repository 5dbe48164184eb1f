"""How a word sounds, whatever script it is written in: names of medicines are written by ear.

Rituximab, ريتوكسيماب and रिटक्सिमैब sound alike; what several languages write differently (p or b,
d or t, long vowels or none) counts as one sound. Two words are one when their consonants are the
same and their vowels nearly so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby

from rapidfuzz.distance import OSA

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.scripts import script_of

VOWELS = "aio"
# Shorter names have too few consonants to be told from everyday words.
LEAST_LETTERS = 5
LEAST_CONSONANTS = 4
# How alike two words of the same consonants are: the fewer there are, the more.
_ALIKE = {4: 0.84, 5: 0.7}
_ALIKE_LONG = 0.6

_WRITTEN = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"sch|sh"), "s"),
    (re.compile(r"ch|ck|qu|q"), "k"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"(?<=[^aeiouy])e$"), ""),
)
_SOFT_G = re.compile(r"g(?=[eiy])")
_V = re.compile(r"[vw]")
_LATIN = str.maketrans("bcdefgijklmnopqrstuvwyz", "bktifkisklmnobkrstofois", "h")
# Written together with the word behind: Arabic "and", "with", "for", "the".
_JOINED = re.compile(r"^(?:وال|ال|و|ب|ل)")


@dataclass(frozen=True)
class Letters:
    """knowledge/language/letters.yml: `letter=sound` pairs by script."""

    source: str
    as_of: date
    review: str
    letters: dict[str, str]


@cache
def _tables() -> dict[str, dict[int, str]]:
    written = load(KNOWLEDGE / "language" / "letters.yml", Letters).letters
    return {
        script.upper(): {
            ord(letter): sound
            for letter, _, sound in (pair.partition("=") for pair in pairs.split())
            if len(letter) == 1
        }
        for script, pairs in written.items()
    }


def sounds_of(name: str) -> frozenset[str]:
    """How a name in Latin letters may be said: g and v, like w, are heard in two ways."""
    for pattern, sound in _WRITTEN:
        name = pattern.sub(sound, name)
    said = {name, _SOFT_G.sub("s", name)}
    said |= {_V.sub("o", one) for one in said}
    return frozenset(_once(one.translate(_LATIN)) for one in said)


def heard(word: str) -> str | None:
    """The sounds of a word in another script; None when its letters are not listed."""
    table = _tables().get(script_of(word[0]))
    return None if table is None else _once("".join(table.get(ord(c), "") for c in word))


def _once(sounds: str) -> str:
    return "".join(letter for letter, _ in groupby(sounds))


def skeleton(sounds: str) -> str:
    """The consonants alone; of two that are the same, short vowels between them or not, one."""
    return _once("".join(letter for letter in sounds if letter not in VOWELS))


def forms(word: str) -> tuple[str, ...]:
    """A word as written, and without what Arabic writes together with it."""
    bare = _JOINED.sub("", word)
    return (word,) if bare == word or len(bare) < LEAST_CONSONANTS else (word, bare)


def likeness(one: str, other: str) -> float:
    """How much two words sound alike, vowels included: 0 to 1."""
    return float(OSA.normalized_similarity(one, other))


def least_likeness(consonants: int) -> float:
    """From where on two words with the same so many consonants are one name."""
    return _ALIKE.get(consonants, _ALIKE_LONG)
