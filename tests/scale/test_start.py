"""A process that starts too early says what is missing, in one line, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bot.settings import ROOT
from bot.store import Store
from tests.conftest import KEY


def start(part: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A part of the service, until it ends."""
    environment = os.environ | {"INTAKE_DATA_KEYS": KEY, "INTAKE_PORT": "0"} | settings
    command = [sys.executable, "-m", "connectors.gateway", part]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_before_the_migration(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    Store.open(url, [KEY]).close()
    done = start("web", INTAKE_DATABASE_URL=url, INTAKE_FILES_URL=f"file://{tmp_path / 'f'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["the database has no tables yet; run: intake migrate"]


def test_with_an_address_of_redis_that_is_none(sqlite_url: str, tmp_path: Path) -> None:
    done = start(
        "worker",
        INTAKE_DATABASE_URL=sqlite_url,
        INTAKE_FILES_URL=f"file://{tmp_path / 'f'}",
        INTAKE_REDIS_URL="http://example.org",
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["INTAKE_REDIS_URL is not a Redis address"]
