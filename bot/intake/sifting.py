"""Leaves out of a reading what is no statement about the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.facts.case import CaseState
from bot.intake.choosing import ASKING, LIKELY_QUESTION, SURE_OF_QUESTION
from bot.intake.learning import IN_PASSING
from bot.intake.questions import opens_politely, says
from bot.intake.turn import Turn
from bot.oncology.reading import Ambiguity, Mention, Reading

SHORT_QUESTION = 5  # words
PLAIN_ANSWER = 2  # words; a longer sentence with a "no" in it may mean anything
PLACES = frozenset({"city", "country"})
PERSONS = frozenset({"user_role", "sex"})
MEDICINES = frozenset({"treatments", "current_treatment", "drug_classes_received"})


def sifted(turn: Turn) -> Reading:
    """The reading without what is no statement about the patient.

    Who is with the patient in an emergency is neither the patient nor the one who writes; and a
    medicine in a bare question ("which dose of ...?") was not given.
    """
    reading, heard = turn.heard.reading, turn.heard
    told = {m.fact for m in reading.mentions} - IN_PASSING
    left_out: frozenset[str] = frozenset()
    if turn.case.state is CaseState.EMERGENCY:
        left_out = IN_PASSING
    elif turn.bare:
        pass  # a name alone asks for nothing
    elif heard.intent in ASKING and heard.confidence >= SURE_OF_QUESTION and told <= MEDICINES:
        left_out = MEDICINES
    elif _asks_shortly(turn):
        left_out = frozenset({turn.asked} if turn.asked else ())  # "is this free?" is no answer
    elif heard.intent in ASKING and told <= PLACES and _asks_at_length(turn):
        left_out = PLACES  # "Can I ...?", "Is it ...?": there are towns of that name
    kept = (m for m in reading.mentions if m.fact not in left_out)
    told_of = tuple(m for m in kept if not any(no_fact(turn, m) for no_fact in NO_FACTS))
    return replace(reading, mentions=told_of, ambiguities=_stated(turn))


def _bare_in_a_protest(turn: Turn, mention: Mention) -> bool:
    """Whether a yes or no opens a protest ("no, I told you ..."), and answers nothing."""
    reading = turn.heard.reading
    bare = {m.words for m in reading.mentions if m.fact in ("answer.yes", "answer.no")}
    return mention.words in bare and says("protest", turn.heard.text)


def _only_polite(turn: Turn, mention: Mention) -> bool:
    """Whether a yes to a question of the illness is heard in a polite "ok, go on"."""
    yes = {m.words for m in turn.heard.reading.mentions if m.fact == "answer.yes"}
    answers = mention.fact == turn.asked and mention.words in yes
    return answers and opens_politely(turn.heard.text)


def _other_role(turn: Turn, mention: Mention) -> bool:
    """Whether a role is heard in a word that is a choice of another one ("patient")."""
    if mention.fact != "user_role":
        return False
    choice = turn.questions["user_role"].choice_named(turn.heard.text)
    return choice is not None and choice.value != mention.value


def _part_of_words(turn: Turn, mention: Mention) -> bool:
    """Whether words are part of others: "back" in "go back", an age in "60% blasts"."""
    if mention.fact == "age_years":
        return turn.heard.text[mention.end :].lstrip().startswith("%")
    back = [m for m in turn.heard.reading.mentions if m.fact == "answer.back"]
    inside = any(b.start <= mention.start and mention.end <= b.end for b in back)
    return mention.fact != "answer.back" and inside


def _asks_shortly(turn: Turn) -> bool:
    """A short question that the model is sure of."""
    sure = turn.heard.intent in ASKING and turn.heard.confidence >= SURE_OF_QUESTION
    return sure and turn.opens_a_question and len(turn.heard.text.split()) <= SHORT_QUESTION


def _asks_at_length(turn: Turn) -> bool:
    """More than a plain answer, and a question by its words or surely by its sound."""
    sure = turn.heard.confidence >= SURE_OF_QUESTION
    return len(turn.heard.text.split()) > PLAIN_ANSWER and (turn.opens_a_question or sure)


def in_a_name(turn: Turn, mention: Mention) -> bool:
    """Whether a person is only a word in the name of a cancer ("cáncer de mama")."""
    reading = turn.heard.reading
    spans = [(a.start, a.end) for a in reading.ambiguities if a.fact == "cancer_type"]
    spans += [(m.start, m.end) for m in reading.mentions if m.fact == "cancer_type"]
    inside = any(start <= mention.start and mention.end <= end for start, end in spans)
    return mention.fact in PERSONS and inside


def _stated(turn: Turn) -> tuple[Ambiguity, ...]:
    """The open meanings; a cancer named in a question ("do you treat liver cancer") is none."""
    heard = turn.heard
    asking = heard.intent in ASKING and heard.confidence >= LIKELY_QUESTION
    if not asking or turn.cancer is None:
        return heard.reading.ambiguities
    return tuple(a for a in heard.reading.ambiguities if a.fact != "cancer_type")


def _opens_a_correction(turn: Turn, mention: Mention) -> bool:
    """Whether a yes or no belongs to a correction ("No, we are in Leeds"), not to our question."""
    mentions, case = turn.heard.reading.mentions, turn.case
    bare = any(
        m.fact in ("answer.yes", "answer.no") and (m.start, m.end) == (mention.start, mention.end)
        for m in mentions
    )
    corrected = any(
        m.fact in case.facts and m.fact != turn.asked and case.facts[m.fact].value != m.value
        for m in mentions
    )
    return bare and corrected


# Each says why a mention is no fact.
NO_FACTS: tuple[Callable[[Turn, Mention], bool], ...] = (
    _opens_a_correction,
    in_a_name,
    _part_of_words,
    _bare_in_a_protest,
    _other_role,
    _only_polite,
)
