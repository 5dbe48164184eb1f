"""A turn's part of the database with 100,000 conversations in it, against an empty one.

    .venv/bin/python -m benchmarks.scaling_store [--conversations 100000] [--turns 400]
        [--only SQLite|PostgreSQL] [--database-only]

A few conversations are held through the store's own code and then multiplied row by row, with new
names, until there are as many as wanted. Turns alternate between the full and the empty database,
so that whatever else the machine does falls on both: first the database's part of a turn alone
(message in, claim, case opened and saved, replies stored, claimed by the sender, marked as sent),
then whole turns of two services, each with an engine of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select, text

from benchmarks import main_job
from benchmarks.measuring import Sample, table
from bot.store import InboundMessage, OutboundReply, ReplyButton, Store, new_key
from bot.store.tables import Base
from tests.service import running_service
from tests.store.people import intake

RESULTS: Final = Path(__file__).parent / "results" / "scaling_store.json"
KEY: Final = new_key()
SEEDS: Final = 20
TURNS_OF_A_SEED: Final = 3
FACTS: Final = {"cancer_type": "ovarian", "country": "BD", "stage_group": "III", "age_years": 58}
# Columns by which a row belongs to a conversation.
OWNERS: Final = frozenset({"conversation_id", "case_number", "message_id"})
PORTION: Final = 2000


def one_turn(store: Store, person: str, number: int) -> None:
    """A message from its arrival to the sent reply."""
    message = InboundMessage(
        channel="whatsapp",
        account="+15550100",
        provider_id=f"{person}:{number}",
        address=person,
        text="we have finished six cycles and the scan shows it is growing",
    )
    store.inbox.receive(message)
    turn = store.inbox.claim("benchmark")
    assert turn is not None
    intake(store, turn.conversation_id, turn.message_id, **FACTS, months_to_relapse=number)
    buttons = (ReplyButton(title="Yes", payload="/answer{}"),)
    store.inbox.finish(turn, [OutboundReply(text="Thank you.", buttons=buttons)])
    while (delivery := store.outbox.claim("benchmark", ["whatsapp"])) is not None:
        store.outbox.mark_sent(delivery, f"SM{delivery.message_id}")


def multiply(store: Store, conversations: int) -> None:
    """Copy the seeds' rows under new names until there are so many conversations."""
    tables = [
        t
        for t in Base.metadata.sorted_tables
        if t.name == "conversations" or OWNERS & {c.name for c in t.columns}
    ]
    with store.database.engine.connect() as connection:
        seeds = {t: [dict(r._mapping) for r in connection.execute(_raw(t))] for t in tables}
    named = _names(seeds)
    copies = range(1, conversations // SEEDS)
    for first in range(copies.start, copies.stop, PORTION // SEEDS):
        portion = copies[first - 1 : first - 1 + PORTION // SEEDS]
        with store.database.engine.begin() as connection:
            for t, rows in seeds.items():
                copied = [_copy(t, row, named, n) for n in portion for row in rows]
                if copied:
                    _put(connection, t, copied)


def _raw(t: Table) -> Any:
    """The rows as they lie there: what is encrypted stays so."""
    return text(f"SELECT * FROM {t.name}")  # noqa: S608 - a table of ours


def _put(connection: Connection, t: Table, rows: list[dict[str, Any]]) -> None:
    """Many rows in the quickest way each database has."""
    columns = [c.name for c in t.columns if not _numbered(t, c.name)]
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        values = ", ".join(f":{c}" for c in columns)
        connection.execute(text(f"INSERT INTO {t.name} ({names}) VALUES ({values})"), rows)  # noqa: S608
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {t.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[c] for c in columns])


def _numbered(t: Table, column: str) -> bool:
    """Whether the database counts this column itself."""
    return t.autoincrement_column is not None and t.autoincrement_column.name == column


def _names(seeds: dict[Table, list[dict[str, Any]]]) -> set[str]:
    """Every text that names a row: of primary keys, unique columns and references."""
    found: set[str] = set()
    for t, rows in seeds.items():
        unique = {c.name for i in t.indexes if i.unique for c in i.columns}
        keys = {c.name for c in t.columns if c.primary_key or c.unique or c.foreign_keys}
        for column in keys | unique:
            found |= {row[column] for row in rows if isinstance(row[column], str)}
    return found - {"inbox", "outbox", "whatsapp", "", "+15550100"}


def _copy(t: Table, row: dict[str, Any], named: set[str], number: int) -> dict[str, Any]:
    return {
        name: _renamed(value, number) if isinstance(value, str) and value in named else value
        for name, value in row.items()
        if not _numbered(t, name)
    }


def _renamed(value: str, number: int) -> str:
    if len(value) < 16:
        return f"{value}.{number}"
    return hashlib.sha256(f"{value} {number}".encode()).hexdigest()[: len(value)]


def measure(kind: str, conversations: int, turns: int, whole: bool) -> dict[str, Any]:
    """A row for one kind of database."""
    make = {"SQLite": sqlite, "PostgreSQL": postgres}[kind]
    with make() as urls:
        found = _compared(kind, urls, conversations, turns, whole)
    return found | {"load average": os.getloadavg()[0]}


def _compared(
    kind: str, urls: tuple[str, str], conversations: int, turns: int, whole: bool
) -> dict[str, Any]:
    full, empty = (Store.open(url, [KEY]) for url in urls)
    for store in (full, empty):
        store.migrate()
        for seed in range(SEEDS):
            for number in range(TURNS_OF_A_SEED):
                one_turn(store, f"+88017{seed:08d}", number)
    began = time.perf_counter()
    multiply(full, conversations)
    _settle(full)
    filled = time.perf_counter() - began
    spent: dict[Store, list[float]] = {full: [], empty: []}
    for number in range(turns // 2):
        for store in (full, empty) if number % 2 else (empty, full):
            person = f"+88018{number // 8:08d}"
            started = time.perf_counter()
            one_turn(store, person, number)
            spent[store].append(time.perf_counter() - started)
    with full.database.read() as session:
        count = session.scalar(select(_count())) or 0
    for store in (full, empty):
        store.close()
    warm = turns // 20
    many, none = Sample(spent[full][warm:]), Sample(spent[empty][warm:])
    found = {
        "database": kind,
        "conversations": count,
        "filled in (s)": filled,
        "database's part p50, empty (ms)": none.ms(0.5),
        "its full (ms)": many.ms(0.5),
        "its ratio p50": many.ms(0.5) / none.ms(0.5),
    }
    if not whole:
        return found
    whole_many, whole_none = whole_turns(urls, turns)
    return found | {
        "whole turn p50, empty (ms)": whole_none.ms(0.5),
        "full (ms)": whole_many.ms(0.5),
        "ratio p50": whole_many.ms(0.5) / whole_none.ms(0.5),
        "ratio p95": whole_many.ms(0.95) / whole_none.ms(0.95),
    }


def whole_turns(urls: tuple[str, str], turns: int) -> tuple[Sample, Sample]:
    """Whole turns of two services, on the full and on the empty database, talk by talk."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        services = []
        for number, url in enumerate(urls):
            folder = Path(name) / str(number)
            folder.mkdir()
            running = running_service(folder, url, INTAKE_DATA_KEYS=KEY)
            services.append(stack.enter_context(running))
        spent: tuple[list[float], list[float]] = ([], [])
        for service in services:
            main_job.our_turns(service, 12)  # warm
        for number in range(turns // 6):
            for which in (0, 1) if number % 2 else (1, 0):
                with services[which].client() as client:
                    spent[which].extend(main_job.talk(client, 1))
    return Sample(spent[0]), Sample(spent[1])


def _count() -> Any:
    return text("(SELECT count(*) FROM conversations)")


def _settle(store: Store) -> None:
    """What a database in use does by itself after so much was written."""
    engine = store.database.engine
    if store.database.is_sqlite:
        with closing(sqlite3.connect(str(engine.url.database))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


@contextmanager
def sqlite() -> Iterator[tuple[str, str]]:
    """Two files."""
    folder = Path(tempfile.mkdtemp(prefix="intake-size-"))
    try:
        yield f"sqlite:///{folder / 'full.db'}", f"sqlite:///{folder / 'empty.db'}"
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """Two databases of one server, with the safety of production."""
    import pgserver

    server = pgserver.get_server(tempfile.mkdtemp(prefix="intake-postgres-"), cleanup_mode="delete")
    try:
        for name in ("crowded", "fresh"):
            server.psql(f"CREATE DATABASE {name}")
        yield server.get_uri("crowded"), server.get_uri("fresh")
    finally:
        server.cleanup()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"])
    parser.add_argument("--database-only", action="store_true", help="no engines, no whole turns")
    chosen = parser.parse_args()
    found = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    for kind in [chosen.only] if chosen.only else ["SQLite", "PostgreSQL"]:
        row = measure(kind, chosen.conversations, chosen.turns, not chosen.database_only)
        found = [*(other for other in found if other["database"] != kind), row]
        print(table([row]))
    RESULTS.write_text(json.dumps({"rows": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
