"""Short replies are understood in many languages, and only when they are the whole reply."""

from __future__ import annotations

import pytest

from bot.oncology.answers import read_short
from bot.oncology.text import read_document


def reply(text: str, asks: str | None = "histology_confirmed") -> set[str]:
    return {m.fact for m in read_short(read_document(text), asks)}


REPLIES = {
    "yes": """yes|Yes please|haan|haan ji|ji|sí|نعم|হ্যাঁ|हाँ|да|👍|👍🏽|ok|oui|evet|ndiyo
        |yes 3 months back|Yes, done""",
    "no": "no|No sir|nahi|না|لا|нет|não|👎|not yet|no, only chemo",
    "unknown": """don't know|idk|not sure|pata nahi|no idea|I dont know exactly|জানি না|لا أعرف
        |не знаю|🤷|i have no idea which stage""",
    "skip": "skip|later|prefer not to say|next question|n/a|will tell you later",
    "back": "back|go back|previous question|wapas",
    "why": "why?|why do you ask|Why do you need this?|kyun",
}


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text.strip()) for kind, texts in REPLIES.items() for text in texts.split("|")],
)
def test_short_replies(kind: str, text: str) -> None:
    assert reply(text) == {f"answer.{kind}"}


@pytest.mark.parametrize(
    "text",
    [
        "no mets in the liver",
        "not on chemo yet",
        "yes no",
        "2",
        "",
        "the doctor said yes and then changed the whole plan again last week somehow",
        "mine is no",
    ],
)
def test_what_is_no_short_reply(text: str) -> None:
    assert reply(text) == set()
