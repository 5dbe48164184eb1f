"""Puts a case into the coordinators' queue for what happened outside the dialogue: something did
not get through to its person, or the person changed words that a coordinator has read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot.store.cases import current_row
from bot.store.database import Database
from bot.store.ranking import place

# Why: shown with the case; `console` has the words.
WAITS: Final = "delivery_waits"
FAILED: Final = "delivery_failed"
UNANSWERED: Final = "not_answered"
CHANGED: Final = "changed_words"


class Attention:
    """The same as a step of its own."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def ask_for(self, conversation_id: str, reason: str) -> None:
        """Have a coordinator look at the conversation's case, if there is one."""
        with self._db.write() as session:
            if self._db.lock_conversation(session, conversation_id) is not None:
                ask_for(session, conversation_id, reason, self._db.now())


def ask_for(session: Session, conversation_id: str, reason: str, now: datetime) -> None:
    """Have a coordinator look at the conversation's case (locked by the caller), if there is one.

    A reason that stands there already is not noted twice, but the case waits again.
    """
    row = current_row(session, conversation_id)
    if row is None:
        return
    memory = row.dialogue.get("memory", {})
    alerts = memory.get("alerts", [])
    row.dialogue = {
        **row.dialogue,
        "handover_reason": row.dialogue.get("handover_reason") or reason,
        "memory": {**memory, "alerts": alerts if reason in alerts else [*alerts, reason]},
    }
    row.waiting_since = row.waiting_since or now
    place(row, now)
