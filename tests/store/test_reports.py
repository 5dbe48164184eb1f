"""What the provider reports later: the window was shut, try again, or gone; each once."""

from __future__ import annotations

import pytest

from bot.facts.case import Case
from bot.store import State, Store
from bot.store.outbox import MAX_SENDS
from tests.conftest import Clock
from tests.store.people import answered, claimed, reply, says, to_send


def sent(store: Store, provider_id: str = "SM1") -> tuple[str, str]:
    """A message on its way; its conversation and id."""
    conversation = says(store).conversation_id
    answered(store)
    delivery = to_send(store)
    store.outbox.mark_sent(delivery, provider_id)
    return conversation, delivery.message_id


def state(store: Store, conversation: str, message_id: str) -> State:
    lines = store.transcript(conversation, limit=50)
    return next(line.state for line in lines if line.message_id == message_id)


def fails(store: Store, message_id: str, provider_id: str, then: State, code: str = "1") -> None:
    store.outbox.status(
        "failed", message_id=message_id, provider_id=provider_id, code=code, then=then
    )


def test_a_window_found_shut_later_waits_for_the_person(store: Store) -> None:
    conversation, message_id = sent(store)
    fails(store, message_id, "SM1", State.HELD, "63016")
    assert state(store, conversation, message_id) is State.HELD
    assert store.outbox.claim("sender", ["whatsapp"]) is None
    says(store, "I am back")
    again = to_send(store)
    assert (again.message_id, again.maybe_sent) == (message_id, False)


def test_a_rate_limit_reported_later_is_tried_again(store: Store, clock: Clock) -> None:
    conversation, message_id = sent(store)
    fails(store, message_id, "SM1", State.QUEUED, "63018")
    assert store.outbox.claim("sender", ["whatsapp"]) is None  # not at once
    clock.forward(minutes=2)
    again = to_send(store)
    assert again.message_id == message_id
    store.outbox.mark_sent(again, "SM2")
    fails(store, message_id, "SM1", State.QUEUED, "63018")  # the first report, once more
    assert state(store, conversation, message_id) is State.SENT


def test_an_old_report_does_not_fail_the_new_try(store: Store, clock: Clock) -> None:
    conversation, message_id = sent(store)
    fails(store, message_id, "SM1", State.QUEUED)
    clock.forward(minutes=2)
    again = to_send(store)
    for then in (State.FAILED, State.QUEUED, State.HELD):
        fails(store, message_id, "SM1", then)
        assert state(store, conversation, message_id) is State.SENDING
    store.outbox.mark_sent(again, "SM2")
    store.outbox.status("delivered", message_id=message_id, provider_id="SM2")
    assert state(store, conversation, message_id) is State.DELIVERED


@pytest.mark.parametrize("then", [State.FAILED, State.HELD, State.QUEUED])
def test_a_failure_that_overtakes_the_sends_own_answer(store: Store, then: State) -> None:
    conversation = says(store).conversation_id
    answered(store)
    delivery = to_send(store)
    fails(store, delivery.message_id, "SM1", then)
    store.outbox.mark_sent(delivery, "SM1")
    assert state(store, conversation, delivery.message_id) is then


def test_a_message_that_always_fails_later_is_given_up(store: Store, clock: Clock) -> None:
    conversation, message_id = sent(store, "SM0")
    for number in range(1, MAX_SENDS):
        fails(store, message_id, f"SM{number - 1}", State.QUEUED)
        clock.forward(minutes=2)
        store.outbox.mark_sent(to_send(store), f"SM{number}")
    fails(store, message_id, f"SM{MAX_SENDS - 1}", State.QUEUED, "63018")
    assert state(store, conversation, message_id) is State.FAILED
    assert [line.message_id for line in store.queries.trouble()] == [message_id]


def test_who_asked_us_to_stop_gets_answers_and_nothing_else(store: Store) -> None:
    heard = says(store, "stop")
    turn = claimed(store)
    with store.turns.begin(heard.conversation_id, heard.message_id) as dialogue:
        stopping(dialogue.case)
        dialogue.finish(replies=[{"response": "utter_stop"}])
    store.inbox.finish(turn, [reply("I will send no more messages.")])
    store.outbox.enqueue(heard.conversation_id, [reply("A gentle reminder")])
    assert to_send(store).content.text == "I will send no more messages."
    found = store.conversations.get(heard.conversation_id)
    assert found is not None
    assert found.stop_reason == "asked"
    assert store.outbox.claim("other", ["whatsapp"]) is None
    back = says(store, "start")
    turn = claimed(store)
    with store.turns.begin(back.conversation_id, back.message_id) as dialogue:
        assert "stopped" not in dialogue.case.memory
        dialogue.finish(replies=[])
    store.inbox.finish(turn, [reply("Welcome back")])
    found = store.conversations.get(heard.conversation_id)
    assert found is not None
    assert found.stopped_at is None


def stopping(case: Case) -> None:
    case.memory["stopped"] = True


def test_something_said_once_under_a_name_is_not_said_again(store: Store) -> None:
    conversation = says(store).conversation_id
    assert len(store.outbox.enqueue(conversation, [reply("a")], once="x")) == 1
    assert store.outbox.enqueue(conversation, [reply("a")], once="x") == []
    assert len(store.outbox.enqueue(conversation, [reply("b")], once="y")) == 1
