"""The database connection: engine, transactions, errors, migrations, on SQLite and PostgreSQL.

Guarantee: `write` returns when its commit is on the disk, unless the caller says that the step may
be repeated after a loss of power. On SQLite (WAL with synchronous=NORMAL) we wait for the disk
ourselves, after the commit: nobody else has to wait for it with us, and the file's other writers
go on meanwhile.
Writers of one SQLite file take turns: within a process on a lock, between processes on
BEGIN IMMEDIATE with a busy timeout. On PostgreSQL rows are locked, conversation first, so that all
changes of one conversation are in line and transactions cannot lock each other out.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from alembic import command
from alembic.config import Config
from sqlalchemy import Insert, Table, bindparam, create_engine, event, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, defer
from sqlalchemy.sql.dml import ReturningInsert

from bot.store.crypto import Cipher
from bot.store.errors import StoreUnavailable
from bot.store.tables import Base, Conversation, Secret

MIGRATIONS = Path(__file__).parent / "migrations"
# Shorter than a provider waits for its answer, so that there is time to spool the message.
BUSY_SECONDS = 8
LOOKUP_SECRET = "lookup"  # noqa: S105 - the name of a row
# Statements of every turn are built once: building them costs as much as running them.
_LOCKED_CONVERSATION = (
    select(Conversation)
    .where(Conversation.id == bindparam("id"))
    # Whoever locks a conversation seldom needs to know whose it is.
    .options(
        defer(Conversation.address),
        defer(Conversation.alt_address),
        defer(Conversation.profile_name),
    )
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)

_ADDRESSEES = cast(Table, Conversation.__table__)
_LOCKED_ADDRESSEE = (
    select(_ADDRESSEES.c.id, _ADDRESSEES.c.channel, _ADDRESSEES.c.epoch, _ADDRESSEES.c.expires_at)
    .where(_ADDRESSEES.c.id == bindparam("id"))
    .with_for_update(key_share=True)
)

# Some systems have only the longer way.
flush = getattr(os, "fdatasync", os.fsync)

Clock = Callable[[], datetime]


class Addressee(NamedTuple):
    """The part of a conversation that says whether and where a message goes out, and how long
    the conversation is kept."""

    id: str
    channel: str
    epoch: int
    expires_at: datetime | None = None


def utc_now() -> datetime:
    """The clock of a store unless a test brings another."""
    return datetime.now(UTC)


def driver_url(address: str) -> URL:
    """Our plain address forms mapped to a driver; ValueError when it is neither of them."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise ValueError("INTAKE_DATABASE_URL is not a database address") from error
    if url.drivername == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if url.drivername in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise ValueError("INTAKE_DATABASE_URL must begin with sqlite:/// or postgresql://")


