"""Texts of the catalogue as Rasa's response generator, in the language of the conversation.

Language, first found: the one given with the response, the `language` slot, the one that came
with the message, English.
"""

from __future__ import annotations

import zlib
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine.stages import stage
from bot.wording import DEFAULT_LANGUAGE, Catalogue

LANGUAGE = "language"
VALUES = "values"


class CatalogueResponses(NaturalLanguageGenerator):
    """Renders responses from `bot.wording`."""

    def __init__(
        self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None
    ) -> None:
        self._catalogue = Catalogue.load()

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any]:
        """The text of one response; `kwargs` are its values, plain or under `values`."""
        values = {**kwargs, **(kwargs.get(VALUES) or {})}
        with stage("say"):
            text = self._catalogue.render(
                utter_action,
                kwargs.get(LANGUAGE) or language_of(tracker),
                values,
                output_channel,
                pick=variation_of(utter_action, tracker),
            )
        return {"text": text}


def language_of(tracker: DialogueStateTracker) -> str:
    """The language of the conversation, as far as the tracker knows it."""
    slot = tracker.slots.get(LANGUAGE)
    if slot is not None and slot.value:
        return str(slot.value)
    message = tracker.latest_message
    metadata = (message.metadata if message else None) or {}
    return metadata.get(LANGUAGE) or DEFAULT_LANGUAGE


def variation_of(response: str, tracker: DialogueStateTracker) -> int:
    """Which variation to say: varies from turn to turn, and is the same when a turn is re-run."""
    message = tracker.latest_message
    message_id = (message.message_id if message else None) or ""
    return zlib.crc32(f"{tracker.sender_id} {message_id} {response}".encode())
