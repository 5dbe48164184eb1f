"""What a person gets, turn by turn."""

from __future__ import annotations

import pytest

from bot.facts.case import CaseState, FactStatus
from tests.intake.talking import Talking


def test_first_contact_says_who_we_are_and_asks_consent_before_anything_else() -> None:
    talk = Talking().says("hello", "greet")
    assert talk.said == ["utter_greeting", "utter_emergency_hint", "utter_consent"], talk
    assert talk.case.state is CaseState.CONSENT
    assert talk.case.consent is None


def test_what_was_said_before_consent_is_not_asked_again() -> None:
    talk = Talking().says("my mother has ovarian cancer").taps("Yes")
    assert talk.fact("cancer_type") == "ovarian", talk
    assert talk.case.asks != "cancer_type", talk


def test_a_finding_told_before_the_consent_reaches_a_coordinator_as_one_nobody_has_named() -> None:
    talk = Talking().says("i found a lump in my breast, no doctor yet").taps("Yes")
    assert "utter_suspected" in talk.said, talk
    assert talk.case.state is CaseState.HUMAN
    assert "no_diagnosis" in talk.case.memory["alerts"], talk


def test_refused_consent_keeps_no_fact() -> None:
    talk = Talking().says("my mother has ovarian cancer").taps("No")
    assert talk.case.facts == {}, talk
    assert talk.case.consent is not None
    assert not talk.case.consent.given


def test_after_a_refusal_a_yes_still_counts() -> None:
    talk = Talking().says("hello", "greet").taps("No").says("ok yes you may store it", "affirm")
    assert talk.case.state is CaseState.INTAKE, talk


def test_not_sure_is_stored_and_never_asked_again() -> None:
    talk = Talking().agreed().says("breast cancer triple negative")
    asks = talk.case.asks
    assert asks
    talk.taps("Not sure")
    assert talk.case.facts[asks].status is FactStatus.UNKNOWN, talk
    assert talk.case.asks != asks, talk


def test_skip_is_stored_as_declined() -> None:
    talk = Talking().agreed().says("breast cancer triple negative")
    asks = talk.case.asks
    assert asks
    talk.says("skip", "skip")
    assert talk.case.facts[asks].status is FactStatus.DECLINED, talk


def test_why_is_answered_and_the_question_asked_again() -> None:
    talk = Talking().agreed().says("breast cancer triple negative")
    asks = talk.case.asks
    talk.says("why do you ask that", "ask_why")
    assert talk.said[0] == f"utter_why_{asks}", talk
    assert talk.case.asks == asks, talk


def test_back_asks_the_earlier_question_again() -> None:
    talk = Talking().agreed().says("breast cancer triple negative")
    first = talk.case.asks
    talk.taps("Not sure")
    talk.says("go back", "go_back")
    assert talk.case.asks == first, talk


def test_three_answers_that_are_not_understood_lead_on_with_a_human_offered() -> None:
    talk = Talking().agreed().says("prostate cancer").says("hormone injection")
    asks = talk.case.asks
    for _ in range(2):
        talk.says("zxqw brrr", "nlu_fallback")
        assert talk.case.asks == asks, talk
    talk.says("zxqw brrr", "nlu_fallback")
    assert "utter_offer_human" in talk.said, talk
    assert talk.case.asks != asks, talk


def test_a_number_a_label_and_a_close_spelling_choose() -> None:
    for answer in ("3", "Spread to other organs", "spred to other organs"):
        talk = Talking().agreed().says("colon cancer").says("six chemo").says("Kenya")
        assert talk.case.asks == "extent", talk
        talk.says(answer)
        assert talk.fact("extent") == "metastatic", talk


@pytest.mark.parametrize("words", ["/restart", '/answer{"fact": "age_years", "value": "5"}'])
def test_typed_commands_are_text(words: str) -> None:
    talk = Talking().agreed().says(words, "nlu_fallback")
    assert talk.fact("age_years") is None, talk


def test_an_emergency_comes_before_consent_and_pauses_the_intake() -> None:
    talk = Talking().says("my mother cannot breathe, she is gasping")
    assert talk.said == ["utter_emergency", "utter_emergency_companion"], talk
    assert talk.case.state is CaseState.EMERGENCY
    talk.taps("Yes")
    assert talk.said == ["utter_emergency_accompanied"], talk
    talk.taps("It is safe now")
    assert talk.case.state is CaseState.CONSENT, talk


def test_no_pathway_is_named_in_an_emergency() -> None:
    talk = Talking().agreed().says("DLBCL, R-CHOP failed, he has a fit right now")
    assert not any(name.startswith("utter_pathway") for name in talk.said), talk


def test_a_human_is_called_and_the_bot_stays_quiet_until_asked() -> None:
    talk = Talking().agreed().says("I want a person", "human")
    assert talk.case.state is CaseState.HUMAN
    assert talk.says("are you there", "inform").said == ["utter_human_waiting"], talk
    assert talk.says("hello??", "inform").said == [], talk
    talk.says("resume", "resume")
    assert talk.case.state is CaseState.INTAKE, talk


def test_erasure_is_asked_once_then_done() -> None:
    talk = Talking().agreed().says("delete my data", "delete_data")
    assert talk.said == ["utter_delete_data_ask"], talk
    talk.taps("Erase")
    assert talk.case.memory["erase"] is True, talk


