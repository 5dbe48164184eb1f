"""The proof of an erasure: everything is searched for what a person was and wrote.

One life touches every table that is about people, the file store and the spool, on both databases.
Afterwards every cell (as stored and decrypted) and every byte on the disk is looked through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import MetaData, Table, create_engine, inspect, select, text

from bot.facts.case import Case, Consent, Fact, Purpose
from bot.store import Author, FileRef, Location, OutboundReply, Store, new_key
from bot.store.case_tables import CaseRow
from bot.store.crypto import Cipher
from bot.store.database import driver_url
from bot.store.files import FileStore, open_files
from bot.store.tables import Base
from connectors.spool import Spool
from tests.conftest import KEY, Clock
from tests.store.people import answered, intake, message, reply, says, to_send

# Tables that are about no single person; a new table is about people until it is named here.
OF_NOBODY = {
    *("alembic_version", "secrets", "beats", "index_mark", "users", "sessions", "saved_views"),
    # What stays: ids in the audit log, keyed hashes of provider ids with nobody behind them.
    *("audit", "audit_head", "receipts"),
}
WORDS = (
    *("+8801712345678", "BD.998877", "Rina Akter", "ovarian carcinoma", "stopped working"),
    *("gall bladder", "olaparib", "coordinator thinks", "report-of-rina.pdf", "Dhaka"),
    *("ada@example.org", "follow-up-rina", "why is the sky", "not this route", "misread words"),
    *("a scan of her belly", "on the other phone"),
)
TOKEN = re.compile(rb"gAAAAA[A-Za-z0-9_-]{40,}={0,2}")


@dataclass
class Life:
    """Everything that would betray somebody."""

    conversation: str
    door: str
    case: str
    ids: set[str]
    tokens: set[str]


def live(store: Store, files: FileStore, clock: Clock) -> Life:
    """Somebody who leaves traces everywhere, on two chats."""
    key = files.put(b"%PDF-1.7 ovarian carcinoma of Rina Akter, a scan of her belly")
    heard = store.inbox.receive(
        message(
            "she has ovarian carcinoma, chemo stopped working",
            "BD.998877",
            alt_address="+8801712345678",
            profile_name="Rina Akter",
            files=(FileRef(name="report-of-rina.pdf", key=key, size=60, provider_ref="ME1"),),
            location=Location(lat=23.8103, lon=90.4125, label="Dhaka"),
        )
    )
    number = intake(store, heard.conversation_id, heard.message_id, cancer_type="gall bladder")
    turn = answered(store, "How is she?", buttons=[("Walking about", '/answer{"fact": "ecog"}')])
    with store.turns.begin(heard.conversation_id, "second") as second:
        case = second.case
        case.facts["country"] = Fact("Dhaka")
        case.open_questions.append("why is the sky blue?")
        agreed = Consent(True, "1", "en", "whatsapp", clock.now)
        case.permissions = dict.fromkeys(Purpose, agreed)
        second.finish(
            replies=[{"response": "olaparib"}],
            assessment={"why": "olaparib"},
            checklist=[{"id": "scan", "title": "a scan of her belly", "level": "C"}],
        )
    store.users.create("bob", "hash", "coordinator")
    store.desk.add_note(number, "ada", "coordinator thinks: ask @bob, ada@example.org")
    store.desk.add_tag(number, "ada", "follow-up-rina")
    store.desk.change(number, "ada", "case.correct", _correct, reason="gall bladder, she says")
    store.quality.misread(number, "ada", heard.message_id, "misread words", {"intent": "x"})
    (run,) = store.cases.assessments(number)
    store.quality.object(number, "ada", run.id, "", "not this route")
    store.outbox.enqueue(turn.conversation_id, [reply("olaparib")], Author.COORDINATOR, "ada")
    store.outbox.mark_sent(to_send(store), "SM900001")
    store.outbox.status("delivered", provider_id="SM900001")
    door = says(store, "she writes on the other phone", person="TG77", channel="telegram")
    code = store.links.offer(heard.conversation_id)
    asked = store.links.ask(code, door.conversation_id)
    assert asked is not None
    assert store.links.answer(asked[1], heard.conversation_id, agreed=True) is not None
    store.links.offer(heard.conversation_id)
    clock.now += timedelta(minutes=2)
    while store.indexing.catch_up():
        pass
    return _traces(store, heard.conversation_id, door.conversation_id, number, key)


def _correct(case: Case) -> None:
    case.facts["cancer_type"] = Fact("gall bladder", words="gall bladder")


def _traces(store: Store, conversation: str, door: str, number: str, key: str) -> Life:
    with store.database.read() as session:
        cases = set(session.scalars(select(CaseRow.number)))
    ids = {conversation, door, number, key, "SM900001"} | cases
    tokens = set()
    for name, cell in cells(store):
        if name not in OF_NOBODY and isinstance(cell, str):
            tokens.update(TOKEN.findall(cell.encode()))
    return Life(conversation, door, number, ids, {token.decode() for token in tokens})


def cells(store: Store) -> Iterator[tuple[str, object]]:
    """Every cell of every table as it is stored."""
    metadata = MetaData()
    with store.database.engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            table = Table(name, metadata, autoload_with=connection)
            for row in connection.execute(select(table)):
                yield from ((name, cell) for cell in row)


def readable(store: Store) -> Iterator[tuple[str, str]]:
    """Every cell, decrypted where it is a token."""
    for name, cell in cells(store):
        shown = str(cell)
        yield name, store.database.cipher.decrypt(shown) if shown.startswith("gAAAAA") else shown


def rows_of(store: Store) -> Mapping[str, int]:
    with store.database.engine.connect() as connection:
        return {
            table.name: connection.execute(select(table)).all().__len__()
            for table in Base.metadata.sorted_tables
        }


def test_the_life_touches_every_table_that_is_about_people(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    live(filed_store, files, clock)
    empty = {name for name, number in rows_of(filed_store).items() if not number}
    assert empty - OF_NOBODY == set(), "a table that no erasure is proven for"


def test_nothing_of_a_person_is_found_afterwards(
    filed_store: Store, files: FileStore, clock: Clock, tmp_path: Path
) -> None:
    told: list[str] = []
    filed_store.retention.tell(told.append)
    before = list(readable(filed_store))
    life = live(filed_store, files, clock)
    found = " ".join(cell for _, cell in readable(filed_store))
    assert [word for word in WORDS if word not in found] == [], "the search finds what is there"

    foreseen = filed_store.retention.preview(life.conversation)
    erased = filed_store.erase(life.conversation, "patient")
    assert erased == foreseen or set(erased.rows) <= set(foreseen.rows)
    left = list(readable(filed_store))
    assert [(n, w) for n, cell in left for w in WORDS if w in cell] == []
    named = {n for n, cell in left for trace in life.ids if trace in cell}
    assert named <= {"audit"}, "only the audit entry names the conversation"
    assert {n for n, number in rows_of(filed_store).items() if number} <= OF_NOBODY
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    assert set(told) == {life.conversation, life.door}, "whoever remembers turns is told"
    assert filed_store.audit.verify() is None
    assert len(left) > len(before) > 0


def _nobody_else(_store: Store, _files: FileStore) -> None:
    return None


def _somebody_else(store: Store, files: FileStore) -> None:
    key = files.put(b"somebody else's file")
    store.inbox.receive(message("me too", "+4911", files=(FileRef(name="x", key=key, size=1),)))


@pytest.mark.parametrize("others", [_nobody_else, _somebody_else])
def test_no_byte_of_the_database_file_remembers_what_was_erased(
    sqlite_url: str,
    clock: Clock,
    files: FileStore,
    others: Callable[[Store, FileStore], None],
) -> None:
    store = Store.open(sqlite_url, [KEY], clock, files)
    others(store, files)
    life = live(store, files, clock)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    present = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert any(token.encode() in present for token in life.tokens), "the search finds what is there"
    store.erase(life.conversation)
    kept = tokens_in(store)
    left = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert [t for t in life.tokens - kept if t.encode() in left] == []
    assert [w for w in WORDS if w.encode() in left or w.encode("utf-16-le") in left] == []
    store.close()


def tokens_in(store: Store) -> set[str]:
    """The tokens that rows hold now: somebody else's, after an erasure."""
    stored = [str(cell).encode() for _, cell in cells(store)]
    return {token.decode() for cell in stored for token in TOKEN.findall(cell)}


