"""Key rotation: everything encrypted is written again under the newest key, while in use.

Put the new key in front of INTAKE_DATA_KEYS on every process, run `rotate`, then drop the old key.
Interrupted, it is simply run again: what is already under the newest key is left alone. A file is
exchanged under the lock of its conversation, so that one that was erased does not come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Column, Table, Text, and_, or_, select, tuple_, type_coerce, update
from sqlalchemy.engine import Row

from bot.store.crypto import EncryptedJSON, EncryptedText
from bot.store.database import Database
from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.tables import Base, Message

BATCH = 200
FILES = "files"
# Called with what is worked on (a table's name, or FILES) and how many were looked at so far.
Progress = Callable[[str, int], None]


def encrypted_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that hold tokens."""
    return [c for c in table.columns if isinstance(c.type, (EncryptedText, EncryptedJSON))]


def rotate(
    database: Database, files: FileStore | None = None, progress: Progress | None = None
) -> int:
    """Re-encrypt all tables and files; gives the rows and files rewritten."""
    tell = progress or (lambda _what, _seen: None)
    # The lookup secret is wrapped by hand, its column is plain text.
    secrets = Base.metadata.tables["secrets"]
    rewritten = _rotate_columns(database, secrets, [secrets.c["value"]], tell)
    for table in Base.metadata.sorted_tables:
        columns = encrypted_columns(table)
        if columns:
            rewritten += _rotate_columns(database, table, columns, tell)
    rewritten += _rotate_files(database, files, tell) if files is not None else 0
    database.forget_log()
    return rewritten


def _rotate_columns(
    database: Database, table: Table, columns: list[Column[Any]], tell: Progress
) -> int:
    seen = rewritten = 0
    for rows in _pages(database, table, columns):
        stale = [_key(table, row) for row in rows if not _is_current(database, row, columns)]
        if stale:
            rewritten += _rewrite(database, table, columns, stale)
        seen += len(rows)
        tell(table.name, seen)
    return rewritten


def _pages(
    database: Database, table: Table, columns: Sequence[Column[Any]]
) -> Iterator[Sequence[Row[Any]]]:
    """The tokens of a table as they are stored, with the primary key in front."""
    keys = list(table.primary_key.columns)
    last: tuple[Any, ...] | None = None
    while True:
        query = select(*keys, *_undecrypted(columns)).order_by(*keys).limit(BATCH)
        if last is not None:
            query = query.where(tuple_(*keys) > tuple_(*last))
        with database.read() as session:
            rows = session.execute(query).all()
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        last = _key(table, rows[-1])


def _undecrypted(columns: Sequence[Column[Any]]) -> list[Any]:
    return [type_coerce(column, Text).label(column.name) for column in columns]


def _key(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row[: len(table.primary_key.columns)])


def _tokens(row: Row[Any], columns: Sequence[Column[Any]]) -> tuple[str | None, ...]:
    return tuple(row[-len(columns) :])


def _is_current(database: Database, row: Row[Any], columns: Sequence[Column[Any]]) -> bool:
    tokens = _tokens(row, columns)
    return all(token is None or database.cipher.is_current(token) for token in tokens)


def _rewrite(
    database: Database,
    table: Table,
    columns: Sequence[Column[Any]],
    keys: Sequence[tuple[Any, ...]],
) -> int:
    """Rewrite rows as they are now, under lock: they may have changed since they were listed."""
    of_key = list(table.primary_key.columns)

    def is_row(key: tuple[Any, ...]) -> Any:
        return and_(*(column == part for column, part in zip(of_key, key, strict=True)))

    query = select(*of_key, *_undecrypted(columns)).where(or_(*map(is_row, keys)))
    with database.write() as session:
        rows = session.execute(query.with_for_update()).all()
        for row in rows:
            values = {
                column: type_coerce(database.cipher.rotate(token), Text)
                for column, token in zip(columns, _tokens(row, columns), strict=True)
                if token is not None
            }
            session.execute(update(table).where(is_row(_key(table, row))).values(values))
    return len(rows)


def _rotate_files(database: Database, files: FileStore, tell: Progress) -> int:
    rewritten = 0
    for seen, (message_seq, conversation_id, key) in enumerate(_named_files(database), 1):
        with suppress(NotFound):  # erased meanwhile
            if not files.is_current(key):
                rewritten += _exchange(database, files, message_seq, conversation_id, key)
        tell(FILES, seen)
    return rewritten


def _named_files(database: Database) -> Iterator[tuple[int, str, str]]:
    """Every stored file that a message names: the message's `seq`, its conversation, the key."""
    last = 0
    while True:
        query = select(Message.seq, Message.conversation_id, Message.body)
        query = query.where(Message.seq > last).order_by(Message.seq).limit(BATCH)
        with database.read() as session:
            rows = session.execute(query).all()
        for seq, conversation_id, body in rows:
            yield from ((seq, conversation_id, key) for key in _keys_in(body))
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _keys_in(body: dict[str, Any]) -> list[str]:
    return [file["key"] for file in body.get("files", ()) if file.get("key")]


def _exchange(
    database: Database, files: FileStore, message_seq: int, conversation_id: str, key: str
) -> int:
    with files.rewrapped(key) as put_in_place, database.write() as session:
        database.lock_conversation(session, conversation_id)
        message = session.get(Message, message_seq)
        if message is None or key not in _keys_in(message.body):
            return 0
        put_in_place()
    return 1
