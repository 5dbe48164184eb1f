"""The audit log shows every change to itself, also to who only has the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import settings
from bot.store import Store
from bot.store.audit import FIRST_HASH
from bot.store.tables import AuditHead
from tests.conftest import KEY


@pytest.fixture
def verify(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs the command over a log of four entries."""
    for action in ("one", "two", "three", "four"):
        store.audit.write("ada", action, "case:x", "because")
    monkeypatch.setenv("INTAKE_DATABASE_URL", store_url)
    monkeypatch.setenv("INTAKE_DATA_KEYS", KEY)
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["audit", "verify", *words])
    settings.cache_clear()


def tamper(store: Store, statement: str) -> None:
    """What somebody does who owns the database: first the triggers go."""
    triggers = (
        ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete")
        if store.database.is_sqlite
        else ("DROP TRIGGER audit_append_only ON audit",)
    )
    with store.database.engine.begin() as connection:
        for wanted in (*triggers, statement):
            connection.exec_driver_sql(wanted)


def test_a_whole_log_is_said_to_be_whole_with_a_hash_to_keep(verify: Callable[..., Result]) -> None:
    done = verify()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "whole up to entry" in done.stdout
    kept = done.stdout.split()[-1]
    assert verify("--known", kept).exit_code == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE action = 'two'", "does not fit"),
        ("UPDATE audit SET object = 'case:y' WHERE action = 'three'", "does not fit"),
        ("UPDATE audit SET reason = NULL, reason_key = NULL WHERE action = 'two'", "does not fit"),
        ("DELETE FROM audit WHERE action = 'one'", "does not fit"),
        ("DELETE FROM audit WHERE action = 'two'", "does not fit"),
        ("DELETE FROM audit WHERE action = 'four'", "missing at the end"),
        ("DELETE FROM audit", "missing at the end"),
    ],
)
def test_every_change_is_found(
    store: Store, verify: Callable[..., Result], statement: str, said: str
) -> None:
    tamper(store, statement)
    done = verify()
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_log_that_was_built_anew_does_not_hold_the_hash_of_the_old_one(
    store: Store, verify: Callable[..., Result]
) -> None:
    kept = verify().stdout.split()[-1]
    tamper(store, "DELETE FROM audit")
    with store.database.engine.begin() as connection:
        connection.execute(update(AuditHead).values(hash=FIRST_HASH))
    store.audit.write("ada", "one", "case:x")
    assert verify().exit_code == 0, "it fits together"
    done = verify("--known", kept)
    assert done.exit_code == 1
    assert "not the one this hash is from" in done.stderr


def test_an_empty_log_is_whole(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("INTAKE_DATA_KEYS", KEY)
    settings.cache_clear()
    done = CliRunner().invoke(app, ["audit", "verify"])
    settings.cache_clear()
    assert (done.exit_code, done.stdout) == (0, "no entries yet\n")
