"""What is said goes out in order, once where that can be known, and its fate is kept."""

from __future__ import annotations

import pytest

from bot.store import Author, LeaseLost, State, Store
from tests.conftest import Clock
from tests.store.people import answered, claimed, reply, says, to_send

CHANNELS = ["whatsapp", "telegram"]


def states(store: Store, conversation_id: str) -> list[State]:
    """States of what was said, oldest first."""
    lines = store.transcript(conversation_id)
    return [line.state for line in reversed(lines) if line.author is not Author.PATIENT]


def said(store: Store, *texts: str) -> str:
    """One turn with several replies; the conversation."""
    says(store)
    turn = claimed(store)
    store.inbox.finish(turn, [reply(text) for text in texts])
    return turn.conversation_id


def test_rows_of_a_conversation_go_out_one_after_the_other(store: Store) -> None:
    said(store, "one", "two")
    first = to_send(store)
    assert store.outbox.claim("other", CHANNELS) is None
    store.outbox.mark_sent(first, "SM1")
    assert (first.content.text, to_send(store).content.text) == ("one", "two")


def test_several_people_are_written_to_at_once_each_in_order(store: Store) -> None:
    people = [f"+88017000000{n:02d}" for n in range(4)]
    for person in people:
        says(store, person=person)
        store.inbox.finish(claimed(store), [reply(f"one for {person}"), reply("two")])
    at_once = store.outbox.claim_many("sender", CHANNELS, 60.0, 3)
    rest = store.outbox.claim_many("sender", CHANNELS, 60.0, 3)
    assert (len(at_once), len(rest)) == (3, 1)
    found = {delivery.address: delivery.content.text for delivery in (*at_once, *rest)}
    assert found == {person: f"one for {person}" for person in people}
    assert store.outbox.claim_many("sender", CHANNELS, 60.0, 3) == []
    for number, delivery in enumerate((*at_once, *rest)):
        store.outbox.mark_sent(delivery, f"SM{number}")
    following = store.outbox.claim_many("sender", CHANNELS, 60.0, 9)
    assert [delivery.content.text for delivery in following] == ["two"] * 4


def test_a_conversation_with_nothing_left_to_send_keeps_nobody_waiting(store: Store) -> None:
    quiet, waiting = "+8801700000001", "+8801700000002"
    for person in (quiet, waiting):
        says(store, person=person)
        store.inbox.finish(claimed(store), [reply(f"for {person}")])
    first = to_send(store)
    store.outbox.mark_sent(first, "SM1")
    found = store.outbox.claim_many("sender", CHANNELS, 60.0, 2)
    assert [delivery.address for delivery in found] == [waiting]


def test_the_pause_between_two_messages_to_one_person_is_kept(store: Store, clock: Clock) -> None:
    conversation = said(store, "one")
    store.outbox.mark_sent(to_send(store), "1", pace=1.0)
    store.outbox.enqueue(conversation, [reply("two")])
    assert store.outbox.claim("sender", CHANNELS) is None
    clock.forward(seconds=1)
    assert to_send(store).content.text == "two"


def test_a_channel_without_a_sender_is_left_alone(store: Store) -> None:
    said(store, "one")
    assert store.outbox.claim("sender", ["telegram"]) is None


def test_what_was_refused_for_now_is_tried_again_later(store: Store, clock: Clock) -> None:
    conversation = said(store, "one", "two")
    store.outbox.mark_failed(to_send(store), "20429", retry=True, retry_after=30)
    clock.forward(seconds=29)
    assert store.outbox.claim("sender", CHANNELS) is None
    clock.forward(seconds=2)
    again = to_send(store)
    assert (again.content.text, again.attempts, again.maybe_sent) == ("one", 2, False)
    store.outbox.mark_sent(again, "SM1")
    assert states(store, conversation) == [State.SENT, State.QUEUED]


def test_retries_end_and_the_next_row_goes_on(store: Store, clock: Clock) -> None:
    conversation = said(store, "one", "two")
    tried = 0
    while states(store, conversation)[0] is State.QUEUED:
        store.outbox.mark_failed(to_send(store), "500", retry=True)
        clock.forward(minutes=30)
        tried += 1
    assert tried > 20
    assert states(store, conversation) == [State.FAILED, State.QUEUED]
    assert to_send(store).content.text == "two"


def test_a_failed_message_can_be_sent_again_by_hand(store: Store, clock: Clock) -> None:
    conversation = said(store, "one")
    first = to_send(store)
    store.outbox.mark_failed(first, "63024", retry=False)
    assert store.outbox.depth().dead == 1
    store.outbox.retry(first.message_id)
    store.outbox.mark_sent(to_send(store), "SM2")
    assert states(store, conversation) == [State.SENT]


def test_a_row_whose_sender_died_comes_back_as_perhaps_sent(store: Store, clock: Clock) -> None:
    said(store, "one")
    dead = to_send(store, lease_seconds=30)
    clock.forward(seconds=31)
    again = to_send(store)
    assert again.maybe_sent
    assert again.first_tried_at == dead.first_tried_at
    with pytest.raises(LeaseLost):
        store.outbox.mark_sent(dead, "SM1")


def test_a_timeout_after_sending_is_looked_up_later(store: Store, clock: Clock) -> None:
    conversation = said(store, "one", "two")
    store.outbox.mark_unknown(to_send(store), "ReadTimeout", retry_after=10)
    assert states(store, conversation) == [State.UNKNOWN, State.QUEUED]
    clock.forward(seconds=11)
    assert to_send(store).maybe_sent


