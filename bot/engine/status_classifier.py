"""How the disease stands, where the vocabulary heard no status: a linear model over sentences.

There are more ways to say that a cancer came back than a vocabulary can hold. The training
examples mark the words that tell a status (`[...]{"entity": "disease_status", ...}`); everything
else in the data teaches what tells none. Rules of conflict: what the vocabulary heard stands; the
model is asked only when a cancer or a treatment is named or the status was asked for; questions
are left out; of several sentences the last sure one counts, for it tells of today. Behind a good
status that the vocabulary heard, a sure turn for the worse takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.knowledge_extractor import READING, TYPED_MARK, entity
from bot.engine.linear_component import LinearComponent
from bot.engine.text_model import normalise
from bot.oncology.reading import Mention

STATUS = "disease_status"
NONE = "none"
# With one of these in a message the words are about the illness.
ABOUT_THE_ILLNESS = frozenset({"cancer_type", "treatments"})
BETTER = frozenset({"remission", "stable", "on_treatment_responding"})
WORSE = frozenset({"relapsed", "progressed"})
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
class StatusClassifier(LinearComponent):
    """Adds a mention of the disease status to `reading` and `entities`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength`: inverse of the regularisation; thresholds: probabilities that count.

        `threshold` where nobody heard a status, `turn_threshold` against what the vocabulary heard.
        """
        return {"strength": 20.0, "threshold": 0.7, "turn_threshold": 0.85}

    def _labelled(self, training_data: TrainingData) -> Iterator[tuple[str, str]]:
        """The marked words tell a status, all others none."""
        for example in training_data.training_examples:
            for text, label in _taught(example):
                yield normalise(text), label

    def _hear(self, message: Message) -> None:
        """Hear the status of a message that speaks of the illness, and the turn after one."""
        text = message.get(TEXT) or ""
        reading = message.get(READING) or {}
        mentions = reading.get("mentions") or ()
        facts = {mention["fact"] for mention in mentions}
        asked = (message.get("metadata") or {}).get("asks") == STATUS
        if text.startswith("/") or not (asked or facts & ABOUT_THE_ILLNESS):
            return
        heard = [m for m in mentions if m["fact"] == STATUS]
        found = self._turn(text[:LONGEST], heard[-1]) if heard else self._find(text[:LONGEST])
        if found is None:
            return
        reading["mentions"] = [*(m for m in mentions if m not in heard), asdict(found)]
        message.set(READING, reading, add_to_output=True)
        kept = [e for e in message.get(ENTITIES) or () if not heard or e["entity"] != STATUS]
        added = entity(found, type(self).__name__)
        message.set(ENTITIES, [*kept, added], add_to_output=True)

    def _turn(self, text: str, heard: dict[str, Any]) -> Mention | None:
        """ "They said remission, but at month nine the blasts were 70": what came after."""
        if heard["value"] not in BETTER:
            return None
        mark = len(text) - len(text.removeprefix(TYPED_MARK))
        threshold = self._config["turn_threshold"]
        later = self._find(text, after=heard["end"] + mark, threshold=threshold)
        return later if later is not None and later.value in WORSE else None

    def _find(self, text: str, after: int = 0, threshold: float | None = None) -> Mention | None:
        """The last sure status of a text, of what stands behind a place only."""
        least = self._config["threshold"] if threshold is None else threshold
        mark = len(text) - len(text.removeprefix(TYPED_MARK))
        parts = [part for part in _parts(text) if part.start >= after][-MOST_CANDIDATES:]
        best: tuple[tuple[int, float], Mention] | None = None
        for part, (label, sure) in zip(parts, self._judged(text, parts), strict=True):
            if label == NONE or sure < least:
                continue
            rank = (part.sentence, sure)
            if best is None or rank > best[0]:
                words = text[part.start : part.end].strip()
                start, end = max(part.start - mark, 0), max(part.end - mark, 0)
                best = rank, Mention(STATUS, label, words, start, end, round(sure, 2))
        return best[1] if best else None

    def _judged(self, text: str, parts: list[_Part]) -> list[tuple[str, float]]:
        if not parts:
            return []
        return self._model.best([normalise(text[p.start : p.end]) for p in parts])


def _taught(example: Message) -> Iterator[tuple[str, str]]:
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
