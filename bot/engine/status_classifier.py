"""How the disease stands, where the vocabulary heard no status: a linear model over sentences.

There are more ways to say that a cancer came back than a vocabulary can hold. The training
examples mark the words that tell a status (`[...]{"entity": "disease_status", ...}`); everything
else in the data teaches what tells none. Rules of conflict: what the vocabulary heard stands; the
model is asked only when a cancer or a treatment is named or the status was asked for; questions
are left out; of several sentences the last sure one counts, for it tells of today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.knowledge_extractor import READING, TYPED_MARK
from bot.engine.text_model import TextModel, normalise
from bot.oncology.reading import Mention

STATUS = "disease_status"
NONE = "none"
# With one of these in a message the words are about the illness.
ABOUT_THE_ILLNESS = frozenset({"cancer_type", "treatments"})
LONGEST = 4000  # characters; what stands beyond is read by the vocabulary alone
MOST_CANDIDATES = 60

_SENTENCE = re.compile(r"[^.!?;\n؟。]+[.!?;\n؟。]*")
_CLAUSE = re.compile(r"(?:[^,]|,(?=\S))+")
_QUESTION = re.compile(r"[?؟？]\s*$")


@dataclass(frozen=True)
class _Part:
    """A sentence, or a clause of one: what is judged as a whole."""

    sentence: int
    start: int
    end: int


def _parts(text: str) -> Iterator[_Part]:
    for number, sentence in enumerate(_SENTENCE.finditer(text)):
        if _QUESTION.search(sentence.group()):
            continue
        yield _Part(number, sentence.start(), sentence.end())
        clauses = list(_CLAUSE.finditer(text, sentence.start(), sentence.end()))
        for clause in clauses if len(clauses) > 1 else ():
            yield _Part(number, clause.start(), clause.end())


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class StatusClassifier(GraphComponent):
    """Adds a mention of the disease status to `reading` and `entities`."""

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
        """`strength`: inverse of the regularisation; `threshold`: probability that counts."""
        return {"strength": 20.0, "threshold": 0.7}

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
    ) -> StatusClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn what tells a status from the marked words, and what does not from all others."""
        labelled = [pair for e in training_data.training_examples for pair in _labelled(e)]
        texts = [normalise(text) for text, _ in labelled]
        self._model = TextModel.fit(
            texts, [label for _, label in labelled], self._config["strength"]
        )
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
    ) -> StatusClassifier:
        """The trained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TextModel.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Hear the status of each message that speaks of the illness and tells none in words."""
        for message in messages:
            self._hear(message)
        return messages

    def _hear(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        reading = message.get(READING) or {}
        facts = {mention["fact"] for mention in reading.get("mentions") or ()}
        asked = (message.get("metadata") or {}).get("asks") == STATUS
        if text.startswith("/") or STATUS in facts or not (asked or facts & ABOUT_THE_ILLNESS):
            return
        found = self._find(text[:LONGEST])
        if found is None:
            return
        reading["mentions"] = [*reading["mentions"], asdict(found)]
        message.set(READING, reading, add_to_output=True)
        entity = {
            "entity": STATUS,
            "value": found.value,
            "start": found.start,
            "end": found.end,
            "confidence_entity": found.confidence,
            "extractor": type(self).__name__,
        }
        message.set(ENTITIES, [*(message.get(ENTITIES) or ()), entity], add_to_output=True)

    def _find(self, text: str) -> Mention | None:
        if self._model is None:
            raise RuntimeError("the status classifier is not trained")
        mark = len(text) - len(text.removeprefix(TYPED_MARK))
        parts = list(_parts(text))[-MOST_CANDIDATES:]
        best: tuple[tuple[int, float], Mention] | None = None
        for part, (label, sure) in zip(parts, self._judged(text, parts), strict=True):
            if label == NONE or sure < self._config["threshold"]:
                continue
            rank = (part.sentence, sure)
            if best is None or rank > best[0]:
                words = text[part.start : part.end].strip()
                start, end = max(part.start - mark, 0), max(part.end - mark, 0)
                best = rank, Mention(STATUS, label, words, start, end, round(sure, 2))
        return best[1] if best else None

    def _judged(self, text: str, parts: list[_Part]) -> list[tuple[str, float]]:
        if self._model is None or not parts:
            return []
        return self._model.best([normalise(text[p.start : p.end]) for p in parts])


def _labelled(example: Message) -> Iterator[tuple[str, str]]:
    """What an example teaches: its marked words and itself as a status, the rest as none."""
    text = example.get(TEXT)
    if not text or text.startswith("/"):
        return
    marked = [e for e in example.get(ENTITIES) or () if e.get("entity") == STATUS]
    if not marked:
        yield text, NONE
        return
    entity = marked[0]
    yield text[entity["start"] : entity["end"]], entity["value"]
    rest = (text[: entity["start"]].strip(" ,"), text[entity["end"] :].strip(" ,"))
    if any(rest):
        yield text, entity["value"]
    yield from ((part, NONE) for part in rest if len(part.split()) > 1)
