"""How long each kind of data is kept, and the job that removes what is over its time.

Guarantee: what a dry run counts, a run at the same moment removes (a file that goes with its
conversation is counted with both). Every step is a transaction of its own, so that the job can be
broken off and run again, by any number of processes.
What nobody agreed to is not a matter of settings: it is gone within 24 hours (`erasure`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import aliased

from bot.store.case_tables import CaseRow
from bot.store.database import Database
from bot.store.desk_tables import Misreading
from bot.store.erasure import Erasure
from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.tables import Conversation, LinkCode, LoginSession, Message, Receipt, Turn

PAGE: Final = 200
# A file that no message names belongs to a message that was never stored, or is erased.
UNNAMED: Final = timedelta(hours=12)
ACTOR: Final = "retention"


@dataclass(frozen=True, slots=True)
class Periods:
    """How long after the last use each kind stays; None: as long as what it belongs to."""

    conversations: timedelta | None = None
    files: timedelta | None = None
    marks: timedelta | None = None
    replies: timedelta = timedelta(days=30)
    # No provider repeats a message after this time.
    receipts: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Due:
    """How much of one kind is over its time."""

    kind: str
    number: int


class Keeping:
    """The job, over one store."""

    def __init__(
        self, database: Database, erasure: Erasure, files: FileStore | None = None
    ) -> None:
        self._db, self._erasure, self._files = database, erasure, files

    def run(self, periods: Periods, *, dry_run: bool = False, with_files: bool = True) -> list[Due]:
        """Remove what is over its time; with `dry_run` only count it.

        Without `with_files` the messages are not read through for the files they name.
        """
        now = self._db.now()
        found = [
            Due("without consent, or asked to be forgotten", self._expired(dry_run)),
            Due("conversations", self._conversations(now, periods.conversations, dry_run)),
        ]
        if with_files:
            found.append(Due("files", self._old_files(now, periods.files, dry_run)))
            found.append(Due("files that no message names", self._unnamed_files(now, dry_run)))
        for kind, table, over in _rows(now, periods):
            found.append(Due(kind, self._rows_over(table, over, dry_run)))
        return found

    def _expired(self, dry_run: bool) -> int:
        if dry_run:
            return self._erasure.expired()
        number = 0
        while erased := len(self._erasure.purge()):
            number += erased
        return number

    def _conversations(self, now: datetime, period: timedelta | None, dry_run: bool) -> int:
        if period is None:
            return 0
        with self._db.read() as session:
            old = list(session.scalars(_silent_since(now - period)))
        if dry_run:
            return len(old)
        for conversation_id in old:
            with suppress(NotFound):  # another process was quicker
                self._erasure.erase(conversation_id, ACTOR, "kept for its time")
        return len(old)

    def _old_files(self, now: datetime, period: timedelta | None, dry_run: bool) -> int:
        if period is None or self._files is None:
            return 0
        number = 0
        for seq, conversation_id, keys in self._named(Message.created_at < now - period):
            number += len(keys)
            if not dry_run:
                self._forget_files(seq, conversation_id, self._files)
        return number

    def _forget_files(self, seq: int, conversation_id: str, files: FileStore) -> None:
        """The bytes go, the line of the transcript stays with the file's name."""
        with self._db.write() as session:
            self._db.lock_conversation(session, conversation_id)
            message = session.get(Message, seq)
            if message is None:
                return
            for key in _keys(message.body):
                files.remove(key)
            held = [{**file, "key": None} for file in message.body.get("files", ())]
            message.body = {**message.body, "files": held}

    def _unnamed_files(self, now: datetime, dry_run: bool) -> int:
        """Files are listed before messages: one that is stored meanwhile is too young to go."""
        if self._files is None:
            return 0
        old = set(self._files.older_than(now - UNNAMED))
        if not old:
            return 0
        for _, _, keys in self._named():
            old.difference_update(keys)
        if not dry_run:
            # One whose content came again meanwhile is young again.
            for key in sorted(old.intersection(self._files.older_than(now - UNNAMED))):
                self._files.remove(key)
        return len(old)

    def _named(self, *conditions: ColumnElement[bool]) -> Iterator[tuple[int, str, list[str]]]:
        """Messages that name stored files: `seq`, conversation, keys; oldest first."""
        last = 0
        while True:
            query = select(Message.seq, Message.conversation_id, Message.body)
            query = query.where(Message.seq > last, *conditions).order_by(Message.seq).limit(PAGE)
            with self._db.read() as session:
                rows = session.execute(query).all()
            for seq, conversation_id, body in rows:
                if keys := _keys(body):
                    yield seq, conversation_id, keys
            if len(rows) < PAGE:
                return
            last = rows[-1][0]

    def _rows_over(
        self, table: type[Any], over: Callable[[], ColumnElement[bool]] | None, dry_run: bool
    ) -> int:
        if over is None:
            return 0
        with self._db.read() as session:
            number = session.scalar(select(func.count()).select_from(table).where(over())) or 0
        if number and not dry_run:
            with self._db.write() as session:
                session.execute(delete(table).where(over()))
        return number


def _rows(
    now: datetime, periods: Periods
) -> Iterator[tuple[str, type[Any], Callable[[], ColumnElement[bool]] | None]]:
    marks = periods.marks
    yield (
        "messages marked as misunderstood",
        Misreading,
        None if marks is None else lambda: Misreading.created_at < now - marks,
    )
    yield "stored replies of turns", Turn, lambda: Turn.created_at < now - periods.replies
    yield (
        "hashes of provider message ids",
        Receipt,
        lambda: Receipt.received_at < now - periods.receipts,
    )
    yield "login sessions", LoginSession, lambda: LoginSession.expires_at <= now
    yield "codes that join two chats", LinkCode, lambda: LinkCode.expires_at <= now


def _silent_since(cutoff: datetime) -> Any:
    """Conversations in which, and in whose cases and other chats, nothing happened since then."""
    other = aliased(Conversation)
    busy_case = (
        select(CaseRow.number)
        .where(CaseRow.conversation_id == Conversation.id, CaseRow.updated_at >= cutoff)
        .exists()
    )
    last = func.coalesce(other.last_inbound_at, other.created_at)
    busy_chat = select(other.id).where(other.linked_to == Conversation.id, last >= cutoff).exists()
    return (
        select(Conversation.id)
        .where(Conversation.linked_to.is_(None), Conversation.expires_at.is_(None))
        .where(func.coalesce(Conversation.last_inbound_at, Conversation.created_at) < cutoff)
        .where(~busy_case, ~busy_chat)
        .order_by(Conversation.created_at)
    )


def _keys(body: Any) -> list[str]:
    return [file["key"] for file in body.get("files", ()) if file.get("key")]
