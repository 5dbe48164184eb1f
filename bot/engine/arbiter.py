"""Settles conflicts between the vocabulary and the model, by rules that are stated here.

1. A red flag that the vocabulary heard makes the message an emergency, whatever the model says.
2. A message that the model cannot place but in which the vocabulary found facts gives facts.
3. So does a message that looks like a question about several topics at once, or faintly like one,
   unless it has a question mark. Who writes, and what they wish to hear about, are no facts in
   this sense. A question that is surely one, but of no topic, stays a question.
4. A short message that holds the very fact just asked for is the answer to it, unless it has a
   question mark, agrees, declines, corrects, or wants to leave.
5. A list ("lung, bone, liver") resembles a correction, and so does a bare number. While a question
   is open, a correction must be likely and more than a word or two, or heard in the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.engine.intent_classifier import QUESTION, RANKING, TOPIC, TOPIC_CONFIDENCE
from bot.engine.knowledge_extractor import READING

EMERGENCY = "report_emergency"
GIVES_FACTS = "inform"
CORRECTS = "correct"

_BY_THE_WAY = frozenset({"pathway_interest", "main_question", "user_role", "sex"})
# What a short message may mean although it names the fact asked for.
_OWN_MEANING = frozenset(
    {"affirm", "deny", "dont_know", "skip", CORRECTS, "human", "stop", "delete_data"}
)
_SHORT = 8  # words
_BARE = 2  # words
# Below these the model is not sure: of a question, and of a correction.
_SURE_OF_QUESTION = 0.4
_SURE_OF_CORRECTION = 0.6
# Of all scripts: Latin, full-width, Arabic, Armenian, Ethiopic.
_QUESTION_MARKS = frozenset("?？؟՞፧")


@dataclass(frozen=True)
class _Heard:
    """What the rules look at."""

    intent: str | None
    confidence: float
    scattered: bool
    facts: frozenset[str]
    flagged: bool
    corrects: bool
    asked: str | None
    question_mark: bool
    short: bool
    bare: bool

    @classmethod
    def of(cls, message: Message) -> _Heard:
        """Collect it from a message that vocabulary, model and fallback have seen."""
        text = message.get(TEXT) or ""
        intent = message.get(INTENT) or {}
        reading = message.get(READING) or {}
        mentions = reading.get("mentions") or ()
        return cls(
            intent=intent.get(INTENT_NAME_KEY),
            confidence=intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0,
            scattered=message.get(TOPIC) is None and message.get(TOPIC_CONFIDENCE) is not None,
            facts=frozenset(mention["fact"] for mention in mentions),
            flagged=bool(reading.get("flags")),
            corrects=any(mention["corrects"] for mention in mentions),
            asked=(message.get("metadata") or {}).get("asks"),
            question_mark=not _QUESTION_MARKS.isdisjoint(text),
            short=len(text.split()) <= _SHORT,
            bare=len(text.split()) <= _BARE,
        )

    @property
    def tells(self) -> bool:
        """Whether it holds facts about the patient, not only by the way."""
        return any(f not in _BY_THE_WAY and not f.startswith("answer.") for f in self.facts)

    @property
    def lost(self) -> bool:
        """Whether the model could not place it."""
        return self.intent == DEFAULT_NLU_FALLBACK_INTENT_NAME

    @property
    def means_itself(self) -> bool:
        """Whether its intent stands whatever facts the words hold."""
        if self.intent != CORRECTS:
            return self.intent in _OWN_MEANING
        return self.corrects or (not self.bare and self.confidence >= _SURE_OF_CORRECTION)


def _ruling(heard: _Heard) -> str | None:
    """The intent that a rule gives, if any does."""
    if heard.flagged:
        return EMERGENCY
    if _answers(heard):
        return GIVES_FACTS
    if not heard.tells:
        return None
    faint = heard.scattered or heard.confidence < _SURE_OF_QUESTION
    vague = heard.intent == QUESTION and faint and not heard.question_mark
    return GIVES_FACTS if vague or heard.lost else None


def _answers(heard: _Heard) -> bool:
    """Whether a short message holds the fact that was just asked for."""
    if not heard.asked or not heard.short or heard.question_mark:
        return False
    if heard.intent == EMERGENCY or heard.means_itself:
        return False
    return heard.asked in heard.facts


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Arbiter(GraphComponent):
    """Runs last: after vocabulary, model and fallback."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Arbiter:
        """The rules need nothing."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Overrule the intent where a rule says so."""
        for message in messages:
            ruling = _ruling(_Heard.of(message))
            if ruling:
                self._set(message, ruling)
        return messages

    @staticmethod
    def _set(message: Message, name: str) -> None:
        ruled = {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: 1.0}
        others = [i for i in message.get(RANKING) or [] if i[INTENT_NAME_KEY] != name]
        message.set(INTENT, ruled, add_to_output=True)
        message.set(RANKING, [dict(ruled), *others], add_to_output=True)
