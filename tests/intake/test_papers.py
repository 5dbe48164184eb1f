"""What a person hears about the papers they send, and what the case and its list make of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.facts.case import CaseState
from bot.records.papers.matching import Match
from bot.records.papers.problems import Problem
from bot.records.papers.received import FiledBy, received_papers
from bot.wording import catalogue
from tests.intake.talking import Talking


def paper(identity: str = "m/0", **match: Any) -> dict[str, Any]:
    """A file whose content was found out."""
    found = Match(**{"form": "report", **match})
    return {"paper": identity, "key": f"key of {identity}", "match": found.to_json()}


def sends(talk: Talking, *files: dict[str, Any], text: str = "", kind: str = "file") -> Talking:
    return talk.says(text, "nlu_fallback", kind=kind, metadata={"files": list(files)})


def patient() -> Talking:
    """Somebody who knows the list of records."""
    talk = Talking().agreed()
    talk.case.state = CaseState.ASSESSED
    return talk.says("adenocarcinoma of the lung, stage 4")


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


def marks(talk: Talking) -> dict[str, str]:
    talk.says("what is missing?", "request_missing")
    from bot.intake.desk import desk
    from bot.intake.judging import judge_case

    _, listed = judge_case(talk.case, desk().knowledge, datetime.now(UTC).date())
    return {item.id: item.mark.value for item in listed.items}


def test_a_recognised_paper_is_thanked_for_with_what_is_still_missing() -> None:
    talk = sends(patient(), paper(item="B3"))
    assert "Received: pathology report. Still missing:" in talk.text, talk
    assert "pathology report" not in talk.text.partition("Still missing:")[2].partition("\n")[0]
    assert [(p.item, p.by) for p in received_papers(talk.case)] == [("B3", FiledBy.CONTENT)]
    assert marks(talk)["B3"] == "held"


def test_several_papers_at_once_are_one_answer() -> None:
    talk = sends(patient(), paper("a/0", item="B3"), paper("a/1", item="B12", date=days_ago(3)))
    assert "Received: pathology report, blood tests." in talk.text, talk
    assert talk.text.count("Still missing") == 1


def test_a_photo_is_a_first_look_and_the_original_stays_open() -> None:
    talk = sends(patient(), paper(item="B3", form="photo"))
    assert "The original is still needed for: pathology report." in talk.text, talk
    assert marks(talk)["B3"] == "first_look"
    sends(talk, paper("m/1", item="B3", form="report"))
    assert marks(talk)["B3"] == "held"


def test_an_old_scan_is_told_of() -> None:
    talk = sends(patient(), paper(item="B7", date=days_ago(122)))
    assert "it is from" in talk.text, talk
    assert "4 months ago. A newer one will be asked for." in talk.text
    assert marks(talk)["B7"] == "outdated"


def test_a_doubtful_paper_is_asked_about_with_the_likely_ones_first() -> None:
    talk = sends(patient(), paper(options=("B10", "B2"), date=days_ago(3)))
    assert talk.said[-1] == "utter_paper_which", talk
    titles = [button.title for button in talk.replies[-1].buttons]
    assert titles[:2] == ["Operation notes and discharge summaries", "Doctor's letter"]
    assert titles[-1] == "Something else"
    assert received_papers(talk.case) == ()
    talk.taps("Doctor's letter")
    assert "Received: doctor's letter." in talk.text, talk
    assert [(p.item, p.by) for p in received_papers(talk.case)] == [("B2", FiledBy.PERSON)]


ANSWERS = [
    ("it's the biopsy report", "B3"),
    ("Pathology report", "B3"),
    ("the PET scan", "B7"),
    ("রক্তের রিপোর্ট", "B12"),
]


@pytest.mark.parametrize(("words", "item"), ANSWERS)
def test_the_question_may_be_answered_in_words(words: str, item: str) -> None:
    talk = sends(patient(), paper(options=("B10",))).says(words)
    assert [p.item for p in received_papers(talk.case)] == [item], talk


def test_something_else_goes_to_the_coordinator() -> None:
    talk = sends(patient(), paper(options=("B10",))).taps("Something else")
    assert received_papers(talk.case) == ()
    assert "coordinator" in talk.text
    assert "paper_unclear" in talk.case.memory["alerts"]


def test_another_message_is_answered_and_the_paper_left_to_the_coordinator() -> None:
    talk = sends(patient(), paper(options=("B10",)))
    talk.says("I want to talk to a person", "human")
    assert talk.said == ["utter_human"], talk
    assert "paper_unclear" in talk.case.memory["alerts"]


def test_two_doubts_are_asked_one_after_the_other() -> None:
    talk = sends(patient(), paper("a/0", options=("B10",)), paper("a/1", options=("B2",)))
    assert talk.said.count("utter_paper_which") == 1
    talk.taps("Operation notes")
    assert talk.said[-1] == "utter_paper_which", talk
    talk.taps("Doctor's letter")
    assert [p.item for p in received_papers(talk.case)] == ["B10", "B2"]
    assert "utter_paper_which" not in talk.said


def test_the_same_file_again_is_said_and_changes_nothing() -> None:
    talk = sends(patient(), paper(item="B3"))
    again = paper("n/0", item="B3") | {"key": "key of m/0"}
    assert sends(talk, again).said[0] == "utter_paper_again", talk
    assert len(received_papers(talk.case)) == 1
    sends(talk, again)
    assert len(received_papers(talk.case)) == 1


def test_what_is_told_late_says_nothing_twice_and_asks_nothing_again() -> None:
    talk = sends(patient(), {"paper": "m/0", "key": None})
    assert talk.said[0] == "utter_file_waiting", talk
    asked = talk.case.asks
    sends(talk, paper(item="B3"), kind="papers")
    assert talk.said == ["utter_papers_received_missing"], talk
    assert talk.case.asks == asked
    assert sends(talk, paper(item="B3"), kind="papers").said == []


def test_before_consent_a_file_waits_and_is_taken_up_after_it() -> None:
    talk = sends(Talking(), paper(item="B3"))
    assert received_papers(talk.case) == ()
    assert talk.said[0] == "utter_greeting"
    talk.taps("Yes")
    assert "Received: pathology report" in talk.text, talk
    assert [p.item for p in received_papers(talk.case)] == ["B3"]


def test_who_says_no_leaves_nothing_of_a_file() -> None:
    talk = sends(Talking(), paper(item="B3")).taps("No")
    assert "papers_in" not in talk.case.memory


@pytest.mark.parametrize("state", [CaseState.HUMAN, CaseState.EMERGENCY, CaseState.CONSENT])
def test_a_turn_of_papers_is_silent_where_the_bot_is(state: CaseState) -> None:
    talk = patient()
    talk.case.state = state
    assert sends(talk, paper(item="B3"), kind="papers").replies == []


def test_while_a_human_talks_papers_are_filed_and_told_afterwards() -> None:
    talk = patient().says("human", "human")
    sends(talk, paper(item="B3"))
    assert [p.item for p in received_papers(talk.case)] == ["B3"]
    assert "Received: pathology report" in talk.says("go on", "resume").text, talk


@pytest.mark.parametrize("problem", sorted(Problem))
def test_every_problem_has_a_sentence_and_a_line_for_the_coordinator(problem: Problem) -> None:
    talk = sends(patient(), {"paper": "m/0", "problem": problem.value})
    assert talk.said[0] == f"utter_file_{problem}", talk
    assert len(catalogue().render(talk.said[0], "en")) > 40
    assert "file_trouble" in talk.case.memory["alerts"]
    assert received_papers(talk.case) == ()


def test_ten_bad_files_make_one_sentence() -> None:
    bad = [{"paper": f"m/{n}", "problem": "broken"} for n in range(10)]
    assert sends(patient(), *bad).said.count("utter_file_broken") == 1


def test_a_link_to_a_cloud_drive_is_noted_and_never_opened() -> None:
    talk = patient().says("MRI brain: https://drive.google.com/drive/folders/abc", "send_records")
    assert "utter_link_noted" in talk.said, talk
    assert "link" in talk.case.memory["alerts"]
    assert marks(talk)["brain_mri"] == "first_look"


def test_a_file_and_an_emergency_in_its_caption() -> None:
    talk = sends(patient(), paper(item="B3"), text="she is coughing up a lot of blood right now")
    assert talk.case.state is CaseState.EMERGENCY, talk
    assert [p.item for p in received_papers(talk.case)] == ["B3"]
