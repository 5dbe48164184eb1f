"""The words that change what other words mean, by language, from `knowledge/language`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cache

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook

Cue = Hit[frozenset[str]]


@dataclass(frozen=True)
class Cues:
    """One language's words, by what they do; `_before` stands before the words it changes."""

    negation_before: tuple[str, ...] = ()
    negation_after: tuple[str, ...] = ()
    not_negation: tuple[str, ...] = ()
    unavailable_before: tuple[str, ...] = ()
    unavailable_after: tuple[str, ...] = ()
    uncertain_before: tuple[str, ...] = ()
    uncertain_after: tuple[str, ...] = ()
    asked_before: tuple[str, ...] = ()
    asked_after: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    planned_before: tuple[str, ...] = ()
    planned_after: tuple[str, ...] = ()
    ongoing: tuple[str, ...] = ()
    ongoing_before: tuple[str, ...] = ()
    ongoing_after: tuple[str, ...] = ()
    ongoing_near: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    done_before: tuple[str, ...] = ()
    done_after: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    correction: tuple[str, ...] = ()
    not_correction: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    self: tuple[str, ...] = ()
    self_told: tuple[str, ...] = ()
    patient: tuple[str, ...] = ()
    pronoun: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    not_kin: tuple[str, ...] = ()
    stranger: tuple[str, ...] = ()
    died: tuple[str, ...] = ()
    survived: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    hypothesis: tuple[str, ...] = ()
    dictation: tuple[str, ...] = ()
    advert: tuple[str, ...] = ()
    # Single words, looked up on their own whatever phrase they stand in.
    alternative: tuple[str, ...] = ()
    question_always: tuple[str, ...] = ()
    question_not: tuple[str, ...] = ()
    told_as_normal: tuple[str, ...] = ()
    negates_next: tuple[str, ...] = ()
    answer_no: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    still_reaches: tuple[str, ...] = ()
    had: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    self_alone: tuple[str, ...] = ()
    self_pronoun: tuple[str, ...] = ()
    self_verb: tuple[str, ...] = ()
    self_not: tuple[str, ...] = ()
    self_state: tuple[str, ...] = ()
    self_errand: tuple[str, ...] = ()
    self_possession: tuple[str, ...] = ()
    age_link: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    behind_age: tuple[str, ...] = ()
    site_list: tuple[str, ...] = ()
    behind_site: tuple[str, ...] = ()
    complaint: tuple[str, ...] = ()
    donor: tuple[str, ...] = ()
    question_start: tuple[str, ...] = ()
    writing_for: tuple[str, ...] = ()
    not_operated: tuple[str, ...] = ()
    self_introduced: tuple[str, ...] = ()
    lone_before: tuple[str, ...] = ()
    lone_after: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    turned_into: tuple[str, ...] = ()
    new_one: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    speech: tuple[str, ...] = ()
    joining: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()
    addressing: tuple[str, ...] = ()
    pastime: tuple[str, ...] = ()
    acquaintance: tuple[str, ...] = ()
    article: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    done_inside: tuple[str, ...] = ()
    people_in_general: tuple[str, ...] = ()
    to_come: tuple[str, ...] = ()
    got: tuple[str, ...] = ()
    far_kin: tuple[str, ...] = ()
    ill: tuple[str, ...] = ()
    treated: tuple[str, ...] = ()


WORDS = frozenset(
    {
        "alternative",
        "question_always",
        "question_not",
        "told_as_normal",
        "negates_next",
        "answer_no",
        "explains",
        "still_reaches",
        "had",
        "has",
        "self_alone",
        "self_pronoun",
        "self_verb",
        "self_not",
        "self_state",
        "self_errand",
        "self_possession",
        "age_link",
        "counted",
        "behind_age",
        "site_list",
        "behind_site",
        "complaint",
        "donor",
        "question_start",
        "writing_for",
        "not_operated",
        "self_introduced",
        "lone_before",
        "lone_after",
        "seen",
        "came_back",
        "new_one",
        "spared",
        "speech",
        "joining",
        "addressed",
        "addressing",
        "pastime",
        "acquaintance",
        "article",
        "of",
        "done_inside",
        "people_in_general",
        "to_come",
        "got",
        "far_kin",
        "ill",
        "treated",
    }
)


@cache
def _languages() -> tuple[Cues, ...]:
    paths = sorted((KNOWLEDGE / "language").glob("*/context.yml"))
    return tuple(load(path, Cues) for path in paths)


@cache
def cue_book() -> PhraseBook[frozenset[str]]:
    """Every cue phrase of every language with the kinds it belongs to."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for cues in _languages():
        for spec in fields(Cues):
            if spec.name not in WORDS:
                for phrase in getattr(cues, spec.name):
                    kinds[phrase].add(spec.name)
                    if spec.name in ("kin", "stranger"):  # "papa's cancer" is one token, "papas"
                        kinds[phrase + "s"].add(spec.name)
                    if spec.name == "self_told":
                        kinds[phrase].add("self")
    return PhraseBook((phrase, frozenset(names)) for phrase, names in kinds.items())


@cache
def words_of(kind: str) -> frozenset[str]:
    """The single words of a kind in every language."""
    return frozenset(word for cues in _languages() for word in getattr(cues, kind))
