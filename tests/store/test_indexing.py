"""What is worked out from messages beside the conversation: words to search by, figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.store import OutboundReply, Store
from bot.store.index_tables import IndexedWord, TalkFigures
from bot.store.indexing import SETTLED, Talk
from bot.store.words import words_of
from tests.conftest import KEY, Clock
from tests.store.people import says


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ovarian, IIIc!", {"ovarian", "iiic"}),
        ("Straße MÜLLER", {"strasse", "muller"}),
        ("a 5 mg", {"5", "mg"}),
        ("卵巢癌 stage", {"卵巢", "巢癌", "stage"}),
        ("أُستاذ", {"استاذ"}),
        ("_-_ ...", set()),
    ],
)
def test_words_are_found_in_any_case_and_accent(text: str, words: set[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=300))
def test_every_word_of_a_text_is_found_again(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(sorted(words))) == words


def test_each_message_is_counted_once_and_goes_with_its_person(store: Store, clock: Clock) -> None:
    received = says(store, "first words")
    clock.now += timedelta(minutes=1)
    store.outbox.enqueue(received.conversation_id, [OutboundReply(text="thank you")])
    clock.now += SETTLED
    while store.indexing.catch_up():
        pass
    assert store.indexing.catch_up() == 0
    with store.database.read() as session:
        kept = session.get(TalkFigures, received.conversation_id)
        assert kept is not None
        talk = Talk(**kept.figures)
        words = session.scalar(select(func.count()).select_from(IndexedWord))
    assert (talk.messages, talk.by_bot, len(talk.turns)) == (1, [60.0], 1)
    assert words
    store.erase(received.conversation_id)
    with store.database.read() as session:
        assert session.scalars(select(IndexedWord)).all() == []
        assert session.scalars(select(TalkFigures)).all() == []


@pytest.mark.postgres
def test_messages_that_are_still_settling_wait_where_numbers_may_overtake(
    postgres_url: str, clock: Clock
) -> None:
    opened = Store.open(postgres_url, [KEY], clock)
    says(opened, "fresh")
    assert opened.indexing.catch_up() == 0
    clock.now += SETTLED
    assert opened.indexing.catch_up() == 1
    opened.close()


def test_several_messages_before_an_answer_are_one_turn() -> None:
    talk = Talk()
    for author, at in (("patient", 0), ("patient", 5), ("bot", 8), ("patient", 60), ("bot", 61)):
        talk.add(author, at)
    assert (talk.turns, talk.by_bot, talk.messages) == ([0, 60], [3, 1], 3)
    talk.add("coordinator", 120)
    talk.add("coordinator", 130)
    assert talk.by_people == [60]
