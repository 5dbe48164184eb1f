"""Consents beside keeping: asked after the result, each on its own, taken back with one word."""

from __future__ import annotations

import pytest

from bot.facts.case import CaseState, Purpose
from bot.intake.claims import claimed, rights_file
from bot.records.documents import MY_DATA
from tests.intake.talking import Talking

SHARING, IMPROVING = Purpose.SHARING, Purpose.IMPROVING


def with_result() -> Talking:
    """A conversation whose result was given and in which nothing more is asked."""
    talk = Talking().agreed()
    talk.says("stage 3 ovarian cancer, carboplatin failed, she is 60 and walks about, in Dhaka")
    for _ in range(12):
        if talk.case.state is CaseState.CONFIRM:
            talk.says("yes", "affirm")
        elif talk.case.state is CaseState.ASSESSED:
            break
        else:
            talk.says("not sure", "dont_know")
    assert talk.case.state is CaseState.ASSESSED, talk
    return talk


def asked_to_share() -> Talking:
    """The question about sharing has just been put."""
    talk = with_result()
    if talk.said[-1] != "utter_ask_consent_sharing":
        talk.says("enough", "enough")
    assert talk.said[-1] == "utter_ask_consent_sharing", talk
    return talk


def test_nothing_beside_keeping_is_asked_before_the_result() -> None:
    talk = Talking().agreed()
    talk.says("stage 3 ovarian cancer, carboplatin failed, she is 60 and walks about, in Dhaka")
    for _ in range(12):
        if talk.case.state is CaseState.CONFIRM:
            break
        talk.says("not sure", "dont_know")
        assert not [said for said in talk.said if said.startswith("utter_ask_consent")], talk
    assert talk.case.permissions == {}


@pytest.mark.parametrize(
    ("answer", "given"),
    [("Yes, you may share", True), ("No", False)],
)
def test_sharing_is_asked_after_the_result_and_kept_with_its_wording(
    answer: str, given: bool
) -> None:
    talk = asked_to_share().taps(answer)
    held = talk.case.permissions[SHARING]
    assert (held.given, held.version, held.language, held.channel) == (
        given,
        "sharing-2026-11",
        "en",
        "webchat",
    )
    assert talk.case.may(SHARING) is given
    assert talk.said[-1] == "utter_ask_consent_improving"
    assert talk.case.permissions.get(IMPROVING) is None


@pytest.mark.parametrize(("words", "intent"), [("yes", "affirm"), ("no", "deny")])
def test_an_answer_may_be_typed(words: str, intent: str) -> None:
    talk = asked_to_share().says(words, intent)
    assert talk.case.may(SHARING) is (intent == "affirm")
    talk.says(words, intent)
    assert talk.case.may(IMPROVING) is (intent == "affirm")
    assert "agreeing" not in talk.case.memory


def test_reading_more_asks_again() -> None:
    talk = asked_to_share().taps("Read more")
    assert talk.said == ["utter_consent_sharing_more"]
    assert talk.taps("Yes, you may share").case.may(SHARING)


def test_what_answers_another_question_is_no_consent() -> None:
    talk = Talking().agreed().says("stage 3 ovarian cancer, 60, Dhaka")
    talk.case.memory["agreeing"] = "sharing"  # a coordinator asked meanwhile
    talk.says("yes, a biopsy was done", "affirm")
    assert SHARING not in talk.case.permissions, talk


def test_improving_is_asked_once_and_may_be_passed_over() -> None:
    talk = asked_to_share().taps("No").says("skip", "skip")
    assert talk.said == ["utter_consent_passed_over"]
    for _ in range(3):
        talk.says("what happens next", "request_status")
        assert "utter_ask_consent_improving" not in talk.said
    assert IMPROVING not in talk.case.permissions


def test_what_comes_between_is_no_yes_and_sharing_is_asked_once_more() -> None:
    talk = asked_to_share().says("she also has diabetes")
    assert SHARING not in talk.case.permissions
    for _ in range(8):
        talk.says("enough", "enough")
    assert talk.case.asked["consent_sharing"] == 2
    assert not talk.case.may(SHARING)


