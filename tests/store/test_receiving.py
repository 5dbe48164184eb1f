"""Messages that come at the same time are stored with one commit, as if one after the other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.store import Kind, Store
from bot.store.records import Arrival
from tests.store.people import claimed, message, reply, to_send


def test_many_at_once_are_stored_like_one_after_the_other(store: Store) -> None:
    people = ["+8801700000001", "+8801700000002", "+8801700000003"]
    batch = [message(f"{person[-1]} says {n}", person) for n in range(4) for person in people]
    received = store.inbox.receive_many([Arrival(m) for m in batch])
    assert len({r.message_id for r in received}) == len(batch)
    assert len({r.conversation_id for r in received}) == len(people)
    heard: dict[str, list[str]] = {}
    while (turn := store.inbox.claim("worker")) is not None:
        heard.setdefault(turn.address, []).append(turn.messages[0].message.text or "")
        store.inbox.finish(turn, [])
    assert heard == {p: [f"{p[-1]} says {n}" for n in range(4)] for p in people}


def test_copies_in_one_batch_are_one_message(store: Store) -> None:
    first, other = message("once"), message("twice")
    store.inbox.receive(other)
    batch = [Arrival(first), Arrival(other), Arrival(first)]
    received = store.inbox.receive_many(batch)
    assert [r.duplicate for r in received] == [False, True, True]
    assert received[0].message_id == received[2].message_id
    assert all(r.conversation_id == received[0].conversation_id for r in received)
    assert len(store.transcript(received[0].conversation_id)) == 2


def test_a_person_under_both_ids_in_one_batch_is_one_conversation(store: Store) -> None:
    by_phone = message("a", "+8801700000001")
    by_both = message("b", "BD.123", alt_address="+8801700000001")
    one, two = store.inbox.receive_many([Arrival(by_phone), Arrival(by_both)])
    assert one.conversation_id == two.conversation_id


def test_several_messages_under_a_new_id_keep_the_old_one_beside_it(store: Store) -> None:
    store.inbox.receive(message("a", "+8801700000001"))
    batch = [message(text, "BD.123", alt_address="+8801700000001") for text in "bc"]
    one, _two = store.inbox.receive_many([Arrival(m) for m in batch])
    kept = store.conversations.get(one.conversation_id)
    assert kept is not None
    assert (kept.address, kept.alt_address) == ("BD.123", "+8801700000001")


def test_gateways_with_the_same_messages_do_not_lock_each_other_out(store: Store) -> None:
    people = [f"+88017000000{n:02d}" for n in range(12)]
    batch = [Arrival(message("hello", person)) for person in people]
    together = threading.Barrier(4)

    def gateway(number: int) -> list[bool]:
        mine = batch[number * 3 :] + batch[: number * 3]
        together.wait()
        return [r.duplicate for r in store.inbox.receive_many(mine)]

    with ThreadPoolExecutor(4) as gateways:
        results = list(gateways.map(gateway, range(4)))
    assert sum(not duplicate for result in results for duplicate in result) == len(batch)


def test_a_message_that_is_only_kept_takes_no_turn_until_it_is_urgent(store: Store) -> None:
    [kept] = store.inbox.receive_many([Arrival(message("again"), kept_as="flood")])
    assert store.inbox.claim("worker") is None
    [line] = store.transcript(kept.conversation_id)
    assert (line.text, line.error_code) == ("again", "flood")
    store.inbox.hurry(kept.message_id)
    assert claimed(store).messages[0].message.text == "again"


def test_hurry_ends_the_pause_and_repeats_nothing(store: Store) -> None:
    [waiting] = store.inbox.receive_many([Arrival(message("help"), pause=60)])
    assert store.inbox.claim("worker") is None
    store.inbox.hurry(waiting.message_id)
    turn = claimed(store)
    store.inbox.finish(turn, [reply("at once")])
    store.inbox.hurry(waiting.message_id)
    assert store.inbox.claim("worker") is None
    assert to_send(store).content.text == "at once"


def test_a_block_in_a_batch_stops_and_takes_no_turn(store: Store) -> None:
    batch = [Arrival(message("hi")), Arrival(message("-", kind=Kind.BLOCKED))]
    _, blocked = store.inbox.receive_many(batch)
    conversation = store.conversations.get(blocked.conversation_id)
    assert conversation is not None
    assert conversation.stop_reason == "blocked"
    assert claimed(store).messages[0].message.text == "hi"
    assert store.inbox.claim("worker") is None


def test_a_copy_from_the_providers_list_tells_the_place_in_line(store: Store) -> None:
    first, second, third = (message(text) for text in ("first", "second", "third"))
    for arrived in (third, second):
        store.inbox.receive(arrived)
    listed = [
        one.model_copy(update={"sequence": place})
        for place, one in enumerate((first, second, third))
    ]
    assert store.inbox.known(listed) == [False, True, True]
    store.inbox.receive(listed[0])
    assert texts_in_turn(store) == ["first", "second", "third"]


def test_a_copy_moves_nothing_that_was_begun_or_answered(store: Store) -> None:
    early, late = message("early"), message("late")
    store.inbox.receive(early)
    store.inbox.receive(late)
    begun = store.inbox.claim("worker")
    assert begun is not None
    listed = [late.model_copy(update={"sequence": 1}), early.model_copy(update={"sequence": 2})]
    assert store.inbox.known(listed) == [True, True]
    store.inbox.give_back(begun)
    assert texts_in_turn(store) == ["early", "late"]
    assert store.inbox.known(listed) == [True, True]
    assert texts_in_turn(store) == []


def test_only_turns_of_the_given_channels_are_taken(store: Store) -> None:
    store.inbox.receive(message("held back"))
    store.inbox.receive(message("hello", channel="telegram", person="42"))
    taken = store.inbox.claim("worker", channels=("telegram", "webchat"))
    assert taken is not None
    assert taken.channel == "telegram"
    assert store.inbox.claim("worker", channels=("telegram", "webchat")) is None
    assert store.inbox.claim("worker") is not None


def texts_in_turn(store: Store) -> list[str | None]:
    """What is waiting, answered turn after turn."""
    heard = []
    while (turn := store.inbox.claim("worker")) is not None:
        heard += [taken.message.text for taken in turn.messages]
        store.inbox.finish(turn, [])
    return heard
