"""A message changes its case once; everything about the case is kept together."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.facts.case import CaseState, Consent, Fact, FactSource, FactStatus
from bot.store import NotFound, Store, TurnConflict
from tests.conftest import Clock
from tests.store.people import intake, says


def test_a_turn_is_taken_once_and_its_replies_are_read_back(store: Store) -> None:
    heard = says(store)
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        assert turn.already is None
        turn.case.asked["stage"] = 1
        turn.finish(replies=[{"response": "utter_ask_stage"}])
    with store.turns.begin(heard.conversation_id, heard.message_id) as again:
        assert again.already == [{"response": "utter_ask_stage"}]
        assert again.case.asked == {"stage": 1}
        with pytest.raises(TurnConflict):
            again.finish(replies=[])


def test_a_case_comes_back_as_it_was(store: Store) -> None:
    heard = says(store)
    consent = Consent(True, "v1", "bn", "whatsapp", store.database.now())
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        case = turn.case
        assert re.fullmatch(r"C-[2-9A-Z]{4}-[2-9]{2}", case.number)
        case.facts = {
            "cancer_type": Fact("ovarian", "ovary", confidence=0.8, message_id=heard.message_id),
            "treatments": Fact([{"name": "carboplatin", "status": "done"}], "chemo"),
            "ecog": Fact(None, status=FactStatus.UNKNOWN, source=FactSource.BUTTON),
        }
        case.flags, case.consent, case.state = ["RF1"], consent, CaseState.EMERGENCY
        case.language, case.asks = "bn", "stage"
        case.asked, case.failed = {"stage": 2}, {"stage": 1}
        case.open_questions, case.handover_reason = ["is it catching?"], "asked"
        case.memory = {"trail": ["a", 1, None]}
        turn.finish(replies=[])
    assert store.cases.by_number(case.number.lower()) == case
    assert store.cases.by_conversation(heard.conversation_id) == case


def test_a_corrected_fact_keeps_its_history(store: Store, clock: Clock) -> None:
    first, second = says(store), says(store)
    number = intake(store, first.conversation_id, first.message_id, stage="III", country="BD")
    clock.forward(minutes=1)
    intake(store, first.conversation_id, second.message_id, stage="IV", country="BD")
    versions = [v for v in store.cases.history(number) if v.name == "stage"]
    assert [(v.value, v.message_id) for v in versions] == [
        ("III", first.message_id),
        ("IV", second.message_id),
    ]
    assert versions[0].superseded_at == versions[1].created_at
    assert versions[1].superseded_at is None


def test_two_turns_at_once_do_not_overwrite_each_other(store: Store) -> None:
    one, two = says(store), says(store)
    intake(store, one.conversation_id, says(store).message_id)
    with store.turns.begin(one.conversation_id, one.message_id) as slow:
        intake(store, one.conversation_id, two.message_id, stage="IV")
        slow.case.facts["stage"] = Fact("I")
        with pytest.raises(TurnConflict):
            slow.finish(replies=[])
    case = store.cases.by_conversation(one.conversation_id)
    assert case is not None
    assert case.facts["stage"].value == "IV"


def test_a_failed_turn_leaves_no_trace(store: Store) -> None:
    heard = says(store)

    def breaks_off() -> None:
        with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
            turn.case.facts["stage"] = Fact("I")
            raise RuntimeError("broken dialogue")

    with pytest.raises(RuntimeError):
        breaks_off()
    case = store.cases.by_conversation(heard.conversation_id)
    assert case is not None
    assert not case.facts


def test_assessment_and_checklist_are_kept_with_the_rules_version(store: Store) -> None:
    heard = says(store)
    result = {"triage": "ROUTINE", "pathways": [{"id": "car_t"}], "rule_set": "2026-11"}
    papers = {
        "items": [{"id": "path_report", "level": "C"}, {"id": "scan", "level": "H"}],
        "missing_tests": ["BRCA1"],
    }
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        turn.case.facts["cancer_type"] = Fact("ovarian")
        turn.finish(replies=[], assessment=result, checklist=papers)
    number = turn.case.number
    (kept,) = store.cases.assessments(number)
    assert (kept.rule_set, kept.result, kept.facts) == (
        "2026-11",
        result,
        {"cancer_type": "ovarian"},
    )
    items = store.cases.checklist(number)
    assert [(i.kind, i.level, i.state) for i in items] == [
        ("record", "C", "needed"),
        ("record", "H", "needed"),
        ("test", None, "needed"),
    ]
    line = store.queries.line(number)
    assert line is not None
    assert line.missing_critical == 1


def test_what_was_received_stays_received_when_the_checklist_changes(store: Store) -> None:
    first, second = says(store), says(store)
    with store.turns.begin(first.conversation_id, first.message_id) as turn:
        papers = [{"id": "scan", "level": "C"}, {"id": "old", "level": "C"}]
        turn.finish(replies=[], checklist=papers)
    number = turn.case.number
    store.desk.check_item(number, "ada", store.cases.checklist(number)[0].id, "received")
    with store.turns.begin(first.conversation_id, second.message_id) as turn:
        papers = [{"id": "new", "level": "C"}, {"id": "scan", "level": "C", "why": "now"}]
        turn.finish(replies=[], checklist=papers)
    kept = [(i.body["id"], i.state) for i in store.cases.checklist(number)]
    assert kept == [("new", "needed"), ("scan", "received")]


def test_without_consent_everything_is_gone_after_a_day(store: Store, clock: Clock) -> None:
    curious = says(store, person="+1")
    patient = says(store, person="+2")
    intake(store, patient.conversation_id, patient.message_id, stage="I")
    while (turn := store.inbox.claim("worker")) is not None:
        store.inbox.finish(turn, [])
    clock.forward(hours=23)
    assert store.retention.purge() == []
    clock.forward(hours=2)
    assert [e.conversation_id for e in store.retention.purge(dry_run=True)] == [
        curious.conversation_id
    ]
    assert [e.conversation_id for e in store.retention.purge()] == [curious.conversation_id]
    assert store.conversations.get(patient.conversation_id) is not None


def test_a_wish_to_be_forgotten_is_carried_out_after_the_farewell(
    store: Store, clock: Clock
) -> None:
    heard = says(store)
    claim = store.inbox.claim("worker")
    assert claim is not None
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        turn.case.memory["erase"] = True
        turn.finish(replies=[])
    clock.forward(minutes=5)
    assert store.retention.purge() == []  # the turn is still at work
    store.inbox.finish(claim, [])
    assert [e.conversation_id for e in store.retention.purge()] == [heard.conversation_id]


def test_an_erasure_is_not_kept_waiting_for_ever(store: Store, clock: Clock) -> None:
    says(store)
    clock.now += timedelta(hours=26)
    assert len(store.retention.purge()) == 1


def test_no_turn_without_a_conversation(store: Store) -> None:
    def strange() -> None:
        with store.turns.begin("nobody", "nothing"):
            pass

    with pytest.raises(NotFound):
        strange()
