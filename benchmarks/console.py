"""How quick the console is with 20,000 cases and 600,000 messages, beside the aim of 150 ms (p95).

The database is filled once with bulk inserts and kept; a second run measures at once:

    python -m benchmarks.console sqlite:///var/console-benchmark.db
    python -m benchmarks.console postgres      # a server of its own, kept in the temporary folder
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, column, func, insert, select, table
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from benchmarks.measuring import Sample, resident_mb, timed
from benchmarks.measuring import table as printed
from bot.console import accounts
from bot.console.app import create_console
from bot.console.judging import judge
from bot.console.sessions import open_session
from bot.facts.case import Case, CaseNumber, CaseState, Consent, ConversationId, Fact, FactSource
from bot.facts.vocabulary import cancers
from bot.settings import Settings
from bot.store import Store, new_key
from bot.store.case_tables import CaseRow
from bot.store.cases import asks_key, term_key, wire
from bot.store.index_tables import IndexMark
from bot.store.indexing import Talk
from bot.store.messages import InboundMessage, Kind
from bot.store.ranking import RANK_EMERGENCY, RANK_REST, RANK_URGENT, RANK_WAITING
from bot.store.tables import Message
from bot.store.words import word_keys, words_of

AIM_MS = 150
CASES, MESSAGES = 20_000, 600_000
LONG = 400  # messages of one conversation in fifty
SHORT = (MESSAGES - LONG * CASES // 50) // (CASES - CASES // 50)
BATCH = 20_000
TEXTS = 2000  # different messages
HERE = "http://benchmark.test"
COUNTRIES = ("IQ", "BD", "IN", "NG", "TR", "BR", "DE", "KE", "EG", "US")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK = "2026-11-02"
NAMES = {
    "conversations": "id channel account address_key address profile_name created_at"
    " last_inbound_at epoch",
    "cases": "number conversation_id current channel language state dialogue version created_at"
    " updated_at desk urgent waiting_since queue_rank queue_at consented has_open_question"
    " missing_critical asks_key times_asked times_failed",
    "facts": "case_number name value words source status confidence message_id created_at",
    "case_terms": "case_number term_key",
    "messages": "id conversation_id author kind state body turn_id epoch urgent attempts"
    " apologised created_at updated_at",
    "assessments": "case_number rule_set facts result created_at",
    "checklist_items": "case_number item_key kind level position body state updated_at",
    "indexed_words": "word_key conversation_id",
    "talk_figures": "conversation_id figures",
}
# As many different words as families use, a few of them in nearly every message.
VOCABULARY, WORDS = 4000, 18


@dataclass(frozen=True)
class Inks:
    """Encrypted values that many rows share: decrypting costs the same, filling does not."""

    heard: list[str]
    said: list[str]
    keys: list[frozenset[int]]  # of the words of each of `heard`
    words: str
    empty: str
    values: dict[str, str]
    dialogue: list[str]
    result: str
    wired: str
    items: list[tuple[str, str | None, str]]


def sample(cancer: str = "ovarian") -> Case:
    """A case as rich as a usual one."""
    said = {"cancer_type": cancer, "country": "IQ", "stage_group": "IVB", "age_years": 61}
    return Case(
        conversation_id=ConversationId("x"),
        number=CaseNumber("C-0000-00"),
        channel="webchat",
        state=CaseState.ASSESSED,
        facts={k: Fact(v, words="as told", source=FactSource.SAID) for k, v in said.items()},
        consent=Consent(True, "1", "en", "whatsapp", NOW),
    )


def heard(text: str) -> InboundMessage:
    """A message as a person sends it."""
    return InboundMessage(
        channel="webchat", account="", address="x", provider_id="x", kind=Kind.TEXT, text=text
    )


def inks(store: Store) -> Inks:
    """Encrypt what the rows share."""
    hide = store.database.cipher.encrypt
    say = "We had six cycles of treatment and the scan of March shows new spots. " * 2
    luck = random.Random(1)
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    texts = [
        " ".join(f"word{n}" for n in luck.choices(range(VOCABULARY), weights, k=WORDS))
        for _ in range(TEXTS)
    ]
    judged, papers = judge(sample())
    document = wire(papers)
    listed = [("record", i) for i in document["items"]]
    listed += [("test", i) for i in document["missing_tests"]]
    kinds = [[], ["RF16"], ["RF7"]]
    return Inks(
        heard=[hide(heard(text).model_dump_json()) for text in texts],
        keys=[word_keys(store.database.cipher, words_of(text)) for text in texts],
        said=[hide(json.dumps({"text": f"{n}. Thank you. {say}"})) for n in range(50)],
        words=hide("as told by the family"),
        empty=hide("somebody"),
        values={str(v): hide(json.dumps(v)) for v in (*cancers(), *COUNTRIES, "IVB", 61)},
        dialogue=[hide(json.dumps({"flags": flags, "asks": "ecog"})) for flags in kinds],
        result=hide(json.dumps(wire(judged), default=str)),
        wired=hide(json.dumps(sample().wire(), default=str)),
        items=[(k, i.get("level"), hide(json.dumps(i, default=str))) for k, i in listed],
    )


def rows_of(number: int, ink: Inks, keys: dict[str, str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every row of one case, as (table, values)."""
    luck = random.Random(number)  # the same database every time
    case, talk = f"C-{number:05d}-22", f"conversation-{number}"
    begun = NOW - timedelta(minutes=luck.randrange(90 * 24 * 60))
    last = min(NOW, begun + timedelta(hours=luck.randrange(200)))
    channel = luck.choice(("whatsapp", "telegram", "webchat"))
    grade = luck.choices((RANK_EMERGENCY, RANK_URGENT, RANK_WAITING, RANK_REST), (1, 3, 16, 80))[0]
    urgent, waits = grade <= RANK_URGENT, grade <= RANK_WAITING
    state = (
        CaseState.EMERGENCY
        if grade == RANK_EMERGENCY
        else luck.choice((CaseState.INTAKE, CaseState.ASSESSED, CaseState.CLOSED))
    )
    flags = ink.dialogue[2 if grade == RANK_EMERGENCY else 1 if urgent else 0]
    yield (
        "conversations",
        (
            talk,
            channel,
            "",
            f"address-{number}",
            ink.empty,
            ink.empty,
            begun,
            last,
            0,
        ),
    )
    yield (
        "cases",
        (
            case,
            talk,
            True,
            channel,
            luck.choice(("en", "ar", "bn", "hi")),
            state.value,
            flags,
            1,
            begun,
            last,
            luck.choice(("new", "in_intake", "ready")),
            urgent,
            last if waits else None,
            grade,
            last,
            True,
            luck.random() < 0.1,
            luck.randrange(3),
            keys["asks"],
            luck.randrange(12),
            luck.randrange(2),
        ),
    )
    # Few cancers are common and many are rare, as in life.
    names = sorted(cancers())
    cancer = names[min(int(luck.expovariate(1 / 6)), len(names) - 1)]
    country = luck.choice(COUNTRIES)
    for name, value in (
        ("cancer_type", cancer),
        ("country", country),
        ("stage_group", "IVB"),
        ("age_years", 61),
    ):
        yield (
            "facts",
            (
                case,
                name,
                ink.values[str(value)],
                ink.words,
                "said",
                "known",
                1.0,
                f"{talk}-0",
                begun,
            ),
        )
    yield "case_terms", (case, keys[cancer])
    yield "case_terms", (case, keys[country])
    yield "assessments", (case, "1", ink.wired, ink.result, last)
    for place, (kind, level, body) in enumerate(ink.items):
        key = f"{case}-{place}"
        yield "checklist_items", (case, key, kind, level, place, body, "needed", last)
    count = LONG if number % 50 == 0 else SHORT
    figures, used = Talk(), set[int]()
    for n in range(count):
        theirs = n % 2 == 0
        at = begun + (last - begun) * n / count
        chosen = luck.randrange(TEXTS)
        used |= ink.keys[chosen] if theirs else set()
        figures.add("patient" if theirs else "bot", at.timestamp())
        body = ink.heard[chosen] if theirs else ink.said[n % 50]
        author, done = ("patient", "done") if theirs else ("bot", "delivered")
        yield (
            "messages",
            (
                f"{talk}-{n}",
                talk,
                author,
                "text",
                done,
                body,
                f"{talk}-{n - n % 2}",
                0,
                False,
                0,
                False,
                at,
                at,
            ),
        )
    for key in sorted(used):
        yield "indexed_words", (key, talk)
    yield "talk_figures", (talk, json.dumps(asdict(figures)))


