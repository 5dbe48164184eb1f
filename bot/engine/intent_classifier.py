"""What a message wants, and if it asks something, what about: one linear model for both.

The labels are the intents and, in place of `ask_question`, the topics of questions: questions have
little in common but being questions, and a topic is easier to recognise than their sum. The
probability of `ask_question` is the sum over its topics. A block of training examples names its
topic in its metadata (`topic: REQ-107`); questions that the FAQ has no answer to stand in a block
without one, so that they are not taken for the topic that sounds most like them.

The kinds of facts found ("a cancer", "a stage", "a place") go in as words of their own, so the
model does not have to see every drug and every city to know that a message gives facts. So do the
ideas of a question ("trial", "price"), which are the same in every language.

Topics that share an answer do not compete: their probabilities are added, and the likeliest of
them is named.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    METADATA,
    METADATA_INTENT,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.knowledge_extractor import READING, family, hear
from bot.engine.linear_component import LinearComponent
from bot.engine.text_model import normalise
from bot.oncology.fingerprint import vocabulary_fingerprint
from bot.oncology.ideas import decided_topic, ideas
from bot.oncology.reading import Reading
from bot.oncology.topics import answer_of

logger = logging.getLogger(__name__)

RANKING = "intent_ranking"
RANKING_LENGTH = 10
QUESTION = "ask_question"
TOPIC = "topic"
TOPIC_CONFIDENCE = "topic_confidence"


def features(text: str, reading: Reading) -> str:
    """The text as the model sees it: normalised words, then a mark per kind of fact and idea."""
    kinds = sorted({family(m.fact) for m in reading.mentions})
    marks = " ".join((*(f"§{kind}" for kind in kinds), *(f"§i_{i}" for i in sorted(ideas(text)))))
    return f"{normalise(text)} {marks}".strip()


def asks(label: str) -> bool:
    """Whether a label is a question: a topic (a requirement id), or a question without one."""
    return label == QUESTION or label.startswith("REQ-")


def label_of(example: Message) -> str:
    """The topic that the block of a training example names, else its intent."""
    block = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return block.get(TOPIC) or example.get(INTENT)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LinearComponent):
    """Sets `intent` and `intent_ranking`; for a question also `topic` and `topic_confidence`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength`: inverse of the regularisation of the logistic regression.

        `topic_threshold`: below this share of the question's probability a topic is not named.
        """
        return {"strength": 20.0, "topic_threshold": 0.3}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The model sees what the vocabulary finds, so it is trained again when that changes."""
        return vocabulary_fingerprint()

    def _labelled(self, training_data: TrainingData) -> Iterator[tuple[str, str]]:
        """All examples that carry an intent."""
        for example in training_data.intent_examples:
            if text := example.get(TEXT):
                yield features(text, hear(text)), label_of(example)

    def _hear(self, message: Message) -> None:
        """Rank the intents, and for a question the topics."""
        reading = Reading.from_json(message.get(READING) or {})
        ranked = self._model.rank(features(message.get(TEXT) or "", reading))
        topics = [(label, p) for label, p in ranked if asks(label)]
        asking = sum(p for _, p in topics)
        intents = [(label, p) for label, p in ranked if not asks(label)] + [(QUESTION, asking)]
        ranking = [
            {INTENT_NAME_KEY: label, PREDICTED_CONFIDENCE_KEY: p}
            for label, p in sorted(intents, key=lambda pair: -pair[1])[:RANKING_LENGTH]
        ]
        message.set(INTENT, dict(ranking[0]), add_to_output=True)
        message.set(RANKING, ranking, add_to_output=True)
        asked = ranking[0][INTENT_NAME_KEY] == QUESTION
        if asked and (decided := decided_topic(message.get(TEXT) or "")):
            self._name_topic(message, decided, 1.0)
        elif asked and topics:
            topic, probability = _likeliest(topics)
            if topic != QUESTION:
                self._name_topic(message, topic, probability / asking)

    def _name_topic(self, message: Message, topic: str, share: float) -> None:
        """A doubtful topic is not named: a person answers better than a wrong text."""
        message.set(TOPIC_CONFIDENCE, share, add_to_output=True)
        if share >= self._config["topic_threshold"]:
            message.set(TOPIC, topic, add_to_output=True)


def _likeliest(topics: list[tuple[str, float]]) -> tuple[str, float]:
    """The first topic of the likeliest answer, and the probability of that answer."""
    answers: defaultdict[str, float] = defaultdict(float)
    for topic, probability in topics:
        answers[answer_of(topic)] += probability
    answer = max(answers, key=answers.__getitem__)
    return next(topic for topic, _ in topics if answer_of(topic) == answer), answers[answer]