def opened_by(key: str, data: bytes) -> list[bytes]:
    """The tokens among the bytes that a key opens."""
    fernet, found = Fernet(key), []
    for token in set(TOKEN.findall(data)):
        # Neighbours in the file may look like more of a token: any end of it may be the end.
        for end in range(len(token), max(len(token) - 8, 60), -1):
            try:
                fernet.decrypt(token[:end])
            except (InvalidToken, ValueError):
                continue
            found.append(token)
            break
    return found


def test_no_byte_of_the_database_file_opens_with_a_key_that_was_rotated_away(
    sqlite_url: str, clock: Clock, files: FileStore, tmp_path: Path
) -> None:
    store = Store.open(sqlite_url, [KEY], clock, files)
    live(store, files, clock)
    store.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    folders = (*path.parent.glob(f"{path.name}*"),)
    assert len(opened_by(KEY, b"".join(file.read_bytes() for file in folders))) > 10
    fresh = new_key()
    newer = open_files(f"file://{tmp_path / 'files'}", [fresh, KEY])
    both = Store.open(sqlite_url, [fresh, KEY], clock, newer)
    both.rotate_keys()
    both.close()
    left = b"".join(
        file.read_bytes()
        for file in (*path.parent.glob(f"{path.name}*"), *(tmp_path / "files").rglob("*"))
        if file.is_file()
    )
    assert opened_by(KEY, left) == []
    assert len(opened_by(fresh, left)) > 10


