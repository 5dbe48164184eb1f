"""What tests of every room share: a store on SQLite and on a real PostgreSQL, and a clock."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import NullPool, create_engine, text

from bot.store import Store, new_key
from bot.store.database import driver_url
from bot.store.files import FileStore, open_files

KEY = new_key()

# Invented input is the same in every run and may take its time: a change is judged by what it does,
# not by luck or load. `--hypothesis-profile=search` looks for what nobody has thought of yet.
SLOW_IS_FINE = [HealthCheck.too_slow]
hypothesis_settings.register_profile("search", deadline=None, suppress_health_check=SLOW_IS_FINE)
hypothesis_settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=SLOW_IS_FINE,
)
hypothesis_settings.load_profile("same")


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """Move on, by `seconds=`, `hours=` ..."""
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    """The clock of `store`."""
    return Clock()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file to copy, with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    store = Store.open(f"sqlite:///{path}", [KEY])
    store.migrate()
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a running PostgreSQL whose database `empty` has all tables.

    Not in pytest's own folder: PostgreSQL never runs as root, and another run of pytest would take
    the folder's permissions back.
    """
    import pgserver

    folder = tempfile.mkdtemp(prefix="intake-postgres-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")  # crashes of processes, not of power
        server.psql("SELECT pg_reload_conf()")
        server.psql("CREATE DATABASE empty")
        address = server.get_uri("empty")
        store = Store.open(address, [KEY])
        store.migrate()
        store.close()
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "intake.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    server = driver_url(postgres).set(database="postgres")
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE empty"))
    yield postgres.replace("/empty", f"/{name}")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(store_url: str, clock: Clock) -> Iterator[Store]:
    """An open store of each kind, on the test's clock."""
    opened = Store.open(store_url, [KEY], clock)
    yield opened
    opened.close()


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    """A folder of sealed files."""
    return open_files(f"file://{tmp_path / 'files'}", [KEY])


@pytest.fixture
def filed_store(store_url: str, clock: Clock, files: FileStore) -> Iterator[Store]:
    """A store with files, on each database."""
    opened = Store.open(store_url, [KEY], clock, files)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """An open store on SQLite, on the test's clock."""
    opened = Store.open(sqlite_url, [KEY], clock)
    yield opened
    opened.close()
