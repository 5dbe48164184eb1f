"""The audit log: who saw or changed what, append-only and chained.

Guarantee: entries are never changed or deleted (triggers in the database refuse it), and each
entry's hash covers the entry before, so that a gap or a change shows in `verify`.
Limit: who can write to the database's files can rebuild the whole chain; keep a copy of the latest
hash elsewhere to rule that out. Entries hold ids and never health data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.database import Database, insert_new
from bot.store.tables import AuditEntry, AuditHead

HEAD = 1
FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log; `object` is `kind:id`."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    reason: str | None
    hash: str


def record(
    session: Session, now: datetime, actor: str, action: str, object_: str, reason: str | None
) -> None:
    """Append an entry inside the transaction of what it reports."""
    insert_new(session, AuditHead, {"id": HEAD, "hash": FIRST_HASH})
    head = session.get_one(AuditHead, HEAD, with_for_update=True, populate_existing=True)
    head.hash = _hash(head.hash, now, actor, action, object_, reason)
    session.add(
        AuditEntry(
            at=now, actor=actor, action=action, object=object_, reason=reason, hash=head.hash
        )
    )
    session.flush()


def _hash(
    previous: str, at: datetime, actor: str, action: str, object_: str, reason: str | None
) -> str:
    content = json.dumps([previous, at.isoformat(), actor, action, object_, reason])
    return hashlib.sha256(content.encode()).hexdigest()


class Audit:
    """Writing and reading the log."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def write(self, actor: str, action: str, object_: str, reason: str | None = None) -> None:
        """Append one entry, such as ("ada", "case.view", "case:C-7K3M-42")."""
        with self._db.write() as session:
            record(session, self._db.now(), actor, action, object_, reason)

    def entries(
        self,
        before: int | None = None,
        limit: int = 100,
        *,
        actor: str | None = None,
        action: str | None = None,
        object_: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Entry]:
        """Newest first; `before` is the `seq` of the last line of the page before."""
        query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditEntry.seq < before)
        for column, wanted in (
            (AuditEntry.actor, actor),
            (AuditEntry.action, action),
            (AuditEntry.object, object_),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if since is not None:
            query = query.where(AuditEntry.at >= since)
        if until is not None:
            query = query.where(AuditEntry.at < until)
        with self._db.read() as session:
            return [_entry(row) for row in session.scalars(query)]

    def verify(self) -> int | None:
        """The `seq` of the first entry that does not fit the chain; None when all do."""
        previous = FIRST_HASH
        for row in self._all():
            expected = _hash(previous, row.at, row.actor, row.action, row.object, row.reason)
            if row.hash != expected:
                return row.seq
            previous = row.hash
        with self._db.read() as session:
            head = session.get(AuditHead, HEAD)
            return None if head is None or head.hash == previous else 0

    def _all(self) -> Iterator[Entry]:
        last, page = 0, 1000
        while True:
            with self._db.read() as session:
                rows = session.scalars(
                    select(AuditEntry)
                    .where(AuditEntry.seq > last)
                    .order_by(AuditEntry.seq)
                    .limit(page)
                ).all()
                yield from (_entry(row) for row in rows)
            if len(rows) < page:
                return
            last = rows[-1].seq


def _entry(row: AuditEntry) -> Entry:
    return Entry(row.seq, row.at, row.actor, row.action, row.object, row.reason, row.hash)
