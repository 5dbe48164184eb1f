"""Emergencies are answered first, whatever else was said (C7)."""

from __future__ import annotations

from bot.facts.case import CaseState
from bot.intake.questions import says
from bot.intake.speech import Button, letters
from bot.intake.turn import Turn
from bot.oncology.reading import FlagMention

SELF_HARM = "RF14"
# What a person may ask even then; nothing else is answered until it is safe.
# ("It stopped" is said of a bleeding; there is nothing to stop while the bot waits.)
RIGHTS = frozenset({"delete_data", "my_data", "privacy", "unshare", "unlearn"})
COMPANION = "companion"
# "Ok" says that the message was read, not that somebody is there: asked once more, then waited.
ACKNOWLEDGED, ASKED_AGAIN = "acknowledged", "companion_asked_again"


def emergency_first(turn: Turn) -> bool:
    """Answer a red flag that is present now; take an answer while the intake is paused for one."""
    flags = _flags(turn)
    acute = [f for f in flags if not f.urgent_only]
    if acute:
        _pause(turn, acute)
        return True
    if turn.case.state is CaseState.EMERGENCY:
        return _paused(turn)
    fresh = [f for f in flags if f.id not in turn.case.flags]
    if fresh:
        _note(turn, fresh)
        turn.say(
            "utter_urgent", reason=turn.word("utter_word_urgent"), number=turn.emergency_number
        )
    if turn.move == "urgent":
        _pause(turn, [FlagMention("RF16", turn.heard.text, 0, 0)])
        return True
    return False


def _flags(turn: Turn) -> list[FlagMention]:
    if turn.heard.payload is not None:
        return []
    reading = turn.heard.reading
    judged = turn.desk.knowledge.judge(reading.mentions, turn.case.wire())
    acute = {f.id for f in (*reading.flags, *judged) if not f.urgent_only}
    by_id: dict[str, FlagMention] = {}
    for flag in (*reading.flags, *judged):
        if not flag.urgent_only or flag.id not in acute:
            by_id.setdefault(flag.id, flag)
    return list(by_id.values())


def _note(turn: Turn, flags: list[FlagMention]) -> None:
    case = turn.case
    case.flags.extend(f.id for f in flags if f.id not in case.flags)
    weaker = {f.id for f in flags if f.urgent_only}
    acute = {f.id for f in flags if not f.urgent_only}
    earlier = set(case.memory.get("urgent_only", ()))
    case.memory["urgent_only"] = sorted((earlier | weaker) - acute)
    turn.alert("red_flag")


def _pause(turn: Turn, flags: list[FlagMention]) -> None:
    case = turn.case
    _note(turn, flags)
    if case.state is not CaseState.EMERGENCY:
        case.memory["before_emergency"] = [case.state.value, case.asks]
    case.state = CaseState.EMERGENCY
    case.asks = COMPANION
    case.memory.pop(ASKED_AGAIN, None)
    if any(f.id == SELF_HARM for f in flags):
        line = turn.desk.knowledge.crisis_line(turn.country)
        turn.alert("self_harm")
        turn.say(
            "utter_self_harm",
            number=turn.emergency_number,
            line=turn.word("utter_word_crisis_line", line=line) if line else "",
        )
        turn.say("utter_self_harm_companion", *_yes_no(turn))
        return
    turn.say("utter_emergency", number=turn.emergency_number, diagnosis=_diagnosis(turn))
    turn.say("utter_emergency_companion", *_yes_no(turn))


def _paused(turn: Turn) -> bool:
    case = turn.case
    if turn.move == "safe_now" or _says_safe(turn) or _goes_on(turn):
        state, asks = case.memory.pop("before_emergency", [CaseState.INTAKE.value, None])
        case.memory.setdefault("past_flags", []).extend(case.flags)
        case.flags.clear()
        case.state, case.asks = CaseState(state), asks
        turn.say("utter_emergency_resume")
        turn.asked, turn.move = None, "resume"  # the words have done their work
        return False
    if {turn.intent, turn.heard.intent} & RIGHTS:
        return False
    _answer_companion(turn)
    return True


def _says_safe(turn: Turn) -> bool:
    """Whether the title of the button was typed, or other words that it is over."""
    title = letters(turn.word("utter_button_safe_now"))
    return title in letters(turn.heard.text) or says("safe_now", turn.heard.text)


def _goes_on(turn: Turn) -> bool:
    """Whether the person wishes to go on; a danger that eased is no such wish."""
    wished = "resume" in (turn.move, turn.heard.intent)
    return wished and not says("eased", turn.heard.text)


def _answer_companion(turn: Turn) -> None:
    case = turn.case
    kind = "self_harm" if SELF_HARM in case.flags else "emergency"
    state = "wait"
    if case.asks == COMPANION and turn.move == ACKNOWLEDGED and not case.memory.get(ASKED_AGAIN):
        case.memory[ASKED_AGAIN] = True
        turn.say(f"utter_{kind}_companion_again", *_yes_no(turn))
        return
    if case.asks == COMPANION and (turn.says_yes or turn.says_no):
        case.asks = None
        state = "accompanied" if turn.says_yes else "alone"
    safe = turn.button("utter_button_safe_now", "safe_now")
    turn.say(f"utter_{kind}_{state}", safe, number=turn.emergency_number)


def _diagnosis(turn: Turn) -> str:
    name = turn.describe.line_value(turn.case, "cancer_type")
    return turn.word("utter_word_of", name=name) if name else ""


def _yes_no(turn: Turn) -> tuple[Button, Button]:
    return turn.button("utter_button_yes", "yes"), turn.button("utter_button_no", "no")
