"""How the disease stands, where the vocabulary heard no status: a linear model over sentences.

There are more ways to say that a cancer came back than a vocabulary can hold. The training
examples mark the words that tell a status (`[...]{"entity": "disease_status", ...}`); everything
else in the data teaches what tells none. Rules of conflict: what the vocabulary heard stands; the
model is asked only when a cancer or a treatment is named or the status was asked for; questions
are left out; of several sentences the last sure one counts, for it tells of today. A disease can
be new only where one is named, and neither answer to treatment nor come back where all that is
named is planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
AFTER_TREATMENT = frozenset({"relapsed", "refractory", "on_treatment_responding"})
NOT_GIVEN = frozenset({"planned", "refused"})
# Results whose words resemble a course ("PR", "stable"), and how short a part that is one.
TISSUE_RESULTS = frozenset({f"biomarkers.{name}" for name in ("ER", "PR", "HER2", "MSI_MMR")})
RESULT_WORDS = 4
# Names of the disease and of people tell no course; so many other words are needed for one.
NAMES = frozenset({"cancer_type", "cancer_subtype", "user_role"})
OTHER_WORDS = 2
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


def _is_result(text: str, part: _Part, mark: int, results: Sequence[tuple[int, int]]) -> bool:
    """ "PR 0", "MSI stable": receptors and genes have no course."""
    if len(text[part.start : part.end].split()) > RESULT_WORDS:
        return False
    return any(a + mark < part.end and part.start < b + mark for a, b in results)


def _only_names(text: str, part: _Part, mark: int, names: Sequence[tuple[int, int]]) -> bool:
    """ "My sister has cancer of unknown primary": nothing is said of how it stands."""
    rest = list(text[part.start : part.end])
    for start, end in names:
        for at in range(max(start + mark, part.start), min(end + mark, part.end)):
            rest[at - part.start] = " "
    return len(re.findall(r"\w+", "".join(rest))) < OTHER_WORDS


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class StatusClassifier(LinearComponent):
    """Adds a mention of the disease status to `reading` and `entities`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength`: inverse of the regularisation; `threshold`: probability that counts."""
        return {"strength": 20.0, "threshold": 0.8}

    def _labelled(self, training_data: TrainingData) -> Iterator[tuple[str, str]]:
        """The marked words tell a status, all others none."""
        for example in training_data.training_examples:
            for text, label in _taught(example):
                yield normalise(text), label

    def _hear(self, message: Message) -> None:
        """Hear the status of a message that speaks of the illness and tells none in words."""
        text = message.get(TEXT) or ""
        reading = message.get(READING) or {}
        mentions = reading.get("mentions") or ()
        facts = {mention["fact"] for mention in mentions}
        asked = (message.get("metadata") or {}).get("asks") == STATUS
        if text.startswith("/") or not (asked or facts & ABOUT_THE_ILLNESS):
            return
        if STATUS in facts:
            return
        results = [(m["start"], m["end"]) for m in mentions if m["fact"] in TISSUE_RESULTS]
        heard = (*mentions, *(reading.get("ambiguities") or ()))
        names = [] if asked else [(m["start"], m["end"]) for m in heard if m["fact"] in NAMES]
        found = self._find(text[:LONGEST], results, names)
        if found is None or not (asked or _fits(found.value, reading)):
            return
        reading["mentions"] = [*mentions, asdict(found)]
        message.set(READING, reading, add_to_output=True)
        added = entity(found, type(self).__name__)
        message.set(ENTITIES, [*(message.get(ENTITIES) or ()), added], add_to_output=True)

    def _find(
        self, text: str, results: Sequence[tuple[int, int]], names: Sequence[tuple[int, int]]
    ) -> Mention | None:
        """The last sure status of a text; what is hardly more than a result of tissue is none."""
        mark = len(text) - len(text.removeprefix(TYPED_MARK))
        parts = [p for p in _parts(text) if not _is_result(text, p, mark, results)]
        if names:
            parts = [p for p in parts if not _only_names(text, p, mark, names)]
        parts = parts[-MOST_CANDIDATES:]
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
        if not parts:
            return []
        return self._model.best([normalise(text[p.start : p.end]) for p in parts])


def _fits(status: str, reading: dict[str, Any]) -> bool:
    """Whether a status goes with the diagnosis and the treatments that were heard."""
    mentions = reading["mentions"]
    heard = (*mentions, *(reading.get("ambiguities") or ()))
    named = any(item["fact"] == "cancer_type" for item in heard)
    treatments = [m["value"] for m in mentions if m["fact"] == "treatments"]
    if not named and all(t["modality"] == "surgery" for t in treatments):
        return False  # an operation alone may have been for anything
    if status == "newly_diagnosed":
        return named
    timings = {t["status"] for t in treatments}
    return status not in AFTER_TREATMENT or not timings or not timings <= NOT_GIVEN


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
