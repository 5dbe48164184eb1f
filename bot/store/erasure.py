"""Forgetting: erasing a conversation with all that belongs to it, and the retention job.

Guarantee: after `erase` no file, and no row of any table, holds anything of the conversation but
the audit entry (ids only) and the keyed hashes of the provider's message ids, without which a
provider's late retry would bring an erased message back. Whoever holds the conversation at that
moment loses the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from bot.store.audit import record, remove_reasons
from bot.store.case_tables import (
    AssessmentRow,
    CaseRow,
    CaseTerm,
    ChecklistRow,
    FactRow,
    Note,
    Tag,
)
from bot.store.database import Database
from bot.store.desk_tables import Mention, Misreading, Objection
from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.index_tables import IndexedWord, TalkFigures
from bot.store.records import Erased
from bot.store.tables import (
    Button,
    Conversation,
    DeliveryEvent,
    Due,
    LinkCode,
    Message,
    Receipt,
    Turn,
)

BY_CONVERSATION: tuple[type[Any], ...] = (
    *(Message, Button, Due, Turn, CaseRow),
    *(IndexedWord, TalkFigures),
)
BY_CASE: tuple[type[Any], ...] = (
    *(FactRow, CaseTerm, AssessmentRow, ChecklistRow, Note, Tag),
    *(Misreading, Objection, Mention),
)
# A conversation still at work is let finish before it expires, but no longer than this: together
# with `conversations.LAST_WORK` nothing without consent is kept for more than 24 hours.
PATIENCE = timedelta(minutes=25)


class Erasure:
    """Erasing at once, and what has expired."""

    def __init__(self, database: Database, files: FileStore | None = None) -> None:
        self._db = database
        self._files = files
        self._told: list[Callable[[str], None]] = []

    def tell(self, listener: Callable[[str], None]) -> None:
        """Have somebody who remembers turns outside the store told of each erasure, after it."""
        self._told.append(listener)

    def preview(self, conversation_id: str) -> Erased:
        """What an erasure would remove."""
        with self._db.read() as session:
            return _count(session, conversation_id)

    def erase(
        self, conversation_id: str, actor: str = "patient", reason: str | None = None
    ) -> Erased:
        """Remove everything of a conversation and say so in the audit log, in one transaction.

        Chats that share its case are erased before it.
        """
        for linked in self._linked(conversation_id):
            with suppress(NotFound):  # another process was quicker
                self.erase(linked, actor, reason)
        with self._db.write() as session:
            if self._db.lock_conversation(session, conversation_id) is None:
                raise NotFound(conversation_id)
            erased = _count(session, conversation_id)
            # Files go first: after a crash here the rows still name them and are erased again.
            if self._files is not None:
                for key in erased.file_keys:
                    self._files.remove(key)
            numbers = select(CaseRow.number).where(CaseRow.conversation_id == conversation_id)
            objects = [f"case:{number}" for number in session.scalars(numbers)]
            remove_reasons(session, [f"conversation:{conversation_id}", *objects])
            session.execute(
                update(Receipt)
                .where(Receipt.conversation_id == conversation_id)
                .values(message_id=None, conversation_id=None)
            )
            session.execute(delete(LinkCode).where(LinkCode.asked_by == conversation_id))
            session.execute(delete(Conversation).where(Conversation.id == conversation_id))
            object_ = f"conversation:{conversation_id}"
            record(session, self._db.now(), actor, "conversation.erase", object_, reason)
        self._db.forget_log()
        for listener in self._told:
            listener(conversation_id)
        return erased

    def _linked(self, conversation_id: str) -> list[str]:
        with self._db.read() as session:
            linked = select(Conversation.id).where(Conversation.linked_to == conversation_id)
            return list(session.scalars(linked))

    def expired(self) -> int:
        """How many conversations `purge` would erase by and by."""
        with self._db.read() as session:
            due = _expired(self._db.now()).order_by(None).subquery()
            return session.scalar(select(func.count()).select_from(due)) or 0

    def purge(self, dry_run: bool = False, limit: int = 100) -> list[Erased]:
        """Erase what has expired: never consented within a day, or asked to be forgotten."""
        now = self._db.now()
        with self._db.read() as session:
            expired = list(session.scalars(_expired(now).limit(limit)))
        if dry_run:
            return [self.preview(conversation_id) for conversation_id in expired]
        erased = []
        for conversation_id in expired:
            try:
                erased.append(self.erase(conversation_id, "retention", "expired"))
            except NotFound:  # another process was quicker
                continue
        return erased


def _expired(now: datetime) -> Select[str]:
    at_work = exists().where(Due.conversation_id == Conversation.id)
    return (
        select(Conversation.id)
        .where(Conversation.expires_at <= now)
        .where(or_(~at_work, Conversation.expires_at <= now - PATIENCE))
        .order_by(Conversation.expires_at)
    )


def _count(session: Session, conversation_id: str) -> Erased:
    rows = {"conversations": 1}
    for table in BY_CONVERSATION:
        rows[table.__tablename__] = _number(
            session, table, table.conversation_id == conversation_id
        )
    numbers = select(CaseRow.number).where(CaseRow.conversation_id == conversation_id)
    for table in BY_CASE:
        rows[table.__tablename__] = _number(session, table, table.case_number.in_(numbers))
    messages = select(Message.id).where(Message.conversation_id == conversation_id)
    rows["delivery_events"] = _number(
        session, DeliveryEvent, DeliveryEvent.message_id.in_(messages)
    )
    kept = {name: number for name, number in rows.items() if number}
    return Erased(conversation_id, kept, _file_keys(session, conversation_id))


def _file_keys(session: Session, conversation_id: str) -> tuple[str, ...]:
    bodies = session.scalars(select(Message.body).where(Message.conversation_id == conversation_id))
    keys = [file.get("key") for body in bodies for file in body.get("files", ())]
    return tuple(dict.fromkeys(key for key in keys if key))


def _number(session: Session, table: type[Any], where: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(where)) or 0
