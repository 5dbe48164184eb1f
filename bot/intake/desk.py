"""What a turn works with: texts, questions, rules, checklist, FAQ, names. Loaded once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Protocol

from bot.eligibility.engine import Assessment
from bot.intake.agenda import NextQuestion
from bot.intake.describing import Describer, Names
from bot.intake.faq import Answer
from bot.intake.questions import Questions, questions
from bot.oncology.reading import FlagMention, Mention
from bot.records.checklist import Checklist
from bot.wording import Catalogue

Wire = Mapping[str, Any]


class Knowledge(Protocol):
    """The parts of `knowledge/` that a turn asks."""

    def assess(self, facts: Wire) -> Assessment: ...
    def next_question(self, facts: Wire) -> NextQuestion: ...
    def checklist(
        self,
        facts: Wire,
        assessment: Assessment,
        papers: Mapping[str, str] = ...,
        *,
        language: str = ...,
        today: date | None = ...,
    ) -> Checklist: ...
    def answer(self, topic: str, cancer: str | None, language: str) -> Answer | None: ...
    def judge(self, mentions: tuple[Mention, ...], known: Wire) -> tuple[FlagMention, ...]: ...
    def emergency_number(self, country: str | None) -> str | None: ...
    def crisis_line(self, country: str | None) -> str | None: ...
    def is_blood_cancer(self, cancer: str | None) -> bool: ...
    def names(self, language: str) -> Names: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Texts and knowledge at hand during a turn."""

    say: Catalogue
    knowledge: Knowledge

    def questions(self, language: str) -> Questions:
        """The questions with labels in `language`."""
        return questions(language)

    def describer(self, language: str) -> Describer:
        """Says facts in `language`."""
        return Describer(
            self.say, self.questions(language), self.knowledge.names(language), language
        )


@cache
def desk() -> Desk:
    """The desk of this process."""
    from bot.intake.knowledge import HouseKnowledge
    from bot.wording import catalogue

    return Desk(catalogue(), HouseKnowledge())
