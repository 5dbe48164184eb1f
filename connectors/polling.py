"""Telegram without a public address: asks for updates instead of being called.

Guarantee: the offset, which tells Telegram what to forget, moves only after the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from bot.store.errors import StoreUnavailable
from connectors.intake_door import Door
from connectors.provider_errors import SendError
from connectors.received_text import MalformedError
from connectors.telegram import AnswerPress, LeaveGroup, parse_update

log = logging.getLogger(__name__)

_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 5.0


class UpdateSource(Protocol):
    """What polling needs of the Bot API."""

    account: str

    async def updates(self, offset: int) -> list[dict[str, Any]]: ...

    async def delete_webhook(self) -> None: ...


class TelegramPolling:
    """Run it as a task; cancelling stops it between two batches or in the wait for one."""

    def __init__(
        self,
        source: UpdateSource,
        door: Door,
        run_errand: Callable[[AnswerPress | LeaveGroup], None],
    ) -> None:
        self._source, self._door, self._run_errand = source, door, run_errand
        self._offset = 0  # Telegram starts with the oldest update that was not confirmed

    async def run(self) -> None:
        """Polls until cancelled; every failure is waited out."""
        pause = _PAUSE
        registered = False
        while True:
            try:
                if not registered:
                    await self._source.delete_webhook()  # Telegram serves one way at a time
                    registered = True
                for update in await self._source.updates(self._offset):
                    await self._take(update)
                pause = _PAUSE
            except (SendError, StoreUnavailable) as error:
                log.warning("telegram polling waits: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _take(self, update: dict[str, Any]) -> None:
        try:
            heard = parse_update(update, self._source.account)
        except MalformedError as error:
            log.warning("telegram update is malformed: %s", error)
            identity = update.get("update_id")
            if isinstance(identity, int):
                self._offset = max(self._offset, identity + 1)
            return
        if heard.message is not None:
            await self._door.take(heard.message)
        self._offset = max(self._offset, heard.update_id + 1)
        if heard.errand is not None:
            self._run_errand(heard.errand)
