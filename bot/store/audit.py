"""The audit log: who saw or changed what, append-only and chained.

Guarantee: entries are never changed or deleted (triggers in the database refuse it), and each
entry's hash covers the entry before, so that a gap or a change shows in `verify`. Only the text of
a reason can go, when the person it is about is erased; that it was given, and which, stays proven.
Limit: who can write to the database's files can rebuild the whole chain; keep a copy of the latest
hash elsewhere to rule that out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.store.crypto import Cipher, cipher_of
from bot.store.database import Database, insert_new, put, table_of
from bot.store.tables import AuditEntry, AuditHead

HEAD = 1
FIRST_HASH = "0" * 64
_HEADS = table_of(AuditHead)
_LAST = select(_HEADS.c.hash).where(_HEADS.c.id == HEAD).with_for_update()
_MOVE_HEAD = update(_HEADS).where(_HEADS.c.id == HEAD)


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
    reason_key = _reason_key(cipher_of(session.get_bind().dialect), reason)
    hash_ = _hash(_last_hash(session), now, actor, action, object_, reason_key)
    session.connection().execute(_MOVE_HEAD, {"hash": hash_})
    entry = {
        "at": now,
        "actor": actor,
        "action": action,
        "object": object_,
        "reason": reason,
        "reason_key": reason_key,
        "hash": hash_,
    }
    put(session, AuditEntry, entry)


def _last_hash(session: Session) -> str:
    """The hash of the newest entry, locked: entries are written one after the other."""
    found = session.connection().execute(_LAST).scalar()
    if found is None:  # of two processes with the first entry the second waits here
        insert_new(session, AuditHead, {"id": HEAD, "hash": FIRST_HASH})
        found = session.connection().execute(_LAST).scalar_one()
    return str(found)


def remove_reasons(session: Session, objects: Sequence[str]) -> None:
    """Forget the texts of the reasons given for these objects."""
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.object.in_(objects), AuditEntry.reason.is_not(None))
        .values(reason=None)
    )


def _reason_key(cipher: Cipher, reason: str | None) -> str | None:
    return None if reason is None else cipher.lookup("reason", reason)


def _hash(
    previous: str, at: datetime, actor: str, action: str, object_: str, reason_key: str | None
) -> str:
    content = json.dumps([previous, at.isoformat(), actor, action, object_, reason_key])
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

    def holds(self, hash_: str) -> bool:
        """Whether an entry with this hash is in the log."""
        with self._db.read() as session:
            query = select(AuditEntry.seq).where(AuditEntry.hash == hash_).limit(1)
            return session.scalar(query) is not None

    def verify(self) -> int | None:
        """The `seq` of the first entry that does not fit the chain, 0 when entries are missing at
        the end; None when all is whole."""
        previous = FIRST_HASH
        for row in self._all():
            if row.hash != self._expected(previous, row):
                return row.seq
            previous = row.hash
        with self._db.read() as session:
            head = session.get(AuditHead, HEAD)
            return None if head is None or head.hash == previous else 0

    def _expected(self, previous: str, row: AuditEntry) -> str:
        key = row.reason_key
        if row.reason is not None:
            key = _reason_key(self._db.cipher, row.reason)
        return _hash(previous, row.at, row.actor, row.action, row.object, key)

    def _all(self) -> Iterator[AuditEntry]:
        last, page = 0, 1000
        while True:
            with self._db.read() as session:
                rows = session.scalars(
                    select(AuditEntry)
                    .where(AuditEntry.seq > last)
                    .order_by(AuditEntry.seq)
                    .limit(page)
                ).all()
                yield from rows
            if len(rows) < page:
                return
            last = rows[-1].seq


def _entry(row: AuditEntry) -> Entry:
    return Entry(row.seq, row.at, row.actor, row.action, row.object, row.reason, row.hash)
