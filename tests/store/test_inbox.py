"""Messages are taken in once and answered once, in order, whoever dies in between."""

from __future__ import annotations

import pytest

from bot.store import Kind, LeaseLost, State, Store
from bot.store.inbox import MAX_ATTEMPTS
from tests.conftest import Clock
from tests.store.people import answered, claimed, message, reply, says, to_send


def test_a_repeated_webhook_changes_nothing(store: Store) -> None:
    sent = message("hello")
    first, second = store.inbox.receive(sent), store.inbox.receive(sent)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert second.message_id == first.message_id
    assert second.conversation_id == first.conversation_id
    assert store.inbox.depth().waiting == 1


def test_the_same_id_from_another_account_is_another_message(store: Store) -> None:
    store.inbox.receive(message(provider_id="1", account="a"))
    assert not store.inbox.receive(message(provider_id="1", account="b")).duplicate


def test_one_worker_at_a_time_holds_a_conversation(store: Store) -> None:
    says(store, "one")
    says(store, "two")
    says(store, "other", person="+8801700000002")
    first, second = claimed(store), claimed(store)
    assert first.conversation_id != second.conversation_id
    assert store.inbox.claim("third") is None


def test_turns_of_several_people_are_taken_at_once_each_with_its_own_words(store: Store) -> None:
    people = [f"+88017000000{n:02d}" for n in range(5)]
    for person in people:
        says(store, f"first of {person}", person=person)
        says(store, f"second of {person}", person=person)
    three = store.inbox.claim_many("worker", 60.0, 1, None, 3)
    rest = store.inbox.claim_many("worker", 60.0, 1, None, 3)
    assert (len(three), len(rest)) == (3, 2)
    assert store.inbox.claim_many("worker", 60.0, 1, None, 3) == []
    found = {turn.address: turn.messages[0].message.text for turn in (*three, *rest)}
    assert found == {person: f"first of {person}" for person in people}
    for turn in (*three, *rest):
        store.inbox.finish(turn, [reply("hello")])
    again = store.inbox.claim_many("worker", 60.0, 1, None, 9)
    assert {turn.messages[0].message.text for turn in again} == {f"second of {p}" for p in people}


def test_messages_are_answered_in_order(store: Store) -> None:
    for text in ("one", "two", "three"):
        says(store, text)
    texts = [answered(store).messages[0].message.text for _ in range(3)]
    assert texts == ["one", "two", "three"]
    assert store.inbox.claim("worker") is None


def test_messages_that_crossed_are_put_into_the_providers_order(store: Store) -> None:
    says(store, "second", sequence=11)
    says(store, "first", sequence=10)
    texts = [answered(store).messages[0].message.text for _ in range(2)]
    assert texts == ["first", "second"]


def test_a_dead_workers_turn_is_taken_again_and_its_late_answer_refused(
    store: Store, clock: Clock
) -> None:
    says(store)
    dead = claimed(store, lease_seconds=30)
    clock.forward(seconds=31)
    alive = claimed(store)
    assert alive.message_id == dead.message_id
    with pytest.raises(LeaseLost):
        store.inbox.finish(dead, [reply("late")])
    with pytest.raises(LeaseLost):
        store.inbox.renew(dead)
    store.inbox.finish(alive, [reply("in time")])
    lines = store.transcript(alive.conversation_id)
    assert [line.text for line in lines] == ["in time", "hello"]


def test_a_renewed_lease_keeps_others_out(store: Store, clock: Clock) -> None:
    says(store)
    turn = claimed(store, lease_seconds=30)
    clock.forward(seconds=20)
    store.inbox.renew(turn, lease_seconds=30)
    clock.forward(seconds=20)
    assert store.inbox.claim("other") is None
    store.inbox.finish(turn, [])


def test_a_message_during_a_turn_is_the_next_turn(store: Store) -> None:
    says(store, "one")
    turn = claimed(store)
    says(store, "two")
    assert store.inbox.claim("other") is None
    store.inbox.finish(turn, [])
    assert claimed(store).messages[0].message.text == "two"


def test_an_outage_is_waited_out_with_one_apology(store: Store, clock: Clock) -> None:
    says(store)
    for _ in range(MAX_ATTEMPTS + 3):
        turn = claimed(store)
        assert not store.inbox.fail(turn, "engine_down", reply("sorry"), counts=False)
        assert store.inbox.claim("at once") is None
        clock.forward(seconds=90)
    turn = claimed(store)
    store.inbox.finish(turn, [reply("answer")])
    lines = store.transcript(turn.conversation_id)
    assert [line.text for line in lines] == ["answer", "sorry", "hello"]


def test_a_message_that_always_fails_is_given_up_and_the_next_one_is_answered(
    store: Store, clock: Clock
) -> None:
    bad = says(store, "poison")
    says(store, "fine")
    given_up = False
    while not given_up:
        given_up = store.inbox.fail(claimed(store), "engine_wrong")
        clock.forward(seconds=90)
    assert store.inbox.depth().dead == 1
    assert [line.message_id for line in store.queries.trouble()] == [bad.message_id]
    assert answered(store).messages[0].message.text == "fine"
    store.inbox.retry(bad.message_id)
    assert answered(store).messages[0].message.text == "poison"
    assert store.inbox.depth().dead == 0


