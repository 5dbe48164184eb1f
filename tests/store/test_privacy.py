"""What lies on the disk tells nothing; what is erased is gone; keys can be changed in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, inspect, select, text

from bot.facts.case import Fact
from bot.store import (
    Author,
    BadKeys,
    FileRef,
    Location,
    NotFound,
    Store,
    new_key,
)
from bot.store.case_tables import CaseRow
from tests.conftest import KEY, Clock
from tests.store.people import answered, intake, message, reply, says, to_send

SECRETS = (
    "+8801712345678",
    "BD.998877",
    "Rina Akter",
    "ovarian carcinoma",
    "stopped working",
    "gall bladder",
    "utter_secret",
    "ecog",
    "Walking about",
    "scan of the belly",
    "olaparib",
    "coordinator thinks",
    "report.pdf",
    "23.8103",
    "Dhaka",
    "ada@example.org",
)


def live_a_life(store: Store) -> str:
    """A conversation that touches every table; gives its id."""
    heard = store.inbox.receive(
        message(
            "she has ovarian carcinoma, chemo stopped working",
            "BD.998877",
            alt_address="+8801712345678",
            profile_name="Rina Akter",
            files=(FileRef(name="report.pdf", provider_ref="ME1"),),
            location=Location(lat=23.8103, lon=90.4125, label="Dhaka"),
        )
    )
    intake(store, heard.conversation_id, heard.message_id, cancer_type="gall bladder")
    turn = answered(store, "How is she?", buttons=[("Walking about", '/answer{"fact": "ecog"}')])
    with store.turns.begin(heard.conversation_id, "second") as second:
        second.case.facts["country"] = Fact("Dhaka")
        second.case.open_questions.append("what about olaparib?")
        second.finish(
            replies=[{"response": "utter_secret"}],
            assessment={"why": "olaparib"},
            checklist=[{"id": "scan", "title": "scan of the belly", "level": "C"}],
        )
    number = second.case.number
    store.desk.add_note(number, "ada", "coordinator thinks: write to ada@example.org")
    store.desk.add_tag(number, "ada", "follow-up")
    store.outbox.enqueue(turn.conversation_id, [reply("olaparib")], Author.COORDINATOR, "ada")
    store.outbox.mark_sent(to_send(store), "SM900001")
    store.outbox.status("delivered", provider_id="SM900001")
    return heard.conversation_id


def files_of(path: Path) -> Iterator[bytes]:
    """Every file of a SQLite database."""
    for file in path.parent.glob(f"{path.name}*"):
        yield file.read_bytes()


def cells(store: Store) -> Iterator[tuple[str, object]]:
    """Every cell of every table as it is stored, undecrypted."""
    engine = store.database.engine
    metadata = MetaData()
    with engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            table = Table(name, metadata, autoload_with=connection)
            for row in connection.execute(select(table)):
                yield from ((name, cell) for cell in row)


def test_a_copied_database_file_tells_nothing(sqlite_store: Store, sqlite_url: str) -> None:
    live_a_life(sqlite_store)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for content in files_of(path):
        for secret in SECRETS:
            assert secret.encode() not in content
            assert secret.encode("utf-16-le") not in content


def test_no_cell_of_any_table_tells_anything(store: Store) -> None:
    live_a_life(store)
    stored = [str(cell) for _table, cell in cells(store)]
    assert len(stored) > 100
    for secret in SECRETS:
        assert not [cell for cell in stored if secret in cell], secret


def test_records_and_errors_do_not_show_content_when_printed(store: Store) -> None:
    conversation = live_a_life(store)
    shown = repr(
        (
            store.transcript(conversation),
            store.conversations.get(conversation),
            store.queries.queue(),
            store.inbox.claim("worker"),
            message("ovarian carcinoma"),
        )
    )
    for secret in SECRETS:
        assert secret not in shown
    with pytest.raises(ValueError, match="kind") as caught:
        message("x", kind="Rina Akter")
    assert "Rina Akter" not in str(caught.value)


def test_erasing_leaves_only_the_audit_entry(store: Store) -> None:
    conversation = live_a_life(store)
    kept = live_a_life_of_another(store)
    messages = {line.message_id for line in store.transcript(conversation)}
    case = store.cases.by_conversation(conversation)
    assert case is not None
    erased = store.erase(conversation, "patient")
    assert erased.rows["messages"] == 3
    assert {"cases", "facts", "notes", "case_tags", "assessments", "turns"} <= set(erased.rows)

    traces = messages | {conversation, case.number, "SM900001"}
    found = {table for table, cell in cells(store) if any(trace in str(cell) for trace in traces)}
    assert found == {"audit"}
    last = store.audit.entries(limit=1)[0]
    assert (last.actor, last.action, last.object) == (
        "patient",
        "conversation.erase",
        f"conversation:{conversation}",
    )
    assert store.audit.verify() is None
    assert len(store.transcript(kept)) == 1
    with pytest.raises(NotFound):
        store.erase(conversation)


def live_a_life_of_another(store: Store) -> str:
    """Somebody else, who must not be touched."""
    return says(store, "me too", person="+4911").conversation_id


def test_a_late_repeat_does_not_bring_an_erased_message_back(store: Store) -> None:
    sent = message("forget me")
    conversation = store.inbox.receive(sent).conversation_id
    store.erase(conversation)
    assert store.inbox.receive(sent).duplicate
    assert store.inbox.depth().waiting == 0


def test_bytes_of_erased_rows_are_overwritten(sqlite_store: Store, sqlite_url: str) -> None:
    conversation = live_a_life(sqlite_store)
    sqlite_store.erase(conversation)
    with sqlite_store.database.engine.connect() as connection:
        tokens = connection.execute(text("SELECT count(*) FROM messages")).scalar_one()
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    assert tokens == 0
    for content in files_of(Path(sqlite_url.removeprefix("sqlite:///"))):
        # The id stands in many rows in clear: only the audit entry may still hold it.
        assert content.count(conversation.encode()) <= 2


def test_keys_are_rotated_while_the_data_stays_readable(store: Store, store_url: str) -> None:
    conversation = live_a_life(store)
    number = store.queries.queue()[0].number
    fresh = new_key()
    both = Store.open(store_url, [fresh, KEY])
    seen: dict[str, int] = {}
    assert both.rotate_keys(lambda table, rows: seen.update({table: rows})) > 10
    assert seen["messages"] == 3
    assert both.rotate_keys() == 0
    both.close()
    newest = Store.open(store_url, [fresh])
    assert newest.conversations.by_address("whatsapp", "BD.998877", "+15550100") is not None
    assert newest.transcript(conversation)[-1].text == (
        "she has ovarian carcinoma, chemo stopped working"
    )
    case = newest.cases.by_number(number)
    assert case is not None
    assert case.facts["cancer_type"].value == "gall bladder"
    newest.close()
    with pytest.raises(BadKeys):
        Store.open(store_url, [KEY])


@pytest.mark.parametrize("keys", [[], ["short"], ["!" * 44]])
def test_bad_keys_are_named(sqlite_url: str, keys: list[str]) -> None:
    with pytest.raises(BadKeys, match="INTAKE_DATA_KEYS"):
        Store.open(sqlite_url, keys)


@pytest.mark.parametrize("address", ["mysql://host/db", "nonsense", ""])
def test_bad_addresses_are_named(address: str) -> None:
    with pytest.raises(ValueError, match="INTAKE_DATABASE_URL"):
        Store.open(address, [KEY])


def test_the_same_person_has_different_hashes_in_different_databases(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}", [KEY], clock)
    other.migrate()
    hashes = {s.database.cipher.lookup("address", "+880") for s in (sqlite_store, other)}
    assert len(hashes) == 2
    other.close()


def test_no_plain_column_of_a_case_names_the_disease(store: Store) -> None:
    live_a_life(store)
    with store.database.read() as session:
        row = session.scalars(select(CaseRow)).one()
    assert "gall" not in " ".join(str(v) for k, v in vars(row).items() if k != "dialogue")
