"""Texts by language: adding a language is adding files, and nobody is left without an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.intake.questions import Questions
from bot.settings import ROOT
from bot.wording import Catalogue, UnknownResponse


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with two texts in English and one of them in a second language."""
    english = {
        "utter_hello": [{"text": "Hello"}, {"text": "Good day"}],
        "utter_age": [
            {"text": "How old is {patient}?"},
            {
                "text": "How old are you?",
                "condition": [{"type": "slot", "name": "user_role", "value": "patient"}],
            },
        ],
    }
    (tmp_path / "domain.yml").write_text(yaml.safe_dump({"responses": english}))
    folder = tmp_path / "languages" / "bn"
    folder.mkdir(parents=True)
    bengali = {"responses": {"utter_hello": [{"text": "নমস্কার"}]}}
    (folder / "responses.yml").write_text(yaml.safe_dump(bengali, allow_unicode=True))
    return tmp_path


def test_a_folder_adds_a_language(house: Path) -> None:
    catalogue = Catalogue.load(house)
    assert catalogue.languages == ("en", "bn")
    assert catalogue.render("utter_hello", "bn") == "নমস্কার"


def test_what_a_language_lacks_is_said_in_english(house: Path) -> None:
    said = Catalogue.load(house).render("utter_age", "bn", {"patient": "your mother"})
    assert said == "How old is your mother?"


def test_the_variation_that_fits_the_person_is_said(house: Path) -> None:
    catalogue = Catalogue.load(house)
    assert catalogue.render("utter_age", "en", {"user_role": "patient"}) == "How old are you?"


def test_variations_take_turns(house: Path) -> None:
    catalogue = Catalogue.load(house)
    assert {catalogue.render("utter_hello", pick=n) for n in range(4)} == {"Hello", "Good day"}


def test_an_unknown_response_is_a_mistake_that_is_named(house: Path) -> None:
    with pytest.raises(UnknownResponse):
        Catalogue.load(house).render("utter_nothing")


def test_labels_of_questions_come_from_the_language_too(tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    source = ROOT / "knowledge" / "questions.yml"
    (tmp_path / "knowledge" / "questions.yml").write_text(source.read_text(encoding="utf-8"))
    folder = tmp_path / "languages" / "bn"
    folder.mkdir(parents=True)
    labels = {"extent": {"label": "ছড়ানো", "choices": {"metastatic": "অন্য অঙ্গে"}}}
    (folder / "questions.yml").write_text(yaml.safe_dump(labels, allow_unicode=True))
    question = Questions.load("bn", tmp_path)["extent"]
    assert question.label == "ছড়ানো"
    choice = question.choice_for("অন্য অঙ্গে")
    assert choice is not None
    assert choice.value == "metastatic"
