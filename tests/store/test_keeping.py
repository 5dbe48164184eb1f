"""Each kind of data goes when its time is over, and a dry run says beforehand what will go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings, settings
from bot.store import FileRef, NotFound, Store
from bot.store.conversations import UNCONSENTED
from bot.store.crypto import Cipher
from bot.store.files import FileStore, open_files
from bot.store.keeping import Periods
from bot.store.messages import InboundMessage
from connectors.spool import Spool
from tests.conftest import KEY, Clock
from tests.standins.object_store import ObjectStoreStandIn
from tests.standins.serving import serving
from tests.store.people import intake, message, says

DAY = timedelta(days=1)
SHORT = Periods(conversations=10 * DAY, files=5 * DAY, marks=3 * DAY, replies=2 * DAY)


def counted(store: Store, periods: Periods = SHORT, *, dry_run: bool = False) -> dict[str, int]:
    found = store.keeping.run(periods, dry_run=dry_run)
    return {due.kind: due.number for due in found if due.number}


def agreed(store: Store, files: FileStore, person: str = "+1", **more: object) -> tuple[str, str]:
    """Somebody who agreed and sent a file; the conversation and the file's key."""
    key = files.put(b"a report of " + person.encode())
    ref = FileRef(name="report.pdf", key=key, size=9)
    heard = store.inbox.receive(message("here", person, kind="file", files=(ref,), **more))
    intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    while (turn := store.inbox.claim("worker")) is not None:
        store.inbox.finish(turn, [])
    return heard.conversation_id, key


