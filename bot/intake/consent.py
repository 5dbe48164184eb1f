"""Consent before anything is kept; what came before it is held for at most a day."""

from __future__ import annotations

from bot.facts.case import CaseState, Consent
from bot.intake.hearing import UNDIAGNOSED, foreign_script
from bot.intake.kindness import COMFORTED
from bot.intake.meant import SURE_OF_WISH
from bot.intake.questions import asks_beside_facts, says
from bot.intake.requests import answer_topic, hand_over
from bot.intake.speech import Button
from bot.intake.turn import Turn

# In the memory of a case: what was wished and asked before the consent, answered after it.
WAITED = "waited_for_an_answer"
WISHES_HUMAN, ASKED_BEFORE = "wishes_human", "asked_before_consent"
UNANSWERED = frozenset({"ask_question", "ask_advice", "complaint"})
# With what a human takes over where no cancer was named, and why he is called.
ALERTS = {"utter_suspected": "no_diagnosis", "utter_no_cancer": "no_cancer"}
# The wording that was agreed to; change it when utter_consent changes in meaning.
CONSENT_VERSION = "2026-11"


def ask_consent(turn: Turn) -> bool:
    """Greet, ask for consent, and take the answer; nothing else happens before a yes."""
    case = turn.case
    if case.state is not CaseState.CONSENT:
        return False
    if not case.memory.get("greeted"):
        _greet(turn)
        return True
    if turn.move == "agree" or turn.says_yes:
        return _given(turn)
    if turn.move == "refuse" or turn.says_no:
        _refused(turn)
        return True
    if turn.intent in ("read_more", "consent_more", "ask_why"):
        turn.say("utter_consent_more", *_buttons(turn))
        return True
    if turn.heard.kind == "file":
        turn.say("utter_file_before_consent")
    foreign_script(turn)
    _answer_before_consent(turn)
    turn.say("utter_consent_again", *_buttons(turn))
    return True


def _answer_before_consent(turn: Turn) -> bool:
    """What can be answered without keeping anything; the rest is remembered until the consent."""
    if answer_topic(turn):
        return True
    intent, sure = turn.intent, turn.move or turn.heard.confidence >= SURE_OF_WISH
    if intent == "human" and sure:
        turn.case.memory[WISHES_HUMAN] = True
        turn.say("utter_human_after_consent")
        return True
    if turn.heard.kind != "text":
        return False
    if not (intent in UNANSWERED and sure):
        if asks_beside_facts(turn.heard.text):
            turn.case.memory.setdefault(ASKED_BEFORE, []).append(turn.heard.text)
        return False
    turn.case.memory.setdefault(ASKED_BEFORE, []).append(turn.heard.text)
    if intent == "ask_advice":
        turn.say("utter_advice_before_consent")
    return True


def _greet(turn: Turn) -> None:
    case = turn.case
    case.memory["greeted"] = True
    case.asks = "consent_data"
    turn.say("utter_greeting")
    turn.say("utter_emergency_hint")
    foreign_script(turn)
    if turn.intent == "consent_more":
        turn.say("utter_consent_more", *_buttons(turn))
        return
    answered = _answer_before_consent(turn)
    heard = turn.learned.anything or answered
    response = "utter_consent_heard" if heard else "utter_consent"
    if says("anger", turn.heard.text):
        case.memory[WAITED] = True
        response = "utter_consent_sorry"
    elif turn.intent == "distress" or says("grief", turn.heard.text):
        case.memory[COMFORTED] = True
        response = "utter_consent_moved"
    turn.say(response, *_buttons(turn))


def _given(turn: Turn) -> bool:
    case = turn.case
    case.consent = Consent(True, CONSENT_VERSION, case.language, turn.heard.channel, turn.heard.at)
    case.state = CaseState.INTAKE
    case.asks = turn.asked = None
    turn.say("utter_consent_given")
    known = turn.describe.noted(case, case.facts)
    if known:
        turn.say("utter_heard", facts=known)
    case.memory["consent_just_given"] = True
    if case.memory.pop(WAITED, None):
        turn.alert("complaint")
    if asked := case.memory.pop(ASKED_BEFORE, []):
        case.open_questions.extend(asked)
        turn.alert("question")
        turn.say("utter_asked_before_consent")
    if case.memory.pop(WISHES_HUMAN, False):
        return hand_over(turn, "utter_human")
    found = case.memory.pop(UNDIAGNOSED, None)
    if found and turn.cancer is None:
        turn.alert(ALERTS[found])
        return hand_over(turn, found)
    return False


def _refused(turn: Turn) -> None:
    case = turn.case
    case.facts.clear()
    case.flags.clear()
    case.memory = {"greeted": True}
    case.consent = Consent(False, CONSENT_VERSION, case.language, turn.heard.channel, turn.heard.at)
    case.asks = "consent_data"
    turn.say("utter_consent_refused")


def _buttons(turn: Turn) -> tuple[Button, Button, Button]:
    return (
        turn.button("utter_button_agree", "agree"),
        turn.button("utter_button_read_more", "read_more"),
        turn.button("utter_button_no", "refuse"),
    )
