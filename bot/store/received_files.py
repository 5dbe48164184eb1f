"""Files that people sent: which are still at the provider, and noting where we keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.store.database import Database
from bot.store.messages import Author, FileRef, InboundMessage, Kind
from bot.store.tables import Message

WITH_FILES = (Kind.FILE, Kind.VOICE, Kind.CONTACT)


@dataclass(frozen=True, slots=True)
class AwaitedFile:
    """One file of a message that is still at the provider."""

    seq: int
    message_id: str
    conversation_id: str
    channel: str
    position: int
    file: FileRef


class ReceivedFiles:
    """Looks files up and completes them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def awaited(self, since: datetime, after: int = 0, limit: int = 200) -> list[AwaitedFile]:
        """Files that are not in our own store yet, of messages since then with a higher `seq`
        than `after`, oldest first."""
        query = (
            select(Message)
            .where(Message.author == Author.PATIENT, Message.kind.in_(WITH_FILES))
            .where(Message.seq > after, Message.created_at >= since)
            .order_by(Message.seq)
            .limit(limit)
        )
        with self._db.read() as session:
            return [found for row in session.scalars(query) for found in _awaited(row)]

    def keep(self, awaited: AwaitedFile, key: str, size: int) -> bool:
        """Notes where a file is kept; False when its message was erased, or another process was
        faster: the caller then removes its own copy."""
        with self._db.write() as session:
            self._db.lock_conversation(session, awaited.conversation_id)
            row = session.scalar(select(Message).where(Message.id == awaited.message_id))
            if row is None:
                return False
            message = InboundMessage.model_validate(row.body)
            files = list(message.files)
            if awaited.position >= len(files) or files[awaited.position].key is not None:
                return False
            kept = files[awaited.position].model_copy(update={"key": key, "size": size})
            files[awaited.position] = kept
            changed = message.model_copy(update={"files": tuple(files)})
            row.body = changed.model_dump(mode="json", exclude_defaults=True)
            return True


def _awaited(row: Message) -> list[AwaitedFile]:
    message = InboundMessage.model_validate(row.body)
    return [
        AwaitedFile(row.seq, row.id, row.conversation_id, message.channel, position, file)
        for position, file in enumerate(message.files)
        if file.key is None
    ]
