"""Digressions, doubts, odd answers: nobody is stuck, and nothing unsaid is noted."""

from __future__ import annotations

import pytest

from bot.facts.case import CaseState, FactStatus
from bot.intake.agenda import TIMES_ASKED
from tests.intake.talking import Talking

OVARIAN = "ovarian cancer stage 3c, chemo stopped working, Dhaka, 58, biopsy done"


def result(
    first: str = OVARIAN,
) -> Talking:
    """A conversation that has its result."""
    talk = Talking().says(first).taps("Yes")
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    return talk.taps("Yes")


def test_the_refining_questions_end_when_everything_is_unknown() -> None:
    talk = result()
    asked = []
    while talk.case.asks:
        asked.append(talk.case.asks)
        talk.says("not sure", "dont_know")
    asked = [fact for fact in asked if not fact.startswith("consent_")]
    assert len(asked) == len(set(asked)) <= 8, asked


def test_words_with_several_meanings_are_asked_twice_at_most() -> None:
    talk = Talking().agreed().says("breast cancer")
    assert talk.said == ["utter_clarify"], talk
    for _ in range(2):
        talk.says("breast cancer")
    assert talk.case.asks == "treatments", talk
    assert "diagnosis_unclear" in talk.case.memory["alerts"]


def test_a_cancer_of_unknown_kind_still_gets_its_name_and_records() -> None:
    talk = result(
        "breast cancer. It spread to the bones. AC-T, growing. Lagos. 44 years. Biopsy done"
    )
    assert "breast cancer" in talk.text, talk
    assert "CAR-T" not in talk.text, talk


def test_consent_is_no_answer_to_a_doubt_that_was_not_put() -> None:
    talk = Talking().says("my mother has breast cancer, Dhaka").taps("Yes")
    assert talk.fact("cancer_type") is None, talk
    assert "utter_clarify" in talk.said, talk


def test_a_doubt_stays_open_over_other_facts_and_questions() -> None:
    talk = Talking().agreed().says("breast cancer").says("Basra, Iraq")
    assert "utter_clarify" in talk.said, talk
    talk.says("why?", "ask_why")
    assert "utter_clarify" in talk.said, talk
    talk.says("the third one", "ask_question", confidence=0.9)
    assert talk.fact("cancer_type") == "breast_tnbc", talk
    assert not any(name.startswith("utter_faq") for name in talk.said), talk


def test_a_short_fact_is_no_question() -> None:
    talk = Talking().agreed()
    talk.says("colon cancer", "ask_question", confidence=0.7, topic="REQ-118")
    assert talk.said == ["utter_ask_treatments"], talk


@pytest.mark.parametrize(("text", "title"), [("no", "Keep"), ("keep it", "Keep")])
def test_no_to_erasing_is_no_answer_to_the_open_question(text: str, title: str) -> None:
    talk = Talking().agreed().says("hodgkin lymphoma").says("delete my data", "delete_data")
    talk.says(text, "deny")
    assert "treatments" not in talk.case.facts, talk
    assert talk.said[0] == "utter_delete_data_kept", talk


def test_after_erasing_nothing_is_known_or_asked() -> None:
    talk = Talking().agreed().says("hodgkin lymphoma").says("delete my data", "delete_data")
    talk.taps("Erase").says("hello", "greet")
    assert talk.said == ["utter_erasing"], talk
    assert talk.case.facts == {}


def test_starting_again_keeps_what_a_coordinator_must_see() -> None:
    talk = Talking().agreed().says("my brother too", "second_patient")
    talk.says("start again", "start_over").taps("Yes")
    assert "second_patient" in talk.case.memory["alerts"], talk


def test_the_number_of_a_stage_is_no_age() -> None:
    talk = Talking().agreed().says("stomach and gastric cancer stage 4, FOLFOX, growing, Iraq")
    while talk.case.asks != "age_years":
        talk.says("not sure", "dont_know")
    talk.says("actually stage 3", "correct")
    assert "age_years" not in talk.case.facts, talk
    assert talk.fact("stage_group") == "III", talk


