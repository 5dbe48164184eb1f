"""How quick the console is with 20,000 cases and 600,000 messages, beside the aim of 150 ms (p95).

The database is filled once with bulk inserts and kept; a second run measures at once:

    python -m benchmarks.console sqlite:///var/console-benchmark.db
    python -m benchmarks.console postgres      # a server of its own, kept in the temporary folder
    python -m benchmarks.console --only week   # pages with this in their name
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from benchmarks.console_store import CASES, LONG, VOCABULARY, fill
from benchmarks.measuring import Sample, resident_mb, timed
from benchmarks.measuring import table as printed
from bot.console import accounts
from bot.console.app import create_console
from bot.console.sessions import open_session
from bot.facts.vocabulary import cancers
from bot.settings import Settings
from bot.store import Store, new_key
from bot.store.case_tables import CaseRow

AIM_MS = 150
HERE = "http://benchmark.test"
WEEK = "2026-11-02"


def measure(store: Store, settings: Settings, repeats: int, only: str = "") -> list[dict[str, Any]]:
    """Milliseconds of each page at the server, session and audit entry included."""
    app = Starlette(routes=[Mount("/console", create_console(store, settings))])
    browser = TestClient(app, base_url=HERE)
    browser.cookies.set("intake_session", _session(store), domain="benchmark.test")
    form = browser.get("/console/search").text
    token = re.search(r'name="token" value="([0-9a-f]+)"', form)
    assert token

    def look(path: str) -> None:
        if path.startswith("/") and not path.endswith("/find"):
            answer = browser.get(path)
        else:
            words, to = (path, "/console/search") if "/" not in path else ("word7", path)
            data = {"token": token[1], "q": words}
            answer = browser.post(to, data=data, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 200, path

    found = []
    for name, path in _pages(store).items():
        if only not in name:
            continue
        for _ in range(3):
            look(path)
        gc.collect()
        gc.freeze()  # as the gateway does once it is up
        before = resident_mb(os.getpid())
        busy = time.process_time()
        seconds = [timed(look, path)[0] for _ in range(repeats)]
        busy = 1000 * (time.process_time() - busy) / repeats
        taken = Sample(seconds)
        grown = resident_mb(os.getpid()) - before
        found.append(
            {
                "page": name,
                "p50 ms": taken.ms(0.5),
                "p95 ms": taken.ms(0.95),
                "aim ms": AIM_MS,
                "processor ms": busy,
                "grown MB": round(grown, 1),
            }
        )
    return found


def _session(store: Store) -> str:
    account = store.users.by_name("benchmark")
    if account is None:
        accounts.create_user(store, "benchmark", "administrator")
        account = store.users.by_name("benchmark")
        assert account is not None
        store.users.change(account.id, must_change_password=False)
    return open_session(store, account.id, store.database.now())


def _pages(store: Store) -> dict[str, str]:
    """Addresses, or what is searched for."""
    names = sorted(cancers())
    long_case = "/console/cases/C-00050-22"
    return {
        "list, first page": "/console/cases",
        "list, half way down": _deep(store),
        "list, a common diagnosis": f"/console/cases?cancer={names[0]}",
        "list, the rarest diagnosis": f"/console/cases?cancer={names[-1]}",
        "list, diagnosis and country": f"/console/cases?cancer={names[1]}&country=IQ",
        "list, critical records missing": "/console/cases?needs=records",
        "list, failed delivery": "/console/cases?needs=delivery",
        "list, language and work": "/console/cases?language=ar&desk=ready",
        "list, a diagnosis nobody has": "/console/cases?cancer=none",
        "search, part of a number": "0123",
        "search, a word of every case": "word0",
        "search, a rare word": f"word{VOCABULARY - 1}",
        "search, three words": "word5 word70 word300",
        "search, eight common words": " ".join(f"word{n}" for n in range(20, 28)),
        "search, eight less common words": " ".join(f"word{n}" for n in range(200, 208)),
        "search, two words nobody has together": f"word{VOCABULARY - 1} word{VOCABULARY - 2}",
        "case with 400 messages": long_case,
        "case, an earlier page": f"{long_case}/messages?before={_middle(store)}",
        "case, refresh": f"{long_case}/messages",
        "case, search inside": f"{long_case}/find",
        "week": f"/console/quality/week?from={WEEK}",
    }


def _deep(store: Store) -> str:
    """The address of a page far down the list."""
    with store.database.read() as session:
        held = session.scalar(select(func.count(CaseRow.number))) or 0
        row = session.execute(
            select(CaseRow.queue_rank, CaseRow.queue_at, CaseRow.number)
            .order_by(CaseRow.queue_rank, CaseRow.queue_at, CaseRow.number)
            .offset(held // 2)
            .limit(1)
        ).one()
    at = row[1].isoformat().replace("+", "%2B")
    return f"/console/cases?after={row[0]}~{at}~{row[2]}"


def _middle(store: Store) -> int:
    lines = store.transcript("conversation-50", limit=LONG // 2)
    return lines[-1].seq


def _server() -> str:
    """A PostgreSQL server whose data stays between runs."""
    import pgserver

    folder = Path(tempfile.gettempdir()) / "intake-console-benchmark"
    server = pgserver.get_server(folder, cleanup_mode="stop")
    return str(server.get_uri())


def main() -> None:
    """Fill once, measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", nargs="?", default="sqlite:///var/console-benchmark.db")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--only", default="", help="pages with this in their name; keeps nothing")
    parser.add_argument("--keys", type=Path, default=Path("var/console-benchmark.key"))
    given = parser.parse_args()
    given.keys.parent.mkdir(parents=True, exist_ok=True)
    if not given.keys.exists():
        given.keys.write_text(new_key())
    key = given.keys.read_text()
    store = Store.open(_server() if given.database == "postgres" else given.database, [key])
    store.migrate()
    with store.database.read() as session:
        held = session.scalar(select(func.count(CaseRow.number))) or 0
    if not held:
        print(f"filled in {fill(store, given.cases):.0f} s")
    settings = Settings(INTAKE_PUBLIC_URL=HERE, INTAKE_DATA_KEYS=key)  # type: ignore[call-arg]
    found = measure(store, settings, given.repeats, given.only)
    print(printed(found))
    if not given.only:
        database = given.database.partition(":")[0]
        results = Path(__file__).parent / "results" / f"console-{database}.json"
        written = {"load": os.getloadavg()[0], "database": database, "pages": found}
        results.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    store.close()


if __name__ == "__main__":
    main()
