"""Their questions and wishes, answered before ours goes on."""

from __future__ import annotations

from collections.abc import Callable

from bot.facts.case import CaseState
from bot.intake import collecting, letter, results
from bot.intake.glossary import explained
from bot.intake.meant import (
    LONG_QUESTION,
    SURE_OF_QUESTION,
    SURE_OF_WISH,
    asks_surely,
    faint,
    meant,
)
from bot.intake.questions import says
from bot.intake.turn import Turn
from bot.oncology.ideas import ideas
from bot.records.catalogue import catalogue
from bot.records.papers.received import received_papers

# Questions about prices are for a person as well (C10).
COST_TOPICS = frozenset({"REQ-29", "REQ-89", "REQ-127"})
# In the memory of a case: no reminder of missing papers is wanted.
NO_REMINDERS = "no_reminders"
LIFETIME = "REQ-73"  # "how long does he have?" is no question about the service
Reply = Callable[[Turn], bool]


def answer_request(turn: Turn) -> bool:
    """Answer a question or a wish; True when the open question should not follow."""
    name = turn.intent
    if turn.move is None and turn.heard.payload is None and not meant(turn):
        return False
    reply = REPLIES.get(name)
    return reply(turn) if reply else False


def answer_topic(turn: Turn) -> bool:
    """Answer a question by its topic, with the case in mind; False when there is no answer."""
    if turn.heard.intent != "ask_question":
        return False
    if means := explained(turn.heard.text):
        turn.say("utter_faq", answer=means)
        return True
    if faint(turn):
        return False
    if turn.heard.topic is None:
        return False
    if turn.learned.told and not (turn.heard.confidence >= SURE_OF_WISH and asks_surely(turn)):
        return False
    topic = LIFETIME if says("lifetime", turn.heard.text) else turn.heard.topic
    answer = turn.desk.knowledge.answer(topic, turn.cancer, turn.case.language)
    if answer is None:
        return False
    *first, last = answer.messages
    for message in first:
        turn.say("utter_faq", answer=message)
    turn.say("utter_faq_source", answer=last, source=answer.source)
    return True


def _question(turn: Turn) -> bool:
    if turn.heard.topic in COST_TOPICS:
        turn.alert("price")
    if _why_this_route(turn):
        return False
    if "abroad" in ideas(turn.heard.text) and _must_not_travel(turn):
        turn.say("utter_result_no_travel")
        return False
    if says("promise", turn.heard.text):
        turn.say("utter_manipulation")
    if not answer_topic(turn) and (asks_surely(turn) or _asks_at_length(turn)):
        turn.pass_on("utter_question_passed_on")
    return False


def _why_this_route(turn: Turn) -> bool:
    """After the result, "why not ...?" about a route is answered with this case's reason."""
    named = [m.value for m in turn.heard.reading.mentions if m.fact == "pathway_interest"]
    asks_why = "why" in turn.heard.text.casefold().split()
    if turn.case.state is not CaseState.ASSESSED or not named or not asks_why:
        return False
    return results.say_routes(turn, named)


def _must_not_travel(turn: Turn) -> bool:
    return turn.desk.knowledge.assess(turn.case.wire()).travel == "HOLD"


def _asks_at_length(turn: Turn) -> bool:
    long = len(turn.heard.text.split()) >= LONG_QUESTION
    return long and turn.heard.confidence >= SURE_OF_WISH and not turn.learned.told


def _advice(turn: Turn) -> bool:
    turn.pass_on("utter_advice")
    return False


def _remedy(turn: Turn) -> bool:
    turn.pass_on("utter_remedy")
    return False


def _weary(turn: Turn) -> bool:
    turn.alert("distress")
    turn.say("utter_weary")
    return False


def _unborn(turn: Turn) -> bool:
    turn.pass_on("utter_unborn")
    return False


def _human(turn: Turn) -> bool:
    return hand_over(turn, "utter_human")


def _delay(turn: Turn) -> bool:
    """They need a moment: the question stays open and is not put again at once."""
    turn.say("utter_take_time")
    return True


def _explain(turn: Turn) -> bool:
    """What a question means and where its answer stands; nothing was misunderstood."""
    turn.say("utter_explain_question", help=turn.word(f"utter_help_{turn.asked}"))
    return False


def _danger_ahead(turn: Turn) -> bool:
    turn.say("utter_if_it_happens", number=turn.emergency_number)
    return False


def hand_over(turn: Turn, response: str) -> bool:
    """Say that a human takes over, and go quiet."""
    case = turn.case
    if case.state is not CaseState.HUMAN:
        case.memory["before_human"] = case.state.value
    case.state = CaseState.HUMAN
    case.memory["asked_human"] = True
    turn.alert("human")
    turn.say(response)
    return True


def _checklist(turn: Turn) -> bool:
    cues = catalogue(turn.case.language).wording["missing_cues"].casefold().split("|")
    said = turn.heard.text.casefold()
    if turn.move is None and any(cue in said for cue in cues):
        collecting.say_missing(turn)
    else:
        collecting.say_checklist(turn)
    return False


def _more_records(turn: Turn) -> bool:
    collecting.say_full_checklist(turn)
    return True


def _missing_records(turn: Turn) -> bool:
    collecting.say_missing(turn)
    return False


