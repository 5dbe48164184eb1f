"""First stage: take in what was said, tapped or sent."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter

from bot.facts.case import CaseState, FactSource
from bot.intake.answers import raise_doubts
from bot.intake.learning import learn, put
from bot.intake.questions import Choice, relation_of
from bot.intake.rights import PENDING as SURE
from bot.intake.turn import Turn

PLAIN_KINDS = frozenset({"text", "button", "command"})
KIND_REPLIES = {
    "voice": "utter_voice",
    "file": "utter_file_received",
    "edited": "utter_edited",
    "sticker": "utter_unsupported",
    "contact": "utter_unsupported",
    "unsupported": "utter_unsupported",
}
ADULT_AGE = 18
# Commands of the messengers' menus, as what they wish.
COMMANDS = {
    "start": "greet",
    "help": "help",
    "language": "language_change",
    "status": "request_status",
    "checklist": "request_checklist",
    "letter": "request_letter",
    "human": "human",
    "stop": "stop",
    "delete": "delete_data",
}


def understand(turn: Turn) -> bool:
    """Take facts from the message, a tapped button, or a typed choice into the case."""
    heard, case = turn.heard, turn.case
    if heard.kind == "command":
        turn.move = COMMANDS.get(heard.text.lstrip("/").partition(" ")[0].lower(), "help")
    elif heard.payload is not None:
        _tapped(turn)
    elif SURE in case.memory and heard.intent in ("affirm", "deny"):
        # "Erase everything?" "No": an answer to that, and to nothing else.
        turn.learned.signals.add("answer.yes" if heard.intent == "affirm" else "answer.no")
    else:
        turn.move = _typed_command(turn)
        # A typed number, label or keyword answers the open question before anything else reads it.
        if not _chosen(turn):
            turn.learned = learn(case, heard.reading, heard.message_id)
            _chosen_in_passing(turn)
        raise_doubts(turn)
        _relation(turn)
    _watch(turn)
    return False


def _typed_command(turn: Turn) -> str | None:
    """A single word of the menu typed without its slash; a choice of the question comes first."""
    word = turn.heard.text.strip(" .!").casefold()
    asks = turn.asked
    if turn.heard.kind != "text" or word not in COMMANDS:
        return None
    if asks and asks in turn.questions and turn.questions[asks].choice_for(word):
        return None
    return COMMANDS[word]


def foreign_script(turn: Turn) -> bool:
    """Say once, to people who write in another script than ours, that they may go on so."""
    if turn.case.memory.get("script_noted") or turn.heard.kind != "text":
        return False
    ours = _script(turn.word("utter_consent"))
    theirs = _script(turn.heard.text)
    if not theirs or theirs == ours:
        return False
    turn.case.memory["script_noted"] = True
    turn.alert("language")
    turn.say("utter_language_unavailable")
    return False


def _script(text: str) -> str:
    """The script of most letters, as Unicode names it ("LATIN", "BENGALI"); empty without any."""
    names = (unicodedata.name(c, "").partition(" ")[0] for c in text if c.isalpha())
    counted = Counter(names).most_common(1)
    return counted[0][0] if counted else ""


def quiet_while_human(turn: Turn) -> bool:
    """While a human holds the conversation the bot says nothing, unless asked to go on."""
    if turn.case.state is not CaseState.HUMAN:
        return False
    if turn.move == "resume" or turn.heard.intent == "resume":
        turn.case.state = CaseState(turn.case.memory.pop("before_human", CaseState.INTAKE))
        turn.say("utter_resume")
        return False
    return True


def answer_kind(turn: Turn) -> bool:
    """Say what to send instead of what cannot be read; thank for papers."""
    heard = turn.heard
    if heard.metadata.get("too_long"):
        turn.say("utter_too_long")
        return False
    if heard.kind in KIND_REPLIES:
        turn.say(KIND_REPLIES[heard.kind])
        return heard.kind == "edited"
    if heard.kind in PLAIN_KINDS and not heard.text.strip() and heard.payload is None:
        turn.say("utter_empty")
    return False


def _tapped(turn: Turn) -> None:
    payload = turn.heard.payload or {}
    if "name" in payload:
        turn.move = payload["name"]
        return
    fact, value = payload["fact"], json.loads(payload["value"])
    known = fact in turn.case.facts
    put(
        turn.case,
        fact,
        value,
        words=turn.heard.text if not turn.heard.text.startswith("/") else "",
        source=FactSource.BUTTON,
        message_id=turn.heard.message_id,
    )
    turn.case.memory.pop("pending", None)
    (turn.learned.changed if known else turn.learned.new).append(fact)


def _chosen(turn: Turn) -> bool:
    asks = turn.asked
    if not asks or asks not in turn.questions or turn.heard.kind != "text":
        return False
    return _choose(turn, asks, turn.questions[asks].choice_for(turn.heard.text))


def _chosen_in_passing(turn: Turn) -> None:
    """A choice named among other words, when nothing else answered the question."""
    asks = turn.asked
    if asks and asks in turn.questions and asks not in turn.case.facts:
        _choose(turn, asks, turn.questions[asks].choice_within(turn.heard.text))


def _choose(turn: Turn, asks: str, choice: Choice | None) -> bool:
    if choice is None:
        return False
    put(
        turn.case,
        asks,
        choice.value,
        words=turn.heard.text,
        message_id=turn.heard.message_id,
    )
    turn.learned.new.append(asks)
    return True


def _relation(turn: Turn) -> None:
    """Keep how the person calls the patient ("my mother"), to answer in the same words."""
    for mention in turn.heard.reading.mentions:
        relation = relation_of(mention.words) if mention.fact == "user_role" else None
        key = f"utter_relation_{relation}"
        if relation and mention.value == "caregiver" and key in turn.desk.say.names():
            turn.case.memory.setdefault("patient_words", turn.word(key))


def _watch(turn: Turn) -> None:
    """Facts that need a human's eye besides the conversation (C10)."""
    facts = turn.case.facts
    age = facts.get("age_years")
    if "age_years" in turn.learned.new and age and age.value < ADULT_AGE:
        turn.alert("child")
        turn.case.memory["say_minor"] = True
    if "non_disclosure" in turn.learned.new:
        turn.alert("non_disclosure")
        turn.case.memory["say_non_disclosure"] = True
    pregnancy = facts.get("pregnancy_status")
    if pregnancy and pregnancy.value in ("pregnant", "possible"):
        turn.alert("pregnancy")
    role = facts.get("user_role")
    if "user_role" in turn.learned.new and role and role.value == "doctor":
        turn.alert("doctor")
        turn.case.memory["say_doctor"] = True
