"""Short ways to say who writes what, for the store's tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from bot.facts.case import Consent, Fact
from bot.store import InboundMessage, OutboundReply, ReplyButton, Store
from bot.store.records import ClaimedTurn, Delivery, Received

_numbers = count(1)


def message(
    text: str = "hello", person: str = "+8801700000001", **values: object
) -> InboundMessage:
    """A WhatsApp message, unless `values` say otherwise."""
    fields = {
        "channel": "whatsapp",
        "account": "+15550100",
        "provider_id": f"SM{next(_numbers):06d}",
        "address": person,
        "text": text,
    }
    return InboundMessage.model_validate(fields | values)


def says(
    store: Store, text: str = "hello", person: str = "+8801700000001", **values: object
) -> Received:
    """A message that is taken in."""
    return store.inbox.receive(message(text, person, **values))


def claimed(store: Store, worker: str = "worker", **values: float) -> ClaimedTurn:
    """The next turn; there must be one."""
    turn = store.inbox.claim(worker, **values)  # type: ignore[arg-type]
    assert turn is not None
    return turn


def to_send(store: Store, sender: str = "sender", **values: float) -> Delivery:
    """The next outgoing row; there must be one."""
    delivery = store.outbox.claim(sender, ["whatsapp", "telegram"], **values)
    assert delivery is not None
    return delivery


def reply(text: str, buttons: Sequence[tuple[str, str]] = (), **values: object) -> OutboundReply:
    """A reply with buttons (title, payload)."""
    pairs = [ReplyButton(title=title, payload=payload) for title, payload in buttons]
    return OutboundReply.model_validate({"text": text, "buttons": pairs} | values)


def answered(store: Store, text: str = "hi there", **values: object) -> ClaimedTurn:
    """The next turn, taken and answered."""
    turn = claimed(store)
    store.inbox.finish(turn, [reply(text, **values)])  # type: ignore[arg-type]
    return turn


def intake(store: Store, conversation_id: str, message_id: str, **facts: object) -> str:
    """A turn of the dialogue in which facts are heard and consent is given; the case number."""
    with store.turns.begin(conversation_id, message_id) as turn:
        for name, value in facts.items():
            turn.case.facts[name] = Fact(value, words=f"words about {name}", message_id=message_id)
        turn.case.consent = Consent(True, "v1", "en", "whatsapp", store.database.now())
        turn.finish(replies=[{"response": "utter_ok"}])
        return turn.case.number
