"""Files that people sent: which are still at the provider, what came of each, and saying so.

Guarantee: what came of a file is taken up by the turn of its message, or, when that was answered
earlier, by a turn of its own; both are decided under the conversation's lock, so that nothing is
told by neither. After a crash it may be told twice; the dialogue knows a file by its id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.store.crypto import new_id
from bot.store.database import Database, put
from bot.store.messages import Author, FileRef, InboundMessage, Kind, State
from bot.store.queue import INBOX, Work, put_due
from bot.store.tables import Conversation, Message

WITH_FILES = (Kind.FILE, Kind.VOICE, Kind.CONTACT)


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One file of a message; `id` names it in the case."""

    seq: int
    message_id: str
    conversation_id: str
    channel: str
    position: int
    file: FileRef
    caption: str

    @property
    def id(self) -> str:
        """The same for as long as the message is kept."""
        return f"{self.message_id}/{self.position}"


@dataclass(frozen=True, slots=True)
class Awaited:
    """Files to look at, the `seq` looked up to, and whether that was all."""

    files: tuple[ReceivedFile, ...]
    seq: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """How many files of a person are stored, and how many bytes."""

    files: int
    stored: int


class ReceivedFiles:
    """Looks files up and completes them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def awaited(self, since: datetime, after: int = 0, limit: int = 200) -> Awaited:
        """Files of which is not known yet what they are, of messages since then with a higher
        `seq` than `after`, oldest first; looks at up to `limit` messages."""
        query = (
            select(Message)
            .where(Message.author == Author.PATIENT, Message.kind.in_(WITH_FILES))
            .where(Message.seq > after, Message.created_at >= since)
            .order_by(Message.seq)
            .limit(limit)
        )
        with self._db.read() as session:
            newest = session.scalar(select(func.max(Message.seq))) or 0
            rows = list(session.scalars(query))
            files = [found for row in rows for found in _files(row) if not found.file.settled]
            # Messages without files need not be passed over again.
            complete = len(rows) < limit
            return Awaited(tuple(files), newest if complete else rows[-1].seq, complete)

    def of(self, message_ids: Sequence[str]) -> list[ReceivedFile]:
        """The files of these messages, in their order."""
        with self._db.read() as session:
            rows = session.scalars(
                select(Message).where(Message.id.in_(message_ids)).order_by(Message.seq)
            )
            return [found for row in rows for found in _files(row)]

    def usage(self, conversation_id: str, since: datetime) -> Usage:
        """What is stored of what a person sent since then."""
        query = (
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.created_at >= since)
            .where(Message.author == Author.PATIENT, Message.kind.in_(WITH_FILES))
        )
        with self._db.read() as session:
            files = [f.file for row in session.scalars(query) for f in _files(row) if f.file.key]
        return Usage(len(files), sum(file.size or 0 for file in files))

    def keep(self, received: ReceivedFile, key: str, size: int) -> bool:
        """Notes where a file is kept; False when its message was erased: the caller then removes
        what it stored. Another process may have stored the same file under the same key."""
        return self._complete(received, {"key": key, "size": size})

    def settle(
        self,
        received: ReceivedFile,
        *,
        problem: str | None = None,
        match: Any = None,
        keep: bool = True,
    ) -> bool:
        """Notes what came of a file; one whose turn is over is told by a turn of its own.

        False when the message was erased. Without `keep` its key goes: the caller removes the
        bytes.
        """
        values = {"problem": problem, "match": match} | ({} if keep else {"key": None})
        return self._complete(received, values, tell=True)

    def taken_up(self, message_ids: Sequence[str], ids: Collection[str]) -> None:
        """The turn of these messages is over and has spoken of these files; the other settled
        ones are told by a turn of their own."""
        with self._db.write() as session:
            for row in session.scalars(select(Message).where(Message.id.in_(message_ids))):
                if self._db.lock_conversation(session, row.conversation_id) is None:
                    continue
                session.refresh(row)
                told = [f.position for f in _files(row) if f.id in ids]
                if told:
                    _mark_told(row, told)
                self._tell(session, row)

    def repair(self, since: datetime, until: datetime) -> int:
        """Tells what a crash kept from being told; gives how many messages had such files."""
        query = (
            select(Message.id)
            .where(Message.author == Author.PATIENT, Message.kind.in_(WITH_FILES))
            .where(Message.created_at >= since, Message.updated_at <= until)
            .where(Message.state == State.DONE)
        )
        with self._db.read() as session:
            ids = list(session.scalars(query))
        left = {f.message_id for f in self.of(ids) if f.file.settled and not f.file.told}
        for message_id in left:
            self.taken_up([message_id], ())
        return len(left)

    def _complete(
        self, received: ReceivedFile, values: dict[str, Any], *, tell: bool = False
    ) -> bool:
        with self._db.write() as session:
            self._db.lock_conversation(session, received.conversation_id)
            row = session.scalar(select(Message).where(Message.id == received.message_id))
            if row is None:
                return False
            message = InboundMessage.model_validate(row.body)
            if received.position >= len(message.files):
                return False
            _put_back(row, message, {received.position: values})
            if tell:
                self._tell(session, row)
            return True

    def _tell(self, session: Session, row: Message) -> None:
        """Opens a turn for the settled files of an answered message that no turn spoke of."""
        left = [f for f in _files(row) if f.file.settled and not f.file.told]
        if row.state != State.DONE or not left:
            return
        now, message = self._db.now(), InboundMessage.model_validate(row.body)
        papers = message.model_copy(
            update={
                "kind": Kind.PAPERS,
                "provider_id": new_id(),
                "text": message.text,
                "files": tuple(f.file for f in left),
                "metadata": {"papers_of": [f.id for f in left]},
                "button_token": None,
                "provider_message_id": None,
            }
        )
        put(session, Message, _papers_row(row, papers, now))
        _mark_told(row, [f.position for f in left])
        conversation = session.get_one(Conversation, row.conversation_id)
        put_due(session, INBOX, now, Work(conversation.id, conversation.channel, now, timedelta(0)))


def _papers_row(row: Message, papers: InboundMessage, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "conversation_id": row.conversation_id,
        "author": Author.PATIENT,
        "kind": papers.kind,
        "state": State.QUEUED,
        "body": papers.model_dump(mode="json", exclude_defaults=True),
        "sequence": papers.sequence,
        "provider_id": None,
        "epoch": 0,
        "urgent": False,
        "attempts": 0,
        "apologised": False,
        "created_at": now,
        "updated_at": now,
    }


def _mark_told(row: Message, positions: Sequence[int]) -> None:
    message = InboundMessage.model_validate(row.body)
    _put_back(row, message, {position: {"told": True} for position in positions})


def _put_back(row: Message, message: InboundMessage, changes: dict[int, dict[str, Any]]) -> None:
    files = tuple(
        file.model_copy(update=changes.get(position, {}))
        for position, file in enumerate(message.files)
    )
    changed = message.model_copy(update={"files": files})
    row.body = changed.model_dump(mode="json", exclude_defaults=True)


def _files(row: Message) -> list[ReceivedFile]:
    message = InboundMessage.model_validate(row.body)
    return [
        ReceivedFile(
            row.seq,
            row.id,
            row.conversation_id,
            message.channel,
            position,
            file,
            message.text or "",
        )
        for position, file in enumerate(message.files)
    ]
