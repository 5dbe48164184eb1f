"""What the bot may say: no forbidden wording, short, one question at a time, every text there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml

from bot.intake.questions import questions
from bot.settings import ROOT
from bot.wording import catalogue

# REQ-103, in the ways it could slip in.
FORBIDDEN = re.compile(
    r"you qualify|(?:you|she|he|patient) (?:is|are) eligible|\bcures?\b|guarantee|best treatment"
    r"|last chance|\d+ ?(?:%|per ?cent)|survival|chance of (?:success|cure)|will work",
    re.IGNORECASE,
)
LONGEST = 350
# Lists that grow with the case; their own sentences are short.
LISTS = frozenset({"utter_checklist", "utter_summary", "utter_confirm"})


def texts() -> Iterator[tuple[str, str]]:
    """Every text of every language, by response name."""
    for language in catalogue().languages:
        for name in sorted(catalogue().names(language)):
            for variation in catalogue().variations(name, language):
                yield f"{language}:{name}", variation.text


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_no_text_promises_anything(name: str, text: str) -> None:
    assert not FORBIDDEN.search(text), text


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_texts_are_short_and_ask_one_thing(name: str, text: str) -> None:
    if name.split(":")[1] not in LISTS:
        assert len(text) <= LONGEST, len(text)
    assert text.count("?") <= 2, text


def test_no_question_of_the_intake_lacks_its_texts() -> None:
    names = catalogue().names()
    missing = [
        f"utter_{kind}_{q.fact}"
        for q in questions().all
        for kind in ("ask", "help", "why")
        if f"utter_{kind}_{q.fact}" not in names
    ]
    assert missing == []


def test_the_forbidden_list_itself_works() -> None:
    assert FORBIDDEN.search("You qualify for CAR-T")
    assert FORBIDDEN.search("an 80 % response")
    assert not FORBIDDEN.search("it may be worth asking a specialist about")


def test_knowledge_that_patients_read_promises_nothing() -> None:
    for path in sorted((ROOT / "knowledge" / "faq").glob("*.yml")):
        for text in _strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
            assert not FORBIDDEN.search(text), f"{path.name}: {text}"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
