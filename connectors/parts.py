"""The parts of the service that may run in processes of their own, any number of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Part(StrEnum):
    """What a process does; one process may do all of it."""

    # Webhooks, browser chat, console: takes messages in.
    WEB = "web"
    # Takes the turns, fetches and reads files, looks for messages that never arrived.
    WORKER = "worker"
    # Hands replies to the providers; reminders, erasure of what has expired.
    SENDER = "sender"


ALL: Final = frozenset(Part)
