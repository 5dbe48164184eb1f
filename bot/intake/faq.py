"""Answers to the questions people ask, by topic, with the patient's cancer in mind.

The texts are `knowledge/faq/<language>.yml`; a mistake there is reported with file, line and field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from bot.facts.vocabulary import expand
from bot.oncology.knowledge_files import KNOWLEDGE, KnowledgeError, load

FAQ = KNOWLEDGE / "faq"
MOST_MESSAGES = 3
LONGEST_MESSAGE = 300  # characters; leaves room for the source line


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say to a question: one to three short messages and where they come from."""

    messages: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Source:
    """A source as people read it, and as the reference names it."""

    shown: str
    reference: str


@dataclass(frozen=True)
class Variant:
    """Messages for some cancers, named by id or by group."""

    messages: tuple[str, ...]
    cancers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_messages(self.messages)


@dataclass(frozen=True)
class Topic:
    """One question: messages for everyone, and for some cancers others.

    `for_case` names the topic that says what the answer means for a known cancer.
    """

    title: str
    source: str
    messages: tuple[str, ...]
    also: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    for_case: str | None = None

    def __post_init__(self) -> None:
        check_messages(self.messages)


@dataclass(frozen=True)
class FaqFile:
    """One language's file."""

    language: str
    as_of: date
    review: Literal["pending", "approved"]
    sources: dict[str, Source]
    topics: dict[str, Topic] = field(default_factory=dict)


class Faq:
    """The answers of one language."""

    def __init__(self, path: Path, content: FaqFile) -> None:
        self._sources = content.sources
        self._topics = dict(_by_every_name(path, content))
        _check_references(path, content)

    @classmethod
    def load(cls, language: str, folder: Path = FAQ) -> Faq:
        """Read a language; FileNotFoundError if it has no file, KnowledgeError for a mistake."""
        path = folder / f"{language}.yml"
        if not path.exists():
            raise FileNotFoundError(path.name)
        return cls(path, load(path, FaqFile))

    @property
    def topics(self) -> frozenset[str]:
        """Every topic that has an answer, those that share one included."""
        return frozenset(self._topics)

    def answer(self, topic: str, cancer: str | None = None) -> Answer | None:
        """The answer to `topic` (REQ-107 ...) for a cancer id, or None if there is none."""
        found = self._topics.get(topic)
        if found is None:
            return None
        messages = _fitting(found, cancer) or found.messages
        if found.for_case:
            beside = _fitting(self._topics[found.for_case], cancer)
            messages = (*messages[: MOST_MESSAGES - 1], *beside[:1])
        return Answer(messages, self._sources[found.source].shown)

    def texts(self) -> Iterator[str]:
        """Every text a person may read, for the checks of wording."""
        for topic in {id(t): t for t in self._topics.values()}.values():
            yield from topic.messages
            for variant in topic.variants:
                yield from variant.messages
        yield from (source.shown for source in self._sources.values())


def _fitting(topic: Topic, cancer: str | None) -> tuple[str, ...]:
    return next((v.messages for v in topic.variants if cancer in expand(v.cancers)), ())


def check_messages(messages: tuple[str, ...]) -> None:
    """One to three messages, each short enough for a phone; ValueError otherwise."""
    if not 1 <= len(messages) <= MOST_MESSAGES:
        raise ValueError(f"one to {MOST_MESSAGES} messages, not {len(messages)}")
    for number, message in enumerate(messages, 1):
        if len(message) > LONGEST_MESSAGE:
            raise ValueError(f"message {number} has {len(message)} of {LONGEST_MESSAGE} characters")


def _by_every_name(path: Path, content: FaqFile) -> Iterator[tuple[str, Topic]]:
    seen: set[str] = set()
    for name, topic in content.topics.items():
        for each in (name, *topic.also):
            if each in seen:
                raise KnowledgeError(path, 0, f"topics.{name}", f"{each} is answered twice")
            seen.add(each)
            yield each, topic


def _check_references(path: Path, content: FaqFile) -> None:
    for name, topic in content.topics.items():
        if topic.source not in content.sources:
            raise KnowledgeError(path, 0, f"topics.{name}.source", f"no source {topic.source!r}")
        if topic.for_case and topic.for_case not in content.topics:
            where = f"topics.{name}.for_case"
            raise KnowledgeError(path, 0, where, f"no topic {topic.for_case!r}")
        for variant in topic.variants:
            try:
                expand(variant.cancers)
            except KeyError as error:
                where = f"topics.{name}.variants"
                raise KnowledgeError(path, 0, where, f"no cancer or group {error}") from None
