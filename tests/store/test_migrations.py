"""The migrations make the tables that the code expects, on both databases, and can be repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store import OutboundReply, Store, StoreUnavailable, database
from bot.store.case_tables import CaseRow
from tests.conftest import KEY
from tests.store.people import message as a_message


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
        "synchronous": 1,  # we wait for the disk ourselves
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_a_commit_is_on_the_disk_when_it_is_told_and_keeps_no_other_writer_waiting(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    plain = database.flush

    def flush(file: int) -> None:
        assert os.fstat(file).st_size > 0
        flushed.append(file)
        with sqlite_store.database.write(relaxed=True) as session:  # somebody else's
            session.execute(text("DELETE FROM beats"))
        plain(file)

    monkeypatch.setattr(database, "flush", flush)
    sqlite_store.beats.beat("first")
    assert flushed == []
    message = sqlite_store.inbox.receive(a_message())
    assert len(flushed) == 1
    turn = sqlite_store.inbox.claim("worker")
    assert turn is not None
    assert turn.message_id == message.message_id
    assert len(flushed) == 1
    sqlite_store.outbox.enqueue(turn.conversation_id, [OutboundReply(text="hello")])
    assert len(flushed) == 2


def test_a_disk_that_fails_is_named_as_such(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_file: int) -> None:
        raise OSError("input/output error")

    monkeypatch.setattr(database, "flush", broken)
    with pytest.raises(StoreUnavailable):
        sqlite_store.inbox.receive(a_message())


def test_an_unreachable_database_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store.open("postgresql://nobody@127.0.0.1:1/none", [KEY])
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreUnavailable):
        Store.open(f"sqlite:///{tmp_path / 'folder.db'}", [KEY])
