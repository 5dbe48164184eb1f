"""The migrations make the tables that the code expects, on both databases, and can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store import Store, StoreUnavailable
from bot.store.case_tables import CaseRow
from tests.conftest import KEY


def test_tables_are_as_declared(store: Store) -> None:
    with store.database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), CaseRow.metadata)
    assert found == []


def test_migrating_again_changes_nothing(store: Store) -> None:
    before = store.database.cipher.lookup("x", "y")
    store.migrate()
    assert store.database.cipher.lookup("x", "y") == before
    store.check()


def test_the_database_itself_refuses_to_change_the_audit_log(store: Store) -> None:
    store.audit.write("ada", "case.view", "case:C-7K3M-42")
    for statement in ("UPDATE audit SET actor = 'eve'", "DELETE FROM audit"):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            store.database.engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_sqlite_is_durable_and_keeps_references(sqlite_store: Store) -> None:
    with sqlite_store.database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_an_unreachable_database_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store.open("postgresql://nobody@127.0.0.1:1/none", [KEY])
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreUnavailable):
        Store.open(f"sqlite:///{tmp_path / 'folder.db'}", [KEY])
