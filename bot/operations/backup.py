"""`intake backup` and `intake restore`: database and files in one folder that proves itself whole.

Guarantee: a backup is one consistent moment of the database, made while people write; every file
that a row of it names was stored before that row, so it is in the backup unless its person was
erased meanwhile. All content is encrypted as it is in the database, and the keys are not in it: a
backup without INTAKE_DATA_KEYS opens nothing. Restoring refuses a database that holds something.
Limit: files in an S3-compatible store are backed up there (versioning, replication), not here.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, inspect, select
from sqlalchemy.engine import URL

from bot.settings import Settings
from bot.store import Store
from bot.store.database import driver_url
from bot.store.tables import Base, Conversation

SQLITE_FILE: Final = "database.sqlite3"
POSTGRES_FILE: Final = "database.dump"
FILES: Final = "files.tar"
MANIFEST: Final = "manifest.json"


class BackupFailed(RuntimeError):
    """Nothing was saved or restored; the text says why, without content."""


def backup(configuration: Settings, folder: Path) -> dict[str, Any]:
    """Save database and files to a new folder; gives the manifest. Raises BackupFailed."""
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise BackupFailed(f"{folder} exists already; name a new folder") from None
    url = driver_url(configuration.database_url)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), folder / SQLITE_FILE)
    else:
        _postgres("pg_dump", url, "--format=custom", f"--file={folder / POSTGRES_FILE}")
    files = _files_folder(configuration)
    if files is not None and files.is_dir():
        with tarfile.open(folder / FILES, "w") as archive:
            archive.add(files, arcname="files")
    manifest = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": url.get_backend_name(),
        "files": "here" if files is not None else "in their own store",
        "sha256": {path.name: _sum(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def restore(configuration: Settings, folder: Path) -> int:
    """Bring a backup into an empty database; gives the number of conversations in it.

    The tables are brought to the present version. Raises BackupFailed.
    """
    manifest = _checked(folder)
    url = driver_url(configuration.database_url)
    if manifest["database"] != url.get_backend_name():
        raise BackupFailed(f"the backup is of {manifest['database']}, the setting names another")
    files = _files_folder(configuration)
    with_files = (folder / FILES).exists()
    if with_files and files is None:
        raise BackupFailed("the backup has files; set INTAKE_FILES_URL to a folder")
    _refuse_unless_empty(configuration)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(folder / SQLITE_FILE, Path(url.database or ""))
    else:
        name = f"--dbname={url.database}"
        own = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        _postgres("pg_restore", url, name, *own, str(folder / POSTGRES_FILE))
    if with_files and files is not None:
        files.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / FILES) as archive:
            for member in archive:
                member.name = str(Path(files.name) / Path(member.name).relative_to("files"))
                archive.extract(member, files.parent, filter="data")
    store = Store.open(configuration.database_url, configuration.keys)
    try:
        store.migrate()
        with store.database.read() as session:
            return session.scalar(select(func.count()).select_from(Conversation)) or 0
    finally:
        store.close()


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BackupFailed(f"{folder} holds no backup: {MANIFEST} is missing or broken") from None
    for name, expected in manifest["sha256"].items():
        path = folder / name
        if not path.exists() or _sum(path) != expected:
            raise BackupFailed(f"{name} is missing or damaged")
    return manifest


def _refuse_unless_empty(configuration: Settings) -> None:
    url = driver_url(configuration.database_url)
    if url.get_backend_name() == "sqlite":
        if Path(url.database or "").exists():
            raise BackupFailed("the database exists already; restore into a new one")
        return
    store = Store.open(configuration.database_url, configuration.keys)
    try:
        if set(inspect(store.database.engine).get_table_names()) & set(Base.metadata.tables):
            raise BackupFailed("the database has tables already; restore into an empty one")
    finally:
        store.close()


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own copy of a database in use: one moment of it, the write-ahead log included."""
    if not source.exists():
        raise BackupFailed("there is no database yet")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        # One file, complete in itself; the service switches back when it opens it.
        new.execute("PRAGMA journal_mode = DELETE")
    target.chmod(0o600)


def _postgres(program: str, url: URL, *arguments: str) -> None:
    """PostgreSQL's own tool; its password travels in the environment, never on the command line."""
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    settings = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    environment = os.environ | {name: str(value) for name, value in settings.items() if value}
    try:
        done = subprocess.run(  # noqa: S603
            [program, *arguments], env=environment, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise BackupFailed(
            f"{program} is not installed; it comes with PostgreSQL's client programs"
        ) from None
    if done.returncode != 0:
        # Its own words could quote rows; the exit code is enough to look further with.
        raise BackupFailed(f"{program} ended with code {done.returncode}")


def _files_folder(configuration: Settings) -> Path | None:
    parts = urlsplit(configuration.files_url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