@pytest.mark.postgres
def test_no_byte_of_postgresql_tells_anything(
    postgres_url: str, clock: Clock, files: FileStore
) -> None:
    """In clear nothing ever lies there, neither in the tables nor in the log of changes."""
    store = Store.open(postgres_url, [KEY], clock, files)
    life = live(store, files, clock)
    store.erase(life.conversation)
    store.close()
    folder = _settle(postgres_url, full=False)
    secrets = [word.encode() for word in WORDS]
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            assert [secret for secret in secrets if secret in content] == [], file.name


@pytest.mark.postgres
def test_after_vacuum_full_no_table_of_postgresql_remembers_what_was_erased(
    postgres_url: str, clock: Clock, files: FileStore
) -> None:
    store = Store.open(postgres_url, [KEY], clock, files)
    life = live(store, files, clock)
    store.erase(life.conversation)
    store.close()
    left = b"".join(
        file.read_bytes() for file in (_settle(postgres_url, full=True) / "base").glob("*/*")
    )
    assert [token for token in life.tokens if token.encode() in left] == []


def _settle(url: str, *, full: bool) -> Path:
    """Write everything to the disk, rebuild the tables if wished; gives the server's folder."""
    engine = create_engine(driver_url(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM FULL" if full else "VACUUM"))
        connection.execute(text("CHECKPOINT"))
        folder = Path(str(connection.execute(text("SHOW data_directory")).scalar_one()))
    engine.dispose()
    return folder


def test_who_asked_to_share_and_was_erased_is_not_named_by_the_other_side(
    filed_store: Store,
) -> None:
    main, asker = says(filed_store, "hello", person="+1"), says(filed_store, "hello", person="+2")
    code = filed_store.links.offer(main.conversation_id)
    assert filed_store.links.ask(code, asker.conversation_id) is not None
    filed_store.erase(asker.conversation_id)
    named = {name for name, cell in readable(filed_store) if asker.conversation_id in cell}
    assert named == {"audit"}


def test_what_waits_on_the_disk_is_sealed_and_goes_when_it_is_taken_in(
    filed_store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    spool = Spool(folder, Cipher([KEY]))
    spool.append(message("she has ovarian carcinoma", "+8801712345678", profile_name="Rina Akter"))
    waiting = b"".join(file.read_bytes() for file in folder.iterdir())
    assert waiting
    assert [word for word in WORDS if word.encode() in waiting] == []
    assert spool.replay(filed_store.inbox.receive) == 1
    assert list(folder.iterdir()) == []


def test_a_question_still_in_the_outbox_goes_too(filed_store: Store) -> None:
    heard = says(filed_store, "hello")
    answered(filed_store, "hi")
    filed_store.outbox.enqueue(heard.conversation_id, [OutboundReply(text="olaparib?")])
    filed_store.erase(heard.conversation_id)
    assert filed_store.outbox.claim("sender", ["whatsapp"]) is None
