"""`intake export`: each format on standard output or in a file; what may not leave is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import settings
from bot.store import Store
from tests.conftest import KEY
from tests.export.cases import assessed_case


@pytest.fixture
def run(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs the command on the test's database."""
    monkeypatch.setenv("INTAKE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("INTAKE_DATA_KEYS", KEY)
    monkeypatch.setenv("INTAKE_FILES_URL", f"file://{tmp_path}/files")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["export", *words])
    settings.cache_clear()


@pytest.fixture
def number(sqlite_store: Store) -> str:
    """The number of an assessed case."""
    return assessed_case(sqlite_store)[1]


@pytest.mark.parametrize(("form", "begins"), [("json", b"{"), ("pdf", b"%PDF-"), ("fhir", b"{")])
def test_each_format_comes_on_standard_output(
    run: Callable[..., Result], number: str, form: str, begins: bytes
) -> None:
    done = run(number, "--format", form)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout_bytes.startswith(begins)
    if form == "fhir":
        assert json.loads(done.stdout_bytes)["resourceType"] == "Bundle"


def test_a_file_is_written_where_asked(
    run: Callable[..., Result], number: str, tmp_path: Path
) -> None:
    out = tmp_path / "case.pdf"
    done = run(number, "--format", "pdf", "--out", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_bytes().startswith(b"%PDF-")


def test_what_is_not_to_be_shared_is_refused_to_hospitals_and_said_with_our_own_record(
    run: Callable[..., Result], sqlite_store: Store
) -> None:
    _, number = assessed_case(sqlite_store, sharing=False)
    for form in ("pdf", "fhir"):
        done = run(number, "--format", form)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "no consent to share" in done.stderr
    done = run(number, "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["permissions"]["sharing"]["given"] is False
    assert "no consent to share" in done.stderr


def test_what_cannot_be_exported_is_one_line_and_exit_code_2(
    run: Callable[..., Result], sqlite_store: Store
) -> None:
    _, refused = assessed_case(sqlite_store, consent=False)
    for words, said in (
        ((refused, "--format", "pdf"), "no consent"),
        ((refused, "--format", "fhir"), "no consent"),
        (("C-0000-00",), "no case"),
        ((refused, "--format", "xml"), "format xml is not known"),
    ):
        done = run(*words)
        assert done.exit_code == 2, words
        assert done.stdout == ""
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
