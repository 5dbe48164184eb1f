"""The records letter: the hospital is asked for once, then the letter goes out as two files.

The question can be skipped in any way: what is no hospital is answered as usual, and the letter
then has a line to fill in. Words that name a hospital say nothing about the patient.
"""

from __future__ import annotations

from bot.intake.collecting import listed
from bot.intake.learning import IN_PASSING
from bot.intake.turn import Turn
from bot.records.catalogue import catalogue
from bot.records.documents import LETTER
from bot.records.letter import requested

ASKS = "hospital"
LONGEST_NAME = 150
WAITS = "letter_waits"
# A wish that is answered instead of being taken for the name of a hospital.
SURE_OF_WISH = 0.6
NAMES_NOTHING = frozenset({"skip", "dont_know", "deny", "no", "enough", "go_back"})
# Names of hospitals resemble questions about the hospitals we work with.
PERHAPS_A_NAME = frozenset({"inform", "nlu_fallback", "ask_question", "request_letter"})
PLACES = frozenset({"city", "country"})


def start(turn: Turn) -> bool:
    """Ask for the hospital, or send the letter if it was asked for before."""
    case = turn.case
    if not requested(listed(turn)):
        turn.say("utter_letter_nothing")
        return False
    if "hospital" in case.memory:
        _send(turn)
        return False
    case.memory[WAITS] = case.asks
    case.asks = ASKS
    turn.say("utter_letter_hospital", turn.button("utter_button_skip", "skip"))
    return True


def waits(turn: Turn) -> bool:
    """Whether a typed message may name the hospital: it is then not read for facts."""
    return WAITS in turn.case.memory and _names_hospital(turn)


def take_hospital(turn: Turn) -> bool:
    """The stage that takes the answer; the letter is sent whatever it was."""
    case = turn.case
    if WAITS not in case.memory:
        return False
    if turn.intent == "request_letter" and not _names_hospital(turn):
        turn.say("utter_letter_hospital", turn.button("utter_button_skip", "skip"))
        return True
    if turn.intent == "ask_why":
        turn.say("utter_why_hospital", turn.button("utter_button_skip", "skip"))
        return True
    named = _names_hospital(turn)
    case.asks = turn.asked = case.memory.pop(WAITS)
    case.memory["hospital"] = " ".join(turn.heard.text.split()) if named else None
    _send(turn)
    if turn.intent in NAMES_NOTHING or named:
        turn.move = "letter_sent"  # the word has done its work: it answers nothing else
    return False


def _send(turn: Turn) -> None:
    turn.say("utter_letter", documents=LETTER)


def _names_hospital(turn: Turn) -> bool:
    heard = turn.heard
    text = heard.text.strip()
    if heard.kind != "text" or heard.payload is not None or turn.move is not None:
        return False
    if not text or len(text) > LONGEST_NAME or text[-1] in "?؟？" or heard.reading.flags:
        return False
    told = {m.fact for m in heard.reading.mentions} - IN_PASSING - PLACES
    if told or _asks(turn):
        return False
    return heard.intent in PERHAPS_A_NAME or heard.confidence < SURE_OF_WISH


def _asks(turn: Turn) -> bool:
    """Whether the words begin like a question; the name of a hospital may resemble one else."""
    first = turn.heard.text.split()[0].casefold()
    return first in catalogue(turn.case.language).wording["question_words"].casefold().split("|")
