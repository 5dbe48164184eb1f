"""Key rotation: everything encrypted is written again under the newest key, while in use.

Put the new key in front of INTAKE_DATA_KEYS on every process, run `rotate`, then drop the old key.
Interrupted, it is simply run again: rows that are already under the newest key are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table, Text, select, type_coerce, update

from bot.store.crypto import EncryptedJSON, EncryptedText
from bot.store.database import Database
from bot.store.tables import Base

BATCH = 500
Progress = Callable[[str, int], None]


def encrypted_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that hold tokens."""
    return [c for c in table.columns if isinstance(c.type, (EncryptedText, EncryptedJSON))]


def rotate(database: Database, progress: Progress | None = None) -> int:
    """Re-encrypt all tables; calls `progress(table, rows seen)`; gives the rows rewritten."""
    # The lookup secret is wrapped by hand, its column is plain text.
    secrets = Base.metadata.tables["secrets"]
    rewritten = _rotate_columns(database, secrets, [secrets.c["value"]], progress)
    for table in Base.metadata.sorted_tables:
        columns = encrypted_columns(table)
        if columns:
            rewritten += _rotate_columns(database, table, columns, progress)
    return rewritten


def _rotate_columns(
    database: Database, table: Table, columns: list[Column[Any]], progress: Progress | None
) -> int:
    key = next(iter(table.primary_key.columns))
    last: Any = None
    seen = rewritten = 0
    while True:
        query = select(key, *(type_coerce(c, Text).label(c.name) for c in columns))
        query = query.order_by(key).limit(BATCH)
        if last is not None:
            query = query.where(key > last)
        with database.read() as session:
            rows = session.execute(query).all()
        stale = [row for row in rows if not _is_current(database, row[1:])]
        if stale:
            rewritten += _rewrite(database, table, key, columns, [row[0] for row in stale])
        seen += len(rows)
        if progress is not None and rows:
            progress(table.name, seen)
        if len(rows) < BATCH:
            return rewritten
        last = rows[-1][0]


def _is_current(database: Database, tokens: tuple[str | None, ...]) -> bool:
    return all(token is None or database.cipher.is_current(token) for token in tokens)


def _rewrite(
    database: Database, table: Table, key: Column[Any], columns: list[Column[Any]], keys: list[Any]
) -> int:
    """Rewrite rows as they are now, under lock: they may have changed since they were listed."""
    query = select(key, *(type_coerce(c, Text).label(c.name) for c in columns))
    with database.write() as session:
        rows = session.execute(query.where(key.in_(keys)).with_for_update()).all()
        for row in rows:
            values = {
                column: type_coerce(database.cipher.rotate(token), Text)
                for column, token in zip(columns, row[1:], strict=True)
                if token is not None
            }
            session.execute(update(table).where(key == row[0]).values(values))
    return len(rows)
