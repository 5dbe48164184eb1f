"""One turn: what was heard changes the case, and the replies are said.

A turn passes through named stages in a fixed order, emergencies before everything else. A stage may
end the turn; if none does, the conversation goes on with the next question, the summary or the
result, so that nobody is left without an answer (except while a human holds the conversation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.eligibility.engine import Assessment
from bot.facts.case import Case, CaseState, FactStatus
from bot.intake.describing import Describer
from bot.intake.desk import Desk
from bot.intake.learning import Learned
from bot.intake.questions import Questions, opens_question
from bot.intake.speech import Button, Heard, Say, move_of, move_payload
from bot.records.checklist import Checklist

QUESTION_MARKS = frozenset("?\u037e\u061f\uff1f\u2e2e")
LONGEST_NAME = 3  # words


@dataclass(slots=True)
class Turn:
    """The context that the stages work on."""

    case: Case
    heard: Heard
    desk: Desk
    learned: Learned = field(default_factory=Learned)
    replies: list[Say] = field(default_factory=list)
    assessment: Assessment | None = None
    checklist: Checklist | None = None
    # The question that was open when the message came.
    asked: str | None = None
    move: str | None = None
    # Whether the message was an unmistakable answer: a choice by number, name or title.
    chosen: bool = False

    @property
    def questions(self) -> Questions:
        """The questions in the language of the conversation."""
        return self.desk.questions(self.case.language)

    @property
    def describe(self) -> Describer:
        """Says facts in the language of the conversation."""
        return self.desk.describer(self.case.language)

    @property
    def intent(self) -> str:
        """What the person wants: the button that was tapped, or what the model understood."""
        return self.move or self.heard.intent

    @property
    def says_yes(self) -> bool:
        """Whether the message is a yes, tapped or typed."""
        typed = self.heard.intent == "affirm" or "answer.yes" in self.learned.signals
        return self.move == "yes" or (self.move is None and typed)

    @property
    def says_no(self) -> bool:
        """Whether the message is a no, tapped or typed."""
        typed = self.heard.intent == "deny" or "answer.no" in self.learned.signals
        return self.move == "no" or (self.move is None and typed)

    @property
    def user_role(self) -> str | None:
        """Who this message says is writing, None if it does not say."""
        said = (m.value for m in self.heard.reading.mentions if m.fact == "user_role")
        return next(said, None)

    @property
    def bare(self) -> bool:
        """Whether the words are no more than a name ("chemo"), and ask for nothing."""
        return len(self.heard.text.split()) <= LONGEST_NAME and not self.opens_a_question

    @property
    def opens_a_question(self) -> bool:
        """Whether the words begin like a question ("is this free") or have its mark."""
        text = self.heard.text
        return bool(QUESTION_MARKS & set(text)) or opens_question(text)

    @property
    def fresh(self) -> tuple[str, ...]:
        """Facts that are new or changed since the last message."""
        return (*self.learned.new, *self.learned.changed)

    @property
    def cancer(self) -> str | None:
        """The canonical cancer id, when it is known."""
        held = self.case.facts.get("cancer_type")
        return held.value if held and held.status is FactStatus.KNOWN else None

    @property
    def country(self) -> str | None:
        """The country the patient is in, when it is known."""
        held = self.case.facts.get("country")
        return held.value if held and held.status is FactStatus.KNOWN else None

    @property
    def emergency_number(self) -> str:
        """The number to call in the patient's country, or words for it."""
        number = self.desk.knowledge.emergency_number(self.country)
        return number or self.word("utter_word_emergency_number")

    def word(self, response: str, **values: Any) -> str:
        """A short text in the language of the conversation."""
        return self.describe.word(response, **values)

    def say(
        self, response: str, *buttons: Button, documents: tuple[str, ...] = (), **values: Any
    ) -> None:
        """Add one reply."""
        role = self.case.facts.get("user_role")
        common = {
            "patient": self.case.memory.get("patient_words") or self.word("utter_word_patient"),
            "user_role": role.value if role else None,
            "case": self.case.number,
        }
        self.replies.append(Say(response, common | values, buttons, documents))

    def button(self, title: str, move: str) -> Button:
        """A button that steers the conversation."""
        return Button(self.word(title), move_payload(move))

    def pass_on(self, response: str) -> None:
        """Keep a question for a coordinator, and say so."""
        self.case.open_questions.append(self.heard.text)
        self.alert("question")
        self.say(response)

    def alert(self, reason: str) -> None:
        """Ask for a coordinator's eye; the first reason stays the headline."""
        alerts = self.case.memory.setdefault("alerts", [])
        if reason not in alerts:
            alerts.append(reason)
        self.case.handover_reason = self.case.handover_reason or reason


@dataclass(frozen=True, slots=True)
class TurnResult:
    """The replies of a turn, and the assessment and checklist if they were made anew."""

    replies: tuple[Say, ...]
    assessment: Assessment | None
    checklist: Checklist | None


# A stage returns True when it has answered the message and the turn is over.
Stage = Callable[[Turn], bool]
LastStage = Callable[[Turn], None]


def _moves_offered(turn: Turn) -> list[str]:
    """The moves on the buttons of the last reply, so that a typed number can mean one."""
    buttons = turn.replies[-1].buttons if turn.replies else ()
    return [move for move in (move_of(b.payload) for b in buttons) if move]


def take_turn(case: Case, heard: Heard, desk: Desk) -> TurnResult:
    """Answer one message; `case` is changed in place."""
    from bot.intake.stages import GO_ON, STAGES

    turn = Turn(case, heard, desk, asked=case.asks)
    if not any(stage(turn) for stage in STAGES):
        GO_ON(turn)
    if case.state is CaseState.CLOSED:
        case.asks = None
    case.memory["moves"] = _moves_offered(turn)
    return TurnResult(tuple(turn.replies), turn.assessment, turn.checklist)
