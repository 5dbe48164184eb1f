"""How a turn goes on: the next question, the summary, the result, or what can still be refined."""

from __future__ import annotations

from bot.facts.case import CaseState, FactStatus
from bot.facts.vocabulary import group
from bot.intake import agenda, results
from bot.intake.answers import PENDING, SPREAD_SOMEWHERE, ask_pending
from bot.intake.describing import FOLDED
from bot.intake.learning import IN_PASSING, leave_open
from bot.intake.questions import is_saying, opens_with_no, says
from bot.intake.speech import Button, answer_payload
from bot.intake.turn import Turn

SENTENCE = 4  # words
# In the memory of a case: how often the summary was answered by words nobody understood.
MISSED = "confirm_missed"
# Said once, when the fact behind it is first heard.
ONCE = {
    "say_two_patients": "utter_second_patient",
    "say_minor": "utter_minor",
    "say_pregnancy": "utter_pregnancy",
    "say_doctor": "utter_doctor",
    "say_non_disclosure": "utter_non_disclosure",
}


def go_on(turn: Turn) -> None:
    """Acknowledge what was new, then ask, sum up, or give the result."""
    if turn.case.state is CaseState.CLOSED:
        turn.case.state = CaseState.INTAKE
    _acknowledge(turn)
    _interest(turn)
    for key, response in ONCE.items():
        if turn.case.memory.pop(key, None):
            turn.say(response)
    if turn.case.state is CaseState.CONFIRM:
        _confirm(turn)
    elif turn.case.state is CaseState.ASSESSED:
        _refine(turn)
    else:
        _ask_or_sum_up(turn)
    turn.case.memory.pop("consent_just_given", None)


def _acknowledge(turn: Turn) -> None:
    """Say back what was noted, unless it was just the answer to our question."""
    if turn.learned.changed:
        facts = turn.describe.noted(turn.case, turn.learned.changed)
        if facts:
            turn.say("utter_changed", facts=facts)
    asked = FOLDED.get(turn.asked or "", turn.asked)
    beyond = [f for f in turn.learned.new if FOLDED.get(f, f) != asked]
    said = turn.case.state is CaseState.CONFIRM or turn.case.memory.get("consent_just_given")
    if beyond and not said:
        facts = turn.describe.noted(turn.case, turn.learned.new)
        if facts:
            turn.say("utter_heard", facts=facts)


def _interest(turn: Turn) -> None:
    """A wish for one route that was no question gets a word too."""
    if "pathway_interest" in turn.learned.new and not turn.replies:
        wished = turn.case.facts["pathway_interest"].value
        names = ", ".join(turn.word(f"utter_name_{route}") for route in wished)
        turn.say("utter_interest_noted", pathway=names)


def _ask_or_sum_up(turn: Turn) -> None:
    case = turn.case
    if ask_pending(turn):
        return
    possible = [turn.cancer] if turn.cancer else case.memory.get("cancer_options") or [None]
    blood = all(turn.desk.knowledge.is_blood_cancer(cancer) for cancer in possible)
    fact = case.memory.pop("reask", None) or agenda.before_result(
        case, turn.questions, blood_cancer=blood
    )
    if fact and case.asked.get(fact, 0) >= agenda.times_asked(fact):
        leave_open(case, fact, FactStatus.UNKNOWN)
        turn.alert("not_understood")
        turn.say("utter_offer_human", turn.button("utter_button_human", "human"))
        case.asks = None
        fact = agenda.before_result(case, turn.questions, blood_cancer=blood)
    if fact:
        ask(turn, fact)
        return
    case.state, case.asks = CaseState.CONFIRM, None
    _sum_up(turn)


def ask(turn: Turn, fact: str) -> None:
    """Put one question, with its choices as buttons."""
    case = turn.case
    case.asks = fact
    case.asked[fact] = case.asked.get(fact, 0) + 1
    trail: list[str] = case.memory.setdefault("trail", [])
    if fact not in trail:
        trail.append(fact)
    opening = fact == "cancer_type" and case.asked[fact] == 1 and not case.facts
    if opening:
        turn.say("utter_ask_open")
        return
    name = "biomarkers" if fact.startswith("biomarkers.") else fact
    if fact == "extent" and "stage_group" in case.wire():
        name = "extent_now"  # the stage was told; where it is today is another question
    if fact == "extent" and turn.cancer in group("brain"):
        name = "extent_brain"
    if fact == "extent" and case.memory.pop(SPREAD_SOMEWHERE, None):
        name = "extent_where"
    if fact == "brain_mets_status" and "brain" in case.wire().get("metastatic_sites", ()):
        name = "brain_mets_now"
    turn.say(f"utter_ask_{name}", *_buttons(turn, fact), marker=fact.removeprefix("biomarkers."))


