"""What to ask next: the core facts, then what can still change the result, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.facts.case import Case
from bot.intake.questions import Question, Questions, Step, men

# A person who told everything at once waits for no more than this many further questions,
# and nobody is asked more than ASKED_BEFORE_RESULT questions before the first result.
FIRST_WHEN_TOLD = 2
ASKED_BEFORE_RESULT = 5
# Questions after the first result; each can be skipped, and "enough" ends them.
ASKED_AFTER_RESULT = 8
# A question put this often without an answer, digressions included, is let go.
TIMES_ASKED = 6
# Who writes only helps to find the right words.
LESS_OFTEN = {"user_role": 3}
# The disease has grown or come back since an operation.
GREW = frozenset({"progressed", "relapsed", "refractory"})
SURGERY = "told_inoperable"
PREGNANCY, YOUNGEST_MOTHER, OLDEST_MOTHER = "pregnancy_status", 12, 55

# The fact that can settle most among those that are not settled.
NextQuestion = Callable[[frozenset[str]], str | None]


def settled(case: Case) -> frozenset[str]:
    """Facts that must not be asked: known, unknown to the person, or declined."""
    names = set(case.facts)
    for family in ("biomarkers", "labs"):
        held = case.facts.get(family)
        if held and isinstance(held.value, dict):
            names |= set(held.value) | {f"{family}.{item}" for item in held.value}
            if family == "biomarkers":  # one marker told leaves the others open
                names.discard(family)
    names |= {name.removeprefix("biomarkers.") for name in names}
    return frozenset(names)


def before_result(case: Case, questions: Questions, *, blood_cancer: bool) -> str | None:
    """The next fact to ask before the first result, or None when it is time for the summary."""
    if case.memory.get("enough") and case.asks != "cancer_type":
        return None
    for question in questions.of(Step.CORE):
        if _open(case, question, blood_cancer=blood_cancer):
            return question.fact
    first = [q for q in questions.of(Step.FIRST) if _open(case, q, blood_cancer=blood_cancer)]
    if not first:
        return None
    # The budget ends the asking of new questions, not the one that is being talked about.
    still_open = first[0].fact == case.asks
    return first[0].fact if still_open or _budget_left(case, questions) else None


def times_asked(fact: str) -> int:
    """How often a question is put before it is let go."""
    return LESS_OFTEN.get(fact, TIMES_ASKED)


def _budget_left(case: Case, questions: Questions) -> bool:
    core = _asked(case, questions.of(Step.CORE))
    first = _asked(case, questions.of(Step.FIRST))
    told_at_once = core <= 1
    limit = FIRST_WHEN_TOLD if told_at_once else ASKED_BEFORE_RESULT - core
    return first < limit


def _asked(case: Case, questions: Iterable[Question]) -> int:
    return sum(1 for q in questions if case.asked.get(q.fact))


def _open(case: Case, question: Question, *, blood_cancer: bool) -> bool:
    if question.not_for == "blood" and blood_cancer:
        return False
    return not any(name in case.facts for name in (question.fact, *question.answered_by))


def after_result(
    case: Case, questions: Questions, judge: Callable[[dict[str, Any]], NextQuestion]
) -> str | None:
    """The fact whose answer can still change the result most, or None when nothing can."""
    if case.memory.get("enough") or case.memory.get("refined", 0) >= ASKED_AFTER_RESULT:
        return None
    closed, next_question = settled(case), judge(case.wire())
    while (fact := next_question(closed)) is not None:
        name = question_name(fact, questions)
        if (name == PREGNANCY and _no_pregnancy(case)) or (name == SURGERY and _operated(case)):
            closed = closed | {fact}
            continue
        if name is not None and name not in closed and case.asked.get(name, 0) < times_asked(name):
            return name
        closed = closed | {fact}
    return None


def _no_pregnancy(case: Case) -> bool:
    """Whether it would only hurt to ask: a man, a child, or long past that age."""
    facts = case.wire()
    age = facts.get("age_years")
    never = age is not None and not YOUNGEST_MOTHER <= age <= OLDEST_MOTHER
    return never or facts.get("sex") == "male" or case.memory.get("relation") in men()


def _operated(case: Case) -> bool:
    """Whether the tumour was operated and has not grown since: then nobody called it inoperable."""
    facts = case.wire()
    done = any(
        t.get("modality") == "surgery" and t.get("status") == "done"
        for t in facts.get("treatments") or ()
    )
    return done and facts.get("disease_status") not in GREW


def question_name(fact: str, questions: Questions) -> str | None:
    """How a fact is asked: by its own question, as a marker, or (None) not at all in a chat."""
    if (fact in questions and fact != "biomarkers") or fact.startswith("biomarkers."):
        return fact
    if fact.endswith("_expression"):
        return "biomarkers." + fact.removesuffix("_expression").upper()
    # Marker ids are written in capitals (EGFR, PDL1_TPS, CLDN18.2); other facts are not.
    return f"biomarkers.{fact}" if fact[:2].isupper() else None