@pytest.mark.parametrize(
    "words",
    ["unshare", "Unshare.", "please stop sharing", "don’t share my data", "DO NOT SHARE MY CASE"],
)
def test_sharing_is_taken_back_with_one_word(words: str) -> None:
    talk = asked_to_share().taps("Yes, you may share").taps("No")
    talk.says(words, "nlu_fallback")
    assert talk.said == ["utter_consent_sharing_withdrawn"], talk
    assert not talk.case.may(SHARING)
    assert "sharing_withdrawn" in talk.case.memory["alerts"]


@pytest.mark.parametrize("words", ["unlearn", "do not use my messages", "don't train on my words"])
def test_improving_is_taken_back_with_one_word(words: str) -> None:
    talk = asked_to_share().taps("Yes, you may share").taps("Yes, use it")
    assert talk.case.may(IMPROVING)
    talk.says(words, "nlu_fallback")
    assert not talk.case.may(IMPROVING)
    assert talk.case.may(SHARING)


def test_the_overview_says_what_was_agreed_and_changes_it_with_a_button() -> None:
    talk = asked_to_share().taps("Yes, you may share").taps("No")
    talk.says("what did I agree to?", "ask_question")
    assert talk.said == ["utter_privacy"]
    assert "hospital: yes, on" in talk.text
    assert "program: no, on" in talk.text
    assert talk.taps("Do not share").said == ["utter_consent_sharing_withdrawn"]


def test_without_keeping_no_other_consent_counts() -> None:
    talk = asked_to_share().taps("Yes, you may share")
    talk.case.consent = None
    assert not talk.case.may(SHARING)


@pytest.mark.parametrize(
    "words", ["mydata", "Send me my data!", "can I get a copy of my data please"]
)
@pytest.mark.parametrize("intent", ["delete_data", "request_status", "nlu_fallback"])
def test_a_copy_is_given_whatever_the_model_makes_of_the_words(words: str, intent: str) -> None:
    talk = Talking().agreed().says(words, intent)
    assert talk.said == ["utter_my_data"], talk
    assert talk.replies[0].documents == (MY_DATA,)


def test_a_wish_for_a_copy_is_never_the_yes_to_an_erasure() -> None:
    talk = Talking().agreed().says("delete my data", "delete_data")
    talk.says("no, send me my data", "delete_data")
    assert not talk.case.memory.get("erase"), talk
    assert talk.said == ["utter_my_data"]


def test_a_copy_can_be_had_before_consent_and_in_an_emergency() -> None:
    talk = Talking().says("hello", "greet").says("mydata", "inform")
    assert talk.said == ["utter_my_data"]
    talk = Talking().agreed().says("she cannot breathe", "report_emergency")
    assert talk.says("mydata", "inform").said == ["utter_my_data"]


@pytest.mark.parametrize(
    "words",
    [
        "I can send you my data tomorrow",
        "please do not share it with my father, he does not know",
        "my father agreed to chemo",
        "the data shows a response",
        "is my privacy safe",
    ],
)
def test_other_words_are_no_such_wish(words: str) -> None:
    assert claimed(words) is None


def test_words_of_an_emergency_come_first() -> None:
    talk = Talking().agreed().says("send me my data, she cannot breathe", "report_emergency")
    assert "utter_emergency" in talk.said


def test_a_long_message_is_not_searched_for_wishes() -> None:
    words = "stop sharing " + "word " * rights_file().longest
    assert claimed(words) is None


@pytest.mark.parametrize(
    ("words", "given"),
    [("yes share", True), ("you may share it", True), ("no, do not share", False)],
)
def test_the_words_of_the_button_are_an_answer(words: str, given: bool) -> None:
    talk = asked_to_share()
    talk.says(words, "nlu_fallback")
    assert talk.case.may(Purpose.SHARING) is given, talk
