"""The words of knowledge/people.yml: roles, sex, consent, languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import PhraseBook
from bot.oncology.text import pack


@dataclass(frozen=True)
class PeopleFile:
    """knowledge/people.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    roles: dict[str, tuple[str, ...]]
    helpers_before: frozenset[str]
    helpers_after: frozenset[str]
    possessive: frozenset[str]
    children: frozenset[str]
    several: frozenset[str]
    degrees: frozenset[str]
    own_name: tuple[str, ...]
    age_tails: frozenset[str]
    measured_before: frozenset[str]
    titles: frozenset[str]
    own_age_before: tuple[str, ...]
    own_age_after: tuple[str, ...]
    not_own_life: frozenset[str]
    own_words: frozenset[str]
    cares_for: frozenset[str]
    adverbs: frozenset[str]
    third: frozenset[str]
    own_things: frozenset[str]
    befell: frozenset[str]
    hearsay: frozenset[str]
    staff: frozenset[str]
    own_kin: tuple[str, ...]
    same: tuple[frozenset[str], ...]
    female: frozenset[str]
    male: frozenset[str]
    she: frozenset[str]
    he: frozenset[str]
    not_female: frozenset[str]
    non_disclosure: tuple[str, ...]
    knows: tuple[str, ...]
    cannot_agree: tuple[str, ...]
    languages: dict[str, tuple[str, ...]]
    speaks: frozenset[str]
    records: frozenset[str]


@cache
def people_file() -> PeopleFile:
    """The file, read once."""
    return load(KNOWLEDGE / "people.yml", PeopleFile)


@cache
def people_book() -> PatternBook[str]:
    """Phrases of roles, consent and telling."""
    file = people_file()
    return PatternBook(
        [
            *file.roles.items(),
            ("non_disclosure", file.non_disclosure),
            ("knows", file.knows),
            ("cannot_agree", file.cannot_agree),
        ],
        file.groups,
    )


@cache
def language_book() -> PhraseBook[str]:
    """Names of languages with their codes (ISO 639-1)."""
    return PhraseBook(
        (name, code) for code, names in people_file().languages.items() for name in names
    )


@cache
def own_name_book() -> PhraseBook[str]:
    """ "My name is" in the languages people write."""
    return PhraseBook((phrase, phrase) for phrase in people_file().own_name)


@cache
def own_age_book() -> PhraseBook[str]:
    """ "I am" as said before an age ("tengo", "мне") or behind it ("ka hoon")."""
    file = people_file()
    sides = (("before", file.own_age_before), ("after", file.own_age_after))
    return PhraseBook((phrase, side) for side, phrases in sides for phrase in phrases)


@cache
def sex_of_kin(name: str) -> str | None:
    """What a word for a relative tells of the sex; None where languages differ."""
    female, male = (
        frozenset(pack(word).strip() for word in words) | words
        for words in (people_file().female, people_file().male)
    )
    if name not in female | male:
        name = name.removesuffix("s")  # "husband's biopsy"
    if (name in female) == (name in male):
        return None
    return "female" if name in female else "male"


def same_relative(one: str, other: str) -> bool:
    """Whether two words name one relative ("father", "dad")."""
    return one == other or any({one, other} <= names for names in people_file().same)


@cache
def possessives() -> frozenset[str]:
    """ "My" in the languages people write, as a message is normalised."""
    return frozenset(pack(word).strip() for word in people_file().possessive)


@cache
def possessed_kin() -> frozenset[str]:
    """First words of names of relatives that hold "my" in themselves ("annem", "walidi")."""
    return frozenset(pack(word).split()[0] for word in people_file().own_kin)
