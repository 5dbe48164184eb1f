"""Turns of the dialogue: a message changes its case once, whoever asks how often.

Guarantee: the change of the case, its assessment and checklist and the replies are stored in one
transaction under the message's id; asked again, the stored replies are given back. No lock is held
while the dialogue thinks: a case that was changed meanwhile raises TurnConflict and nothing is
stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from bot.facts.case import Case
from bot.store import cases, checklists, consents
from bot.store.conversations import ASKED_TO_STOP, keep_until
from bot.store.database import Database, insert_new
from bot.store.errors import NotFound, TurnConflict
from bot.store.tables import Conversation
from bot.store.tables import Turn as TurnRow

# A wish to be forgotten is carried out when the last reply had time to be fetched.
ERASE_AFTER = timedelta(seconds=20)


# Built once: building a statement costs as much as running it.
_TAKEN = select(TurnRow.conversation_id, TurnRow.replies).where(
    TurnRow.message_id == bindparam("message")
)


class Turn:
    """One turn: read `case` (and `already`), change the case, then `finish`."""

    def __init__(
        self,
        database: Database,
        door: str,
        message_id: str,
        case: Case,
        version: int,
        already: Any,
    ) -> None:
        self._door = door  # where it was said; the case may be shared with other conversations
        self.case = case
        case.memory.pop("stopped", None)  # who writes again may be answered again
        self.already: list[Any] | None = already
        self._before = deepcopy(case)
        self._db = database
        self._message_id = message_id
        self._version = version

    def finish(
        self, *, replies: Sequence[Any], assessment: Any = None, checklist: Any = None
    ) -> None:
        """Store the turn. `replies` are JSON values; `assessment` and `checklist` wire forms.

        Raises TurnConflict when the case changed or the message was answered in the meantime.
        """
        now = self._db.now()
        conversation_id = self.case.conversation_id
        # Lost with the power, it is taken again: the message is "done" only after this, in a
        # commit that waits for the disk and for everything before it.
        with self._db.write(relaxed=True) as session:
            conversation = self._db.lock_addressee(session, conversation_id)
            row = cases.head(session, conversation_id)
            if conversation is None or row is None:
                raise NotFound(conversation_id)
            stored = insert_new(
                session,
                TurnRow,
                {
                    "message_id": self._message_id,
                    "conversation_id": self._door,
                    "replies": list(replies),
                    "created_at": now,
                },
            )
            if not stored or row.version != self._version or row.number != self.case.number:
                raise TurnConflict(conversation_id)
            more = {}
            if checklist is not None:
                more["missing_critical"] = checklists.save(
                    session, self._db.cipher, row.number, checklist, now
                )
            cases.save_turn(session, self._db.cipher, row, self.case, self._before, now, **more)
            consents.note(session, self._before, self.case, now)
            if assessment is not None:
                cases.save_assessment(
                    session, row.number, self.case, assessment, self._message_id, now
                )
            expires_at = _expiry(conversation.expires_at, self.case, now)
            if expires_at != conversation.expires_at:
                keep_until(session, conversation_id, expires_at)
            if self.case.memory.get("stopped"):
                door = session.get_one(Conversation, self._door)
                door.stopped_at, door.stop_reason = now, ASKED_TO_STOP


def _expiry(kept_until: datetime | None, case: Case, now: datetime) -> datetime | None:
    """How long the conversation is kept after the turn; None: until its person asks to erase it."""
    if case.memory.get("erase"):
        return now + ERASE_AFTER
    if case.consent is not None and case.consent.given:
        return None
    return kept_until


class Turns:
    """Opening turns."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @contextmanager
    def begin(self, conversation_id: str, message_id: str) -> Iterator[Turn]:
        """The turn of a message; the case is created with the first one."""
        with self._db.read() as session:
            connection = session.connection()
            taken = connection.execute(_TAKEN, {"message": message_id}).one_or_none()
            if taken is not None and taken.conversation_id != conversation_id:
                raise NotFound(conversation_id)
            row = cases.stored(session, conversation_id)
            if row is not None:
                case, version = cases.load(session, row), row.version
        if row is None:
            case, version = self._first(conversation_id)
        already = taken.replies if taken else None
        yield Turn(self._db, conversation_id, message_id, case, version, already)

    def _first(self, conversation_id: str) -> tuple[Case, int]:
        with self._db.write() as session:
            conversation = self._db.lock_conversation(session, conversation_id)
            if conversation is None:
                raise NotFound(conversation_id)
            row = cases.create(session, conversation_id, conversation.channel, self._db.now())
            return cases.load(session, row), row.version
