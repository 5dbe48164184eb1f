"""What a question is about is heard in the languages people mix."""

from __future__ import annotations

import pytest

from bot.oncology.ideas import decided_topic, ideas
from bot.oncology.topics import answer_of


@pytest.mark.parametrize(
    ("text", "idea"),
    [
        ("is there a clinical trial", "trial"),
        ("¿hay un ensayo clínico para ella?", "trial"),
        ("ada uji klinis tidak", "trial"),
        ("есть ли исследования", "trial"),
        ("İKİNCİ GÖRÜŞ istiyoruz", "second_opinion"),
        ("combien ça coûte", "cost"),
        ("kitne paise lagenge", "cost"),
        ("هل هناك تجربة سريرية", "trial"),
        ("didn't work at all", "failed"),
        ("off-label use", "off_label"),
    ],
)
def test_an_idea_is_heard(text: str, idea: str) -> None:
    assert idea in ideas(text)


@pytest.mark.parametrize("text", ["", "hello", "ma k ovary ca 3c", "12345", "…"])
def test_what_names_no_idea_has_none(text: str) -> None:
    assert ideas(text) == frozenset()


def test_topics_with_one_answer_are_one() -> None:
    assert answer_of("REQ-121") == answer_of("REQ-111")
    assert answer_of("REQ-62") == "REQ-62"
    assert answer_of("REQ-999") == "REQ-999"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("car t er dam koto", "REQ-127"),
        ("TIL tedavisi kaç para", "REQ-127"),
        ("what does proton therapy cost for a child", "REQ-127"),
        ("where can I get CAR-T", "REQ-36"),
        ("which countries do TIL", "REQ-36"),
        ("where in India is CAR-T done", "REQ-33"),
        ("who cannot get car-t", "REQ-48"),
        ("how many weeks does car t take", "REQ-72"),
        ("what is the success rate of CAR-T", None),
        ("where do the cells for TIL come from", None),
        ("what is CAR-T", None),
        ("how much does it cost", None),
    ],
)
def test_words_decide_what_is_asked_about_a_therapy(text: str, topic: str | None) -> None:
    assert decided_topic(text) == topic
