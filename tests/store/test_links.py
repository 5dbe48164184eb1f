"""A family shares a case over several chats, by a code and with the other side's consent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.store import NotFound, Store
from bot.store.links import CODE_LASTS
from bot.store.tables import LinkCode
from tests.conftest import Clock
from tests.store.people import answered, claimed, intake, says

PATIENT, SON = "+8801700000001", "42"


def two_chats(store: Store) -> tuple[str, str, str]:
    """A patient's conversation with a case, her son's without one, and the case's number."""
    heard = says(store, "my cancer", PATIENT)
    answered(store)
    number = intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    son = says(store, "hello", SON, channel="telegram")
    answered(store)
    with store.turns.begin(son.conversation_id, son.message_id) as turn:
        turn.finish(replies=[])
    return heard.conversation_id, son.conversation_id, number


def joined(store: Store) -> tuple[str, str, str]:
    patient, son, number = two_chats(store)
    asked = store.links.ask(store.links.offer(patient), son)
    assert asked is not None
    assert store.links.answer(asked[1], patient, agreed=True) == son
    return patient, son, number


def test_a_joined_chat_talks_about_the_same_case(store: Store) -> None:
    patient, son, number = joined(store)
    case = store.cases.by_conversation(son)
    assert case is not None
    assert (case.number, case.facts["cancer_type"].value) == (number, "ovarian")
    heard = says(store, "she lives in Dhaka", SON, channel="telegram")
    turn = claimed(store)
    assert (turn.conversation_id, turn.state) == (son, case.state.value)
    intake(store, son, heard.message_id, country="BD")
    with store.turns.begin(son, heard.message_id) as again:
        assert again.already is not None  # recognised by the chat it came from
    shared = store.cases.by_conversation(patient)
    assert shared is not None
    assert set(shared.facts) == {"cancer_type", "country"}
    assert [door.id for door in store.links.doors(son)] == [patient, son]


def test_nothing_is_shared_before_the_other_side_agrees(store: Store) -> None:
    patient, son, number = two_chats(store)
    asked = store.links.ask(store.links.offer(patient), son)
    assert asked is not None
    assert asked[0] == patient
    case = store.cases.by_conversation(son)
    assert case is not None
    assert case.number != number
    assert store.links.answer(asked[1], patient, agreed=False) == son
    assert store.links.answer(asked[1], patient, agreed=True) is None
    assert [door.id for door in store.links.doors(son)] == [son]


def test_only_the_side_that_was_asked_can_agree(store: Store) -> None:
    patient, son, _number = two_chats(store)
    stranger = says(store, "hi", "+8801799999999").conversation_id
    asked = store.links.ask(store.links.offer(patient), son)
    assert asked is not None
    for other in (son, stranger):
        assert store.links.answer(asked[1], other, agreed=True) is None
    assert store.links.answer(asked[1], patient, agreed=True) == son


def test_a_code_works_once_elsewhere_and_not_for_long(store: Store, clock: Clock) -> None:
    patient, son, _number = two_chats(store)
    assert store.links.ask(store.links.offer(patient), patient) is None
    code = store.links.offer(patient)
    first = store.links.ask(code.lower(), son)
    assert first is not None
    assert store.links.ask(code, son) == first  # the same question once more
    assert store.links.ask(code, says(store, "x", "43").conversation_id) is None
    late = store.links.offer(patient)
    clock.forward(seconds=CODE_LASTS.total_seconds() + 1)
    assert store.links.ask(late, son) is None
    assert store.links.ask("ABCDEF", son) is None
    by_staff = store.links.offer(patient, "nadia")
    clock.forward(hours=20)
    assert store.links.ask(by_staff, son) is not None


def test_codes_that_are_over_are_removed(store: Store, clock: Clock) -> None:
    patient, son, _number = two_chats(store)
    code = store.links.offer(patient)
    store.links.purge()
    assert store.links.ask(code, son) is not None
    clock.forward(hours=100)
    store.links.purge()
    with store.database.read() as session:
        assert session.scalars(select(LinkCode)).all() == []


def test_a_new_code_replaces_the_last_one(store: Store) -> None:
    patient, son, _number = two_chats(store)
    first, second = store.links.offer(patient), store.links.offer(patient)
    assert store.links.ask(first, son) is None
    assert store.links.ask(second, son) is not None


@pytest.mark.parametrize("who", [0, 1])
def test_either_side_ends_it(store: Store, who: int) -> None:
    patient, son, number = joined(store)
    assert store.links.end((patient, son)[who]) == [son]
    case = store.cases.by_conversation(son)
    assert case is None or case.number != number
    assert store.links.end(son) == []


def test_erasing_the_case_erases_every_chat_of_it(store: Store) -> None:
    patient, son, _number = joined(store)
    store.erase(patient)
    assert store.conversations.get(son) is None
    with pytest.raises(NotFound):
        store.links.doors(son)


def test_erasing_a_joined_chat_leaves_the_case(store: Store) -> None:
    patient, son, number = joined(store)
    store.erase(son)
    case = store.cases.by_conversation(patient)
    assert case is not None
    assert case.number == number


def test_a_wish_to_be_forgotten_from_either_chat_reaches_both(store: Store, clock: Clock) -> None:
    patient, son, _number = joined(store)
    heard = says(store, "delete my data", SON, channel="telegram")
    answered(store)
    with store.turns.begin(son, heard.message_id) as turn:
        turn.case.memory["erase"] = True
        turn.finish(replies=[])
    clock.forward(seconds=timedelta(hours=2).total_seconds())
    store.retention.purge()
    assert (store.conversations.get(patient), store.conversations.get(son)) == (None, None)


def test_every_step_is_in_the_audit_log(store: Store) -> None:
    patient, _son, _number = joined(store)
    store.links.end(patient, "nadia")
    steps = [(e.actor, e.action) for e in store.audit.entries() if e.action.startswith("link.")]
    assert sorted(steps) == sorted(
        [
            ("patient", "link.offer"),
            ("patient", "link.ask"),
            ("patient", "link.agree"),
            ("nadia", "link.end"),
        ]
    )
