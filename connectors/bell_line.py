"""Carries the rings of bells between processes through Redis, so that a reply made elsewhere shows.

Only hints travel: the name of a bell and the id of a conversation. A ring that is lost (Redis away,
a slow reader) costs the listener its next look into the database, a quarter of a second later.
Rings are gathered for a moment, so that a busy service sends dozens of lines a second and not
thousands.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from connectors.bell import Bell

log = logging.getLogger(__name__)

CHANNEL: Final = "intake:bells"
GATHER_SECONDS: Final = 0.02
_AGAIN_SECONDS: Final = 1.0
# Beyond so many conversations at once everybody is woken, which says the same in one word.
_MOST_NAMED: Final = 200


class BellLine:
    """Run it as a task; `bells` go by the same names in every process."""

    def __init__(self, url: str, bells: Mapping[str, Bell]) -> None:
        self._url, self._bells = url, bells
        self._me = secrets.token_hex(8)
        self._rung: dict[str, set[str | None]] = {}
        self._news = asyncio.Event()
        for name, bell in bells.items():
            bell.carried_by(partial(self._note, name))

    async def run(self) -> None:
        """Carries until cancelled; while Redis is away it tries again and again."""
        while True:
            # A connection that says nothing is asked now and then whether it still lives.
            client = Redis.from_url(self._url, health_check_interval=15, socket_connect_timeout=2)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._listen(client))
                    both.create_task(self._tell(client))
            except* (RedisError, OSError) as errors:
                log.warning("bells are not carried: %s", type(errors.exceptions[0]).__name__)
            finally:
                with suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(_AGAIN_SECONDS)

    def _note(self, name: str, about: str | None) -> None:
        rung = self._rung.setdefault(name, set())
        rung.add(about if len(rung) < _MOST_NAMED else None)
        self._news.set()

    async def _tell(self, client: Redis) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            rung, self._rung = self._rung, {}
            named = {
                name: [] if None in about else sorted(map(str, about))
                for name, about in rung.items()
            }
            await client.publish(CHANNEL, json.dumps({"from": self._me, "rung": named}))

    async def _listen(self, client: Redis) -> None:
        async with client.pubsub() as line:
            await line.subscribe(CHANNEL)
            for bell in self._bells.values():
                bell.ring_here()  # whatever was missed until now
            while True:
                heard = await line.get_message(ignore_subscribe_messages=True, timeout=10.0)
                if heard is not None:
                    self._hear(heard["data"])

    def _hear(self, data: bytes) -> None:
        told = json.loads(data)
        if told["from"] == self._me:
            return
        for name, about in told["rung"].items():
            bell = self._bells.get(name)
            for key in about or [None]:
                if bell is not None:
                    bell.ring_here(key)