def test_a_medicine_asked_about_was_not_given() -> None:
    talk = Talking().agreed().says("colon cancer stage 4, FOLFOX failed, Istanbul")
    before = talk.fact("treatments")
    talk.says("what dose of regorafenib should she take", "ask_advice", confidence=0.95)
    assert talk.fact("treatments") == before, talk


def test_a_country_corrected_takes_its_city_along() -> None:
    talk = Talking().agreed().says("AML in Manila").says("sorry, Uganda", "correct")
    assert talk.fact("country") == "UG", talk
    assert talk.fact("city") is None, talk


def test_another_country_after_going_back_forgets_the_city() -> None:
    talk = Talking().agreed().says("prostate cancer").says("ADT").says("Manila, Philippines")
    talk.says("back", "go_back")
    assert talk.case.asks == "country", talk
    talk.says("uganda")
    assert (talk.fact("country"), talk.fact("city")) == ("UG", None), talk


@pytest.mark.parametrize("text", ["y", "yep", "haan"])
def test_yes_in_any_word_answers_a_yes_or_no_question(text: str) -> None:
    talk = Talking().agreed().says("AML, 7+3, relapsed, Hanoi, 54 years old")
    assert talk.case.asks == "histology_confirmed", talk
    talk.says(text, "affirm")
    assert talk.fact("histology_confirmed") == "biopsy_yes", talk


def test_no_idea_is_not_no() -> None:
    talk = Talking().agreed().says("cervical cancer, cisplatin, Nairobi")
    assert talk.case.asks == "extent", talk
    talk.says("no se", "nlu_fallback", confidence=0.2)
    assert talk.fact("extent") is None, talk


def test_a_question_is_not_asked_for_ever() -> None:
    talk = Talking().agreed().says("cervical cancer, cisplatin, Nairobi")
    for _ in range(TIMES_ASKED + 1):
        talk.says("nice weather", "off_topic")
    assert talk.case.asks != "extent", talk
    assert "not_understood" in talk.case.memory["alerts"]


def test_nothing_to_change_goes_on_to_the_result() -> None:
    talk = Talking().agreed().says("ovarian cancer stage 3c, chemo failed, Dhaka, 58, biopsy done")
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    talk.says("Change something", "nlu_fallback")
    assert talk.said == ["utter_what_to_change"], talk
    talk.says("no", "deny")
    assert talk.case.state is CaseState.ASSESSED, talk


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Other routes", "utter_pathway"),
        ("more papers", "utter_checklist"),
        ("status", "utter_status"),
    ],
)
def test_titles_and_commands_may_be_typed(title: str, said: str) -> None:
    talk = result().says(title, "ask_question", confidence=0.9)
    assert talk.said[0].startswith(said), talk


def test_what_they_ask_about_is_among_the_first_routes() -> None:
    talk = result("what about TIL therapy? melanoma, nivolumab failed, Sydney, 45, stage 4, biopsy")
    talk_all = "\n".join(talk.log)
    assert "TIL cell therapy" in talk_all, talk_all


def test_the_helper_in_an_emergency_is_not_the_writer() -> None:
    talk = Talking().agreed().says("I am the patient, myeloma, Cairo")
    talk.says("I have a fit right now").says("yes my sister", "affirm")
    assert talk.fact("user_role") == "patient", talk


def test_self_harm_is_answered_in_its_own_words_all_along() -> None:
    talk = Talking().agreed().says("I want to kill myself tonight")
    assert talk.said == ["utter_self_harm", "utter_self_harm_companion"], talk
    assert talk.says("yes", "affirm").said == ["utter_self_harm_accompanied"], talk
    assert talk.says("ok", "affirm").said == ["utter_self_harm_wait"], talk
    talk.says("it is safe now", "inform")
    assert talk.case.state is CaseState.INTAKE, talk


def test_another_script_gets_a_word_once_and_a_coordinator() -> None:
    talk = Talking().says("আমার মায়ের স্তন ক্যান্সার, ঢাকায় থাকি")
    assert "utter_language_unavailable" in talk.said, talk
    assert "language" in talk.case.memory["alerts"]
    assert "utter_language_unavailable" not in talk.says("কেমোথেরাপি").said, talk


def test_a_file_before_consent_is_acknowledged() -> None:
    talk = Talking().says("hello", "greet").says("", "nlu_fallback", kind="file")
    assert talk.said == ["utter_file_before_consent", "utter_consent_again"], talk


