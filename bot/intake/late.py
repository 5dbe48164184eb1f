"""Takes answers that come late or early: to a question before, at the summary, or by its name.

"Myself" at the summary answers who writes; "I told you 71" the age; "change my age to 27" names the
fact; "I do not want to tell you my country" declines one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.facts.case import CaseState, FactStatus
from bot.intake.learning import Learned, learn, leave_open, put
from bot.intake.questions import Question, Step, after_words, called, says
from bot.intake.turn import Turn
from bot.oncology import read
from bot.oncology.reading import Reading

WHO = "user_role"
LONGEST = 8  # words of an answer to a question that is not open
_JOINING = re.compile(r"^(?:(?:to|is|was|are|should|be|as|from|it|now|please)\b|[\s:=,.-])+", re.I)
_OPENING = re.compile(
    r"^(?:(?:i am|i'm|im|it is|it's|its|this is)\s+)?(?:(?:my|his|her|the|a)\s+)", re.I
)


def answers_late(turn: Turn) -> None:
    """Take a short message that nobody understood for an answer to another open question."""
    if not _unheard(turn):
        return
    fact = called(turn.heard.text)
    if fact and fact != turn.asked and turn.case.wire().get(fact) is None:
        _take(turn, fact, turn.heard.text)  # "biopsy no, too old"
    if turn.fresh or turn.learned.signals or turn.says_yes or turn.says_no:
        return
    said = after_words("protest", turn.heard.text) or turn.heard.text
    at_the_summary = turn.case.state is CaseState.CONFIRM
    who = _OPENING.sub("", said)  # "my husband", "i am his son"
    if at_the_summary and turn.questions[WHO].choice_named(who):
        _take(turn, WHO, who)  # who writes may be put right there, in so many words
    elif at_the_summary or said != turn.heard.text:
        _first_that_fits(turn, said)


def changes_by_name(turn: Turn) -> None:
    """Take the new value of a fact that a correction calls by its name; ask for it if none."""
    fact = called(turn.heard.text)
    wishes = turn.heard.intent == "correct" or says("change", turn.heard.text)
    if not fact or not wishes or turn.learned.told or turn.heard.kind != "text" or turn.move:
        return
    rest = _JOINING.sub("", after_words(f"called.{fact}", turn.heard.text) or "")
    if rest and _take(turn, fact, rest):
        return
    if turn.case.state in (CaseState.CONFIRM, CaseState.INTAKE):
        turn.case.state = CaseState.INTAKE
        turn.case.memory["reask"] = fact
        turn.case.memory.pop("changing", None)
        turn.move = "change_one"


def declined(turn: Turn) -> bool:
    """Leave open, for good, a fact that a person does not want to tell; False if there is none."""
    if turn.heard.kind != "text" or not says("declines", turn.heard.text):
        return False
    asked = turn.asked if turn.asked and turn.asked in turn.questions else None
    fact = called(turn.heard.text) or asked
    if fact is None:
        return False
    leave_open(turn.case, fact, FactStatus.DECLINED, turn.heard.text)
    return True


def _unheard(turn: Turn) -> bool:
    heard = turn.heard
    plain = heard.kind == "text" and not turn.move and not heard.reading.flags
    short = len(heard.text.split()) <= LONGEST
    talks = turn.case.state in (CaseState.INTAKE, CaseState.CONFIRM)
    return plain and short and talks and not (turn.fresh or turn.opens_a_question)


def _open(turn: Turn) -> Iterable[Question]:
    """Questions of the intake that have no known answer, the open one last."""
    wanted = [q for q in turn.questions.all if q.step is not Step.REFINE]
    wanted = [q for q in wanted if turn.case.wire().get(q.fact) is None]
    return sorted(wanted, key=lambda q: q.fact == turn.asked)


def _first_that_fits(turn: Turn, said: str) -> None:
    fitting = [q.fact for q in _open(turn) if _fits(q, said)]
    if len(fitting) == 1:
        _take(turn, fitting[0], said)


def _fits(question: Question, said: str) -> bool:
    if question.choice_named(said):
        return True
    read_as = read(said, asks=question.fact).mentions
    return any(m.fact == question.fact and m.words.casefold() not in BARE for m in read_as)


BARE = frozenset({"yes", "no"})


def _take(turn: Turn, fact: str, said: str) -> bool:
    """Take `said` as the answer to the question for `fact`; False when it is none."""
    choice = turn.questions[fact].choice_named(said) if fact in turn.questions else None
    if choice is not None:
        known = turn.case.wire().get(fact) is not None
        put(turn.case, fact, choice.value, words=said, message_id=turn.heard.message_id)
        (turn.learned.changed if known else turn.learned.new).append(fact)
        turn.chosen = True
        return True
    learned = learn(turn.case, _only(read(said, asks=fact), fact), turn.heard.message_id)
    if not (learned.new or learned.changed):
        return False
    turn.learned = _joined(turn.learned, learned)
    turn.chosen = True
    return True


def _only(reading: Reading, fact: str) -> Reading:
    return replace(
        reading, mentions=tuple(m for m in reading.mentions if m.fact == fact), ambiguities=()
    )


def _joined(one: Learned, other: Learned) -> Learned:
    one.new += other.new
    one.changed += other.changed
    return one
