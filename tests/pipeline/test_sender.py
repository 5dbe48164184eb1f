"""From outbox to messenger: in order, retried where that is right, never twice where avoidable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.store import Author, State, Store
from connectors import sender as sender_module
from connectors.provider_errors import Action, SendError
from tests.pipeline.parts import (
    AskableProvider,
    Bells,
    ProviderStandIn,
    running,
    sender_of,
    until,
)
from tests.store.people import claimed, reply, says

# Longer than a test takes: a lease ends when the test says so.
LEASE_SECONDS = 600.0


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The sender's pauses are real, so the store's clock is too."""
    return lambda: datetime.now(UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(sender_module, "LOOKUP_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(sender_module, "CONFIG_RETRY_SECONDS", 0.1)


def said(store: Store, *texts: str, person: str = "+1", channel: str = "whatsapp") -> str:
    """One turn with several replies; the conversation."""
    received = says(store, "hello", person=person, channel=channel)
    turn = claimed(store)
    store.inbox.finish(turn, [reply(text) for text in texts])
    return received.conversation_id


def states(store: Store, conversation: str) -> list[State]:
    """States of what was said, oldest first."""
    lines = reversed(store.transcript(conversation))
    return [line.state for line in lines if line.author is not Author.PATIENT]


def nothing_to_send(store: Store) -> bool:
    """Whether the outbox is empty."""
    return store.outbox.depth().waiting == 0


async def test_everything_goes_out_in_order(store: Store) -> None:
    provider = ProviderStandIn()
    for person in ("+1", "+2", "+3"):
        said(store, f"{person} one", f"{person} two", person=person)
    async with running(sender_of(store, [provider], Bells())):
        await until(lambda: nothing_to_send(store))
    for person in ("+1", "+2", "+3"):
        assert [t for t in provider.texts if t.startswith(person)] == [
            f"{person} one",
            f"{person} two",
        ]


@pytest.mark.parametrize(
    ("action", "end"),
    [
        (Action.RETRY, State.SENT),
        (Action.MAYBE, State.SENT),
        (Action.CONFIG, State.SENT),
        (Action.WINDOW, State.HELD),
        (Action.OPT_OUT, State.FAILED),
        (Action.UNREACHABLE, State.FAILED),
        (Action.CONTENT, State.FAILED),
    ],
)
async def test_what_follows_from_an_error(sqlite_store: Store, action: Action, end: State) -> None:
    store, provider = sqlite_store, AskableProvider(errors=[SendError(action, "code", 0.05)])
    conversation = said(store, "one")
    async with running(sender_of(store, [provider], Bells())):
        await until(lambda: states(store, conversation) == [end])
    info = store.conversations.get(conversation)
    assert info is not None
    assert (info.stop_reason == "code") is (action is Action.OPT_OUT)


async def test_a_content_fault_does_not_hold_up_the_next_message(sqlite_store: Store) -> None:
    store, provider = sqlite_store, ProviderStandIn(errors=[SendError(Action.CONTENT, "21617")])
    conversation = said(store, "bad", "good")
    async with running(sender_of(store, [provider], Bells())):
        await until(lambda: nothing_to_send(store))
    assert states(store, conversation) == [State.FAILED, State.SENT]
    assert store.queries.trouble()[0].error_code == "21617"


def lease_runs_out(store: Store) -> None:
    """Whoever holds something has held it for too long."""
    store.database.now = lambda: datetime.now(UTC) + timedelta(seconds=2 * LEASE_SECONDS)


async def test_whatsapp_is_asked_before_anything_is_sent_again(sqlite_store: Store) -> None:
    store, provider = sqlite_store, AskableProvider(loses_answers=1)
    conversation = said(store, "same", "same")
    async with running(sender_of(store, [provider], Bells(), lease_seconds=LEASE_SECONDS)):
        await until(lambda: provider.sent)
        lease_runs_out(store)
        await until(lambda: nothing_to_send(store))
    assert provider.texts == ["same", "same"]
    assert states(store, conversation) == [State.SENT, State.SENT]


async def test_telegram_repeats_and_counts(sqlite_store: Store) -> None:
    store = sqlite_store
    provider, seen = ProviderStandIn("telegram", loses_answers=1), Seen()
    said(store, "once or twice", channel="telegram")
    lease = {"lease_seconds": LEASE_SECONDS}
    async with running(sender_of(store, [provider], Bells(), observer=seen, **lease)):
        await until(lambda: provider.sent)
        lease_runs_out(store)
        await until(lambda: nothing_to_send(store))
    assert provider.texts == ["once or twice"] * 2
    assert seen.results == ["repeated"]


async def test_a_coordinators_words_are_not_repeated_on_telegram(sqlite_store: Store) -> None:
    store = sqlite_store
    provider = ProviderStandIn("telegram", loses_answers=1)
    conversation = says(store, "hello", channel="telegram").conversation_id
    words = [reply("Please come on Monday")]
    store.outbox.enqueue(conversation, words, Author.COORDINATOR, "nadia")
    async with running(sender_of(store, [provider], Bells(), lease_seconds=LEASE_SECONDS)):
        await until(lambda: provider.sent)
        lease_runs_out(store)
        await until(lambda: store.dead_letters.given_up())
    assert provider.texts == ["Please come on Monday"]
    [line] = store.dead_letters.given_up()
    assert (line.code, line.may_be_tried) == ("maybe_sent", True)


class Seen:
    """Keeps what the sender reports."""

    def __init__(self) -> None:
        self.results: list[str] = []

    def send(self, channel: str, result: str) -> None:
        """One try."""
        self.results.append(result)


async def test_outside_the_reply_window_a_message_waits_for_the_person(store: Store) -> None:
    provider = ProviderStandIn()
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    store.database.now = lambda: yesterday
    conversation = said(store, "old news")
    store.database.now = lambda: datetime.now(UTC)
    async with running(sender_of(store, [provider], Bells())):
        await until(lambda: states(store, conversation) == [State.HELD])
        assert provider.sent == []
        says(store, "hello again", person="+1")
        await until(lambda: states(store, conversation) == [State.SENT])


async def test_two_senders_send_once(store: Store) -> None:
    provider = ProviderStandIn()
    for person in range(8):
        said(store, "hello", person=f"+{person}")
    async with running(*(sender_of(store, [provider], Bells()) for _ in range(2))):
        await until(lambda: nothing_to_send(store))
    assert sorted(address for address, _ in provider.sent) == [f"+{n}" for n in range(8)]


async def test_without_clients_nothing_is_claimed(sqlite_store: Store) -> None:
    conversation = said(sqlite_store, "one")
    async with running(sender_of(sqlite_store, [], Bells())):
        pass
    assert states(sqlite_store, conversation) == [State.QUEUED]
