"""Answers to the open question: doubts, "not sure", "skip", "back", "why", not understood."""

from __future__ import annotations

from typing import Any

from bot.facts.case import CaseState, FactStatus
from bot.intake.learning import IN_PASSING, SURE, leave_open, put
from bot.intake.questions import opens_politely, says
from bot.intake.speech import Button, answer_payload
from bot.intake.turn import Turn
from bot.oncology import read
from bot.oncology.reading import Ambiguity, Mention

PENDING = "pending"
# In the memory of a case: it has spread, and it is not known yet whether nearby or far.
SPREAD_SOMEWHERE = "spread_somewhere"
# Answers not understood: explained, explained with an example, then left to a human.
FAILURES_BEFORE_MOVING_ON = 3
# A doubt put this often, over other facts and questions, is left to a human.
TIMES_PUT = 4
SHORT_ANSWER = 6  # words
# Wishes in between, after which a doubt is put again instead of being given up.
ASIDE = frozenset(
    {"ask_question", "ask_advice", "ask_why", "summary", "distress", "help", "greet", "thanks"}
    | {"go_back", "resume"}
)
# An unsure question of so many words is one; fewer may be a name that nobody knows.
QUESTION_WORDS = 6
LIKELY_QUESTION = 0.6
# Questions whose answer in the person's own words is worth keeping even when no fact was found.
STATEMENTS = frozenset({"inform", "nlu_fallback", "correct", "ask_question"})
OWN_WORDS = frozenset({"treatments", "cancer_type", "drug_classes_received", "refractory_to"})


def settle_doubts(turn: Turn) -> bool:
    """Take the answer to "Do you mean ...?" or "Which one is it?"."""
    pending = turn.case.memory.get(PENDING)
    if not pending or pending["message"] == turn.heard.message_id:
        return False
    # A yes to another question (consent, say) is no answer to a doubt that was never put.
    answered = pending["fact"] in turn.fresh
    if answered or (pending.get("put") and _settled(turn, pending)):
        turn.case.memory.pop(PENDING, None)
        raise_doubts(turn)
    return False


def raise_doubts(turn: Turn) -> None:
    """Keep words with several meanings, or a doubtful reading, to be asked about next."""
    if PENDING in turn.case.memory:
        return
    known = turn.case.wire()
    ambiguous = [a for a in turn.learned.ambiguous if a.fact not in known]
    # A doubtful city is read back together with its country.
    doubtful = [m for m in turn.learned.doubtful if m.fact not in known and m.fact != "city"]
    if ambiguous:
        _clarify(turn, ambiguous[0])
    elif doubtful:
        _read_back(turn, doubtful[0])


def open_question(turn: Turn) -> bool:
    """Skip, not known, back, why, or an answer that was not understood."""
    asks = turn.asked
    if turn.case.state is CaseState.CONFIRM or asks is None or asks not in turn.questions:
        return False
    if _answered(turn, asks):
        return False
    if asks == "country" and "city" in turn.fresh:
        turn.say("utter_several_places", city=turn.describe.value("city", turn.case.wire()["city"]))
        return False
    signals, intent = turn.learned.signals, turn.intent
    if turn.learned.told or turn.move in ("explain", "change_one", "declined"):
        # "I don't know, but it is stage 3": what was told counts
        return False
    if intent == "skip" or "answer.skip" in signals:
        return _leave(turn, asks, FactStatus.DECLINED, "utter_skipped")
    if intent == "dont_know" or "answer.unknown" in signals:
        return _leave(turn, asks, FactStatus.UNKNOWN, "utter_noted_unknown")
    back = intent == "go_back" and not says("came_back", turn.heard.text)  # that is the disease
    if back or "answer.back" in signals:
        return _go_back(turn)
    if intent == "ask_why":
        turn.say(_text("why", asks))
        return False
    if turn.replies or turn.learned.anything or intent == "enough":
        return False
    if turn.says_yes and opens_politely(turn.heard.text):
        return False  # "yes please help us": the question is put again, nothing was missed
    if asks == "extent" and turn.says_yes:
        turn.case.memory[SPREAD_SOMEWHERE] = True  # nearby or far is another question
        return False
    if says("protest", turn.heard.text):
        turn.case.failed[asks] = turn.case.failed.get(asks, 0) + 1
        turn.say("utter_missed_it", turn.button("utter_button_human", "human"))
        return False
    return _not_understood(turn, asks)


