"""Twenty thousand cases and 600,000 messages, put into a database at once: what to measure."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, column, func, insert, select, table
from sqlalchemy.orm import Session

from bot.console.judging import judge
from bot.facts.case import Case, CaseNumber, CaseState, Consent, ConversationId, Fact, FactSource
from bot.facts.vocabulary import cancers
from bot.store import Store
from bot.store.cases import asks_key, term_key, wire
from bot.store.index_tables import IndexMark
from bot.store.indexing import Talk
from bot.store.messages import InboundMessage, Kind
from bot.store.ranking import RANK_EMERGENCY, RANK_REST, RANK_URGENT, RANK_WAITING
from bot.store.tables import Message
from bot.store.words import word_keys, words_of

CASES, MESSAGES = 20_000, 600_000
LONG = 400  # messages of one conversation in fifty
SHORT = (MESSAGES - LONG * CASES // 50) // (CASES - CASES // 50)
BATCH = 20_000
TEXTS = 2000  # different messages
COUNTRIES = ("IQ", "BD", "IN", "NG", "TR", "BR", "DE", "KE", "EG", "US")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
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
