"""Records in the conversation: the list, what is missing, what changed, the letter, reminders."""

from __future__ import annotations

import re

import pytest

from bot.facts.case import CaseState
from bot.intake.letter import WAITS
from tests.intake.talking import Talking

TOLD = "My mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka"


def assessed(text: str = TOLD) -> Talking:
    """A conversation that has got its first result."""
    talk = Talking().agreed().says(text)
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("I don't know", "dont_know")
    return talk.says("yes, that is right", "affirm")


def documents(talk: Talking) -> list[str]:
    return [name for reply in talk.replies for name in reply.documents]


def test_the_first_result_brings_the_critical_list_and_the_document_to_keep() -> None:
    talk = assessed()
    assert documents(talk) == ["printed_list"]
    (listed,) = [r for r in talk.replies if r.response == "utter_checklist_first"]
    text = talk._text(listed)
    assert text.count("☐") == 8
    for words in (
        "Original pathology (biopsy) report\nProves the cancer",
        "Not older than 4 weeks",
    ):
        assert words in text
    assert all(len(talk._text(r)) < 1600 for r in talk.replies), "one message on every channel"


def test_the_list_on_request_says_how_each_paper_should_come() -> None:
    talk = assessed().says("checklist", "request_checklist")
    text = "\n".join(talk._text(r) for r in talk.replies if r.response == "utter_checklist_items")
    assert text.count("☐") == text.count("Why: ") == text.count("How: ") == 8
    assert all(len(talk._text(r)) < 1600 for r in talk.replies), "one message on every channel"


def test_the_rest_and_the_tests_come_when_asked_for() -> None:
    talk = assessed().taps("More papers")
    assert "More, if you have them:" in talk.text
    assert "Ask your doctor whether" in talk.text
    assert all(len(Talking._text(r)) < 1600 for r in talk.replies)


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("what is missing?", "request_checklist"),
        ("What papers are still missing", "request_checklist"),
        ("missing", "nlu_fallback"),
        ("/missing", "nlu_fallback"),
    ],
)
def test_what_is_missing_is_told_with_its_reason_and_the_share(said: str, intent: str) -> None:
    talk = assessed()
    kind = "command" if said.startswith("/") else "text"
    talk.says(said, intent, kind=kind)
    assert re.search(r"Most important records: 0 of \d+ are here \(0%\)", talk.text), talk
    assert "Original pathology (biopsy) report: Proves the cancer and its exact type." in talk.text


def test_what_a_coordinator_ticked_is_no_longer_missing() -> None:
    talk = assessed()
    talk.case.papers = {"B3": "received", "B9": "waived"}
    talk.says("what is missing", "request_checklist")
    assert "Original pathology" not in talk.text
    assert "Treatment timeline" not in talk.text
    assert re.search(r"Most important records: 1 of \d+ are here", talk.text), talk
    talk.says("checklist", "request_checklist")
    assert "☑ Original pathology (biopsy) report" in talk.text


def test_when_all_critical_records_are_here_nothing_is_asked_for() -> None:
    talk = assessed()
    talk.case.papers = dict.fromkeys(talk.case.memory["records"], "received")
    talk.says("what is missing", "request_checklist")
    assert "Every one of the most important records is here" in talk.text
    assert "(100%)" in talk.text
    assert documents(talk.says("letter", "request_letter")) == []
    assert "No letter is needed" in talk.text


def test_status_says_how_complete_the_records_are() -> None:
    talk = assessed().says("what is the status", "request_status")
    assert "with the coordinator for review" in talk.text
    assert "Most important records: 0 of" in talk.text


def test_the_list_says_what_a_new_fact_changed() -> None:
    talk = assessed().says("the new biopsy says HER2 3+")
    assert "New on the records list:" in talk.text, talk
    assert "Heart ultrasound (echo)" in talk.text
    assert "New list" in [b.title for r in talk.replies for b in r.buttons]
    assert documents(talk.taps("New list")) == ["printed_list"]