def _answered(turn: Turn, asks: str) -> bool:
    told = {*turn.fresh, *turn.learned.confirmed}
    return asks in turn.case.facts or bool(
        told & {asks, asks.partition(".")[0], *turn.questions[asks].answered_by}
    )


def _leave(turn: Turn, asks: str, status: FactStatus, response: str) -> bool:
    leave_open(turn.case, asks, status, turn.heard.text)
    turn.case.memory.pop(PENDING, None)
    turn.say(response)
    return False


def _go_back(turn: Turn) -> bool:
    trail: list[str] = turn.case.memory.get("trail", [])
    earlier = [f for f in trail if f != turn.asked]
    if not earlier:
        turn.say("utter_no_step_back")
        return False
    last = earlier[-1]
    turn.case.memory["trail"] = trail[: trail.index(last)]
    so_far = turn.describe.line_value(turn.case, last)
    if not so_far:  # what is known stays until another answer takes its place
        turn.case.facts.pop(last, None)
    turn.case.asked.pop(last, None)
    turn.case.memory["reask"] = last
    turn.say("utter_went_back_to" if so_far else "utter_went_back", value=so_far)
    return False


def _not_understood(turn: Turn, asks: str) -> bool:
    case = turn.case
    case.failed[asks] = case.failed.get(asks, 0) + 1
    said = len(turn.heard.text.split())
    least = QUESTION_WORDS
    if asks in OWN_WORDS and turn.heard.confidence >= LIKELY_QUESTION:
        least = QUESTION_WORDS // 2  # "what is stage 3c" is no treatment in own words
    if turn.heard.intent == "ask_question" and said >= least:
        turn.pass_on("utter_question_passed_on")
        return False
    wordy = said >= (3 if case.failed[asks] == 1 else 1)
    plain = turn.heard.intent in STATEMENTS and not says("no_answer", turn.heard.text)
    if asks in OWN_WORDS and wordy and plain:
        return _own_words(turn, asks)
    if case.failed[asks] >= FAILURES_BEFORE_MOVING_ON:
        leave_open(case, asks, FactStatus.UNKNOWN, turn.heard.text)
        turn.alert("not_understood")
        turn.say("utter_offer_human", turn.button("utter_button_human", "human"))
        return False
    turn.say("utter_explain", help=turn.word(_text("help", asks)))
    return False


def _own_words(turn: Turn, asks: str) -> bool:
    case = turn.case
    if asks == "cancer_type" and case.failed[asks] < FAILURES_BEFORE_MOVING_ON - 1:
        turn.say("utter_explain", help=turn.word(_text("help", asks)))
        return False
    leave_open(case, asks, FactStatus.UNKNOWN, turn.heard.text)
    if asks == "treatments":
        put(case, "treatments_raw", turn.heard.text, words=turn.heard.text)
    if asks == "cancer_type":
        case.memory["cancer_words"] = turn.heard.text
        turn.alert("diagnosis_unclear")
    turn.say("utter_raw_noted")
    return False


def _settled(turn: Turn, pending: dict[str, Any]) -> bool:
    fact = pending["fact"]
    if fact in turn.fresh:
        return True
    if pending["kind"] == "read_back":
        return _read_back_settled(turn, pending)
    chosen = _chosen_option(turn, pending)
    chosen = _read_together(turn, pending) if chosen is None else chosen
    if chosen is None:
        unknown = turn.learned.signals & {"answer.unknown", "answer.skip"}
        told = bool(set(turn.fresh) - IN_PASSING)  # "my mom does not know" is no answer
        unsure = not told and (turn.intent in ("dont_know", "skip") or bool(unknown))
        aside = told or turn.intent in ASIDE or _wishes_else(turn)
        often = pending["put"] >= TIMES_PUT
        if aside and not unsure and not often:
            return False
        if unsure or often or pending.get("tries", 0) >= 1:
            if fact == "cancer_type":
                turn.alert("diagnosis_unclear")
            leave_open(turn.case, fact, FactStatus.UNKNOWN, pending["words"])
            turn.learned.confirmed.append(fact)
            turn.learned.ambiguous.clear()
            turn.say("utter_noted_unknown")
            return True
        pending["tries"] = pending.get("tries", 0) + 1
        return False
    put(turn.case, fact, chosen, words=pending["words"], message_id=turn.heard.message_id)
    turn.learned.new.append(fact)
    turn.chosen = True
    return True


