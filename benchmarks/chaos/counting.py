"""What a run lost, doubled or put out of order, counted from the database and the providers."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from benchmarks.chaos.people import Person
from benchmarks.chaos.providers import Providers
from bot.store import Author, State, Store
from bot.store.messages import InboundMessage, Kind, Outgoing
from bot.store.tables import Message, Turn

ON_THEIR_WAY = (State.SENT, State.DELIVERED, State.READ)


@dataclass
class Counts:
    """The counters of one run."""

    incoming: int = 0
    incoming_lost: int = 0
    handled_twice: int = 0
    incoming_out_of_order: int = 0
    outgoing: int = 0
    outgoing_lost: int = 0
    outgoing_out_of_order: int = 0
    doubled_whatsapp: int = 0
    doubled_telegram: int = 0
    taps: int = 0
    papers: int = 0
    papers_lost: int = 0
    not_finished: int = 0
    details: list[str] = field(default_factory=list)

    def note(self, name: str, count: int, what: str) -> None:
        """Add to a counter and say where."""
        if count:
            setattr(self, name, getattr(self, name) + count)
            self.details.append(f"{name}: {what}")


def count(store: Store, providers: Providers, people: Sequence[Person]) -> Counts:
    """Everything, person by person."""
    found = Counts()
    sends = providers.sent_by_row()
    shown: dict[int, list[str]] = defaultdict(list)
    for sent in providers.telegram.sent:
        shown[sent["chat"]["id"]].append(sent.get("text", ""))
    for person in people:
        rows = _rows(store, person)
        _incoming(found, person, rows)
        _papers(found, person, rows)
        _turns(found, store, person, rows)
        out = [row for row in rows if row["author"] != Author.PATIENT]
        found.outgoing += len(out)
        if person.channel == "whatsapp":
            _on_whatsapp(found, providers, person, out, sends)
        else:
            _on_telegram(found, person, out, shown[int(person.address)])
        found.not_finished += person.stuck
        found.taps += person.taps
    return found


def _rows(store: Store, person: Person) -> list[dict[str, Any]]:
    with store.database.read() as session:
        rows = session.scalars(
            select(Message)
            .where(Message.conversation_id == (person.conversation_id or ""))
            .order_by(Message.seq)
        )
        return [
            {
                "id": row.id,
                "seq": row.seq,
                "author": row.author,
                "state": row.state,
                "key": row.provider_id,
                "kind": row.kind,
                "turn": row.turn_id,
                "body": row.body,
            }
            for row in rows
        ]


def _incoming(found: Counts, person: Person, rows: list[dict[str, Any]]) -> None:
    heard = [r for r in rows if r["author"] == Author.PATIENT and r["kind"] != Kind.PAPERS]
    found.incoming += len(person.sent)
    times = Counter(row["key"] for row in heard)
    done = {row["key"] for row in heard if row["state"] == State.DONE}
    lost = [key for key in person.sent if key not in done]
    found.note("incoming_lost", len(lost), f"{person.address} {lost}")
    twice = sum(n - 1 for n in times.values())
    found.note("handled_twice", twice, f"{person.address} stored twice")
    # The order of answers: a turn's first reply stands where the turn was answered.
    first = {row["turn"]: row["seq"] for row in reversed(rows) if row["author"] != Author.PATIENT}
    place = {row["key"]: first.get(row["turn"] or row["id"], 0) for row in heard}
    answers = [place[key] for key in person.sent if place.get(key)]
    wrong = sum(a > b for a, b in itertools.pairwise(answers))
    found.note("incoming_out_of_order", wrong, f"{person.address} {answers}")


def _papers(found: Counts, person: Person, rows: list[dict[str, Any]]) -> None:
    """A paper that was sent is kept, and it is known what it is."""
    found.papers += len(person.papers)
    kept = {
        row["key"]
        for row in rows
        if row["author"] == Author.PATIENT
        and all(f.key and f.match for f in InboundMessage.model_validate(row["body"]).files)
    }
    lost = [key for key in person.papers if key not in kept]
    found.note("papers_lost", len(lost), f"{person.address} {lost}")


def _turns(found: Counts, store: Store, person: Person, rows: list[dict[str, Any]]) -> None:
    """Each turn's replies are those that the dialogue stored for it, once."""
    written = Counter(
        row["turn"]
        for row in rows
        if row["author"] == Author.BOT and row["turn"] and not _is_apology(row)
    )
    with store.database.read() as session:
        turns = session.scalars(
            select(Turn).where(Turn.conversation_id == (person.conversation_id or ""))
        )
        stored = {turn.message_id: len(turn.replies) for turn in turns}
    for turn, replies in written.items():
        # A long reply may have been split, so more rows than replies are no doubling by themselves.
        texts = [_text(row) for row in rows if row["turn"] == turn and row["author"] == Author.BOT]
        doubled = len(texts) - len(set(texts)) if replies > stored.get(turn, 0) else 0
        found.note("handled_twice", doubled, f"{person.address} turn {turn}")


def _on_whatsapp(
    found: Counts,
    providers: Providers,
    person: Person,
    out: list[dict[str, Any]],
    sends: Counter[str],
) -> None:
    due = [row for row in out if row["state"] != State.CANCELED]
    lost = [row for row in due if not sends[row["id"]] or row["state"] not in ON_THEIR_WAY]
    found.note("outgoing_lost", len(lost), f"{person.address} {[r['state'] for r in lost]}")
    doubled = sum(sends[row["id"]] - 1 for row in due if sends[row["id"]])
    found.note("doubled_whatsapp", doubled, person.address)
    order = {row["id"]: number for number, row in enumerate(out)}
    to = f"whatsapp:{person.address}"
    arrived = [
        order[row_id]
        for message in providers.twilio.outgoing
        if message["to"] == to and (row_id := _row_of(providers, message["sid"])) in order
    ]
    wrong = sum(a > b for a, b in itertools.pairwise(arrived))
    found.note("outgoing_out_of_order", wrong, f"{person.address} {arrived}")


def _row_of(providers: Providers, sid: str) -> str:
    return providers.twilio.callbacks[sid].rpartition("=")[2]


def _on_telegram(
    found: Counts, person: Person, out: list[dict[str, Any]], shown: list[str]
) -> None:
    due = [_text(row) for row in out if row["state"] != State.CANCELED]
    missing, extra = Counter(due) - Counter(shown), Counter(shown) - Counter(due)
    found.note("outgoing_lost", missing.total(), f"{person.address} telegram")
    found.note("doubled_telegram", extra.total(), f"{person.address} {list(extra)[:2]}")
    once = [text for n, text in enumerate(shown) if n == 0 or text != shown[n - 1]]
    wanted = [text for n, text in enumerate(due) if n == 0 or text != due[n - 1]]
    wrong = int(not missing and not extra and once != wanted)
    found.note("outgoing_out_of_order", wrong, person.address)


def _text(row: dict[str, Any]) -> str:
    return Outgoing.model_validate(row["body"]).text or ""


def _is_apology(row: dict[str, Any]) -> bool:
    return Outgoing.model_validate(row["body"]).response == "utter_apology"


def as_json(counts: Counts) -> dict[str, Any]:
    """The counters without the details."""
    return {name: value for name, value in vars(counts).items() if name != "details"}


def dump(counts: Counts) -> str:
    """One readable block."""
    return json.dumps(as_json(counts) | {"details": counts.details[:20]}, indent=1)
