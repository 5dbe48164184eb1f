"""People at the browser chat who send again what got no answer, as the page does."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from bot.store import Author, Store
from bot.store.messages import State
from tests.scale.fleet import Fleet

PATIENCE_SECONDS = 150
# What is told while something is down; it comes on top of the answers.
APOLOGY = "utter_apology"
_CASE_NUMBER = re.compile(r"\b[A-Z]{2,}-[A-Z0-9-]{4,}\b")


@dataclass
class Person:
    """One conversation through any of the gateways; `first` tells with which to begin."""

    fleet: Fleet
    name: str
    first: int
    said: list[str] = field(default_factory=list)
    # Where to knock, in turn; all gateways unless told otherwise.
    addresses: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Say it until a gateway has taken it, then wait until it was answered."""
        identity = f"{self.name}-{len(self.said)}"
        self.said.append(text)
        path = f"/webchat/{self.name}/messages"
        until = time.monotonic() + PATIENCE_SECONDS
        doors = self.addresses or [self.fleet.url(name) for name in self.fleet.names("gateway")]
        start = self.first + len(self.said)
        for door in itertools.islice(itertools.cycle(doors), start, None):
            if time.monotonic() > until:
                raise AssertionError(f"{self.name}: no answer to {text!r}")
            try:
                message = {"text": text, "id": identity}
                answer = httpx.post(door + path, json=message, timeout=40)
            except httpx.HTTPError:
                time.sleep(0.2)
                continue
            if answer.status_code == httpx.codes.OK:
                return
            time.sleep(0.2)  # stored and not answered yet, or refused: ask again

    def talk(self, script: Sequence[str]) -> None:
        """Say one after the other."""
        for text in script:
            self.say(text)


def heard(store: Store, name: str) -> list[str]:
    """What the person wrote and was answered, in order; "?" marks what was not answered."""
    found = store.conversations.by_address("webchat", name)
    lines = store.transcript(found.id, limit=200) if found else []
    return [
        f"{'' if line.state == State.DONE else '? '}{line.text}"
        for line in reversed(lines)
        if line.author is Author.PATIENT
    ]


def answered(store: Store, name: str) -> list[str]:
    """What the person was told, in order, without apologies and with no case number."""
    found = store.conversations.by_address("webchat", name)
    lines = store.transcript(found.id, limit=200) if found else []
    return [
        _CASE_NUMBER.sub("CASE", line.text or "")
        for line in reversed(lines)
        if line.author is Author.BOT and line.outgoing and line.outgoing.response != APOLOGY
    ]


def responses(store: Store, name: str) -> list[str]:
    """Which texts the person was told, by name; each has several wordings."""
    found = store.conversations.by_address("webchat", name)
    lines = store.transcript(found.id, limit=200) if found else []
    named = [line.outgoing.response or "" for line in reversed(lines) if line.outgoing]
    return [response for response in named if response != APOLOGY]
