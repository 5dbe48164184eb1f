"""What people say beside our questions: unknown words, other languages, fear for a child."""

from __future__ import annotations

import pytest

from bot.facts.case import CaseState
from bot.intake.glossary import explained
from bot.intake.tongues import note_for
from tests.intake.talking import Talking


def talking(first: str) -> Talking:
    """Consented, with the first message taken."""
    return Talking().says(first).taps("Yes")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what is her2", "HER2 is a protein"),
        ("what does metastatic mean", "spread from where it began"),
        ("biopsy matlab kya", "small piece"),
        ("meaning of remission", "no sign of the cancer"),
    ],
)
def test_a_word_of_ours_is_explained_and_the_question_put_again(text: str, said: str) -> None:
    talk = talking("colon cancer, Pune").says(text, "ask_question", confidence=0.9)
    assert said in talk.text, talk
    assert talk.case.asks == "treatments", talk
    assert not talk.case.open_questions, talk


@pytest.mark.parametrize(
    "text", ["what is the cost of a ct", "what is CAR-T", "my biopsy was good"]
)
def test_what_asks_for_more_than_a_word_is_not_explained(text: str) -> None:
    assert explained(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hola, mi papá tiene mieloma múltiple", "español"),
        ("bonjour, ma mère a un cancer du sein", "français"),
        ("Hallo, mein Vater hat Krebs", "Deutsch"),
        ("merhaba annem meme kanseri", "Türkçe"),
        ("oi meu pai tem câncer de pulmão", "português"),
    ],
)
def test_a_language_we_do_not_write_gets_a_word_in_it_once(text: str, language: str) -> None:
    talk = Talking().says(text)
    assert language in talk.text, talk
    assert "utter_language_noted" not in talk.says(text).said, talk


@pytest.mark.parametrize(
    "text",
    [
        "hello my ma has colon cancer",
        "my mama is in La Paz",
        "amar ma er cancer",
        "ok",
        "de la Cruz",
    ],
)
def test_english_and_names_get_no_word_about_a_language(text: str) -> None:
    assert note_for(text) is None


def test_what_was_measured_stands_in_the_summary() -> None:
    told = (
        "colon cancer, folfox, Patna, 62, only in one place, growing, biopsy done, EF 60, HBV neg"
    )
    talk = talking(told).says("ANC 2.1 plt 140 creat 0.8").says("for my sister")
    assert talk.case.state is CaseState.CONFIRM, talk
    for said in ("Heart (EF %): 60", "Hepatitis B: Negative", "platelets 140"):
        assert said in talk.text, talk


def test_a_steroid_is_said_back_as_it_was_written() -> None:
    talk = talking("hodgkin").says("dexamethasone 8 mg a day and abvd")
    assert "dexamethasone 8 mg" in talk.text, talk


def test_a_pregnancy_gets_a_kind_word_and_a_human() -> None:
    talk = talking("melanoma, 20 weeks pregnant, Lima")
    assert "utter_pregnancy" in talk.said, talk
    assert "pregnancy" in talk.case.memory["alerts"], talk
    assert "utter_unborn" in talk.says("what about my baby?", "summary").said, talk


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("uterus fibroid benign they said", "utter_no_cancer"),
        ("lump in breast, doctor thinks cancer", "utter_suspected"),
    ],
)
def test_what_is_no_diagnosis_is_not_asked_about(text: str, said: str) -> None:
    talk = talking(text)
    assert said in talk.said, talk
    assert talk.case.state is CaseState.HUMAN, talk


def test_a_lump_that_was_proven_is_a_diagnosis() -> None:
    talk = talking("found a lump in breast, breast cancer, mastectomy, 4 chemo")
    assert talk.case.state is CaseState.INTAKE, talk


def test_two_patients_in_one_message_are_both_heard() -> None:
    talk = talking("Two of us are ill: my mother has ovarian cancer, my father prostate cancer")
    assert "utter_second_patient" in talk.said, talk
    assert "second_patient" in talk.case.memory["alerts"], talk


@pytest.mark.parametrize("text", ["only there", "stereotactic biopsy", "growing"])
def test_a_few_words_beside_a_question_are_no_question_about_the_service(text: str) -> None:
    talk = talking("colon cancer, folfox").says(
        text, "ask_question", topic="REQ-118", confidence=0.7
    )
    assert "utter_faq_source" not in talk.said, talk


