"""A backup made while people write brings the case back, on both databases; damage is noticed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pgserver
import pytest
from sqlalchemy import NullPool, create_engine, text

from bot.operations.backup import BackupFailed, backup, restore
from bot.settings import Settings
from bot.store import Store, new_key
from bot.store.database import driver_url
from bot.store.errors import BadKeys
from bot.store.files import open_files
from tests.conftest import KEY
from tests.connectors.conftest import make_settings
from tests.store.people import answered, intake, says

WORDS = "stage 3c and we live in Dhaka"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, as they are installed beside a server."""
    programs = Path(pgserver.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def places(request: pytest.FixtureRequest, tmp_path: Path, tools: None) -> Iterator[list[Settings]]:
    """Settings of a service in use, and of an empty one to restore into."""
    here, there = str(request.getfixturevalue(f"{request.param}_url")), ""
    if request.param == "sqlite":
        there = f"sqlite:///{tmp_path / 'new' / 'intake.db'}"
        yield [settings(tmp_path / "old", here), settings(tmp_path / "new", there)]
        return
    server = driver_url(here).set(database="postgres")
    name = f"{driver_url(here).database}_new"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    there = here.replace(str(driver_url(here).database), name)
    yield [settings(tmp_path / "old", here), settings(tmp_path / "new", there)]
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def settings(folder: Path, database_url: str, key: str = KEY) -> Settings:
    """A service's settings."""
    return make_settings(folder, key).model_copy(update={"database_url": database_url})


def opened(configuration: Settings) -> Store:
    """Its store with its files."""
    files = open_files(configuration.files_url, configuration.keys)
    return Store.open(configuration.database_url, configuration.keys, files=files)


def fill(configuration: Settings) -> tuple[str, str]:
    """A case with a paper; its number and the paper's key."""
    store = opened(configuration)
    heard = says(store, WORDS)
    number = intake(store, heard.conversation_id, heard.message_id, stage_group="III")
    answered(store)
    files = open_files(configuration.files_url, configuration.keys)
    key = files.put(b"%PDF-1.7 pathology")
    store.close()
    return number, key


def test_the_case_and_its_paper_come_back(places: list[Settings], tmp_path: Path) -> None:
    here, there = places
    number, key = fill(here)
    in_use = opened(here)  # the service goes on writing
    manifest = backup(here, tmp_path / "backup")
    says(in_use, "written after the backup")
    in_use.close()
    assert restore(there, tmp_path / "backup") == 1
    store = opened(there)
    found = store.conversations.find(number)
    assert found is not None
    case = store.cases.by_conversation(found.id)
    assert case is not None
    assert case.facts["stage_group"].value == "III"
    texts = [line.text for line in store.transcript(found.id)]
    assert WORDS in texts
    assert "written after the backup" not in texts
    assert b"".join(open_files(there.files_url, there.keys).chunks(key)) == b"%PDF-1.7 pathology"
    says(store, "life goes on")
    assert store.inbox.depth().waiting == 1
    store.close()
    assert set(manifest["sha256"]) == {p.name for p in (tmp_path / "backup").iterdir()} - {
        "manifest.json"
    }


def test_a_backup_holds_nothing_in_clear_and_no_key(places: list[Settings], tmp_path: Path) -> None:
    fill(places[0])
    backup(places[0], tmp_path / "backup")
    for path in (tmp_path / "backup").iterdir():
        data = path.read_bytes()
        for secret in (WORDS.encode(), b"+8801700000001", b"%PDF-1.7", KEY.encode()):
            assert secret not in data, (path.name, secret)
        assert path.parent.stat().st_mode & 0o077 == 0


def test_damage_is_noticed_before_anything_is_touched(
    places: list[Settings], tmp_path: Path
) -> None:
    fill(places[0])
    manifest = backup(places[0], tmp_path / "backup")
    victim = tmp_path / "backup" / min(manifest["sha256"])
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BackupFailed, match=victim.name):
        restore(places[1], tmp_path / "backup")


def test_nothing_is_overwritten(places: list[Settings], tmp_path: Path) -> None:
    fill(places[0])
    backup(places[0], tmp_path / "backup")
    with pytest.raises(BackupFailed, match="already"):
        restore(places[0], tmp_path / "backup")
    with pytest.raises(BackupFailed, match="exists already"):
        backup(places[0], tmp_path / "backup")


def test_without_the_key_a_backup_opens_nothing(places: list[Settings], tmp_path: Path) -> None:
    fill(places[0])
    backup(places[0], tmp_path / "backup")
    other = settings(tmp_path / "new", places[1].database_url, new_key())
    with pytest.raises(BadKeys) as refused:
        restore(other, tmp_path / "backup")
    assert WORDS not in str(refused.value)


def test_what_is_no_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="holds no backup"):
        restore(make_settings(tmp_path), tmp_path / "x")


def test_a_missing_program_is_named(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailed, match="pg_dump"):
        backup(settings(tmp_path, postgres_url), tmp_path / "backup")