class Database:
    """Engine and transactions of one store."""

    def __init__(self, address: str, cipher: Cipher, clock: Clock = utc_now) -> None:
        self.cipher = cipher
        self.now = clock
        self.engine = _engine(driver_url(address))
        self.engine.dialect.intake_cipher = cipher  # type: ignore[attr-defined]
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        path = self.engine.url.database
        stored = self.is_sqlite and path and path != ":memory:"
        self._log = Path(f"{path}-wal") if stored else None
        self._reading = self.engine.execution_options(intake_reading=True)
        self._relaxed = self.engine.execution_options(intake_relaxed=True)
        self._writer = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A snapshot to read from; nothing is written."""
        with _named_errors(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, relaxed: bool = False) -> Iterator[Session]:
        """A transaction; committed at the end of the block, rolled back on an exception.

        `relaxed` does not wait for the disk: the commit survives the death of any process, but a
        loss of power only once a later commit has waited. For steps that are simply repeated.
        """
        session_of = Session(self._relaxed if relaxed else self.engine, expire_on_commit=False)
        with _named_errors(), self._writing(), session_of as session, session.begin():
            yield session
        if not relaxed:
            self.wait_for_disk()

    def wait_for_disk(self) -> None:
        """Until all that was committed is on the disk; on PostgreSQL commits wait themselves.

        Not through SQLite, which would keep other writers waiting: the log is what a commit wrote,
        and SQLite itself waits for it before it takes anything out of it. Raises StoreUnavailable.
        """
        if self._log is None:
            return
        try:
            log = os.open(self._log, os.O_RDONLY)
        except FileNotFoundError:  # nothing was written since the log was last emptied
            return
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error
        try:
            flush(log)
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error
        finally:
            os.close(log)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer of a SQLite file at a time, in turn; waiting for a lock knows no turns."""
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise StoreUnavailable("busy")
        try:
            yield
        finally:
            self._writer.release()

    def lock_conversation(self, session: Session, conversation_id: str) -> Conversation | None:
        """The conversation, locked until the transaction ends; None when it is gone.

        FOR NO KEY UPDATE, because rows that refer to the conversation may be inserted meanwhile.
        """
        return session.scalar(_LOCKED_CONVERSATION, {"id": conversation_id})

    def lock_addressee(self, session: Session, conversation_id: str) -> Addressee | None:
        """What a message to a conversation depends on; locked as by `lock_conversation`."""
        found = session.connection().execute(_LOCKED_ADDRESSEE, {"id": conversation_id})
        row = found.one_or_none()
        return None if row is None else Addressee._make(row)

    def migrate(self) -> None:
        """Bring the tables to the newest version and take the lookup secret into use."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with _named_errors(), self._writing(), self.engine.begin() as connection:
            if not self.is_sqlite:
                # Several processes may start at once; the number is arbitrary but fixed.
                connection.execute(text("SELECT pg_advisory_xact_lock(7203411)"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        with self.write() as session:
            if session.get(Secret, LOOKUP_SECRET) is None:
                session.add(Secret(name=LOOKUP_SECRET, value=self.cipher.new_wrapped_secret()))
        self.unwrap()

    def unwrap(self) -> None:
        """Take the lookup secret of a migrated database into use."""
        with self.read() as session:
            secret = session.get(Secret, LOOKUP_SECRET)
            if secret is not None:
                self.cipher.unwrap(secret.value)

    def has_tables(self) -> bool:
        """Whether the database was migrated at least once."""
        with _named_errors(), self._reading.connect() as connection:
            return inspect(connection).has_table(Secret.__tablename__)

    def forget_log(self) -> None:
        """Empty SQLite's write-ahead log: what was erased or encrypted anew is then in no file.

        Where somebody is reading just now it is left to a later checkpoint.
        """
        if not self.is_sqlite:
            return
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout = 200")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
            cursor.close()
        finally:
            connection.close()

    def check(self) -> None:
        """StoreUnavailable unless a query works now."""
        with self.read() as session:
            session.execute(select(Secret.name).limit(1)).all()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that need no unit of work."""
    return cast(Table, model.__table__)


def put(session: Session, model: type[Base], *rows: dict[str, Any]) -> None:
    """Insert rows at once; several times quicker than adding objects, which nobody reads back."""
    if rows:
        session.connection().execute(_insert(model), list(rows))


def insert_new(
    session: Session, table: type[Base], *rows: dict[str, Any], key: str | None = None
) -> frozenset[Any]:
    """Insert rows unless their unique keys are taken; the keys of those that were inserted.

    Of two at the same time the second waits for the first to commit. `key` names the column to
    give back, the first of the primary key if none.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement = _insert_new(table, on_sqlite, key)
    return frozenset(session.connection().execute(statement, list(rows)).scalars())


@cache
def _insert(model: type[Base]) -> Insert:
    return insert(table_of(model))


@cache
def _insert_new(model: type[Base], on_sqlite: bool, key: str | None) -> ReturningInsert[Any]:
    target = table_of(model)
    begun = sqlite.insert(target) if on_sqlite else postgresql.insert(target)
    given = next(iter(target.primary_key.columns)) if key is None else target.c[key]
    return begun.on_conflict_do_nothing().returning(given)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={
            "connect_timeout": BUSY_SECONDS,
            "tcp_user_timeout": BUSY_SECONDS * 1000,
            "options": f"-c lock_timeout={BUSY_SECONDS}s",
        },
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # We begin transactions ourselves: the driver would begin them too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",  # see wait_for_disk
        "foreign_keys = ON",
        "secure_delete = ON",  # erased rows are overwritten, not only unlinked
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("intake_reading"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("intake_relaxed"):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


@contextmanager
def _named_errors() -> Iterator[None]:
    """Trouble of the database becomes StoreUnavailable; the text names no data."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(type(error.orig).__name__) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StoreUnavailable(type(error.orig).__name__) from error
