"""People who hold the same conversation whatever happens around them.

Each begins in their own words, now and then in pieces, and answers what the case asks, from a fixed
list; a person goes on when the last message was answered. So the final case depends on nothing but
what was said.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.chaos.providers import Providers
from bot.store import Store
from bot.store.messages import State

LONGEST_TALK: Final = 40
TWILIO_ACCOUNT: Final = "+14155238886"
TELEGRAM_ACCOUNT: Final = "123456"

# What people begin with; two texts are sent one right after the other.
BEGINNINGS: Final = (
    ("My mother has ovarian cancer stage 3c", "chemo stopped working, we are in Dhaka"),
    ("Hi, I have breast cancer, HER2 positive, in Kolkata",),
    ("my father has lung cancer stage 4", "he had six cycles of carboplatin, lives in Nairobi"),
    ("hello",),
    ("Myeloma came back after transplant, we live in Lagos",),
)
ANSWERS: Final[Mapping[str, str]] = {
    "cancer_type": "ovarian cancer",
    "treatments": "six cycles of carboplatin and paclitaxel",
    "country": "Bangladesh",
    "city": "Dhaka",
    "extent": "spread to the belly",
    "disease_status": "it is growing again",
    "age_years": "58",
    "histology_confirmed": "yes",
    "user_role": "writing for my mother",
}
OTHERWISE: Final = "I don't know"


class Answered:
    """Which incoming messages have been answered: one look at the database serves everybody."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.done: set[str] = set()
        self._news = asyncio.Event()

    async def watch(self) -> None:
        """Looks again and again, until cancelled."""
        while True:
            self.done = await asyncio.to_thread(self._look)
            self._news.set()
            self._news = asyncio.Event()
            await asyncio.sleep(0.3)

    async def wait_for(self, keys: set[str], seconds: float) -> bool:
        """Until all of these were answered; False when it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                while not keys <= self.done:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _look(self) -> set[str]:
        query = (
            "SELECT m.provider_id FROM messages m WHERE m.author = 'patient' AND m.state IN (?, ?)"
        )
        with self._store.database.engine.connect() as connection:
            rows = connection.exec_driver_sql(query, (State.DONE.value, State.DEAD.value))
            return {str(row[0]) for row in rows}


@dataclass
class Person:
    """One conversation; `sent` are the keys of what was said, in order."""

    number: int
    channel: str
    providers: Providers
    store: Store
    answered: Answered
    patience: float
    sent: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stuck: bool = False

    @property
    def address(self) -> str:
        """The person's id on the channel."""
        if self.channel == "whatsapp":
            return f"+88017{self.number:08d}"
        return str(5000 + self.number)

    @property
    def conversation_id(self) -> str | None:
        """Our own id of the conversation."""
        account = TWILIO_ACCOUNT if self.channel == "whatsapp" else TELEGRAM_ACCOUNT
        found = self.store.conversations.by_address(self.channel, self.address, account)
        return found.id if found else None

    async def talk(self) -> None:
        """The whole conversation, up to the result."""
        pause = random.Random(self.number)
        await asyncio.sleep(pause.uniform(0, 5))
        await self._say(*BEGINNINGS[self.number % len(BEGINNINGS)])
        while not self.stuck and len(self.sent) < LONGEST_TALK:
            text = await asyncio.to_thread(self._next)
            if text is None:
                return
            await asyncio.sleep(pause.uniform(0.2, 2.0))
            await self._say(text)

    def _next(self) -> str | None:
        case = self.store.cases.by_conversation(self.conversation_id or "")
        if case is None:
            return None
        if case.state == "consent":
            return "yes"
        if case.state == "confirm":
            return "yes, that is right"
        if case.state in ("intake", "emergency") and case.asks:
            return ANSWERS.get(case.asks, OTHERWISE)
        return None

    async def _say(self, *texts: str) -> None:
        self.texts += texts
        if self.channel == "whatsapp":
            keys = self.providers.whatsapp(self.address, *texts)
        else:
            user = int(self.address)
            updates = [self.providers.telegram.message(user, text=text) for text in texts]
            self.providers.on_telegram(*updates)
            keys = [str(update["message"]["message_id"]) for update in updates]
        self.sent += keys
        self.stuck = not await self.answered.wait_for(set(keys), self.patience)


def fingerprint(store: Store, person: Person) -> dict[str, Any]:
    """What must not depend on the bad day: the final case."""
    case = store.cases.by_conversation(person.conversation_id or "")
    if case is None:
        return {}
    facts = {name: fact.value for name, fact in sorted(case.facts.items())}
    return {
        "state": str(case.state),
        "asks": case.asks,
        "facts": facts,
        "flags": sorted(case.flags),
        "consent": case.consent is not None and case.consent.given,
    }
