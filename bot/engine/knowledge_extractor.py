"""The vocabulary inside the Rasa pipeline: words of a message become facts of the case.

Sets `reading` (the whole `bot.oncology` reading, as JSON) and Rasa's `entities` on every message.
It never fails a turn: whatever goes wrong inside, the message passes with nothing understood.
"""

from __future__ import annotations

import logging
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

import bot.oncology
from bot.oncology.fingerprint import vocabulary_fingerprint
from bot.oncology.reading import Mention, Reading

logger = logging.getLogger(__name__)

READING = "reading"
# Put in front of typed text that would otherwise look like an intent payload.
TYPED_MARK = "\u200b"

# Rasa must know every entity name beforehand, so facts are grouped; the reading has them all.
_FAMILIES = {
    "cancer_type": "cancer_type",
    "cancer_subtype": "cancer_type",
    "histology_confirmed": "diagnosis",
    "diagnosis_date": "diagnosis",
    "extent": "stage",
    "metastatic_sites": "stage",
    "brain_mets_status": "stage",
    "disease_status": "disease_status",
    "progression_pattern": "disease_status",
    "relapse_count": "disease_status",
    "months_to_relapse": "disease_status",
    "treatments": "treatment",
    "radiation_history": "treatment",
    "transplant_history": "treatment",
    "current_treatment": "treatment",
    "prior_systemic_lines": "treatment",
    "country": "place",
    "city": "place",
    "age_years": "person",
    "sex": "person",
    "user_role": "person",
    "ecog": "fitness",
    "karnofsky": "fitness",
    "symptoms": "symptom",
    "pathway_interest": "wish",
}
OTHER = "detail"


def family(fact: str) -> str:
    """The entity name that stands for a fact in the tracker."""
    if fact.startswith("biomarkers."):
        return "biomarker"
    if fact.startswith("stage_"):
        return "stage"
    return _FAMILIES.get(fact, OTHER)


def hear(text: str | None, asks: str | None = None) -> Reading:
    """What the vocabulary finds in typed text; an empty reading for payloads and on any error."""
    if not text or text.startswith("/"):
        return Reading()
    try:
        return bot.oncology.read(text, asks=asks)
    except Exception as error:
        # The text is health data and stays out of the log; the kind of error is enough to act on.
        logger.error("The vocabulary failed on a message: %s", type(error).__name__)
        return Reading()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KnowledgeExtractor(GraphComponent):
    """Reads every message with `bot.oncology`."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnowledgeExtractor:
        """Build the component and its vocabulary, so that no patient waits for it.

        A mistake in a knowledge file stops the engine: one that hears no red flag must not run.
        """
        bot.oncology.read("warm up")
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed knowledge or a changed reader makes a cached training result stale."""
        return vocabulary_fingerprint()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `reading` and `entities` on each message."""
        for message in messages:
            self._annotate(message)
        return messages

    def _annotate(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        asks = (message.get("metadata") or {}).get("asks")
        reading = hear(text.removeprefix(TYPED_MARK), asks)
        message.set(READING, reading.to_json(), add_to_output=True)
        entities = [entity(mention, type(self).__name__) for mention in reading.mentions]
        message.set(ENTITIES, entities, add_to_output=True)


def entity(mention: Mention, extractor: str) -> dict[str, Any]:
    """A mention as Rasa keeps it in the tracker."""
    value = mention.value
    return {
        "entity": family(mention.fact),
        "value": value.get("name") if isinstance(value, dict) else value,
        "start": mention.start,
        "end": mention.end,
        "confidence_entity": mention.confidence,
        "extractor": extractor,
    }