def test_a_message_that_kills_its_worker_is_given_up_too(store: Store, clock: Clock) -> None:
    says(store)
    turns = 0
    while store.inbox.claim("victim", lease_seconds=10) is not None:
        turns += 1
        clock.forward(seconds=11)
    assert turns == MAX_ATTEMPTS
    assert store.inbox.depth().dead == 1


def test_short_messages_in_a_row_are_one_turn(store: Store, clock: Clock) -> None:
    for text in ("my mother", "has cancer", "of the ovary"):
        says_with_pause = store.inbox.receive(message(text), pause=2.0)
        assert not says_with_pause.duplicate
        clock.forward(seconds=1)
    assert store.inbox.claim("too early", group=5) is None
    clock.forward(seconds=2)
    turn = claimed(store, group=5)
    assert [m.message.text for m in turn.messages] == ["my mother", "has cancer", "of the ovary"]
    store.inbox.finish(turn, [reply("one answer")])
    assert store.inbox.claim("worker", group=5) is None


def test_a_turn_once_begun_keeps_its_messages(store: Store, clock: Clock) -> None:
    says(store, "one")
    says(store, "two")
    dead = claimed(store, lease_seconds=10, group=5)
    says(store, "three")
    clock.forward(seconds=11)
    again = claimed(store, group=5)
    assert again.message_id == dead.message_id
    assert [m.message.text for m in again.messages] == ["one", "two"]


def test_urgent_words_skip_the_pause(store: Store) -> None:
    store.inbox.receive(message("she is"), pause=5.0)
    store.inbox.receive(message("bleeding heavily"), pause=5.0, urgent=True)
    assert len(claimed(store, group=5).messages) == 2


def test_somebody_who_never_stops_typing_is_answered(store: Store, clock: Clock) -> None:
    for _ in range(9):
        store.inbox.receive(message("..."), pause=2.0)
        clock.forward(seconds=1)
    assert claimed(store, group=20).messages


def test_blocking_us_takes_no_turn_and_writing_again_ends_it(store: Store) -> None:
    received = says(store, kind=Kind.BLOCKED, text=None)
    assert store.inbox.claim("worker") is None
    info = store.conversations.get(received.conversation_id)
    assert info is not None
    assert info.stopped_at is not None
    says(store, "I am back")
    info = store.conversations.get(received.conversation_id)
    assert info is not None
    assert info.stopped_at is None


def test_a_person_met_by_phone_is_found_again_by_stable_id(store: Store) -> None:
    first = says(store, person="+8801700000001")
    second = says(store, person="BD.123", alt_address="+8801700000001")
    third = says(store, person="BD.123")
    assert first.conversation_id == second.conversation_id == third.conversation_id
    info = store.conversations.get(first.conversation_id)
    assert info is not None
    assert (info.address, info.alt_address) == ("BD.123", "+8801700000001")


def test_leases_of_dead_processes_of_this_host_need_no_waiting(store: Store) -> None:
    says(store)
    says(store, person="+8801700000002")
    gone, living = claimed(store, "host:1:aa"), claimed(store, "host:2:bb")
    store.inbox.expire_dead("host", lambda holder: holder == "host:2:bb")
    assert claimed(store).conversation_id == gone.conversation_id
    store.inbox.renew(living)


def test_somebody_who_writes_a_lot_does_not_keep_others_waiting(store: Store, clock: Clock) -> None:
    for number in range(5):
        says(store, f"spam {number}", person="+1")
    clock.forward(seconds=1)
    says(store, "help", person="+2")
    clock.forward(seconds=1)
    texts = [answered(store).messages[0].message.text for _ in range(2)]
    assert texts == ["spam 0", "help"]


def test_depth_tells_how_long_the_oldest_waits(store: Store, clock: Clock) -> None:
    says(store)
    clock.forward(seconds=40)
    says(store, "again")
    depth = store.inbox.depth()
    assert (depth.waiting, depth.oldest_seconds) == (2, 40.0)


def test_replies_of_a_turn_wait_in_the_outbox(store: Store) -> None:
    received = says(store)
    assert store.outbox.for_turn(received.message_id) is None
    answered(store, "hi there", buttons=[("Yes", "/answer{}")])
    replies = store.outbox.for_turn(received.message_id)
    assert replies is not None
    assert replies.done
    assert [r.text for r in replies.replies] == ["hi there"]
    assert to_send(store).content.buttons[0].title == "Yes"


def test_browser_chat_needs_no_sender(store: Store) -> None:
    says(store, channel="webchat", account="")
    turn = answered(store)
    assert store.outbox.depth().waiting == 0
    assert store.transcript(turn.conversation_id)[0].state is State.SENT
