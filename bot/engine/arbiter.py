"""Settles conflicts between the vocabulary and the model, by rules that are stated here.

1. A red flag that the vocabulary heard makes the message an emergency, whatever the model says.
2. A message that the model cannot place but in which the vocabulary found facts gives facts.
3. So does a message that looks like a question about nothing in particular, unless it has a
   question mark. Who writes, and what they wish to hear about, are no facts in this sense.
4. A short message that holds the very fact just asked for is the answer to it, unless it has a
   question mark, agrees, declines, corrects, or wants to leave.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.engine.intent_classifier import QUESTION, RANKING, TOPIC
from bot.engine.knowledge_extractor import READING

EMERGENCY = "report_emergency"
GIVES_FACTS = "inform"


_BY_THE_WAY = frozenset({"pathway_interest", "main_question", "user_role", "sex"})


# What a short message may mean although it names the fact asked for.
_OWN_MEANING = frozenset(
    {"affirm", "deny", "dont_know", "skip", "correct", "human", "stop", "delete_data"}
)
_SHORT = 8  # words


def _answers(message: Message, facts: set[str]) -> bool:
    """Whether a short message holds the fact that was just asked for."""
    asked = (message.get("metadata") or {}).get("asks")
    short = len((message.get(TEXT) or "").split()) <= _SHORT
    return bool(asked) and asked in facts and short and not _asks(message)


def _by_the_way(fact: str) -> bool:
    return fact in _BY_THE_WAY or fact.startswith("answer.")


# Of all scripts: Latin, full-width, Arabic, Armenian, Ethiopic.
_QUESTION_MARKS = frozenset("?？؟՞፧")


def _asks(message: Message) -> bool:
    return not _QUESTION_MARKS.isdisjoint(message.get(TEXT) or "")


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
            ruling = self._ruling(message)
            if ruling:
                self._set(message, ruling)
        return messages

    @staticmethod
    def _ruling(message: Message) -> str | None:
        reading = message.get(READING) or {}
        if reading.get("flags"):
            return EMERGENCY
        intent = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
        facts = {mention["fact"] for mention in reading.get("mentions") or ()}
        if intent not in {*_OWN_MEANING, EMERGENCY} and _answers(message, facts):
            return GIVES_FACTS
        if all(_by_the_way(fact) for fact in facts):
            return None
        vague = intent == QUESTION and not message.get(TOPIC) and not _asks(message)
        return GIVES_FACTS if vague or intent == DEFAULT_NLU_FALLBACK_INTENT_NAME else None

    @staticmethod
    def _set(message: Message, name: str) -> None:
        ruled = {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: 1.0}
        others = [i for i in message.get(RANKING) or [] if i[INTENT_NAME_KEY] != name]
        message.set(INTENT, ruled, add_to_output=True)
        message.set(RANKING, [dict(ruled), *others], add_to_output=True)