def test_a_report_of_the_provider_settles_what_a_timeout_left_open(
    store: Store, clock: Clock
) -> None:
    conversation = said(store, "one")
    delivery = to_send(store)
    assert store.outbox.status("sent", message_id=delivery.message_id, provider_id="SM1")
    store.outbox.mark_unknown(delivery, "ReadTimeout")
    clock.forward(seconds=60)
    assert store.outbox.claim("sender", CHANNELS) is None
    assert states(store, conversation) == [State.SENT]


@pytest.mark.parametrize(
    ("events", "end"),
    [
        (["sent", "delivered", "read"], State.READ),
        (["read", "delivered", "sent"], State.READ),
        (["delivered", "sent"], State.DELIVERED),
        (["sent", "failed"], State.FAILED),
        (["delivered", "failed"], State.DELIVERED),
        (["failed", "delivered"], State.DELIVERED),
        (["accepted", "sent", "sent"], State.SENT),
    ],
)
def test_states_never_go_backwards_and_every_event_is_kept(
    store: Store, events: list[str], end: State
) -> None:
    conversation = said(store, "one")
    delivery = to_send(store)
    for event in events:
        assert store.outbox.status(event, message_id=delivery.message_id)
    store.outbox.mark_sent(delivery, "SM1")
    assert states(store, conversation) == [end]
    kept = [status for status, _code, _at in store.queries.deliveries(delivery.message_id)]
    assert kept == [*events, "sent"]


def test_a_status_of_an_unknown_message_is_said_to_be_unknown(store: Store) -> None:
    assert not store.outbox.status("sent", provider_id="SM404")


def test_an_inbound_message_has_no_delivery_status(store: Store) -> None:
    received = says(store)
    assert not store.outbox.status("read", message_id=received.message_id)


def test_nothing_more_goes_to_a_person_who_stopped_us(store: Store) -> None:
    conversation = said(store, "one", "two")
    store.outbox.mark_failed(to_send(store), "21610", retry=False, stop="21610")
    assert store.outbox.claim("sender", CHANNELS) is None
    assert states(store, conversation) == [State.FAILED, State.CANCELED]


def test_what_waits_for_the_person_goes_out_when_they_write(store: Store, clock: Clock) -> None:
    conversation = said(store, "one", "two")
    for _ in range(2):
        store.outbox.hold(to_send(store), "63016")
    assert store.outbox.claim("sender", CHANNELS) is None
    clock.forward(hours=30)
    says(store, "hello again")
    first = to_send(store)
    store.outbox.mark_sent(first, "SM1")
    assert (first.content.text, to_send(store).content.text) == ("one", "two")
    assert states(store, conversation)[0] is State.SENT


def test_the_bot_does_not_talk_over_a_coordinator(store: Store) -> None:
    says(store, "help")
    turn = claimed(store)
    assert store.conversations.take_over(turn.conversation_id, "ada", turn.epoch)
    store.outbox.enqueue(turn.conversation_id, [reply("Ada here")], Author.COORDINATOR, "ada")
    store.inbox.finish(turn, [reply("bot here"), reply("call 999", urgent=True)])
    spoken = []
    while (delivery := store.outbox.claim("sender", CHANNELS)) is not None:
        spoken.append(delivery.content.text)
        store.outbox.mark_sent(delivery, None)
    assert spoken == ["Ada here", "call 999"]


def test_only_one_of_two_coordinators_takes_over(store: Store) -> None:
    conversation = says(store).conversation_id
    assert store.conversations.take_over(conversation, "ada", 0)
    assert not store.conversations.take_over(conversation, "ben", 0)
    assert store.conversations.hand_back(conversation, 1)


def test_a_button_means_something_in_its_own_conversation_only(store: Store) -> None:
    says(store)
    mine = answered(store, buttons=[("Yes", '/answer{"fact": "ecog"}')]).conversation_id
    says(store, person="+8801700000002")
    theirs = answered(store).conversation_id
    (button,) = store.buttons.current(mine)
    assert len(button.token.encode()) <= 64
    match = store.buttons.resolve(mine, button.token)
    assert match is not None
    assert (match.payload, match.stale) == ('/answer{"fact": "ecog"}', False)
    assert store.buttons.resolve(theirs, button.token) is None
    assert store.buttons.resolve(mine, "made-up") is None


def test_buttons_of_an_earlier_question_are_stale(store: Store) -> None:
    says(store)
    conversation = answered(store, buttons=[("Yes", "/a"), ("No", "/b")]).conversation_id
    old = store.buttons.current(conversation)[0]
    says(store)
    answered(store, "no buttons here")
    match = store.buttons.resolve(conversation, old.token)
    assert match is not None
    assert not match.stale
    says(store)
    answered(store, buttons=[("Mild", "/c")])
    match = store.buttons.resolve(conversation, old.token)
    assert match is not None
    assert match.stale
    assert [b.title for b in store.buttons.current(conversation)] == ["Mild"]


def test_put_back_counts_no_attempt(store: Store) -> None:
    said(store, "one")
    store.outbox.put_back(to_send(store))
    assert to_send(store).attempts == 1


def test_ids_of_other_sent_messages_are_known(store: Store) -> None:
    said(store, "same words", "same words")
    store.outbox.mark_sent(to_send(store), "SM1")
    assert store.outbox.sent_ids(to_send(store)) == {"SM1"}
