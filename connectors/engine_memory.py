"""Tells every engine to drop what it remembers of a conversation that was erased.

An engine keeps the last turns of a conversation in its memory only. One that cannot be reached is
named in the log: what it holds goes with its next restart, or when newer conversations push it out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import httpx

from bot.settings import Settings
from connectors.tls import trust

log = logging.getLogger(__name__)

SECONDS: Final = 2.0
PATH: Final = "/webhooks/intake/forget"


def forgetting(configuration: Settings) -> Callable[[str], None]:
    """What the store calls with the id of each conversation that it has erased."""
    urls = [url.strip().rstrip("/") for url in configuration.engine_url.split(",") if url.strip()]
    token = configuration.engine_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    def forget(conversation_id: str) -> None:
        body = {"conversation": conversation_id}
        for number, url in enumerate(urls, 1):
            try:
                answer = httpx.post(
                    url + PATH, json=body, headers=headers, timeout=SECONDS, verify=trust()
                )
                answer.raise_for_status()
            except httpx.HTTPError as error:
                log.warning("engine %d keeps an erased turn: %s", number, type(error).__name__)

    return forget
