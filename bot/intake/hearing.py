"""First stage: take in what was said, tapped or sent."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

from bot.facts.case import CaseState, FactSource
from bot.intake import late, letter
from bot.intake.answers import raise_doubts
from bot.intake.choosing import (
    answers_another,
    chosen,
    chosen_by_yes_or_no,
    chosen_in_passing,
)
from bot.intake.claims import claimed
from bot.intake.learning import learn, put
from bot.intake.questions import is_saying, relation_of, says, wish_instead
from bot.intake.rights import PENDING as SURE
from bot.intake.sifting import in_a_name, sifted
from bot.intake.speech import letters
from bot.intake.spreading import where_it_is
from bot.intake.tongues import note_for
from bot.intake.turn import QUESTION_MARKS, Turn
from bot.oncology.ideas import ideas

PLAIN_KINDS = frozenset({"text", "button", "command"})
KIND_REPLIES = {
    "voice": "utter_voice",
    "edited": "utter_edited",
    "sticker": "utter_unsupported",
    "contact": "utter_unsupported",
    "unsupported": "utter_unsupported",
}
ADULT_AGE = 18
# Titles of buttons that people type.
TITLES = {
    "utter_button_more_routes": "more_routes",
    "utter_button_why_routes": "why_routes",
    "utter_button_more_records": "more_records",
    "utter_button_checklist": "request_checklist",
    "utter_button_letter": "request_letter",
    "utter_button_missing": "missing_records",
    "utter_button_no_reminders": "no_reminders",
    "utter_button_enough": "enough",
    "utter_button_human": "human",
    "utter_button_agree": "agree",
    "utter_button_read_more": "read_more",
    "utter_button_safe_now": "safe_now",
    "utter_button_right": "yes",
    "utter_button_change": "correct",
    "utter_button_urgent": "urgent",
    "utter_button_dont_know": "dont_know",
    "utter_button_not_tested": "dont_know",
    "utter_button_skip": "skip",
    "utter_button_share": "share_yes",
    "utter_button_unshare": "unshare",
    "utter_button_improve": "improve_yes",
    "utter_button_unlearn": "unlearn",
    "utter_button_my_data": "my_data",
    "utter_button_delete": "delete_data",
}
SURE_TITLES = {"utter_button_erase": "yes", "utter_button_keep": "no"}
# Commands of the messengers' menus, as what they wish.
COMMANDS = {
    "start": "greet",
    "help": "help",
    "language": "language_change",
    "status": "request_status",
    "checklist": "request_checklist",
    "letter": "request_letter",
    "missing": "missing_records",
    "pause": "no_reminders",
    "human": "human",
    "stop": "stop",
    "delete": "delete_data",
    "mydata": "my_data",
    "privacy": "privacy",
    "unshare": "unshare",
    "unlearn": "unlearn",
    "skip": "skip",
    "back": "go_back",
    "why": "ask_why",
    "summary": "summary",
    "resume": "resume",
    "enough": "enough",
    "never mind": "skip",
    "nevermind": "skip",
}
SHORT_MESSAGE = 10  # words
CANCER, PREGNANCY = "cancer_type", "pregnancy_status"
# In the memory of a case: before the consent a finding was told that no doctor has named, or that
# is no cancer; holds the response with which a human takes over after it.
UNDIAGNOSED = "undiagnosed"
# In the memory of a case: one message spoke of two patients.
TWO_PATIENTS = "say_two_patients"
# With one of these a doctor has named the cancer, whatever was found at first.
DIAGNOSED = frozenset({"treatments", "stage_group", "extent", "biomarkers"})
# Wishes in plain words whose message holds no facts to take.
SETTLED = frozenset(
    {"enough", "second_patient", "died", "danger_ahead", "no_cancer", "declined", "delay"}
)


def understand(turn: Turn) -> bool:
    """Take facts from the message, a tapped button, or a typed choice into the case."""
    heard, case = turn.heard, turn.case
    if "phone_country" in heard.metadata:
        case.memory["phone_country"] = heard.metadata["phone_country"]
    if heard.kind == "command":
        turn.move = COMMANDS.get(heard.text.lstrip("/").partition(" ")[0].lower(), "help")
    elif heard.payload is not None:
        _tapped(turn)
    elif SURE in case.memory and (move := _typed_title(turn, SURE_TITLES) or _sure(turn)):
        turn.move = move  # "Erase everything?" "No": an answer to that, and to nothing else
    else:
        command = _typed_command(turn)
        wish = _claim(turn) or wish_instead(turn.asked, heard.text) or _said_plainly(turn)
        turn.move = command or wish or _typed_title(turn, TITLES) or _typed_number(turn)
        # A typed number, label or keyword answers the open question before anything else reads it.
        done = command or turn.move in SETTLED
        if not done and not letter.waits(turn) and not chosen(turn):
            turn.learned = learn(case, sifted(turn), heard.message_id)
            if not heard.reading.flags:  # words of an emergency are no choice of a question
                chosen_in_passing(turn)
                chosen_by_yes_or_no(turn)
                answers_another(turn)
                late.changes_by_name(turn)
                late.answers_late(turn)
        where_it_is(turn)
        _watch_for_no_diagnosis(turn)
        raise_doubts(turn)
        _relation(turn)
    _watch(turn)
    return False


def _typed_title(turn: Turn, titles: Mapping[str, str]) -> str | None:
    """The title of a button, typed."""
    said = letters(turn.heard.text)
    if turn.heard.kind != "text" or not said:
        return None
    return next((m for name, m in titles.items() if _title_letters(turn.word(name)) == said), None)


@cache
def _title_letters(title: str) -> str:
    """A title of ours as a typed one is compared."""
    return letters(title)


def _typed_number(turn: Turn) -> str | None:
    """The number of a button, where the open question has no answer that could be a number."""
    said, moves = turn.heard.text.strip(" ."), turn.case.memory.get("moves") or []
    if turn.asked and turn.asked in turn.questions:
        return None
    place = int(said) if said.isdecimal() and len(said) == 1 else 0
    return moves[place - 1] if 0 < place <= len(moves) else None


def _sure(turn: Turn) -> str | None:
    """Yes or no to "Are you sure?"; a word that hesitates ("wait") is a no."""
    if says("hesitates", turn.heard.text) and not _claim(turn):
        return "no"
    return {"affirm": "yes", "deny": "no"}.get(turn.heard.intent)


def _claim(turn: Turn) -> str | None:
    """A wish that people have by right; words of an emergency come before it."""
    urgent = turn.heard.kind != "text" or turn.heard.reading.flags
    return None if urgent else claimed(turn.heard.text)


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
    """Say once, to people who write in another script or language, that they may go on so."""
    if turn.case.memory.get("script_noted") or turn.heard.kind != "text":
        return False
    ours = _our_script(turn.word("utter_consent"))
    theirs = _script(turn.heard.text)
    note = note_for(turn.heard.text) if theirs == ours else ""
    if not theirs or note is None:
        return False
    turn.case.memory["script_noted"] = True
    turn.alert("language")
    turn.say("utter_language_noted" if note else "utter_language_unavailable", note=note)
    return False


@cache
def _our_script(text: str) -> str:
    """The script of a text of ours, counted once."""
    return _script(text)


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
        turn.case.memory.pop("asked_human", None)
        turn.say("utter_resume")
        return False
    if turn.case.memory.pop("asked_human", None):
        # Said once; it is not sent when a human has taken over meanwhile.
        turn.say("utter_human_waiting")
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


def _said_plainly(turn: Turn) -> str | None:
    """A wish in plain words for a human or an end of questions; not while there is a pause."""
    paused = turn.case.state in (CaseState.EMERGENCY, CaseState.HUMAN)
    asks = bool(QUESTION_MARKS & set(turn.heard.text))
    if not paused and (wish := _said_of_the_case(turn, asks=asks)):
        return wish
    if paused or asks:
        return None
    if says("bot_question", turn.heard.text):
        return "bot_challenge"
    wishes = ("human", "enough") if turn.case.consent is not None else ("human",)
    return next((wish for wish in wishes if says(wish, turn.heard.text)), None)


def _said_of_the_case(turn: Turn, *, asks: bool) -> str | None:
    """A death, another patient, a danger that is feared, a question that was not understood."""
    text, agreed = turn.heard.text, turn.case.consent is not None
    if turn.heard.kind != "text" or turn.heard.reading.flags:
        return None
    if says("what_if", text) and says("danger", text):
        return "danger_ahead"
    short = len(text.split()) <= SHORT_MESSAGE
    if says("two_patients", text):
        turn.case.memory[TWO_PATIENTS] = True
    waits = turn.asked or turn.case.state is CaseState.CONFIRM
    if agreed and short and waits and says("undo", text):
        return "go_back"
    if agreed and asks and turn.case.wire().get(PREGNANCY) == "pregnant" and says("unborn", text):
        return "unborn"
    if agreed and waits and is_saying("delays", text):
        return "delay"
    if is_saying("why_me", text):
        return "distress"
    if agreed and is_saying("more", text) and (more := _more_offered(turn)):
        return more
    if agreed and short and late.declined(turn):
        return "declined"
    if agreed and short and not asks and not turn.cancer and says("no_cancer", text):
        return "no_cancer"
    if agreed and short and not asks and says("died", text):
        return "died"
    if agreed and says("weary", text):
        return "weary"
    if agreed and turn.opens_a_question and "tcm" in ideas(text):
        return "remedy"
    if agreed and says("anger", text):
        return "complaint"
    if agreed and turn.cancer and _another_patient(turn):
        return "second_patient"
    core = turn.asked is not None and f"utter_help_{turn.asked}" in turn.desk.say.names()
    puzzled = says("explain", text) or is_saying("not_understood", text)
    return "explain" if core and short and puzzled else None


def _more_offered(turn: Turn) -> str | None:
    """What "more" means: the rest of what was shown last; None before there is a result."""
    if turn.case.state is not CaseState.ASSESSED:
        return None
    offered = [m for m in turn.case.memory.get("moves") or () if m.startswith("more_")]
    return next(iter(offered), "more_routes")


def _watch_for_no_diagnosis(turn: Turn) -> None:
    """Where something was found that no doctor has named, it is not asked which cancer it is."""
    text, agreed = turn.heard.text, turn.case.consent is not None
    if turn.move is not None or turn.cancer is not None or turn.heard.reading.flags:
        return
    if not agreed and says("no_cancer", text):
        turn.case.memory[UNDIAGNOSED] = "utter_no_cancer"
    elif says("undiagnosed", text) and not _diagnosed(turn):
        if agreed:
            turn.move = "suspected"
        else:
            turn.case.memory[UNDIAGNOSED] = "utter_suspected"
    else:
        return
    turn.learned.ambiguous.clear()
    turn.learned.doubtful.clear()


def _diagnosed(turn: Turn) -> bool:
    """Whether the words tell what only follows a diagnosis ("... biopsy says cancer, 6 chemo")."""
    mentions = turn.heard.reading.mentions
    proven = any(m.fact == "histology_confirmed" and m.value == "biopsy_yes" for m in mentions)
    return proven or bool(DIAGNOSED & {m.fact.partition(".")[0] for m in mentions})


def _another_patient(turn: Turn) -> bool:
    """Somebody else who has a cancer as well ("my dad also has prostate cancer")."""
    reading, text, case = turn.heard.reading, turn.heard.text, turn.case
    known = {case.facts[CANCER].value} if CANCER in case.facts else set()
    named = {m.value for m in reading.mentions if m.fact == CANCER} - known
    if not named and CANCER not in {a.fact for a in reading.ambiguities}:
        return False
    relation, ours = relation_of(text), case.memory.get("relation")
    if says("another_one", text):
        return True
    if relation is None or relation == ours:
        return False
    role = case.facts.get("user_role")
    somebody_else = bool(named) and (ours is not None or (role and role.value == "patient"))
    corrects = any(m.corrects for m in reading.mentions) or turn.heard.intent == "correct"
    return says("also", text) or bool(somebody_else and not corrects)


def _relation(turn: Turn) -> None:
    """Keep how the person calls the patient ("my mother"), to answer in the same words."""
    for mention in turn.heard.reading.mentions:
        if mention.fact != "user_role" or in_a_name(turn, mention):
            continue
        relation = relation_of(mention.words) or relation_of(turn.heard.text)
        key = f"utter_relation_{relation}"
        if relation and mention.value == "caregiver" and key in turn.desk.say.names():
            turn.case.memory.setdefault("patient_words", turn.word(key))
            turn.case.memory.setdefault("relation", relation)


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
    pregnancy = facts.get(PREGNANCY)
    if pregnancy and pregnancy.value in ("pregnant", "possible"):
        turn.alert("pregnancy")
        if PREGNANCY in turn.learned.new:
            turn.case.memory["say_pregnancy"] = True
    if turn.case.memory.get(TWO_PATIENTS):
        turn.alert("second_patient")
    role = facts.get("user_role")
    if "user_role" in turn.learned.new and role and role.value == "doctor":
        turn.alert("doctor")
        turn.case.memory["say_doctor"] = True