def fill(store: Store, cases: int = CASES) -> float:
    """Put `cases` cases into an empty database; gives the seconds it took."""
    started = time.perf_counter()
    ink, cipher = inks(store), store.database.cipher
    keys = {c: term_key(cipher, "cancer_type", c) for c in cancers()}
    keys |= {c: term_key(cipher, "country", c) for c in COUNTRIES}
    keys["asks"] = asks_key(cipher, "ecog")
    into: dict[str, Any] = {}
    for name, columns in NAMES.items():
        named = columns.split()
        typed = [
            column(c, DateTime(timezone=True)) if c.endswith(("_at", "_since")) else column(c)
            for c in named
        ]
        into[name] = (named, insert(table(name, *typed)))
    waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}

    def write() -> None:
        with store.database.write(relaxed=True) as session:
            for name, rows in waiting.items():
                if rows and store.database.is_sqlite:
                    session.connection().execute(into[name][1], rows)
                elif rows:
                    _copy(session, name, into[name][0], rows)
                rows.clear()

    for number in range(cases):
        for name, values in rows_of(number, ink, keys):
            waiting[name].append(dict(zip(into[name][0], values, strict=True)))
        if len(waiting["messages"]) >= BATCH:
            write()
    write()
    with store.database.write() as session:
        session.add(IndexMark(id=1, seq=session.scalar(select(func.max(Message.seq))) or 0))
    if not store.database.is_sqlite:  # PostgreSQL does this by itself, in time
        with store.database.engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            own.exec_driver_sql("VACUUM ANALYZE")
    return time.perf_counter() - started


