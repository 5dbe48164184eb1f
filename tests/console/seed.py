"""A database of realistic conversations, for the console's tests and screenshots.

Everybody in it is made up. Run it to look at the console:

    python -m tests.console.seed sqlite:///var/demo.db 8070
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.console import accounts, passwords
from bot.facts.case import Case, CaseState, Consent, Fact, FactSource, Purpose
from bot.settings import Settings
from bot.store import FileRef, InboundMessage, OutboundReply, ReplyButton, Store, new_key
from bot.store.messages import PULLED_CHANNELS, Kind
from tests.console.seed_results import ASSESSMENTS, CHECKLIST

PASSWORD = "four unrelated quiet words"
_ids = count(1)


class Clock:
    """The store's clock, moved by the script."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def after(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


@dataclass(frozen=True)
class Heard:
    """One message of a person, what it changed, and what the assistant answered."""

    text: str
    replies: Sequence[str | tuple[str, tuple[str, ...]]]
    facts: dict[str, tuple[Any, str] | tuple[Any, str, float]] = field(default_factory=dict)
    minutes: float = 2
    state: CaseState | None = None
    flags: tuple[str, ...] = ()
    consent: bool = False
    assessed: str | None = None
    question: str | None = None
    handover: str | None = None
    files: tuple[FileRef, ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class Person:
    """One person on one channel, and the whole conversation."""

    channel: str
    address: str
    name: str
    language: str
    hours_ago: float
    talk: tuple[Heard, ...]


HELLO = (
    "Hello, I am the intake assistant of a cancer-access service. I am not a doctor. I collect "
    "facts so that a specialist can look at them."
)
MAY_WE = ("May we store what you send, so that a coordinator can help?", ("Yes", "No", "Read more"))
NEXT = "A coordinator reads everything and answers within one business day."


def people() -> tuple[Person, ...]:
    """The conversations."""
    from tests.console.seed_people import PEOPLE

    return PEOPLE


def populate(store: Store, clock: Clock) -> dict[str, str]:
    """Play every conversation; gives case numbers by the person's name."""
    end, numbers = clock.now, {}
    for person in people():
        clock.now = end - timedelta(hours=person.hours_ago)
        conversation = ""
        for heard in person.talk:
            clock.after(heard.minutes)
            conversation = _turn(store, clock, person, heard)
        case = store.cases.by_conversation(conversation)
        assert case is not None
        numbers[person.name] = str(case.number)
    clock.now = end
    return numbers


def _turn(store: Store, clock: Clock, person: Person, heard: Heard) -> str:
    received = store.inbox.receive(
        InboundMessage(
            channel=person.channel,
            account="" if person.channel in PULLED_CHANNELS else "+15550100",
            provider_id=f"M{next(_ids):06d}",
            address=person.address,
            profile_name=person.name,
            kind=Kind.FILE if heard.files else Kind.TEXT,
            text=heard.text or None,
            files=heard.files,
            sent_at=clock.now,
        )
    )
    turn = store.inbox.claim("seed")
    assert turn is not None
    clock.after(0.05)
    with store.turns.begin(received.conversation_id, received.message_id) as open_turn:
        _learn(open_turn.case, person, heard, received.message_id, clock.now)
        kept = ASSESSMENTS.get(heard.assessed or "")
        open_turn.finish(
            replies=[], assessment=kept, checklist=CHECKLIST if heard.assessed else None
        )
    store.inbox.finish(turn, [_reply(r) for r in heard.replies])
    _deliver(store, person, heard.failed)
    return received.conversation_id


def _reply(reply: str | tuple[str, tuple[str, ...]]) -> OutboundReply:
    text, titles = (reply, ()) if isinstance(reply, str) else reply
    buttons = tuple(ReplyButton(title=title, payload="/move") for title in titles)
    return OutboundReply(text=text, buttons=buttons)


def _learn(case: Case, person: Person, heard: Heard, message: str, now: datetime) -> None:
    case.language = person.language
    for name, told in heard.facts.items():
        confidence = told[2] if len(told) == 3 else 1.0
        case.facts[name] = Fact(
            told[0], told[1], FactSource.SAID, message_id=message, confidence=confidence
        )
    case.flags.extend(f for f in heard.flags if f not in case.flags)
    if heard.consent:
        case.consent = Consent(True, "2026-06", person.language, person.channel, now)
        case.permissions = dict.fromkeys(Purpose, case.consent)
        case.state = CaseState.INTAKE
    if heard.question:
        case.open_questions.append(heard.question)
    case.handover_reason = heard.handover or case.handover_reason
    case.state = heard.state or case.state


def _deliver(store: Store, person: Person, failed: bool) -> None:
    while delivery := store.outbox.claim("seed", ["whatsapp", "telegram"]):
        if failed:
            store.outbox.mark_failed(delivery, "63016", retry=False)
            continue
        provider = f"P{next(_ids):06d}"
        store.outbox.mark_sent(delivery, provider)
        if person.channel == "whatsapp":
            store.outbox.status("delivered", provider_id=provider)
            store.outbox.status("read", provider_id=provider)


def account(store: Store, name: str, role: str, *, fresh: bool = False) -> None:
    """An account with the known password; `fresh` ones must change it first."""
    made = store.users.create(name, passwords.hashed(PASSWORD), role, must_change_password=fresh)
    assert made is not None


def demo(url: str, key: str) -> Store:
    """A migrated, populated store with one account of every role."""
    clock = Clock(datetime.now(UTC))
    store = Store.open(url, [key], clock)
    store.migrate()
    populate(store, clock)
    for role in ("coordinator", "lead", "auditor", "administrator"):
        account(store, role, role)
    return store


def main() -> None:
    """Serve a populated console."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from bot.console.app import create_console

    url, port = sys.argv[1], int(sys.argv[2])
    key = new_key()
    demo(url, key).close()
    store = Store.open(url, [key])
    first = accounts.create_user(store, "first")
    print(f"http://127.0.0.1:{port}/console  first / {first}", flush=True)
    settings = Settings(INTAKE_PUBLIC_URL=f"http://127.0.0.1:{port}")
    app = Starlette(routes=[Mount("/console", create_console(store, settings))])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
