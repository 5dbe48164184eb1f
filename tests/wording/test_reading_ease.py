"""Everything patients read can be read by somebody of about twelve, tired and afraid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.intake.faq import Faq
from bot.wording import catalogue

# US school grade of the Flesch-Kincaid formula; twelve-year-olds are in the sixth or seventh.
MEAN_GRADE = 6.0
HARDEST_GRADE = 11.0
# The formula says nothing about a few words: names of treatments, labels of buttons.
ENOUGH_WORDS = 8
VALUE = re.compile(r"\{[^}]*\}")
# Names of places, hospitals and products cannot be chosen; each counts as one short word.
NAME = re.compile(r"(?<=[a-z,:] )(?:[A-Z0-9][\w'-]*(?: |, | and )?)+")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
SYLLABLE = re.compile(r"[aeiouy]+")


def texts() -> Iterator[tuple[str, str]]:
    """Every English text by its name."""
    for name in sorted(catalogue().names("en")):
        for variation in catalogue().variations(name, "en"):
            yield name, variation.text
    for number, text in enumerate(Faq.load("en").texts()):
        yield f"faq {number}", text


def grade(text: str) -> float:
    """Flesch-Kincaid grade: long sentences and long words make a text hard."""
    text = NAME.sub("Ann ", VALUE.sub("this", text))
    words = WORD.findall(text)
    sentences = [part for part in re.split(r"[.!?:\n]+", text) if WORD.search(part)]
    syllables = sum(_syllables(word.casefold()) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and len(word) > 3
    return max(1, len(SYLLABLE.findall(word)) - silent)


def judged() -> list[tuple[str, str]]:
    """The texts that are long enough to judge."""
    return [(n, t) for n, t in texts() if len(WORD.findall(t)) >= ENOUGH_WORDS]


def test_the_texts_are_easy_on_the_whole() -> None:
    grades = [grade(text) for _, text in judged()]
    assert len(grades) > 150
    assert sum(grades) / len(grades) <= MEAN_GRADE


def test_no_single_text_is_hard() -> None:
    hard = {name: (round(grade(t), 1), t) for name, t in judged() if grade(t) > HARDEST_GRADE}
    assert hard == {}


def test_the_measure_tells_hard_from_easy() -> None:
    assert grade("Was a biopsy done? A small piece is tested in the lab.") < 5
    hard = "Histopathological confirmation of the aforementioned malignancy remains indispensable"
    assert grade(hard) > 15
