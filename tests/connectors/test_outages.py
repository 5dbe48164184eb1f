"""Taps that Telegram threw away during an outage: the open question is asked again, once."""

from __future__ import annotations

from datetime import timedelta

from bot.store import Store
from connectors.bell import Bell
from connectors.outages import PRESS_LASTS, Outages
from connectors.texts import choose
from tests.conftest import Clock
from tests.store.people import answered, says

OUTAGE = timedelta(minutes=10)
QUESTION = "How is she on most days?"
CHOICES = (("Walking about", "/answer{1}"), ("Mostly in bed", "/answer{2}"))


def asked(store: Store, person: str, channel: str = "telegram", *, buttons: bool = True) -> str:
    """A person who was asked something with buttons."""
    conversation = says(store, "hello", person, channel=channel).conversation_id
    answered(store, QUESTION, buttons=CHOICES if buttons else ())
    return conversation


def waiting(store: Store) -> dict[str, list[str]]:
    """What is to be sent on Telegram, by conversation."""
    found: dict[str, list[str]] = {}
    while (delivery := store.outbox.claim("s", ["telegram"])) is not None:
        found.setdefault(delivery.conversation_id, []).append(delivery.content.text or "")
        store.outbox.mark_sent(delivery, "1")
    return found


def test_who_may_have_tapped_in_vain_is_asked_again(store: Store, clock: Clock) -> None:
    outages = Outages(store, Bell())
    assert store.beats.beat("telegram") == timedelta()
    asked(store, "1")
    clock.forward(hours=3)
    assert store.beats.beat("telegram") == timedelta(hours=3)
    tapped = asked(store, "2")
    asked(store, "3", buttons=False)
    asked(store, "4", "whatsapp")
    asked(store, "5")
    blocked = asked(store, "6")
    store.conversations.stop(blocked, "blocked")
    waiting(store)
    clock.forward(seconds=OUTAGE.total_seconds())
    gap = store.beats.beat("telegram")
    assert gap == OUTAGE > PRESS_LASTS
    says(store, "in bed", "5", channel="telegram")
    assert outages.ask_again(gap) == 1
    assert waiting(store) == {tapped: [choose().said["asked_again"], QUESTION]}
    current = store.buttons.current(tapped)
    assert [button.title for button in current] == [title for title, _ in CHOICES]
    match = store.buttons.resolve(tapped, current[1].token)
    assert match is not None
    assert (match.payload, match.stale) == ("/answer{2}", False)
