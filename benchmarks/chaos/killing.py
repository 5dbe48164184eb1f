"""Kills processes of a running service at random moments and starts them again."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx

from tests.service import Service

PARTS: Final = ("gateway", "actions", "engine")


@dataclass
class Killer:
    """Kills each part `times` times, with pauses between `shortest` and `longest` seconds."""

    service: Service
    times: int
    chance: random.Random
    shortest: float = 1.0
    longest: float = 8.0
    kills: Counter[str] = field(default_factory=Counter)
    moments: list[tuple[datetime, str]] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Until every part was killed often enough, or there is no time left to begin another."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and (
            left := [part for part in PARTS if self.kills[part] < self.times]
        ):
            await asyncio.sleep(self.chance.uniform(self.shortest, self.longest))
            part = self.chance.choice(left)
            await asyncio.to_thread(self.service.kill, part)
            self.moments.append((datetime.now(UTC), part))
            self.kills[part] += 1
            await asyncio.sleep(self.chance.uniform(0.0, 1.0))
            self.service.start(part)
            # A part that is killed again before it lived is no new test.
            await self._alive(part)

    async def _alive(self, part: str) -> None:
        environment = self.service.environment
        address = {
            "gateway": f"{self.service.url}/healthz",
            "actions": f"{environment['INTAKE_ACTIONS_URL']}/health",
            "engine": f"{environment['INTAKE_ENGINE_URL']}/webhooks/intake/",
        }[part]
        async with httpx.AsyncClient(timeout=2) as client:
            for _ in range(600):
                try:
                    if (await client.get(address)).is_success:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.2)
        raise RuntimeError(f"{part} did not come back")
