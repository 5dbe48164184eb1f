"""The knowledge a turn asks, from the rooms that hold it: rules, checklist, FAQ, numbers, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from babel import Locale, UnknownLocaleError

from bot.eligibility.engine import Assessment
from bot.eligibility.engine import assess as assess_facts
from bot.eligibility.questions import next_question_of
from bot.facts.model import CaseFacts, FactError, fact_names
from bot.facts.vocabulary import group
from bot.intake.agenda import NextQuestion
from bot.intake.describing import Names
from bot.intake.faq import Answer, Faq
from bot.intake.numbers import crisis_line, emergency_number
from bot.oncology.reading import FlagMention, Mention
from bot.oncology.red_flags import judge as judge_flags
from bot.oncology.vocabulary import cancers
from bot.records.checklist import Checklist
from bot.records.checklist import checklist as checklist_for
from bot.wording import DEFAULT_LANGUAGE

Wire = Mapping[str, Any]
T = TypeVar("T")
# What the dialogue keeps in a case besides the facts of the rules.
OWN_FACTS = frozenset({"red_flags"})
NO_PAPERS: Mapping[str, str] = MappingProxyType({})


class HouseKnowledge:
    """Knowledge from `knowledge/`."""

    def assess(self, facts: Wire) -> Assessment:
        """Judge what is usable; a fact that contradicts another is left out, never guessed."""
        return _tolerant(assess_facts, _of_rules(facts))

    def next_question(self, facts: Wire) -> NextQuestion:
        """Gives, for what is settled, the fact that can settle most; the facts are judged once."""
        return _tolerant(_next_question, _of_rules(facts))

    def checklist(
        self,
        facts: Wire,
        assessment: Assessment,
        papers: Mapping[str, str] = NO_PAPERS,
        *,
        language: str = DEFAULT_LANGUAGE,
        today: date | None = None,
    ) -> Checklist:
        """The records for these facts and these pathways, ticked by what became of `papers`."""
        return checklist_for(
            _of_rules(facts),
            assessment.for_records(),
            (key for key, state in papers.items() if state == "received"),
            waived=(key for key, state in papers.items() if state == "waived"),
            language=language,
            today=today,
        )

    def answer(self, topic: str, cancer: str | None, language: str) -> Answer | None:
        """The answer to a question of the FAQ, with the cancer in mind."""
        return _faq(language).answer(topic, cancer)

    def judge(self, mentions: tuple[Mention, ...], known: Wire) -> tuple[FlagMention, ...]:
        """Red flags that follow from this message together with what is known."""
        return judge_flags(mentions, known)

    def emergency_number(self, country: str | None) -> str | None:
        """The number to call in a country, if we know it."""
        return emergency_number(country)

    def crisis_line(self, country: str | None) -> str | None:
        """A crisis line in a country, if we know one."""
        return crisis_line(country)

    def is_blood_cancer(self, cancer: str | None) -> bool:
        """Whether "has it spread?" is no question for this cancer."""
        return cancer in group("blood")

    def names(self, language: str) -> Names:
        """Names of cancers and countries in a language."""
        return Names(cancer=_cancer_name, country=_country_names(language))


def _cancer_name(cancer: str) -> str:
    known = cancers().get(cancer)
    return known.name if known else cancer.replace("_", " ")


def _next_question(facts: dict[str, Any]) -> NextQuestion:
    known = CaseFacts.read(facts)
    done = assess_facts(known)
    return lambda settled: next_question_of(done, known, settled)


def _of_rules(facts: Wire) -> dict[str, Any]:
    return {k: v for k, v in facts.items() if k in fact_names() | OWN_FACTS}


def _tolerant(judge: Callable[[dict[str, Any]], T], facts: dict[str, Any]) -> T:
    """Judge; what is refused (contradicting or impossible) is left out one by one."""
    known = dict(facts)
    while True:
        try:
            return judge(known)
        except FactError as error:
            name = error.fact.split(".")[0]
            if name not in known:
                raise
            known.pop(name)


@cache
def _faq(language: str) -> Faq:
    try:
        return Faq.load(language)
    except FileNotFoundError:
        return Faq.load(DEFAULT_LANGUAGE)


@cache
def _country_names(language: str) -> Callable[[str], str]:
    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        territories = Locale.parse(DEFAULT_LANGUAGE).territories
    return lambda code: str(territories.get(code, code))
