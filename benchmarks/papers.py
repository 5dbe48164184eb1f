"""Memory and time while one person sends ten files of 15 MB at once: `python -m benchmarks.papers`.

The gateway runs as a process of its own with its worker, sender and collector; the provider and the
engine are the tests' stand-ins. Its resident memory is looked at every 20 ms. Shown beside it: the
memory with the one process that reads the files.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fpdf import FPDF
from PIL import Image
from sqlalchemy import func, select

from benchmarks.measuring import table
from bot.store import Store
from bot.store.crypto import new_key
from bot.store.received_files import WITH_FILES
from bot.store.tables import Message
from tests.records.paper_files import PATHOLOGY, dicom, page_picture, zipped
from tests.standins import twilio_api
from tests.standins.engine import EngineStandIn
from tests.standins.serving import bound, serving
from tests.standins.twilio_api import TwilioStandIn

FILES = 10
MEGABYTES = 15
RESULTS = Path(__file__).parent / "results" / "papers.json"
PHONE = "+8801712345678"


def main() -> None:
    """Measure both doors, print the table, write the file."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # of the stand-ins' ends
    rows = measure()
    print(table(rows))
    RESULTS.parent.mkdir(exist_ok=True)
    written = {"at": datetime.now(UTC).isoformat(), "results": rows}
    RESULTS.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def measure() -> list[dict[str, Any]]:
    """One row a door."""
    return [_door("WhatsApp", _by_whatsapp), _door("browser", _by_browser)]


def a_file(number: int) -> tuple[str, bytes]:
    """A file of about 15 MB, each different: a scanned PDF, a photo, a CD as ZIP in turn."""
    side = int((MEGABYTES * 1_500_000 / 3) ** 0.5)
    if number % 3 == 2:
        slices = [(f"I{n}", dicom("CT_small.dcm")) for n in range(20)]
        filler = ("viewer.bin", os.urandom(MEGABYTES * 1_000_000 - 400_000))
        return f"cd{number}.zip", zipped([*slices, filler])
    noise = Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))
    noise.paste(page_picture(PATHOLOGY, (side, side // 3)))  # words on top of grain
    data = io.BytesIO()
    noise.save(data, "PNG", compress_level=1)
    if number % 3 == 1:
        return f"photo{number}.png", data.getvalue()
    pdf = FPDF()
    pdf.add_page()
    pdf.image(data, w=190)
    return f"scan{number}.pdf", bytes(pdf.output())


def _door(name: str, send: Callable[..., None]) -> dict[str, Any]:
    engine, twilio, held = EngineStandIn(), TwilioStandIn(), bound()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(engine.app(), abrupt=True) as engine_url,
        serving(twilio.app(), abrupt=True) as twilio_url,
    ):
        port = held.getsockname()[1]
        held.close()
        settings = _settings(Path(folder), port, engine_url, twilio_url, engine.token)
        with _gateway(settings) as (url, process):
            store = Store.open(settings["INTAKE_DATABASE_URL"], [settings["INTAKE_DATA_KEYS"]])
            send(url, twilio, twilio_url, [("hello.txt", b"hello")])
            _until_settled(store, 1)
            files = [a_file(number) for number in range(FILES)]
            with _watching(process.pid) as seen:
                began = time.monotonic()
                send(url, twilio, twilio_url, files)
                _until_settled(store, 1 + FILES)
                seconds = time.monotonic() - began
            store.close()
    before, most, with_reader = seen["before"], seen["most"], seen["with_reader"]
    return {
        "door": name,
        "files": f"{FILES} x {MEGABYTES} MB",
        "gateway before MB": round(before, 1),
        "gateway growth MB": round(most - before, 1),
        "growth with the reading process MB": round(with_reader - before, 1),
        "seconds until all were read": round(seconds, 1),
    }


def _settings(folder: Path, port: int, engine: str, twilio: str, token: str) -> dict[str, str]:
    return {
        "INTAKE_DATABASE_URL": f"sqlite:///{folder / 'intake.db'}",
        "INTAKE_FILES_URL": f"file://{folder / 'files'}",
        "INTAKE_DATA_KEYS": new_key(),
        "INTAKE_ENGINE_URL": engine,
        "INTAKE_ENGINE_TOKEN": token,
        "INTAKE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "INTAKE_PORT": str(port),
        "TWILIO_ACCOUNT_SID": twilio_api.ACCOUNT,
        "TWILIO_AUTH_TOKEN": twilio_api.TOKEN,
        "TWILIO_WHATSAPP_FROM": f"whatsapp:{twilio_api.SENDER}",
        "TWILIO_API_URL": twilio,
    }


@contextmanager
def _gateway(settings: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    store = Store.open(settings["INTAKE_DATABASE_URL"], [settings["INTAKE_DATA_KEYS"]])
    store.migrate()
    store.close()
    environment = {**os.environ, **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.gateway"], env=environment, stderr=subprocess.DEVNULL
    )
    url = settings["INTAKE_PUBLIC_URL"]
    try:
        for _ in range(300):
            try:
                if httpx.get(f"{url}/healthz").is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def _watching(pid: int) -> Iterator[dict[str, float]]:
    seen = {"before": _own_mb(pid), "most": 0.0, "with_reader": 0.0}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            seen["most"] = max(seen["most"], _own_mb(pid))
            try:
                seen["with_reader"] = max(seen["with_reader"], _with_children_mb(pid))
            except (FileNotFoundError, ProcessLookupError):
                continue  # the reading process ended while it was looked at

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _own_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _with_children_mb(pid: int) -> float:
    """Children of any thread: the reading process is started by a worker thread."""
    listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return _own_mb(pid) + sum(_own_mb(int(child)) for child in " ".join(listed).split())


def _by_whatsapp(url: str, twilio: TwilioStandIn, api: str, files: list[tuple[str, bytes]]) -> None:
    messages = []
    for name, data in files:
        kind = "application/pdf" if name.endswith("pdf") else "image/png"
        media = twilio.add_media(f"MM{name}", kind, data, api)
        messages.append(
            twilio.inbound(PHONE, "", NumMedia="1", MediaUrl0=media, MediaContentType0=kind)
        )
    twilio.gateway = url

    async def push() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            await asyncio.gather(*(twilio.push(client, message) for message in messages))

    asyncio.run(push())


def _by_browser(
    url: str, _twilio: TwilioStandIn, _api: str, files: list[tuple[str, bytes]]
) -> None:
    async def upload() -> None:
        async with httpx.AsyncClient(timeout=120) as client:
            await asyncio.gather(
                *(
                    client.post(f"{url}/webchat/one-person/messages", files={"file": file})
                    for file in files
                )
            )

    asyncio.run(upload())


def _until_settled(store: Store, number: int) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        waiting = store.received_files.awaited(datetime.now(UTC) - timedelta(days=1)).files
        if _came(store) >= number and not waiting:
            return
        time.sleep(0.1)
    raise TimeoutError("the files were not read within five minutes")


def _came(store: Store) -> int:
    query = select(func.count()).select_from(Message).where(Message.kind.in_(WITH_FILES))
    with store.database.read() as session:
        return session.scalar(query) or 0


if __name__ == "__main__":
    main()
