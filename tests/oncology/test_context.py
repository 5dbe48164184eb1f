"""How a word is meant: denied, doubted, asked about, someone else's, and when."""

from __future__ import annotations

import pytest

from bot.oncology.context import Assertion, Timing, assess
from bot.oncology.text import read_document

CASES: list[tuple[str, str, dict[str, object]]] = [
    ("No mets in liver, lungs or bones", "lungs", {"negated": True}),
    ("not on chemo yet", "chemo", {"negated": True}),
    ("chemo nahi hua", "chemo", {"negated": True}),
    ("chemo hoy nai", "chemo", {"negated": True}),
    ("no we have stage 4", "4", {"negated": False}),
    ("chemo no longer working", "chemo", {"negated": False, "timing": Timing.DONE}),
    ("sorry, stage 4 not 3", "3", {"negated": True, "corrects": True}),
    ("sorry to disturb, stage 4", "4", {"corrects": False}),
    ("my father died of lung cancer, mine is benign", "lung", {"other_person": True}),
    (
        "My father died of it. He had chemo. My mother has breast cancer",
        "chemo",
        {"other_person": True},
    ),
    ("My father died of it. My mother has breast cancer", "breast", {"other_person": False}),
    ("neighbour took enhertu", "enhertu", {"other_person": True}),
    ("BMT from his brother", "bmt", {"other_person": False}),
    ("doctor suspects lymphoma", "lymphoma", {"uncertain": True}),
    ("?lymphoma", "lymphoma", {"uncertain": True}),
    ("is proton possible", "proton", {"asked": True}),
    ("Is enhertu given for this?", "enhertu", {"asked": True}),
    ("mother has lymphoma, what is the treatment", "lymphoma", {"asked": False}),
    ("chemo completed, now on radiation", "chemo", {"timing": Timing.DONE}),
    ("chemo completed, now on radiation", "radiation", {"timing": Timing.ONGOING}),
    ("operation done chemo going on", "operation", {"timing": Timing.DONE}),
    ("operation done chemo going on", "chemo", {"timing": Timing.ONGOING}),
    ("doctor advised surgery", "surgery", {"timing": Timing.PLANNED}),
    ("she refused chemo", "chemo", {"timing": Timing.REFUSED}),
    ("had breast cancer ten years ago", "breast", {"past": True}),
]


@pytest.mark.parametrize(("text", "word", "expected"), CASES)
def test_a_word_is_meant_as_the_words_around_it_say(
    text: str, word: str, expected: dict[str, object]
) -> None:
    doc = read_document(text)
    at = [token.text for token in doc.tokens].index(word)
    found: Assertion = assess(doc, at, at + 1)
    assert {name: getattr(found, name) for name in expected} == expected