def test_without_settings_what_was_agreed_to_stays(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    conversation, key = agreed(filed_store, files)
    clock.forward(days=4000)
    counted(filed_store, Periods())
    assert filed_store.conversations.get(conversation) is not None
    assert files.get(key)


def test_a_dry_run_says_what_will_go_and_removes_nothing(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    conversation, key = agreed(filed_store, files)
    says(filed_store, "what is this", person="+2")
    clock.forward(days=11)
    foreseen = counted(filed_store, dry_run=True)
    assert filed_store.conversations.get(conversation) is not None
    assert files.get(key)
    assert foreseen == {
        "without consent, or asked to be forgotten": 1,
        "conversations": 1,
        "files": 1,
        "stored replies of turns": 1,
    }
    assert counted(filed_store, dry_run=True) == foreseen
    counted(filed_store)
    assert counted(filed_store, dry_run=True) == {}
    assert filed_store.conversations.get(conversation) is None
    with pytest.raises(NotFound):
        files.get(key)
    last = [e for e in filed_store.audit.entries() if e.action == "conversation.erase"]
    assert {e.actor for e in last} == {"retention"}


def test_files_go_before_their_conversation_and_their_names_stay(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    conversation, key = agreed(filed_store, files)
    clock.forward(days=6)
    assert counted(filed_store) == {"files": 1, "stored replies of turns": 1}
    with pytest.raises(NotFound):
        files.get(key)
    (line,) = filed_store.transcript(conversation)
    assert line.incoming is not None
    assert [(f.name, f.key) for f in line.incoming.files] == [("report.pdf", None)]
    assert counted(filed_store) == {}


def test_who_wrote_lately_is_kept_with_every_chat_of_the_case(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    conversation, _ = agreed(filed_store, files)
    clock.forward(days=9)
    filed_store.inbox.receive(message("still here", "+1", sent_at=clock.now))
    clock.forward(days=9)
    counted(filed_store)
    assert filed_store.conversations.get(conversation) is not None
    clock.forward(days=2)
    counted(filed_store)
    assert filed_store.conversations.get(conversation) is None


def test_a_file_that_no_message_names_goes_within_a_day(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    _, named = agreed(filed_store, files)
    lost = files.put(b"stored by a process that died before it could say so")
    assert counted(filed_store, Periods()) == {}
    clock.forward(hours=25)
    assert counted(filed_store, Periods()) == {"files that no message names": 1}
    assert files.get(named)
    with pytest.raises(NotFound):
        files.get(lost)


def test_the_hourly_look_leaves_files_to_a_later_one(
    filed_store: Store, files: FileStore, clock: Clock
) -> None:
    lost = files.put(b"stored by a process that died before it could say so")
    clock.forward(hours=25)
    assert not [d for d in filed_store.keeping.run(Periods(), with_files=False) if "file" in d.kind]
    assert files.get(lost)


def test_an_object_store_lists_what_it_holds(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    with serving(ObjectStoreStandIn().app(), abrupt=True) as url:
        for name, value in ObjectStoreStandIn.environment(url).items():
            monkeypatch.setenv(name, value)
        files = open_files("s3://records/intake", [KEY])
        keys = {files.put(b"one"), files.put(b"two")}
        assert set(files.older_than(clock.now + DAY)) == keys
        assert set(files.older_than(clock.now - DAY)) == set()
        for key in keys:
            files.remove(key)
        assert set(files.older_than(clock.now + DAY)) == set()


@pytest.mark.parametrize("at_work", [True, False])
def test_nothing_without_consent_outlives_a_day_not_even_unanswered(
    filed_store: Store, files: FileStore, clock: Clock, at_work: bool
) -> None:
    key = files.put(b"a photo")
    ref = FileRef(name="photo.jpg", key=key, size=7)
    heard = filed_store.inbox.receive(message("look", kind="file", files=(ref,)))
    if not at_work:
        while (turn := filed_store.inbox.claim("worker")) is not None:
            filed_store.inbox.finish(turn, [])
    clock.now += UNCONSENTED - timedelta(minutes=1)  # the job looks every 15 seconds
    filed_store.retention.purge()
    assert filed_store.conversations.get(heard.conversation_id) is None
    with pytest.raises(NotFound):
        files.get(key)


def test_a_message_that_waited_on_disk_has_no_second_day(filed_store: Store, clock: Clock) -> None:
    waited = message("from yesterday", sent_at=clock.now - timedelta(hours=20))
    heard = filed_store.inbox.receive(waited)
    clock.forward(hours=4)
    filed_store.retention.purge()
    assert filed_store.conversations.get(heard.conversation_id) is None


def test_the_spool_keeps_nothing_for_more_than_a_day(tmp_path: Path, clock: Clock) -> None:
    spool = Spool(tmp_path, Cipher([KEY]))
    spool.append(message("she has ovarian cancer"))
    (file,) = tmp_path.glob("*.message")
    file.with_name(file.name.replace(".message", "x.message")).write_text("not a token")

    def away(_message: InboundMessage) -> None:
        raise OSError("the disk too")

    with pytest.raises(OSError, match="disk"):
        spool.replay(away)
    assert spool.expire(clock.now) == 0
    clock.forward(hours=23)
    assert spool.expire(clock.now) == 0
    clock.forward(hours=2)
    assert spool.expire(clock.now) == 2
    assert not list(tmp_path.iterdir())


def test_the_command_says_each_kind(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(sqlite_url, [KEY])
    heard = says(store, "hello", person="+1")
    store.conversations.expire(heard.conversation_id, store.database.now())
    store.close()
    for name, value in {
        "INTAKE_DATABASE_URL": sqlite_url,
        "INTAKE_DATA_KEYS": KEY,
        "INTAKE_FILES_URL": f"file://{tmp_path / 'files'}",
    }.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    try:
        done = CliRunner().invoke(app, ["retention", "--dry-run"])
        assert done.exit_code == 0, done.output
        assert "login sessions: 0 would go" in done.stdout
        assert "conversations: 0 would go" in done.stdout
        assert "conversations: 0 gone" in CliRunner().invoke(app, ["retention"]).stdout
    finally:
        settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value"),
    [("INTAKE_KEEP_FILES_DAYS", "-1"), ("INTAKE_KEEP_RECEIPTS_DAYS", "1")],
)
def test_a_period_that_cannot_be_meant_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        Settings(_env_file=None)