def test_what_is_no_longer_needed_is_said_too() -> None:
    talk = assessed("I have prostate cancer, stage 4, in Lusaka")
    talk.says("sorry, it is bladder cancer, not prostate cancer", "correct")
    assert "No longer needed:" in talk.text, talk
    assert "PSMA PET" in talk.text


def test_a_fact_that_changes_no_record_says_nothing_of_records() -> None:
    talk = assessed().says("she is 58 years old")
    assert not [name for name in talk.said if name.startswith("utter_checklist")], talk


@pytest.mark.parametrize(
    ("hospital", "intent"),
    [
        ("Tata Memorial Hospital, Mumbai", "inform"),
        ("Tata Memorial Hospital, Mumbai", "ask_question"),
        ("Apollo", "ask_question"),
        ("National Cancer Institute", "ask_question"),
        ("ঢাকা মেডিকেল কলেজ", "nlu_fallback"),
    ],
)
def test_the_letter_asks_for_the_hospital_once_and_then_comes_in_two_forms(
    hospital: str, intent: str
) -> None:
    talk = assessed()
    open_question, country = talk.case.asks, talk.fact("country")
    talk.says("I need a letter for the hospital", "request_letter")
    assert talk.case.asks == "hospital"
    assert documents(talk) == []
    talk.says(hospital, intent)
    assert documents(talk) == ["letter_pdf", "letter_docx"]
    assert "utter_faq" not in talk.said, "the name of a hospital is no question"
    assert talk.case.memory["hospital"] == hospital
    assert talk.fact("country") == country, "where the hospital is, the patient need not be"
    assert talk.case.asks == open_question, "the open question comes again"
    assert documents(talk.says("letter", "request_letter")) == ["letter_pdf", "letter_docx"]


@pytest.mark.parametrize(
    ("said", "intent"), [("skip", "skip"), ("I don't know", "dont_know"), ("no", "deny")]
)
def test_the_question_for_the_hospital_can_be_skipped(said: str, intent: str) -> None:
    talk = assessed().says("letter", "request_letter").says(said, intent)
    assert documents(talk) == ["letter_pdf", "letter_docx"]
    assert talk.case.memory["hospital"] is None
    assert WAITS not in talk.case.memory


def test_the_skip_button_skips_it_too() -> None:
    talk = assessed().says("letter", "request_letter").taps("Skip")
    assert documents(talk) == ["letter_pdf", "letter_docx"]


def test_why_the_hospital_is_asked_for_is_answered() -> None:
    talk = assessed().says("letter", "request_letter").says("why do you ask?", "ask_why")
    assert "top of the letter" in talk.text
    assert documents(talk.says("Apollo Chennai")) == ["letter_pdf", "letter_docx"]
    assert talk.case.memory["hospital"] == "Apollo Chennai"


def test_a_fact_or_a_question_instead_of_a_hospital_is_heard_and_the_letter_comes() -> None:
    talk = assessed().says("letter", "request_letter").says("she had 6 cycles of carboplatin")
    assert documents(talk) == ["letter_pdf", "letter_docx"]
    assert [t["name"] for t in talk.fact("treatments")][-1:] == ["carboplatin"]
    talk = assessed().says("letter", "request_letter")
    talk.says("How long does a second opinion take?", "ask_question", topic="REQ-20")
    assert "utter_faq_source" in talk.said
    assert documents(talk) == ["letter_pdf", "letter_docx"]


def test_an_emergency_comes_before_the_letter() -> None:
    talk = assessed().says("letter", "request_letter").says("she cannot breathe, lips are blue")
    assert talk.case.state is CaseState.EMERGENCY
    assert documents(talk) == []


@pytest.mark.parametrize("word", ["pause", "Pause.", "No more reminders"])
def test_one_word_ends_the_reminders(word: str) -> None:
    talk = assessed().says(word, "nlu_fallback")
    assert talk.said == ["utter_no_reminders"]
    assert talk.case.memory["no_reminders"] is True


def test_who_writes_after_a_stop_is_back() -> None:
    talk = assessed().says("stop", "stop")
    assert talk.case.memory["stopped"] is True
    talk.says("hello", "greet")
    assert "stopped" not in talk.case.memory