def test_the_patient_is_called_as_the_family_does() -> None:
    talk = Talking().agreed().says("my mom has ovarian cancer stage 3, chemo failed, Dhaka")
    assert talk.case.asks == "age_years", talk
    assert "your mother" in talk.text, talk


@pytest.mark.parametrize(
    ("intent", "topic", "reason"),
    [
        ("ask_question", "REQ-89", "price"),
        ("ask_advice", None, "question"),
        ("abuse", None, "anger"),
        ("complaint", None, "complaint"),
        ("distress", None, "distress"),
        ("human", None, "human"),
    ],
)
def test_a_coordinator_is_told(intent: str, topic: str | None, reason: str) -> None:
    talk = Talking().agreed().says("some words here", intent, topic=topic, confidence=0.95)
    assert reason in talk.case.memory["alerts"], talk


def test_the_memory_of_a_long_conversation_stays_small() -> None:
    talk = result()
    for number in range(60):
        talk.says(f"and what about {number}?", "thanks")
        talk.says("summary", "summary")
    assert len(str(talk.case.memory)) < 4_000, talk.case.memory


def test_unknown_after_skip_is_never_overwritten_by_nothing() -> None:
    talk = Talking().agreed().says("cervical cancer, cisplatin, Nairobi").says("skip", "skip")
    assert talk.case.facts["extent"].status is FactStatus.DECLINED, talk


def test_an_age_told_with_who_one_is_counts() -> None:
    talk = Talking().agreed().says("I am 48, nasopharyngeal carcinoma, Shenzhen")
    assert talk.fact("age_years") == 48, talk


def test_the_number_of_a_button_may_be_typed_at_consent_and_at_the_summary() -> None:
    talk = Talking().says("hello", "greet").says("1", "nlu_fallback")
    assert talk.case.state is CaseState.INTAKE, talk
    talk.says(OVARIAN)
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    talk.says("1", "nlu_fallback")
    assert talk.case.state is CaseState.ASSESSED, talk


def test_a_question_names_no_place() -> None:
    talk = Talking().agreed().says("lung cancer nsclc").says("cisplatin")
    talk.says("can i get car-t?", "ask_question", topic="REQ-107", confidence=0.93)
    assert talk.fact("country") is None, talk
    assert talk.case.asks == "country", talk


def test_after_an_emergency_the_open_question_comes_again() -> None:
    talk = result()
    asks = talk.case.asks
    talk.says("Urgent problem now").says("yes", "affirm").taps("It is safe now")
    assert talk.case.asks == asks, talk
    assert talk.said[-1] == f"utter_ask_{asks}", talk


@pytest.mark.parametrize(
    ("first", "answer", "meant"),
    [
        ("lymphoma", "they said mantle", "mantle"),
        ("lymphoma", "t-cell or something", "t_nk_lymphoma"),
        ("lymphoma", "lymphoma and fever", None),
    ],
)
def test_a_word_that_only_one_of_the_choices_has_is_enough(
    first: str, answer: str, meant: str | None
) -> None:
    assert Talking().agreed().says(first).says(answer).fact("cancer_type") == meant


def test_what_was_heard_before_the_consent_is_noted_once() -> None:
    talk = Talking().says("ovarian cancer, we are in Dhaka").says("yes, she is 58", "affirm")
    assert talk.said.count("utter_heard") == 1, talk


def test_one_fact_at_a_time_has_a_result_after_eight_messages() -> None:
    talk = Talking().agreed()
    for answer in ("ovarian cancer", "six chemo", "Dhaka", "only in one place", "growing"):
        talk.says(answer)
    assert talk.case.state is CaseState.CONFIRM, talk


def test_a_no_that_begins_a_correction_answers_nothing_else() -> None:
    talk = Talking().agreed().says("ovarian cancer").says("carboplatin").says("London")
    talk.says("no, we are in Leeds")
    assert talk.fact("city") == "Leeds"
    assert talk.case.asks == "extent", talk


def test_another_organ_beside_a_known_cancer_is_where_it_has_spread() -> None:
    talk = Talking().agreed().says("ovarian cancer, carboplatin, London, only in one place")
    talk.says("sorry it is in the bones too")
    assert talk.fact("extent") == "metastatic", talk


