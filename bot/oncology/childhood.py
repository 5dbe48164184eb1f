"""A cancer named only by its organ is another one in a small child than in a grown-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.reading import Mention
from bot.oncology.vocabulary import Review

_LIKELY = 0.65  # it is read back first


@dataclass(frozen=True)
class Childhood:
    """What a cancer is in a child `below` this age, unless its name holds one of these words."""

    below: int
    cancer: str
    unless: tuple[str, ...]


@dataclass(frozen=True)
class ChildhoodFile:
    """knowledge/childhood.yml"""

    source: str
    as_of: date
    review: Review
    instead_of: dict[str, Childhood]


@cache
def childhood_file() -> ChildhoodFile:
    """By cancer of grown-ups: what it is in a small child."""
    return load(KNOWLEDGE / "childhood.yml", ChildhoodFile)


def as_in_children(mentions: list[Mention]) -> list[Mention]:
    """ "Liver tumour, 9 months old": told as the tumour of small children, to be confirmed."""
    ages = [m.value for m in mentions if m.fact == "age_years"]
    return [_of_a_child(m, ages[0]) for m in mentions] if ages else mentions


def _of_a_child(mention: Mention, years: int) -> Mention:
    if mention.fact != "cancer_type":
        return mention
    child = childhood_file().instead_of.get(mention.value)
    if child is None or years >= child.below:
        return mention
    if any(word in child.unless for word in mention.words.lower().split()):
        return mention
    return replace(mention, value=child.cancer, confidence=min(mention.confidence, _LIKELY))
