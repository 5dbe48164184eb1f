"""Nothing that did not get through is out of sight, and everything given up can be tried again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.store import NotFound, State, Store
from bot.store.attention import FAILED, UNANSWERED, WAITS
from bot.store.inbox import MAX_ATTEMPTS
from bot.store.queries import CaseFilter
from bot.store.records import Delivery
from tests.conftest import Clock
from tests.store.people import answered, claimed, intake, reply, says, to_send


def given_up_in(store: Store, clock: Clock) -> str:
    heard = says(store, "hello")
    for _ in range(MAX_ATTEMPTS):
        store.inbox.fail(claimed(store), "engine_wrong")
        clock.forward(minutes=5)
    return heard.message_id


def test_what_was_given_up_is_listed_and_tried_again(store: Store, clock: Clock) -> None:
    message_id = given_up_in(store, clock)
    [line] = store.dead_letters.given_up()
    assert (line.message_id, line.incoming, line.may_be_tried) == (message_id, True, True)
    assert (line.state, line.code, line.channel) == (State.DEAD, "engine_wrong", "whatsapp")
    store.dead_letters.try_again(message_id, "nadia")
    assert store.dead_letters.given_up() == []
    assert claimed(store).message_id == message_id
    [entry] = [e for e in store.audit.entries() if e.action == "message.try_again"]
    assert (entry.actor, entry.object) == ("nadia", f"message:{message_id}")


def test_what_could_not_be_sent_is_listed_and_sent_again(store: Store) -> None:
    conversation = says(store).conversation_id
    answered(store)
    failed = to_send(store)
    store.outbox.mark_failed(failed, "63024", retry=False)
    [line] = store.dead_letters.of(conversation)
    assert (line.message_id, line.incoming, line.code) == (failed.message_id, False, "63024")
    store.dead_letters.try_again(failed.message_id, "nadia")
    assert to_send(store).message_id == failed.message_id


def test_what_waits_for_the_person_is_listed_apart_and_goes_by_itself(store: Store) -> None:
    conversation = says(store).conversation_id
    answered(store)
    held = to_send(store)
    store.outbox.hold(held, "63016")
    assert store.dead_letters.given_up() == []
    [line] = store.dead_letters.waiting()
    assert (line.message_id, line.code, line.may_be_tried) == (held.message_id, "63016", False)
    with pytest.raises(NotFound):
        store.dead_letters.try_again(held.message_id, "nadia")
    says(store, "I am back")
    assert store.dead_letters.of(conversation) == []


def window_shut(store: Store, delivery: Delivery) -> None:
    store.outbox.hold(delivery, "63016")


def window_shut_later(store: Store, delivery: Delivery) -> None:
    store.outbox.mark_sent(delivery, "SM1")
    told = {"message_id": delivery.message_id, "provider_id": "SM1", "code": "63016"}
    store.outbox.status("failed", **told, then=State.HELD)


def refused(store: Store, delivery: Delivery) -> None:
    store.outbox.mark_failed(delivery, "63024", retry=False)


def failed_later(store: Store, delivery: Delivery) -> None:
    store.outbox.mark_sent(delivery, "SM1")
    store.outbox.status("undelivered", message_id=delivery.message_id, code="63024")
    store.outbox.status("failed", message_id=delivery.message_id, code="63024")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (window_shut, WAITS),
        (window_shut_later, WAITS),
        (refused, FAILED),
        (failed_later, FAILED),
    ],
)
def test_coordinators_find_the_case_among_those_that_wait(
    store: Store, happens: Callable[[Store, Delivery], None], reason: str
) -> None:
    heard = says(store)
    number = intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    answered(store)
    assert store.queries.queue(CaseFilter(waiting=True)) == []
    happens(store, to_send(store))
    [case] = store.queries.queue(CaseFilter(waiting=True))
    assert case.number == number
    found = store.cases.by_conversation(heard.conversation_id)
    assert found is not None
    assert (found.memory["alerts"], found.handover_reason) == ([reason], reason)


def test_coordinators_are_told_of_a_message_that_nobody_could_answer(
    store: Store, clock: Clock
) -> None:
    heard = says(store)
    intake(store, heard.conversation_id, heard.message_id)
    answered(store)
    given_up_in(store, clock)
    found = store.cases.by_conversation(heard.conversation_id)
    assert found is not None
    assert found.handover_reason == UNANSWERED


def test_pages_follow_each_other(store: Store) -> None:
    for number in range(5):
        says(store, person=f"+880170000000{number}")
        answered(store)
        store.outbox.mark_failed(to_send(store), "x", retry=False)
    first = store.dead_letters.given_up(limit=3)
    second = store.dead_letters.given_up(before=first[-1].seq, limit=3)
    assert [len(first), len(second)] == [3, 2]
    assert not {line.seq for line in first} & {line.seq for line in second}


def test_a_line_for_later_overtakes_what_waits(store: Store) -> None:
    conversation = says(store).conversation_id
    answered(store, "the answer")
    held = to_send(store)
    store.outbox.hold(held, "window")
    assert store.outbox.held_in(held.message_id) == conversation
    store.outbox.enqueue(conversation, [reply("write to us", urgent=True)])
    line = to_send(store)
    assert line.content.text == "write to us"
    store.outbox.mark_sent(line, "SM1")
    says(store, "yes")
    assert to_send(store).content.text == "the answer"