def _buttons(turn: Turn, fact: str) -> tuple[Button, ...]:
    unsure = turn.button("utter_button_dont_know", "dont_know")
    if fact.startswith("biomarkers."):
        return (turn.button("utter_button_not_tested", "dont_know"),)
    choices = turn.questions[fact].choices
    buttons = tuple(Button(c.label, answer_payload(fact, c.value)) for c in choices)
    if fact == "user_role":
        return buttons
    if fact == "country" and (phone := turn.case.memory.get("phone_country")):
        # Where the number is from is only offered: people move, and relatives abroad write.
        buttons = (Button(turn.describe.value(fact, phone), answer_payload(fact, phone)),)
    if turn.case.state is CaseState.ASSESSED:
        return (*buttons, unsure, turn.button("utter_button_enough", "enough"))
    return (*buttons, unsure)


def _sum_up(turn: Turn) -> None:
    lines = turn.describe.lines(turn.case)
    turn.say(
        "utter_confirm",
        turn.button("utter_button_right", "yes"),
        turn.button("utter_button_change", "correct"),
        turn.button("utter_button_urgent", "urgent"),
        lines="\n".join(lines),
    )


def _confirm(turn: Turn) -> None:
    """Only a yes, or a wish to have done with questions, goes on from the summary."""
    if set(turn.fresh) - IN_PASSING or "user_role" in turn.fresh:
        turn.case.memory.pop(MISSED, None)
        _sum_up(turn)
    elif (turn.says_yes and not is_saying("hums", turn.heard.text)) or turn.intent == "enough":
        _result(turn)
    elif turn.case.memory.get("changing") and _wants_no_more(turn):
        turn.case.memory.pop("changing")
        _result(turn)  # "What should I change?" "No, nothing."
    elif turn.says_no or turn.intent == "correct" or opens_with_no(turn.heard.text):
        turn.case.memory["changing"] = True
        _keep_for_a_human(turn)
        turn.say("utter_what_to_change")
    elif turn.intent in ("skip", "dont_know"):
        _ask_again(turn, "utter_confirm_unsure")
    else:
        if turn.intent == "ask_why":
            turn.say("utter_why_confirm")
        _keep_for_a_human(turn)
        lost = not turn.replies and not turn.learned.anything and _lost(turn)
        _ask_again(turn, "utter_confirm_lost" if lost else "utter_confirm_again")


def _wants_no_more(turn: Turn) -> bool:
    return turn.says_no or says("nothing_to_add", turn.heard.text)


def _ask_again(turn: Turn, response: str) -> None:
    human = (
        (turn.button("utter_button_human", "human"),) if response != "utter_confirm_again" else ()
    )
    turn.say(
        response,
        turn.button("utter_button_right", "yes"),
        turn.button("utter_button_change", "correct"),
        *human,
    )


def _lost(turn: Turn) -> bool:
    """Whether words that nobody understood met the question if the summary is right before.

    They never count as a yes: a coordinator is told, and the question stays.
    """
    before: int = turn.case.memory.get(MISSED, 0)
    turn.case.memory[MISSED] = before + 1
    if before:
        turn.alert("not_understood")
    return before > 0


def _keep_for_a_human(turn: Turn) -> None:
    """A sentence beside the summary that nobody understood is read by a coordinator."""
    wordy = turn.heard.kind == "text" and len(turn.heard.text.split()) >= SENTENCE
    if wordy and not turn.replies and not turn.learned.told:
        turn.pass_on("utter_kept_for_coordinator")


def _result(turn: Turn) -> None:
    turn.case.state = CaseState.ASSESSED
    results.say_result(turn)
    fact = _next_refining(turn)
    results.say_next_steps(turn, more_questions=fact is not None or PENDING in turn.case.memory)
    _ask_refining(turn, fact)


def _refine(turn: Turn) -> None:
    if set(turn.fresh) - IN_PASSING:
        results.say_update(turn)
    elif turn.replies and turn.asked is None and turn.case.asks is None:
        return
    if turn.case.memory.get("enough") and turn.asked:
        turn.case.asks = None
        turn.say("utter_refine_done")
        return
    _ask_refining(turn, _next_refining(turn))


def _next_refining(turn: Turn) -> str | None:
    return agenda.after_result(turn.case, turn.questions, turn.desk.knowledge.next_question)


def _ask_refining(turn: Turn, fact: str | None) -> None:
    case = turn.case
    if ask_pending(turn):
        return
    if fact is None:
        if case.asks is not None:
            turn.say("utter_refine_done")
        elif not turn.replies:
            turn.say("utter_nothing_open")
        case.asks = None
        return
    if fact != turn.asked:
        case.memory["refined"] = case.memory.get("refined", 0) + 1
    ask(turn, fact)