def _wishes_else(turn: Turn) -> bool:
    """Whether a paper came, or a wish of the menu, and no answer."""
    return turn.heard.kind == "file" or turn.intent.startswith(("request_", "more_"))


def _read_back_settled(turn: Turn, pending: dict[str, Any]) -> bool:
    again = [(m.fact, m.value) for m in turn.learned.doubtful]
    if (pending["fact"], pending["value"]) in again:
        put(turn.case, pending["fact"], pending["value"], words=pending["words"])
        turn.learned.doubtful.clear()
        turn.learned.new.append(pending["fact"])
        return True
    if turn.says_yes:
        put(turn.case, pending["fact"], pending["value"], words=pending["words"])
        if pending.get("city"):
            put(turn.case, "city", pending["city"], words=pending["words"])
        turn.learned.new.append(pending["fact"])
        return True
    if turn.says_no:
        turn.say("utter_sorry_reread")
    return True


def _chosen_option(turn: Turn, pending: dict[str, Any]) -> Any:
    """The option that a typed number or name means."""
    from bot.intake.questions import Choice, Question, Step

    options = [o for o in pending["options"] if o != "unsure"]
    question = Question(
        fact=pending["fact"],
        step=Step.CORE,
        label="",
        choices=tuple(
            Choice(o, turn.describe.value(pending["fact"], o), (str(o).replace("_", " "),))
            for o in options
        ),
    )
    choice = question.choice_for(turn.heard.text) or question.choice_told_apart(turn.heard.text)
    return choice.value if choice else None


def _read_together(turn: Turn, pending: dict[str, Any]) -> Any:
    """The option that answer and unclear words name together ("small cell" and "lung cancer")."""
    said, words = turn.heard.text, pending["words"]
    if turn.heard.kind != "text" or len(said.split()) > SHORT_ANSWER:
        return None
    for together in (f"{said} {words}", f"{words} {said}"):
        for mention in read(together).mentions:
            sure = mention.fact == pending["fact"] and mention.confidence >= SURE
            if sure and mention.value in pending["options"]:
                return mention.value
    return None


def _clarify(turn: Turn, ambiguity: Ambiguity) -> None:
    case = turn.case
    case.memory[PENDING] = {
        "message": turn.heard.message_id,
        "kind": "clarify",
        "fact": ambiguity.fact,
        "options": list(ambiguity.options),
        "words": ambiguity.words,
    }
    if ambiguity.fact == "cancer_type":
        case.memory["cancer_words"] = ambiguity.words
        case.memory["cancer_options"] = [o for o in ambiguity.options if o != "unsure"]
        case.memory["cancer_likely"] = turn.learned.likely.get("cancer_type")


def _read_back(turn: Turn, mention: Mention) -> None:
    city = [m.value for m in turn.learned.doubtful if m.fact == "city"]
    turn.case.memory[PENDING] = {
        "city": city[0] if city and mention.fact == "country" else None,
        "message": turn.heard.message_id,
        "kind": "read_back",
        "fact": mention.fact,
        "value": mention.value,
        "words": mention.words,
    }


def ask_pending(turn: Turn) -> bool:
    """Say the open doubt as the next question; False when there is none."""
    pending = turn.case.memory.get(PENDING)
    if not pending:
        return False
    fact, words = pending["fact"], pending["words"]
    turn.case.asks, pending["put"] = fact, pending.get("put", 0) + 1
    if pending["kind"] == "read_back":
        place = fact == "country"
        value = turn.describe.value(fact, pending["value"])
        if fact in turn.questions and not place:
            value = turn.describe.labelled(fact, pending["value"])
        turn.say(
            "utter_confirm_country" if place else "utter_read_back",
            turn.button("utter_button_yes", "yes"),
            turn.button("utter_button_no", "no"),
            words=words,
            value=f"{pending['city']}, {value}" if pending.get("city") else value,
        )
        return True
    buttons = [
        Button(turn.describe.option(fact, option), answer_payload(fact, option))
        for option in pending["options"]
        if option != "unsure"
    ]
    unsure = turn.button("utter_button_dont_know", "dont_know")
    response = "utter_clarify_country" if fact == "country" else "utter_clarify"
    turn.say(response, *buttons, unsure, words=words)
    return True


def _text(kind: str, fact: str) -> str:
    name = "biomarkers" if fact.startswith("biomarkers.") else fact
    return f"utter_{kind}_{name}"
