"""Whether a wish that the model hears is meant, or the words are an answer that resembles it."""

from __future__ import annotations

from bot.facts.case import CaseState
from bot.intake.questions import names_a_choice, relation_of, says
from bot.intake.turn import QUESTION_MARKS, Turn

# Below this the model is not sure enough to treat an answer to our question as a wish.
SURE_OF_WISH = 0.5
# Short statements of facts resemble questions about them; without a question mark the model
# must be surer than it is of those.
SURE_OF_QUESTION = 0.8
# Below this, words without any mark of a question are taken for none.
FAINT = 0.3
# Wishes that a few words make whatever facts they name ("human, Delhi").
PLAIN_WISHES = frozenset({"human", "request_checklist", "request_letter"})
LONG_QUESTION = 4  # words
# What a short answer about who writes may be taken for ("i am her husband").
RESEMBLED = frozenset({"ask_question", "distress"})
# Said by a guess of the model, these would be no answer to anything.
SMALL_TALK = frozenset(
    {"abuse", "off_topic", "complaint", "greet", "thanks", "goodbye", "bot_challenge"}
)
# Wishes that are answered even when the same message also gave facts.
INSISTENT = frozenset(
    {
        "ask_question",
        "ask_advice",
        "human",
        "request_checklist",
        "request_letter",
        "second_patient",
        "distress",
        "complaint",
        "manipulation",
    }
)


def meant(turn: Turn) -> bool:
    """Whether the wish is meant; what answers the open question is an answer first."""
    if turn.heard.kind not in ("text", "command"):
        return False
    if turn.chosen:
        return False
    sure = turn.heard.confidence >= SURE_OF_WISH
    if turn.learned.told and turn.bare and turn.heard.intent not in PLAIN_WISHES:
        return False
    if turn.heard.intent == "second_patient" and not _means_another(turn):
        return False
    if _only_resembles(turn):
        return False
    if turn.fresh and turn.heard.intent in RESEMBLED and _answers_shortly(turn):
        return False  # "caregiver, her daughter" resembles a question about families
    if turn.learned.told or (turn.asked and turn.asked in turn.fresh):
        return turn.heard.intent in INSISTENT and sure and asks_surely(turn)
    return sure or turn.heard.intent not in SMALL_TALK


def _only_resembles(turn: Turn) -> bool:
    """Whether words resemble a wish that they do not say.

    A few words beside an open question ("only there", "stereotactic biopsy") are no question about
    the service, a choice of any question ("growing") never is; what a letter says is no wish for
    one, and fear is said in words of fear.
    """
    text, intent = turn.heard.text, turn.heard.intent
    if intent == "ask_question" and faint(turn):
        return True
    sure = turn.heard.confidence >= SURE_OF_QUESTION
    asked, talks = turn.asked, turn.case.state is CaseState.INTAKE
    waits = talks and asked is not None and asked in turn.questions
    if intent == "ask_question" and waits and turn.bare:
        return not sure or names_a_choice(turn.questions, text)
    if intent == "off_topic" and waits and turn.bare:
        return not sure
    if intent == "request_letter":
        return says("letter_tells", text)
    weak = turn.heard.confidence < SURE_OF_WISH and len(text.split()) <= LONG_QUESTION
    return intent == "distress" and waits and weak and not says("grief", text)


def faint(turn: Turn) -> bool:
    """Whether nothing says that something is asked, and the model hardly believes it."""
    return turn.heard.confidence < FAINT and not turn.opens_a_question


def _means_another(turn: Turn) -> bool:
    """Whether another patient is meant: said so, or in a sentence, but not by who writes."""
    said = says("second_patient", turn.heard.text) or relation_of(turn.heard.text)
    return bool(said) or not (turn.bare or turn.user_role == "patient" or turn.fresh)


def _answers_shortly(turn: Turn) -> bool:
    return not turn.opens_a_question and len(turn.heard.text.split()) <= LONG_QUESTION


def asks_surely(turn: Turn) -> bool:
    """Whether a question has its mark, or the model hardly doubts it; other wishes are sure."""
    if turn.heard.intent != "ask_question" or QUESTION_MARKS & set(turn.heard.text):
        return True
    return turn.heard.confidence >= SURE_OF_QUESTION
