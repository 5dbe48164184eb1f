"""The search over all cases gives what a slow look through everything gives."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from bot.store import Store
from bot.store.indexing import SETTLED
from bot.store.queries import CaseFilter
from bot.store.search import look_for
from bot.store.words import word_keys
from tests.conftest import Clock
from tests.store.people import says

VOCABULARY = tuple(f"word{n}" for n in range(12))


@dataclass(frozen=True)
class World:
    """A store, and what was said about each case by its conversation."""

    store: Store
    said: dict[str, set[str]]


@pytest.fixture
def world(store: Store, clock: Clock) -> World:
    """Forty chats, every fourth of which has joined the case of the one before it."""
    luck = random.Random(4)  # noqa: S311 - the same every time
    said: dict[str, set[str]] = {}
    main = ""
    for n in range(40):
        words = {word for place, word in enumerate(VOCABULARY) if luck.random() < 1 / (1 + place)}
        chat = says(store, "hello " + " ".join(words), person=f"+88017{n:08d}").conversation_id
        turn = store.inbox.claim("test")
        assert turn is not None
        if n % 4 == 3:
            asked = store.links.ask(store.links.offer(main), chat)
            assert asked is not None
            store.links.answer(asked[1], asked[0], agreed=True)
            said[main] |= words
        else:
            with store.turns.begin(chat, turn.messages[0].message_id) as talk:
                talk.finish(replies=[])
            main, said[chat] = chat, words
        store.inbox.finish(turn, [])
    clock.now += SETTLED
    while store.indexing.catch_up():
        pass
    return World(store, said)


def found(store: Store, words: set[str], many: int) -> list[str]:
    """The conversations of the cases that the list shows, in its order."""
    wanted = look_for(store.database, word_keys(store.database.cipher, words), many)
    few = wanted.conversations
    shown = CaseFilter(words=wanted.words) if few is None else CaseFilter(conversations=few)
    return [line.conversation_id for line in store.queries.queue(shown, limit=100)]


def test_all_words_are_looked_for_wherever_the_people_of_a_case_wrote(world: World) -> None:
    luck = random.Random(7)  # noqa: S311
    joined = 0
    for count in (1, 1, 2, 2, 2, 3, 3, 4, 6, 12):
        words = set(luck.sample(VOCABULARY, count))
        right = sorted(chat for chat, said in world.said.items() if words <= said)
        for many in (0, 3, 500):  # walking the list, either, looking each word up
            assert sorted(found(world.store, words, many)) == right, (words, many)
        joined += len(right)
    assert joined > 10


def test_both_ways_keep_the_order_of_the_list(world: World) -> None:
    walked = found(world.store, {"hello", "word0"}, many=0)
    assert len(walked) > 20
    assert found(world.store, {"hello", "word0"}, many=500) == walked


def test_as_many_words_as_a_search_may_hold_are_looked_for(world: World) -> None:
    words = {f"no{n}" for n in range(90)} | {"hello"}
    assert found(world.store, words, many=0) == found(world.store, words, many=500) == []