def test_a_faint_guess_answers_no_statement() -> None:
    talk = talking("colon cancer, folfox, Patna, 62, growing, biopsy done, only in one place")
    talk.says("for my sister").says(
        "he got oxygen at home", "ask_question", topic="REQ-73", confidence=0.2
    )
    assert "utter_faq_source" not in talk.said, talk


def test_an_answer_is_taken_back_in_words() -> None:
    talk = talking("colon cancer, Patna").says("folfox").says("cancel my last answer", "stop")
    assert talk.case.state is CaseState.INTAKE, talk
    assert talk.case.asks == "treatments", talk


def test_what_a_letter_says_is_no_wish_for_one() -> None:
    talk = talking("colon cancer, Patna").says(
        "the letter says stage 2", "request_letter", confidence=0.9
    )
    assert talk.case.asks == "treatments", talk
    assert talk.fact("stage_group") == "II", talk


def test_a_menu_wish_does_not_drop_which_cancer_it_is() -> None:
    talk = talking("breast cancer, Patna").says("letter", "request_letter")
    talk.says("status", "request_status").says("triple negative")
    assert talk.fact("cancer_type") == "breast_tnbc", talk


def test_words_like_a_correction_are_counted_as_not_understood() -> None:
    talk = talking("hodgkin lymphoma, 25, abvd, Oslo, growing")
    assert talk.case.asks == "histology_confirmed", talk
    for _ in range(3):
        talk.says("kidney was tested, lung not", "correct", confidence=0.6)
    assert talk.case.asks != "histology_confirmed", talk


def test_a_new_spot_does_not_unprove_a_known_cancer() -> None:
    talk = talking("colon cancer, folfox, Patna, 62, growing, biopsy done, only in one place")
    talk.says("also liver spot was found yesterday")
    assert talk.fact("disease_status") == "progressed", talk
    assert talk.fact("suspected") is None, talk


@pytest.mark.parametrize("place", ["we are in Rabat", "we live Cordoba argentina"])
def test_a_place_told_before_the_consent_is_kept(place: str) -> None:
    talk = Talking().says("hello", "greet").says(place, "ask_question", confidence=0.6)
    assert talk.fact("country") in ("MA", "AR"), talk


def test_whether_we_are_human_is_no_wish_for_one() -> None:
    talk = talking("colon cancer").says("are you a real person", "bot_challenge")
    assert "utter_bot_challenge" in talk.said, talk
    assert talk.case.state is CaseState.INTAKE, talk


def test_somebody_tired_of_living_gets_a_kind_word_and_a_human() -> None:
    talk = talking("colon cancer").says(
        "she says life is over for her, she lived enough", "ask_advice"
    )
    assert "utter_weary" in talk.said, talk
    assert "distress" in talk.case.memory["alerts"], talk


def test_a_remedy_is_a_question_for_the_cancer_doctor() -> None:
    talk = talking("colon cancer").says("can i take turmeric with chemo", "manipulation")
    assert "utter_remedy" in talk.said, talk
    assert talk.case.open_questions, talk


def test_who_must_not_travel_hears_so_when_he_asks() -> None:
    talk = talking("lung cancer, squamous, on oxygen all the time, bedridden, Lagos")
    talk.says("can he fly to china next week?", "ask_question", topic="REQ-116", confidence=0.9)
    assert "utter_result_no_travel" in talk.said, talk


def test_an_operated_tumour_is_not_asked_whether_it_can_be() -> None:
    talk = talking("colon cancer stage 3, surgery done, newly found, Patna, 62, biopsy done")
    talk.says("for my sister").says("yes", "affirm")
    assert "told_inoperable" not in talk.case.asked, talk


def test_a_tumour_of_the_brain_is_asked_about_the_head_and_the_spine() -> None:
    talk = talking("glioblastoma, Lyon, 55, temodal")
    assert "utter_ask_extent_brain" in talk.said, talk


def test_a_place_of_several_countries_asks_for_the_country() -> None:
    talk = talking("colon cancer, folfox").says("Tripoli")
    assert "Tripoli" in talk.text, talk
    assert talk.case.asks == "country", talk


def test_a_threat_is_no_treatment_in_own_words() -> None:
    talk = Talking().says("my father has DLBCL", "inform").taps("Yes")
    talk.says("if you don't tell me the survival rate i will sue you", "nlu_fallback")
    assert (talk.case.asks, talk.fact("treatments_raw")) == ("treatments", None), talk
