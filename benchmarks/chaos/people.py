"""People who hold the same conversation whatever happens around them.

Each begins in their own words, most in pieces, and answers what the case asks, from a fixed list or
by a tap; some send a paper. A person goes on when the last message was answered. So the final case
depends on nothing but what was said.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.chaos.providers import Providers
from bot.store import Store
from bot.store.messages import State
from tests.records.paper_files import text_pdf

LONGEST_TALK: Final = 40
TWILIO_ACCOUNT: Final = "+14155238886"
TELEGRAM_ACCOUNT: Final = "123456"

# What people begin with; several texts are sent one right after the other.
BEGINNINGS: Final = (
    ("My mother has ovarian cancer stage 3c", "chemo stopped working, we are in Dhaka"),
    ("Hi, I have breast cancer, HER2 positive, in Kolkata",),
    ("my father has lung cancer stage 4", "he had six cycles of carboplatin", "lives in Nairobi"),
    ("hello", "can you help us?"),
    ("Myeloma came back after transplant", "we live in Lagos"),
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
# Shares of answers that are tapped where choices are shown, and of taps followed by a word.
TAPPED, THANKED = 0.5, 0.3
THANKS: Final = "thank you"
# Every so manieth person sends a paper as their so manieth message.
PAPER_OF, PAPER_AT = 3, 4
PAPER: Final = (
    "City Hospital, Department of Pathology\n\nHISTOPATHOLOGY REPORT\n\nDate: 3 November 2026\n"
    "Specimen: omentum, biopsy.\nDiagnosis: high grade serous carcinoma.\n"
)
Choice = tuple[str, str]  # title, token


class Answered:
    """Which incoming messages have been answered: one look at the database serves everybody."""

    def __init__(self, store: Store, every: float = 0.3) -> None:
        self._store, self._every = store, every
        self.done: set[str] = set()
        self.sending: set[str] = set()  # conversations with something still to be sent
        self._news = asyncio.Event()

    async def watch(self) -> None:
        """Looks again and again, until cancelled."""
        while True:
            self.done, self.sending = await asyncio.to_thread(self._look)
            self._news.set()
            self._news = asyncio.Event()
            await asyncio.sleep(self._every)

    async def sent_to(self, conversation_id: str, seconds: float) -> None:
        """Until everything written to a person has been sent."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
                while conversation_id in self.sending:
                    await self._news.wait()

    async def wait_for(self, keys: set[str], seconds: float) -> bool:
        """Until all of these were answered; False when it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                while not keys <= self.done:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _look(self) -> tuple[set[str], set[str]]:
        query = (
            "SELECT m.provider_id FROM messages m WHERE m.author = 'patient' AND m.state IN (?, ?)"
        )
        with self._store.database.engine.connect() as connection:
            rows = connection.exec_driver_sql(query, (State.DONE.value, State.DEAD.value)).all()
            waiting = "SELECT conversation_id FROM due WHERE queue = 'outbox'"
            due = connection.exec_driver_sql(waiting).all()
        return {str(row[0]) for row in rows}, {str(row[0]) for row in due}


@dataclass
class Person:
    """One conversation; `sent` are the keys of what was said, in order."""

    number: int
    channel: str
    providers: Providers
    store: Store
    answered: Answered
    patience: float
    spread: float  # everybody begins within so many seconds
    sent: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)  # keys of messages with a file
    taps: int = 0
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
        await asyncio.sleep(pause.uniform(0, self.spread))
        await self._say(*BEGINNINGS[self.number % len(BEGINNINGS)])
        said = 1
        while not self.stuck and len(self.sent) < LONGEST_TALK:
            said += 1
            taps, thanks = pause.random() < TAPPED, pause.random() < THANKED
            await asyncio.sleep(pause.uniform(0.2, 2.0))
            if said == PAPER_AT and self.number % PAPER_OF == 0:
                await self._send_paper()
                continue
            wanted = await asyncio.to_thread(self._next)
            if wanted is None:
                return
            text, titles = wanted
            choice = await self._choice(titles) if taps else None
            if choice is None:
                await self._say(text)
            else:
                await self._tap(choice, THANKS if thanks else None)

    def _next(self) -> tuple[str, tuple[str, ...]] | None:
        """What to type, and how the buttons begin that may be tapped instead (any, if none)."""
        case = self.store.cases.by_conversation(self.conversation_id or "")
        if case is None:
            return None
        if case.state == "consent":
            return "yes", ("yes", "i agree")
        if case.state == "confirm":
            return "yes, that is right", ("yes",)
        if case.state in ("intake", "emergency") and case.asks:
            return ANSWERS.get(case.asks, OTHERWISE), ()
        return None

    async def _choice(self, titles: tuple[str, ...]) -> Choice | None:
        """The first fitting button of the last message, once that has arrived."""
        conversation_id = await asyncio.to_thread(lambda: self.conversation_id)
        await self.answered.sent_to(conversation_id or "", self.patience)
        shown = self.providers.choices(self.channel, self.address)
        return next((c for c in shown if not titles or c[0].lower().startswith(titles)), None)

    async def _tap(self, choice: Choice, word: str | None) -> None:
        """Presses a button; a word may follow at once."""
        self.taps += 1
        if self.channel == "whatsapp":
            messages = [self.providers.tapped_on_whatsapp(self.address, *choice)]
            messages += [self.providers.twilio.inbound(self.address, word)] if word else []
            await self._sent(self.providers.whatsapp(*messages))
            return
        user = int(self.address)
        updates = [self.providers.tapped_on_telegram(user, choice[1])]
        updates += [self.providers.telegram.message(user, text=word)] if word else []
        await self._on_telegram(updates)

    async def _send_paper(self) -> None:
        data = text_pdf(PAPER)
        if self.channel == "whatsapp":
            keys = self.providers.whatsapp(self.providers.paper_on_whatsapp(self.address, data))
            self.papers += keys
            await self._sent(keys)
        else:
            update = self.providers.paper_on_telegram(int(self.address), data)
            self.papers.append(_key(update))
            await self._on_telegram([update])

    async def _say(self, *texts: str) -> None:
        if self.channel == "whatsapp":
            messages = [self.providers.twilio.inbound(self.address, text) for text in texts]
            await self._sent(self.providers.whatsapp(*messages))
        else:
            user = int(self.address)
            await self._on_telegram(
                [self.providers.telegram.message(user, text=text) for text in texts]
            )

    async def _on_telegram(self, updates: Sequence[dict[str, Any]]) -> None:
        self.providers.on_telegram(*updates)
        await self._sent([_key(update) for update in updates])

    async def _sent(self, keys: Sequence[str]) -> None:
        self.sent += keys
        self.stuck = not await self.answered.wait_for(set(keys), self.patience)


def _key(update: dict[str, Any]) -> str:
    """What our own table calls a Telegram message or tap."""
    message = update.get("message")
    return str(message["message_id"] if message else update["update_id"])


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
