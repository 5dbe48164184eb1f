"""The store: one object per process that opens the database and holds its parts together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from bot.store.audit import Audit
from bot.store.beats import Beats
from bot.store.buttons import Buttons
from bot.store.cases import Cases
from bot.store.conversations import Conversations
from bot.store.crypto import Cipher
from bot.store.database import Clock, Database, utc_now
from bot.store.desk import Desk
from bot.store.erasure import Erasure
from bot.store.files import FileStore
from bot.store.inbox import Inbox
from bot.store.indexing import Indexing
from bot.store.keeping import Keeping
from bot.store.links import Links
from bot.store.outbox import Outbox
from bot.store.quality import Quality
from bot.store.queries import Queries
from bot.store.received_files import ReceivedFiles
from bot.store.records import Erased, TranscriptLine
from bot.store.reminders import Reminders
from bot.store.rotation import Progress, rotate
from bot.store.turns import Turns
from bot.store.undelivered import DeadLetters
from bot.store.users import Sessions, Users


class Store:
    """Everything kept about people, on SQLite or PostgreSQL."""

    def __init__(self, database: Database, files: FileStore | None = None) -> None:
        self.database, self._files = database, files
        self.inbox = Inbox(database)
        self.outbox = Outbox(database)
        self.dead_letters = DeadLetters(database, self.inbox, self.outbox)
        self.indexing = Indexing(database)
        self.links = Links(database)
        self.beats = Beats(database)
        self.buttons = Buttons(database)
        self.turns = Turns(database)
        self.cases = Cases(database)
        self.conversations = Conversations(database)
        self.desk = Desk(database)
        self.queries = Queries(database)
        self.quality = Quality(database)
        self.audit = Audit(database)
        self.received_files = ReceivedFiles(database)
        self.reminders = Reminders(database)
        self.users = Users(database)
        self.sessions = Sessions(database)
        self.retention = Erasure(database, files)
        self.keeping = Keeping(database, self.retention, files)

    @classmethod
    def open(
        cls,
        url: str,
        keys: Sequence[str],
        clock: Clock = utc_now,
        files: FileStore | None = None,
    ) -> Self:
        """Open the database at `url`; `keys` are Fernet keys, newest first.

        With `files`, an erasure removes a person's files too, and a new key seals them; without,
        an erasure names them.

        An already migrated database is usable at once; a new one after `migrate`. Raises BadKeys,
        ValueError for a malformed address, StoreUnavailable when the database does not answer.
        """
        database = Database(url, Cipher(keys), clock)
        if database.has_tables():
            database.unwrap()
        return cls(database, files)

    def migrate(self) -> None:
        """Bring the tables to the newest version."""
        self.database.migrate()

    def check(self) -> None:
        """StoreUnavailable unless the database answers now."""
        self.database.check()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def transcript(
        self, conversation_id: str, before: int | None = None, limit: int = 50
    ) -> list[TranscriptLine]:
        """A page of a conversation, newest first."""
        return self.queries.transcript(conversation_id, before, limit)

    def erase(
        self, conversation_id: str, actor: str = "patient", reason: str | None = None
    ) -> Erased:
        """Remove everything of a conversation but the audit entry."""
        return self.retention.erase(conversation_id, actor, reason)

    def rotate_keys(self, progress: Progress | None = None) -> int:
        """Re-encrypt everything, files too, under the newest key; gives how much was rewritten."""
        return rotate(self.database, self._files, progress)
