"""The words of wishes: which pathway a treatment belongs to, what help is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import PhraseBook
from bot.oncology.vocabulary import Review, Treatment


@dataclass(frozen=True)
class Interest:
    """What shows the wish for one pathway."""

    phrases: tuple[str, ...]
    classes: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()


@dataclass(frozen=True)
class InterestFile:
    """knowledge/treatments/interests.yml"""

    source: str
    as_of: date
    review: Review
    pathways: dict[str, Interest]
    wish_first: frozenset[str]
    questions: dict[str, tuple[str, ...]]


@cache
def interests() -> InterestFile:
    """The words of wishes."""
    return load(KNOWLEDGE / "treatments" / "interests.yml", InterestFile)


@cache
def wish_first() -> frozenset[str]:
    """Pathways whose name alone is a wish."""
    return interests().wish_first


@cache
def wish_of(treatment: Treatment) -> str | None:
    """The pathway a treatment belongs to."""
    for pathway, interest in interests().pathways.items():
        if treatment.name in interest.treatments:
            return pathway
    for pathway, interest in interests().pathways.items():
        if set(treatment.classes) & set(interest.classes):
            return pathway
    return None


@cache
def interest_book() -> PhraseBook[str]:
    """Words of pathways that are no treatment names -> pathway id."""
    return PhraseBook(
        (phrase, pathway)
        for pathway, interest in interests().pathways.items()
        for phrase in interest.phrases
    )


@cache
def question_book() -> PhraseBook[str]:
    """Words of what is wanted -> `main_question`."""
    return PhraseBook(
        (phrase, question)
        for question, phrases in interests().questions.items()
        for phrase in phrases
    )
