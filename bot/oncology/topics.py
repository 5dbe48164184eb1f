"""Which topics of questions share an answer, from knowledge/faq: a question fits all of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.oncology.knowledge_files import KNOWLEDGE, load


@cache
def _answers() -> dict[str, str]:
    topics = load(KNOWLEDGE / "faq" / "en.yml", dict[str, Any])["topics"]
    return {
        name: first for first, topic in topics.items() for name in (first, *topic.get("also", ()))
    }


def answer_of(topic: str) -> str:
    """The topic under which the answer stands: the same for all topics that share it."""
    return _answers().get(topic, topic)