def _copy(session: Session, name: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
    """PostgreSQL's own way to take many rows in."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([row[c] for c in columns])


def measure(store: Store, settings: Settings, repeats: int) -> list[dict[str, Any]]:
    """Milliseconds of each page at the server, session and audit entry included."""
    app = Starlette(routes=[Mount("/console", create_console(store, settings))])
    browser = TestClient(app, base_url=HERE)
    account = store.users.by_name("benchmark")
    if account is None:
        accounts.create_user(store, "benchmark", "administrator")
        account = store.users.by_name("benchmark")
        assert account is not None
        store.users.change(account.id, must_change_password=False)
    token = open_session(store, account.id, store.database.now())
    browser.cookies.set("intake_session", token, domain="benchmark.test")
    names = sorted(cancers())
    long_case = "/console/cases/C-00050-22"
    pages = {
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
        "search, two words nobody has together": f"word{VOCABULARY - 1} word{VOCABULARY - 2}",
        "case with 400 messages": long_case,
        "case, an earlier page": f"{long_case}/messages?before={_middle(store)}",
        "case, refresh": f"{long_case}/messages",
        "case, search inside": f"{long_case}/find",
        "week": f"/console/quality/week?from={WEEK}",
    }
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
    for name, path in pages.items():
        for _ in range(3):
            look(path)
        gc.collect()
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
    found = measure(store, settings, given.repeats)
    print(printed(found))
    database = given.database.partition(":")[0]
    results = Path(__file__).parent / "results" / f"console-{database}.json"
    written = {"load": os.getloadavg()[0], "database": database, "pages": found}
    results.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    store.close()


if __name__ == "__main__":
    main()
