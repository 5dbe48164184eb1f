"""What is said late, at the summary, or beside something else reaches the case."""

from __future__ import annotations

import pytest

from bot.facts.case import CaseState
from tests.intake.talking import Talking

WHOLE = "colon cancer, folfox, Patna, 62, only in one place, growing, biopsy done"


def at_the_summary() -> Talking:
    talk = Talking().says(WHOLE).taps("Yes").says("for my sister")
    assert talk.case.state is CaseState.CONFIRM, talk
    return talk


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("also liver", "metastatic_sites", ["liver"]),
        ("liver and bone, and biopsy was done", "metastatic_sites", ["bone", "liver"]),
        ("back in the lungs", "metastatic_sites", ["lung"]),
        ("biopsy no, too old", "histology_confirmed", "biopsy_no"),
        ("i am the patient!", "user_role", "patient"),
        ("myself", "user_role", "patient"),
    ],
)
def test_at_the_summary_it_is_taken(text: str, fact: str, value: object) -> None:
    talk = at_the_summary().says(text)
    told = talk.fact(fact)
    assert (sorted(told) if isinstance(told, list) else told) == value, talk
    assert talk.case.state is CaseState.CONFIRM, talk


@pytest.mark.parametrize("text", ["me", "patient", "new", "myself"])
def test_a_short_answer_ends_nothing_and_opens_no_second_case(text: str) -> None:
    talk = Talking().says("colon cancer, folfox, Patna").taps("Yes").says(text)
    assert talk.case.state is CaseState.INTAKE, talk
    assert talk.fact("user_role") in ("patient", None), talk


def test_a_patient_who_is_no_doctor_denies_no_biopsy() -> None:
    talk = Talking().says("colon cancer, folfox, Patna, 62, growing, only in one place").taps("Yes")
    assert talk.case.asks == "histology_confirmed", talk
    talk.says("i am the patient, not a doctor")
    assert talk.fact("user_role") == "patient", talk
    assert talk.fact("histology_confirmed") is None, talk


def test_ok_says_nothing_of_daily_life() -> None:
    talk = Talking().says(WHOLE).taps("Yes").says("myself").says("yes", "affirm")
    talk.case.asks = "ecog"
    talk.says("ok", "affirm")
    assert talk.fact("ecog") is None, talk


def test_a_bare_number_changes_no_age() -> None:
    talk = Talking().says("colon cancer, folfox, Patna, she is 62").taps("Yes")
    talk.says("growing, 58")
    assert talk.fact("age_years") == 62, talk


def test_planned_and_refused_treatments_have_lines_of_their_own() -> None:
    talk = Talking().says("rectal cancer, FOLFOX x6 done, surgery planned, refused radiotherapy")
    lines = talk.taps("Yes").says("what do you have so far", "summary").text
    assert "Treatment so far: FOLFOX ×6\n" in lines, talk
    assert "Planned: surgery" in lines, talk
    assert "Not wanted: radiotherapy" in lines, talk


def test_the_name_of_a_chemotherapy_takes_the_place_of_the_general_word() -> None:
    talk = Talking().says("ovarian cancer, she had chemo").taps("Yes")
    talk.says("carboplatin paclitaxel x6")
    assert [t["name"] for t in talk.fact("treatments")] == ["carboplatin-paclitaxel"], talk
    talk.says("chemo was hard for her, Patna")
    assert [t["name"] for t in talk.fact("treatments")] == ["carboplatin-paclitaxel"], talk