def test_a_cancer_that_is_only_asked_about_is_no_spread() -> None:
    talk = Talking().agreed().says("ovarian cancer, carboplatin, London, only in one place")
    talk.says("do you also treat liver cancer", "ask_question", confidence=0.9)
    assert talk.fact("extent") == "localised", talk


def test_back_is_a_wish_and_no_relapse() -> None:
    talk = Talking().agreed().says("ovarian cancer stage 4").says("carboplatin").says("Leeds")
    assert talk.case.asks == "disease_status", talk
    talk.says("back", "go_back")
    assert talk.fact("disease_status") is None
    assert talk.case.asks == "country", talk


def test_a_long_question_nobody_can_answer_goes_to_a_human() -> None:
    talk = Talking().agreed().says("ovarian cancer")
    talk.says("does the hospital have a kitchen for families", "ask_question", confidence=0.5)
    assert talk.said[0] == "utter_question_passed_on", talk
    assert talk.case.open_questions
    assert talk.case.asks == "treatments"


def test_the_country_of_the_phone_number_is_offered_and_never_taken() -> None:
    phone = {"phone_country": "BD"}
    talk = Talking().says("hello", "greet", metadata=phone).taps("Yes")
    talk.says("ovarian cancer", metadata=phone).says("carboplatin", metadata=phone)
    assert talk.case.asks == "country"
    assert talk.fact("country") is None
    assert talk.replies[-1].buttons[0].title == "Bangladesh"
    assert talk.taps("Bangladesh").fact("country") == "BD"


def test_a_demand_to_promise_is_no_answer_about_daily_life() -> None:
    talk = result()
    while talk.case.asks != "ecog":
        talk.says("not sure", "dont_know")
    talk.says("can you promise it works", "manipulation", confidence=0.83)
    assert talk.fact("ecog") is None
    assert "utter_manipulation" in talk.said, talk


def test_a_question_about_a_stage_is_no_treatment() -> None:
    talk = Talking().agreed().says("ovarian cancer")
    talk.says("what is stage 3c", "ask_question", confidence=0.7)
    assert talk.fact("treatments_raw") is None
    assert talk.case.asks == "treatments", talk


def test_why_not_is_a_question_about_consent_and_no_consent() -> None:
    talk = Talking().says("hello", "greet").says("why not?", "affirm")
    assert talk.said == ["utter_consent_more"], talk
    assert talk.case.state is CaseState.CONSENT, talk
    assert talk.says("yes", "affirm").case.state is CaseState.INTAKE, talk


@pytest.mark.parametrize("ok", ["ok", "Okay, thanks", "theek hai", "👍"])
def test_ok_does_not_say_that_somebody_is_there(ok: str) -> None:
    talk = Talking().agreed().says("she is my mother, she cannot breathe")
    assert talk.says(ok, "affirm").said == ["utter_emergency_companion_again"], talk
    assert talk.case.asks == "companion", talk
    assert talk.says("yes my brother is here", "affirm").said == ["utter_emergency_accompanied"]


def test_ok_twice_is_not_asked_a_third_time() -> None:
    talk = Talking().agreed().says("I want to kill myself tonight")
    assert talk.says("ok", "affirm").said == ["utter_self_harm_companion_again"], talk
    assert talk.says("ok", "affirm").said == ["utter_self_harm_wait"], talk


def test_routes_are_named_only_after_the_result() -> None:
    talk = Talking().agreed().says("ovarian cancer").says("why these", "ask_why")
    assert not [name for name in talk.said if name.startswith(("utter_route_", "utter_pathway"))]
    assert talk.case.asks == "treatments", talk


def test_a_bare_treatment_is_no_question_about_medicine() -> None:
    talk = Talking().agreed().says("ovarian cancer").says("chemo", "ask_advice", confidence=0.9)
    assert "utter_advice" not in talk.said, talk


