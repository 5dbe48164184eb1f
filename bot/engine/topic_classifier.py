"""Which question of the FAQ a message asks: a linear model over the examples of `ask_question`.

A block of training examples names its topic in its metadata (`topic: REQ-107`); the result is
that name, with its probability.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.text_model import TextModel, normalise

TOPIC = "topic"
TOPIC_CONFIDENCE = "topic_confidence"
QUESTION_INTENT = "ask_question"


def topic_of(example: Message) -> str | None:
    """The topic that the block of a training example names."""
    block = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return block.get(TOPIC)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Sets `topic` and `topic_confidence`; the topic is null when the message asks nothing."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: TextModel | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength`: inverse regularisation; `threshold`: below it the topic stays null."""
        return {"strength": 30.0, "threshold": 0.12}

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed."""
        return ["sklearn"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that name a topic."""
        examples = [
            (normalise(e.get(TEXT)), topic_of(e))
            for e in training_data.intent_examples
            if e.get(TEXT) and topic_of(e)
        ]
        texts, topics = zip(*examples, strict=True)
        self._model = TextModel.fit(texts, topics, self._config["strength"])
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """The trained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TextModel.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Name the topic of each message that asks a question."""
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        if self._model is None:
            raise RuntimeError("the topic classifier is not trained")
        topic, confidence = None, 0.0
        if (message.get(INTENT) or {}).get(INTENT_NAME_KEY) == QUESTION_INTENT:
            best, confidence = self._model.rank(normalise(message.get(TEXT) or ""))[0]
            topic = best if confidence >= self._config["threshold"] else None
        # The output drops nulls, so a message without a topic has neither key.
        message.set(TOPIC, topic, add_to_output=True)
        message.set(TOPIC_CONFIDENCE, confidence, add_to_output=True)