def test_erasure_can_be_taken_back() -> None:
    talk = Talking().agreed().says("colon cancer").says("delete my data", "delete_data")
    talk.taps("Keep")
    assert "erase" not in talk.case.memory, talk
    assert talk.fact("cancer_type") == "colorectal", talk


def test_starting_again_forgets_the_answers_but_not_the_consent() -> None:
    talk = Talking().agreed().says("colon cancer").says("start again", "start_over").taps("Yes")
    assert talk.fact("cancer_type") is None, talk
    assert talk.case.state is CaseState.INTAKE, talk


def test_what_kind_of_message_cannot_be_read_is_said_kindly() -> None:
    talk = Talking().agreed()
    assert "utter_voice" in talk.says("", "inform", kind="voice").said, talk
    assert "utter_unsupported" in talk.says("", "inform", kind="sticker").said, talk
    assert "utter_empty" in talk.says("", "inform").said, talk


def test_a_question_during_the_intake_is_answered_and_ours_comes_again() -> None:
    talk = Talking().agreed().says("colon cancer")
    asks = talk.case.asks
    talk.says("what does it cost?", "ask_question", topic="REQ-127")
    assert talk.said[0].startswith("utter_faq"), talk
    assert talk.case.asks == asks, talk


def test_a_question_we_cannot_answer_goes_to_a_human() -> None:
    talk = Talking().agreed().says("colon cancer")
    talk.says("does the hospital have parking?", "ask_question", topic=None)
    assert talk.case.open_questions == ["does the hospital have parking?"], talk


def test_the_summary_leads_to_routes_records_and_the_case_number() -> None:
    talk = Talking().agreed().says("colon cancer stage 4 spread to liver, FOLFOX failed, Nairobi")
    while talk.case.state is CaseState.INTAKE:
        talk.says("I don't know", "dont_know")
    assert talk.case.state is CaseState.CONFIRM, talk
    talk.taps("Yes")
    assert talk.case.state is CaseState.ASSESSED, talk
    assert "utter_checklist_first" in talk.said, talk
    assert talk.case.number in talk.text, talk


def test_menu_commands_do_what_they_say() -> None:
    talk = Talking().agreed().says("colon cancer")
    asks = talk.case.asks
    talk.says("/help", "nlu_fallback", kind="command")
    assert "utter_help_commands" in talk.said, talk
    assert talk.case.asks == asks, talk
    assert "utter_checklist" in talk.says("/checklist", "nlu_fallback", kind="command").said, talk
    assert talk.says("/human", "nlu_fallback", kind="command").case.state is CaseState.HUMAN, talk


def test_words_with_several_meanings_before_consent_are_asked_about_after_it() -> None:
    talk = Talking().says("my brother has blood cancer, we are in Kathmandu").taps("Yes")
    assert "utter_clarify" in talk.said, talk
    assert talk.case.asks == "cancer_type", talk


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("it is growing again", "progressed"),
        ("came back", "relapsed"),
        ("about the same i think", "stable"),
    ],
)
def test_a_choice_named_among_other_words_counts(answer: str, status: str) -> None:
    talk = Talking().agreed().says("colon cancer").says("six chemo").says("Kenya").taps("Not sure")
    assert talk.case.asks == "disease_status", talk
    talk.says(answer)
    assert talk.fact("disease_status") == status, talk


SECOND_PATIENTS = (
    "and my mother in law has breast cancer her2 positive, 58, can you do her too",
    "my aunt has ovarian cancer too",
    "my sister has breast cancer",
    "what about my aunt, ovarian cancer stage 3",
    "i have another one, my wife with thyroid cancer papillary 40",
)


@pytest.mark.parametrize("said", SECOND_PATIENTS)
def test_a_second_patients_facts_never_replace_the_firsts(said: str) -> None:
    talk = Talking().says("my father has lung cancer nsclc, 65, Dhaka").taps("Yes")
    before = talk.case.wire()
    after = talk.says(said)
    assert "utter_second_patient" in after.said, after
    assert {k: v for k, v in after.case.wire().items() if k in before} == before
    assert "breast" not in str(after.case.wire().get("cancer_type"))


def test_a_corrected_diagnosis_is_no_second_patient() -> None:
    talk = Talking().says("my mother has ovarian cancer, stage 3, Lagos").taps("Yes")
    for said in ("sorry, my mother has cervical cancer, not ovarian", "it is cervical cancer"):
        talk = talk.says(said)
        assert "utter_second_patient" not in talk.said, talk
        assert talk.case.wire()["cancer_type"] == "cervical"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("ok thanks", None),
        ("sure go on", None),
        ("yes please help us", None),
        ("ok do that for me", None),
        ("yes", "biopsy_yes"),
        ("ok yes", "biopsy_yes"),
        ("haan", "biopsy_yes"),
    ],
)
def test_a_polite_word_is_no_biopsy(words: str, answer: str | None) -> None:
    talk = Talking().agreed()
    talk.says("ovarian cancer stage 3, carboplatin, growing, 61, Lagos, I am the patient")
    while talk.case.asks != "histology_confirmed":
        talk.says("not sure", "dont_know")
    assert talk.says(words, "affirm").fact("histology_confirmed") == answer, talk