@pytest.mark.parametrize(
    ("first", "answer", "cancer"),
    [
        ("breast cancer", "her2 positive", "breast_her2_pos"),
        ("breast cancer", "triple negative", "breast_tnbc"),
        ("lung cancer", "small cell", "sclc"),
        ("adenocarcinoma", "pancreas", "pancreatic"),
    ],
)
def test_an_answer_and_the_unclear_words_are_read_together(
    first: str, answer: str, cancer: str
) -> None:
    talk = Talking().agreed().says(first).says(answer)
    assert talk.fact("cancer_type") == cancer, talk


def test_a_doubt_is_not_put_for_ever() -> None:
    talk = Talking().agreed().says("lung cancer")
    for text in ("carboplatin", "Manchester", "i am 61", "it spread to the bones", "biopsy done"):
        talk.says(text)
    assert talk.case.asks != "cancer_type", talk
    assert "diagnosis_unclear" in talk.case.memory["alerts"], talk


def test_a_correction_of_the_answer_before_is_taken() -> None:
    talk = Talking().agreed().says("colon cancer").says("surgery").says("Accra").says("not spread")
    talk.says("hmm actually nodes in the armpit", "ask_question", confidence=0.6)
    assert talk.fact("extent") == "locally_advanced", talk


def test_a_word_of_a_later_question_answers_it() -> None:
    talk = Talking().agreed().says("colon cancer").says("surgery").says("Accra")
    assert talk.case.asks == "extent", talk
    talk.says("worse")
    assert talk.fact("disease_status") == "progressed", talk
    assert talk.case.asks == "extent", talk


def test_enough_before_the_result_leads_to_the_summary() -> None:
    talk = Talking().agreed().says("colon cancer, FOLFOX").says("enough", "nlu_fallback")
    assert talk.case.state is CaseState.CONFIRM, talk


@pytest.mark.parametrize(
    "said", ["we are back home, it is safe now", "the doctor has seen him", "he was admitted"]
)
def test_a_pause_ends_in_plain_words(said: str) -> None:
    talk = Talking().agreed().says("colon cancer").says("my father cannot breathe")
    asks = talk.says("yes I am with him", "affirm").says(said).case.asks
    assert talk.case.state is CaseState.INTAKE, talk
    assert asks == "treatments", talk


@pytest.mark.parametrize("said", ["I can't go on", "nobody is with me", "he is not safe"])
def test_what_does_not_say_that_it_is_over_keeps_the_pause(said: str) -> None:
    talk = Talking().agreed().says("I want to kill myself tonight").says(said)
    assert talk.case.state is CaseState.EMERGENCY, talk


def test_before_consent_the_end_of_a_pause_leads_to_the_question_of_consent() -> None:
    talk = Talking().says("my brother has a seizure now").says("yes", "affirm")
    talk.says("it is safe now", "consent_more")
    assert "utter_consent" in talk.said, talk


@pytest.mark.parametrize(
    "said", ["you are useless. give me a human", "call me please", "quiero hablar con una persona"]
)
def test_a_plain_wish_for_a_human_is_heard_whatever_the_model_thinks(said: str) -> None:
    talk = Talking().agreed().says("colon cancer").says(said, "manipulation", confidence=0.9)
    assert talk.case.state is CaseState.HUMAN, talk


def test_a_question_about_data_is_answered_after_consent_too() -> None:
    talk = Talking().agreed().says("colon cancer").says("who sees my data", "consent_more")
    assert talk.said == ["utter_data_kept", "utter_ask_treatments"], talk


@pytest.mark.parametrize("said", ["to the belly", "huesos", "tulang", "haddiyon me"])
def test_where_it_has_spread_may_be_a_single_word(said: str) -> None:
    talk = Talking().agreed().says("ovarian cancer").says("surgery").says("Lima").says(said)
    assert talk.fact("extent") == "metastatic", talk


def test_a_carer_who_cannot_sleep_is_not_the_patient() -> None:
    talk = Talking().agreed().says("my wife has cervical cancer")
    talk.says("i cannot sleep, i cry every night", "distress")
    assert talk.fact("user_role") == "caregiver", talk


def test_a_word_in_the_name_of_a_cancer_is_no_mother() -> None:
    talk = Talking().agreed().says("cancer de mama")
    assert talk.fact("user_role") is None, talk
    assert "patient_words" not in talk.case.memory