def _no_reminders(turn: Turn) -> bool:
    turn.case.memory[NO_REMINDERS] = True
    turn.say("utter_no_reminders")
    return True


def _more_routes(turn: Turn) -> bool:
    return _once_assessed(turn, results.say_other_routes)


def _why_routes(turn: Turn) -> bool:
    return _once_assessed(turn, results.say_why)


def _once_assessed(turn: Turn, say: Callable[[Turn], None]) -> bool:
    """Routes are spoken of once the facts were confirmed; before that the question goes on."""
    if turn.case.state is not CaseState.ASSESSED:
        turn.say("utter_routes_later")
        return False
    say(turn)
    return True


def _send_records(turn: Turn) -> bool:
    turn.say("utter_files_here" if received_papers(turn.case) else "utter_files_where")
    return False


def _summary(turn: Turn) -> bool:
    lines = turn.describe.lines(turn.case)
    if lines:
        turn.say("utter_summary", lines="\n".join(lines))
    else:
        turn.say("utter_summary_empty")
    return False


def _status(turn: Turn) -> bool:
    state = turn.word(f"utter_word_state_{turn.case.state.value}")
    shown = turn.case.memory.get("records") is not None
    found = collecting.completeness(collecting.listed(turn)) if shown else {}
    missing = turn.word("utter_completeness", **found) if shown else ""
    more = turn.button("utter_button_missing", "missing_records")
    turn.say("utter_status", *((more,) if shown else ()), state=state, missing=missing)
    return False


def _language(turn: Turn) -> bool:
    wished = turn.case.facts.get("language")
    if wished and wished.value in turn.desk.say.languages:
        turn.case.language = wished.value
        turn.say("utter_language_changed")
    else:
        turn.say("utter_language_unavailable")
    return False


def _alerting(response: str, reason: str) -> Reply:
    def reply(turn: Turn) -> bool:
        turn.alert(reason)
        turn.say(response)
        return False

    return reply


def _for_a_human(response: str, reason: str) -> Reply:
    def reply(turn: Turn) -> bool:
        turn.alert(reason)
        return hand_over(turn, response)

    return reply


def _plain(response: str) -> Reply:
    def reply(turn: Turn) -> bool:
        turn.say(response)
        return False

    return reply


def _enough(turn: Turn) -> bool:
    turn.case.memory["enough"] = True
    return False


def _correct(turn: Turn) -> bool:
    if turn.learned.anything or turn.case.state is CaseState.CONFIRM:
        return False
    # A "not" beside an open question resembles a correction; asked once, it is not asked again.
    tapped = turn.move is not None or turn.heard.payload is not None
    said = turn.heard.confidence >= SURE_OF_QUESTION and not turn.case.memory.get("changing")
    if turn.asked and not tapped and not (said or says("change", turn.heard.text)):
        return False
    turn.case.memory["changing"] = True
    turn.say("utter_what_to_change")
    return True


def _greet(turn: Turn) -> bool:
    if not turn.case.memory.get("consent_just_given"):
        turn.say("utter_hello_again")
    return False


def _resume(turn: Turn) -> bool:
    if not turn.replies:  # else the end of a pause has said so already
        turn.say("utter_resume")
    return False


def _ending(response: str) -> Reply:
    """A word of thanks or farewell needs no question after it once the result is given."""

    def reply(turn: Turn) -> bool:
        turn.say(response)
        return turn.case.state is CaseState.ASSESSED

    return reply


REPLIES: dict[str, Reply] = {
    "ask_question": _question,
    "ask_advice": _advice,
    "human": _human,
    "died": _for_a_human("utter_bereaved", "bereavement"),
    # What was found is no cancer, or another illness: a person says what can be done.
    "no_cancer": _for_a_human("utter_no_cancer", "no_cancer"),
    # Something was found and nobody has named it: first a doctor has to look.
    "suspected": _for_a_human("utter_suspected", "no_diagnosis"),
    "declined": _plain("utter_declined"),
    "unborn": _unborn,
    "remedy": _remedy,
    "weary": _weary,
    "delay": _delay,
    "explain": _explain,
    "danger_ahead": _danger_ahead,
    "request_checklist": _checklist,
    "more_records": _more_records,
    "more_routes": _more_routes,
    "why_routes": _why_routes,
    "missing_records": _missing_records,
    "no_reminders": _no_reminders,
    "request_letter": letter.start,
    "request_status": _status,
    "send_records": _send_records,
    "summary": _summary,
    "correct": _correct,
    "enough": _enough,
    "second_patient": _alerting("utter_second_patient", "second_patient"),
    "distress": _alerting("utter_distress", "distress"),
    "complaint": _alerting("utter_complaint", "complaint"),
    "language_change": _language,
    "thanks": _ending("utter_thanks"),
    "goodbye": _ending("utter_goodbye"),
    "greet": _greet,
    "abuse": _alerting("utter_abuse", "anger"),
    "off_topic": _plain("utter_off_topic"),
    "bot_challenge": _plain("utter_bot_challenge"),
    "manipulation": _plain("utter_manipulation"),
    "resume": _resume,
    "consent_more": _plain("utter_data_kept"),
    "help": _plain("utter_help_commands"),
}
