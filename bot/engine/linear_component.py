"""A trainable part of the pipeline that holds one `TextModel`: trained, stored and loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.text_model import TextModel

Own = TypeVar("Own", bound="LinearComponent")


class LinearComponent(GraphComponent):
    """What the intents and the disease status have in common.

    A subclass says what an example teaches (`_labelled`) and what becomes of a message (`_hear`).
    Its configuration holds `strength`, the inverse of the regularisation.
    """

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
        self._trained = model

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed."""
        return ["sklearn"]

    @classmethod
    def create(
        cls: type[Own],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Own:
        """An untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls: type[Own],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Own:
        """The trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TextModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that teaches something."""
        labelled = list(self._labelled(training_data))
        texts, labels = [text for text, _ in labelled], [label for _, label in labelled]
        self._trained = TextModel.fit(texts, labels, self._config["strength"])
        with self._model_storage.write_to(self._resource) as folder:
            self._trained.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Hear each message."""
        for message in messages:
            self._hear(message)
        return messages

    @property
    def _model(self) -> TextModel:
        if self._trained is None:
            raise RuntimeError(f"{type(self).__name__} is not trained")
        return self._trained

    def _labelled(self, training_data: TrainingData) -> Iterable[tuple[str, str]]:
        """Texts as the model sees them, with their labels."""
        raise NotImplementedError

    def _hear(self, message: Message) -> None:
        """Set on the message what the model hears in it."""
        raise NotImplementedError