def test_an_age_alone_is_the_age_whatever_was_asked() -> None:
    talk = Talking().agreed().says("colon cancer").says("surgery").says("Addis Ababa").says("39")
    assert talk.fact("age_years") == 39, talk
    assert talk.case.asks == "extent", talk


def test_yes_and_another_thing_is_no_yes_to_our_question() -> None:
    talk = Talking().agreed().says("colon cancer").says("surgery").says("Lima")
    assert talk.says("sí, biopsia", "affirm").fact("extent") is None, talk


@pytest.mark.parametrize("said", ["wait no", "no no wait", "hold on"])
def test_who_hesitates_keeps_everything(said: str) -> None:
    talk = Talking().agreed().says("hodgkin lymphoma").says("delete my data", "delete_data")
    talk.says(said, "correct", confidence=0.9)
    assert talk.said[0] == "utter_delete_data_kept", talk


@pytest.mark.parametrize("said", ["ok enough", "stop asking", "no more questions please"])
def test_enough_in_other_words_ends_the_questions(said: str) -> None:
    talk = result().says(said, "stop", confidence=0.9)
    assert talk.said[0] == "utter_refine_done", talk
    assert talk.fact("ecog") is None, talk


def test_why_not_this_route_is_answered_with_the_reason_of_the_case() -> None:
    talk = result().says("why is bnct not right", "ask_question", topic="REQ-36", confidence=0.9)
    assert talk.said[0] == "utter_pathway_no_match", talk
    assert "head and neck" in talk.text, talk


def test_who_says_to_be_the_patient_is_no_second_one() -> None:
    talk = Talking().agreed().says("colon cancer").says("yo soy el paciente", "second_patient")
    assert "utter_second_patient" not in talk.said, talk


def test_going_back_loses_nothing() -> None:
    talk = Talking().agreed().says("hodgkin lymphoma, ABVD failed, Karachi, 33")
    talk.says("back", "go_back")
    assert talk.fact("cancer_type") == "hodgkin", talk
    talk.says("relapsed, biopsy done in march")
    assert talk.fact("cancer_type") == "hodgkin", talk


def test_words_nobody_understood_are_no_yes_to_the_summary() -> None:
    talk = Talking().agreed().says("ovarian cancer stage 3c, chemo failed, Dhaka, 58, biopsy done")
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    for words in ("jo bhi hai", "aage", "no it came back one time only", "arre bhai suno"):
        talk.says(words, "nlu_fallback")
        assert talk.case.state is CaseState.CONFIRM, talk
    assert "not_understood" in talk.case.memory["alerts"]
    talk.says("skip", "skip")
    assert talk.case.state is CaseState.CONFIRM, talk
    assert talk.taps("Yes").case.state is CaseState.ASSESSED, talk


@pytest.mark.parametrize("said", ["oui c'est juste", "sí está bien", "всё верно", "hae thik"])
def test_the_summary_is_right_in_many_languages(said: str) -> None:
    talk = Talking().agreed().says("ovarian cancer stage 3c, chemo failed, Dhaka, 58, biopsy done")
    while talk.case.state is not CaseState.CONFIRM:
        talk.says("not sure", "dont_know")
    assert talk.says(said, "nlu_fallback").case.state is CaseState.ASSESSED, talk


def test_one_marker_told_leaves_the_others_to_be_asked() -> None:
    told = "my father 61 has lung adenocarcinoma stage 4, EGFR negative, carboplatin failed, Dhaka"
    talk = Talking().agreed().says(told).says("biopsy done in may")
    asked = []
    while talk.case.state is not CaseState.ASSESSED or talk.case.asks:
        asked.append(talk.case.asks)
        sure = talk.case.state is CaseState.CONFIRM
        talk.says("yes" if sure else "not sure", "affirm" if sure else "dont_know")
    assert any((fact or "").startswith("biomarkers.") for fact in asked), talk


def test_a_short_question_is_no_answer_to_ours() -> None:
    talk = Talking().agreed().says("myeloma").says("bortezomib").says("Mumbai")
    assert talk.case.asks == "disease_status", talk
    talk.says("is this free", "ask_question", confidence=0.9, topic="REQ-127")
    assert talk.fact("disease_status") is None, talk
    assert talk.said[0].startswith("utter_faq"), talk
    assert talk.case.asks == "disease_status", talk
