"""Files go past a ClamAV daemon where one is set; a daemon that is away is no clean bill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.operations import doctor
from connectors.virus_scan import ScannerAway, VirusScanner
from tests.connectors.conftest import make_settings
from tests.connectors.test_media import Collecting, Source, send

# The harmless string that every scanner reports.
TEST_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """Speaks INSTREAM as clamd(8) describes it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.answer: bytes | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            data += await reader.readexactly(size)
        self.seen.append(data)
        found = b"stream: Eicar-Signature FOUND\0" if TEST_VIRUS in data else b"stream: OK\0"
        writer.write(self.answer or found)
        writer.close()


@pytest.fixture
async def clamd(tmp_path: Path) -> AsyncIterator[tuple[Clamd, str]]:
    daemon, path = Clamd(), tmp_path / "clamd.ctl"
    server = await asyncio.start_unix_server(daemon.serve, path)
    async with server:
        yield daemon, f"unix://{path}"


async def test_a_virus_is_found_and_a_clean_file_is_clean(clamd: tuple[Clamd, str]) -> None:
    daemon, url = clamd
    scanner = VirusScanner(url)
    assert await scanner.infected(iter([b"x" * 70_000, TEST_VIRUS]))
    assert not await scanner.infected(iter([b"a report", b" in two pieces"]))
    assert daemon.seen[1] == b"a report in two pieces"


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"what\0", b""])
async def test_an_answer_that_is_neither_yes_nor_no(
    clamd: tuple[Clamd, str], answer: bytes
) -> None:
    clamd[0].answer = answer or b"no end"
    with pytest.raises(ScannerAway):
        await VirusScanner(clamd[1]).infected(iter([b"x"]))


@pytest.mark.parametrize("url", ["http://x", "unix:", "tcp:", "clamd"])
def test_a_malformed_address_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="INTAKE_CLAMAV"):
        VirusScanner(url)


@pytest.fixture
def collecting(sqlite_store: object, tmp_path: Path) -> Callable[..., Collecting]:
    return lambda **answers: Collecting(sqlite_store, tmp_path / "files", Source(**answers))  # type: ignore[arg-type]


async def test_an_infected_file_is_told_of_and_leaves_no_bytes(
    collecting: Callable[..., Collecting], clamd: tuple[Clamd, str]
) -> None:
    here = collecting(bad=[TEST_VIRUS])
    here.collector._scanner = VirusScanner(clamd[1])
    files = await here.until_settled(send(here.store, 1, "bad", "good"))
    assert [f.problem for f in files] == ["virus", None]
    assert here.stored == 1


async def test_without_an_answer_of_the_scanner_nothing_is_read_or_kept(
    collecting: Callable[..., Collecting], tmp_path: Path
) -> None:
    here = collecting()
    here.collector._scanner = VirusScanner(f"unix://{tmp_path / 'nobody'}")
    [file] = await here.until_settled(send(here.store, 1, "good"))
    assert (file.problem, file.key, here.stored) == ("away", None, 0)


def test_the_doctor_tells_what_is_on(tmp_path: Path) -> None:
    off = make_settings(tmp_path)
    away = make_settings(tmp_path, INTAKE_CLAMAV=f"unix://{tmp_path / 'nobody'}")
    assert doctor._virus_check(off).line == "ok    virus check: off (INTAKE_CLAMAV not set)"
    assert doctor._virus_check(away).failed
    assert doctor._photo_reading(off).line.startswith("ok    photo reading: o")
