"""The pipeline's parts around a real store: an engine and a provider to command, and runners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.store import Store
from bot.store.records import Delivery
from connectors.bell import Bell
from connectors.engine_client import EngineClient
from connectors.sender import Sender
from connectors.worker import Worker
from tests.connectors.waiting import LONGEST_SECONDS
from tests.standins.engine import EngineStandIn


def engine_of(standin: EngineStandIn) -> EngineClient:
    """A client of the stand-in, over the real protocol without a port."""
    transport = httpx.ASGITransport(app=standin.app())
    return EngineClient("http://engine", standin.token, transport)


@dataclass
class ProviderStandIn:
    """A messenger that keeps what it was sent and fails as told (one error a try, then none)."""

    channel: str = "whatsapp"
    errors: list[Exception] = field(default_factory=list)
    # Told to lose its answers, it takes a message and then fails.
    loses_answers: int = 0
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> str:
        """Take a message."""
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append((delivery.address, delivery.content.text or ""))
        if self.loses_answers:
            self.loses_answers -= 1
            raise TimeoutErrorOfProvider
        return f"{self.channel}-{len(self.sent)}"

    @property
    def texts(self) -> list[str]:
        """What arrived, in order."""
        return [text for _address, text in self.sent]


class AskableProvider(ProviderStandIn):
    """A messenger that can be asked what it has sent."""

    async def find_sent(
        self, delivery: Delivery, taken: frozenset[str] = frozenset()
    ) -> str | None:
        """The id of the same words to the same person, unless it is another row's."""
        for number, message in enumerate(self.sent, 1):
            found = f"{self.channel}-{number}"
            if message == (delivery.address, delivery.content.text) and found not in taken:
                return found
        return None


class TimeoutErrorOfProvider(RuntimeError):
    """The process dies here: nobody records that the message went out."""


@asynccontextmanager
async def running(*parts: Worker | Sender) -> AsyncIterator[None]:
    """Runs workers and senders for as long as the block takes, then stops them gracefully."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for part in parts:
            part.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), LONGEST_SECONDS)


async def until(done: Callable[[], Any], seconds: float = LONGEST_SECONDS) -> None:
    """Wait until `done` is true."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(done):
            await asyncio.sleep(0.02)


@dataclass
class Bells:
    """The bells of one process."""

    arrived: Bell = field(default_factory=Bell)
    answered: Bell = field(default_factory=Bell)
    to_send: Bell = field(default_factory=Bell)


def worker_of(store: Store, engine: EngineClient, bells: Bells, **options: Any) -> Worker:
    """A worker."""
    return Worker(
        store,
        engine,
        arrived=bells.arrived,
        answered=bells.answered,
        to_send=bells.to_send,
        **options,
    )


def sender_of(store: Store, clients: Iterable[Any], bells: Bells, **options: Any) -> Sender:
    """A sender."""
    return Sender(store, list(clients), to_send=bells.to_send, **options)
