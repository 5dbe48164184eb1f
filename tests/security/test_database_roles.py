"""On PostgreSQL each process works with a role of its own, and can do no more than it must."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from bot.facts.case import Consent, Fact
from bot.settings import ROOT
from bot.store import Store
from bot.store.database import driver_url
from bot.store.files import open_files
from bot.store.keeping import Periods
from bot.store.tables import Base
from tests.conftest import KEY, Clock
from tests.store.people import intake, message, reply, says

pytestmark = pytest.mark.postgres
SQL = (ROOT / "deploy" / "postgresql-roles.sql").read_text(encoding="utf-8")
ROLES = ("intake_reader", "intake_sender", "intake_web", "intake_worker")


@pytest.fixture
def logins(postgres_url: str) -> Iterator[dict[str, str]]:
    """The database with the roles; an address for each, of a login that is in that group."""
    owner = create_engine(driver_url(postgres_url), poolclass=NullPool)
    tag, addresses = uuid.uuid4().hex[:8], {}
    with owner.begin() as connection:
        for _ in range(2):  # again changes nothing
            connection.connection.cursor().execute(SQL)
        for role in ROLES:
            connection.exec_driver_sql(f"CREATE ROLE {role}_{tag} LOGIN IN ROLE {role}")
            addresses[role] = postgres_url.replace("postgres:@", f"{role}_{tag}:@")
    yield addresses
    with owner.begin() as connection:
        for role in ROLES:
            connection.exec_driver_sql(f"DROP ROLE {role}_{tag}")
    owner.dispose()


@pytest.fixture
def opened(
    logins: dict[str, str], clock: Clock, tmp_path: Path
) -> Iterator[Callable[[str], Store]]:
    """Opens the store as one of the roles."""
    stores: list[Store] = []

    def as_role(role: str) -> Store:
        files = open_files(f"file://{tmp_path / 'files'}", [KEY])
        stores.append(Store.open(logins[role], [KEY], clock, files))
        return stores[-1]

    yield as_role
    for store in stores:
        store.close()


def connected(address: str) -> Engine:
    return create_engine(driver_url(address), poolclass=NullPool)


def test_every_table_is_given_to_somebody() -> None:
    granted = set(re.findall(r"\w+", SQL))
    assert {table.name for table in Base.metadata.sorted_tables} <= granted


def test_a_message_goes_its_way_with_each_process_in_its_role(
    opened: Callable[[str], Store], clock: Clock
) -> None:
    web, worker, sender = (opened(f"intake_{name}") for name in ("web", "worker", "sender"))
    heard = web.inbox.receive(message("she has ovarian cancer"))
    turn = worker.inbox.claim("worker")
    assert turn is not None
    with worker.turns.begin(heard.conversation_id, heard.message_id) as taken:
        taken.case.facts["cancer_type"] = Fact("ovarian")
        taken.case.consent = Consent(True, "1", "en", "whatsapp", clock.now)
        taken.finish(
            replies=[{"response": "x"}],
            assessment={"pathways": []},
            checklist=[{"id": "scan", "level": "C"}],
        )
    worker.inbox.finish(turn, [reply("How is she?", buttons=[("Well", "/answer{}")])])
    delivery = sender.outbox.claim("sender", ["whatsapp"])
    assert delivery is not None
    sender.outbox.mark_sent(delivery, "SM9")
    assert web.outbox.status("delivered", provider_id="SM9")
    number = web.queries.queue()[0].number
    web.users.create("ada", "hash", "coordinator")
    web.desk.add_note(number, "ada", "call her")
    web.desk.add_tag(number, "ada", "late")
    clock.forward(seconds=60)
    for store in (worker, sender, web):
        store.indexing.catch_up()
    assert web.audit.verify() is None
    assert [e.actor for e in web.audit.entries()] == ["ada", "ada", "patient"]


@pytest.mark.parametrize("role", ["intake_web", "intake_sender"])
def test_who_erases_can_erase_and_who_keeps_house_can_keep_it(
    opened: Callable[[str], Store], clock: Clock, role: str
) -> None:
    web, other = opened("intake_web"), opened(role)
    heard = says(web, "hello")
    number = intake(web, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    web.desk.add_note(number, "ada", "call her")
    web.desk.change(number, "ada", "case.correct", lambda case: None, reason="she said so")
    other.erase(heard.conversation_id, "retention")
    assert web.queries.queue() == []
    assert {e.reason for e in web.audit.entries()} == {None}
    says(web, "somebody else", person="+2")
    clock.now += timedelta(days=200)
    gone = {due.kind for due in other.keeping.run(Periods(marks=timedelta(days=1))) if due.number}
    assert "without consent, or asked to be forgotten" in gone
    assert web.audit.verify() is None


FORBIDDEN = {
    "intake_worker": (
        *("SELECT * FROM users", "SELECT * FROM sessions", "SELECT * FROM audit"),
        *("SELECT actor FROM audit", "SELECT * FROM notes", "SELECT * FROM saved_views"),
        *("DELETE FROM conversations", "DELETE FROM messages", "DELETE FROM cases"),
        *("DELETE FROM facts", "UPDATE secrets SET value = 'x'", "DELETE FROM receipts"),
    ),
    "intake_sender": (
        *("SELECT * FROM users", "SELECT * FROM sessions", "SELECT token_hash FROM sessions"),
        *("SELECT actor FROM audit", "INSERT INTO users (id) VALUES ('x')"),
        *("UPDATE sessions SET user_id = 'x'", "UPDATE secrets SET value = 'x'"),
        "UPDATE notes SET author = 'x'",
    ),
    "intake_web": ("UPDATE secrets SET value = 'x'", "DELETE FROM secrets", "DELETE FROM facts"),
    "intake_reader": (
        *("SELECT * FROM conversations", "SELECT address FROM conversations"),
        *("SELECT body FROM messages", "SELECT dialogue FROM cases", "SELECT * FROM facts"),
        *("SELECT * FROM secrets", "SELECT * FROM users", "INSERT INTO beats VALUES ('x', now())"),
    ),
}
# Nobody who serves people may change the shape of the database or rewrite the log.
FOR_NOBODY = (
    *("DROP TABLE cases", "DROP TABLE audit", "TRUNCATE messages", "TRUNCATE audit"),
    *("ALTER TABLE users ADD COLUMN x text", "CREATE TABLE x (y int)"),
    *("DELETE FROM audit", "UPDATE audit SET actor = 'eve'", "UPDATE audit SET hash = 'x'"),
    *("ALTER TABLE audit DISABLE TRIGGER ALL", "DROP TRIGGER audit_append_only ON audit"),
    *("DROP FUNCTION audit_append_only() CASCADE", "SET ROLE postgres", "CREATE ROLE eve"),
    *("DELETE FROM audit_head", "COPY messages TO '/tmp/x'", "COPY beats FROM PROGRAM 'id'"),
)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_does_what_is_not_its_own(logins: dict[str, str], role: str) -> None:
    engine = connected(logins[role])
    for statement in (*FORBIDDEN[role], *FOR_NOBODY):
        with engine.connect() as connection:
            assert refused(connection, statement), f"{role} may: {statement}"
    engine.dispose()


def refused(connection: Connection, statement: str) -> bool:
    """Whether the database says that this is not allowed."""
    try:
        connection.execute(text(statement))
    except ProgrammingError as error:
        said = str(error.orig)
        return "must be owner" in said or "permission denied" in said
    return False


def test_figures_can_be_counted_without_seeing_anybody(logins: dict[str, str]) -> None:
    engine = connected(logins["intake_reader"])
    with engine.connect() as connection:
        for statement in (
            "SELECT channel, count(created_at) FROM conversations GROUP BY channel",
            "SELECT state, urgent, count(created_at) FROM cases GROUP BY state, urgent",
            "SELECT author, count(created_at) FROM messages GROUP BY author",
        ):
            connection.execute(text(statement)).all()
    engine.dispose()
