"""What a person may ask at any moment: stop, erase, start again, a copy of everything kept.

What cannot be undone is asked once, then done.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.facts.case import CaseState
from bot.intake.questions import relation_of, says
from bot.intake.turn import Turn
from bot.records.documents import MY_DATA

PENDING = "sure"
# What these would end is not begun on a guess: one of their own words must stand in the message.
NEED_THEIR_WORDS = frozenset({"stop", "start_over"})
ALONE = 3  # words of a message in which a single "stop" means all of it
Act = Callable[[Turn], None]


def stop_erase_restart(turn: Turn) -> bool:
    """Carry out a confirmed request, or ask for the confirmation."""
    if turn.case.memory.get("erase"):
        turn.say("utter_erasing")
        return True
    waiting: str | None = turn.case.memory.pop(PENDING, None)
    if waiting and _confirmed(turn, waiting):
        DONE[waiting](turn)
        return waiting != "start_over"
    if waiting and not turn.learned.anything and turn.says_no:
        turn.say(f"utter_{waiting}_kept")
        return False
    wish = None if _only_sounds_like(turn) else turn.intent
    turn.case.memory.pop("stopped", None)  # who writes again is back
    if wish == "stop" and _spares_the_patient(turn):
        turn.alert("non_disclosure")
        turn.say("utter_non_disclosure")
        return False
    if wish == "stop" and turn.case.state is not CaseState.EMERGENCY:
        _stop(turn)
        return True
    if wish and wish in DONE:
        _ask(turn, wish)
        return True
    if wish == "my_data":
        turn.say("utter_my_data", documents=(MY_DATA,))
        return True
    return False


def _only_sounds_like(turn: Turn) -> bool:
    """Whether the model guessed a wish from words that hold none ("no more", "me", "new")."""
    typed = turn.move is None and turn.heard.kind == "text" and turn.heard.payload is None
    wish = turn.heard.intent
    if not typed or wish not in NEED_THEIR_WORDS or says(wish, turn.heard.text):
        return False
    alone = wish == "stop" and len(turn.heard.text.split()) <= ALONE
    return not (alone and says("stop_alone", turn.heard.text))


def _spares_the_patient(turn: Turn) -> bool:
    """Whether a relative asks to leave the patient in peace ("do not contact my father")."""
    said = turn.heard.text
    typed = turn.move is None and turn.heard.kind == "text"
    return typed and relation_of(said) is not None and "stop" not in said.casefold()


def _ask(turn: Turn, wish: str) -> None:
    turn.case.memory[PENDING] = wish
    turn.say(
        f"utter_{wish}_ask",
        turn.button("utter_button_erase" if wish == "delete_data" else "utter_button_yes", "yes"),
        turn.button("utter_button_keep" if wish == "delete_data" else "utter_button_no", "no"),
    )


def _confirmed(turn: Turn, waiting: str) -> bool:
    return turn.says_yes or turn.intent == waiting


def _stop(turn: Turn) -> None:
    turn.case.memory["stopped"] = True
    turn.say("utter_stop")


def _erase(turn: Turn) -> None:
    # The store erases once this last reply is on its way.
    case = turn.case
    case.facts.clear()
    case.flags.clear()
    case.open_questions.clear()
    case.memory = {"erase": True}
    case.state, case.asks = CaseState.CLOSED, None
    turn.say("utter_delete_data_done")


def _start_over(turn: Turn) -> None:
    case = turn.case
    case.facts.clear()
    case.flags.clear()
    case.asked.clear()
    case.failed.clear()
    kept = {k: v for k, v in case.memory.items() if k == "alerts"}
    case.memory = {"greeted": True, "consent_just_given": True} | kept
    case.state, case.asks, turn.asked = CaseState.INTAKE, None, None
    turn.learned.new.clear()
    turn.learned.changed.clear()
    turn.say("utter_start_over_done")


DONE: dict[str, Act] = {"delete_data": _erase, "start_over": _start_over}
