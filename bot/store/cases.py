"""Cases: rows to `Case` and back, with the history of every fact."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sqlalchemy import Row, Select, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from bot.facts.case import (
    Case,
    CaseNumber,
    CaseState,
    ConversationId,
    Fact,
    FactSource,
    FactStatus,
)
from bot.store import consents
from bot.store.case_tables import AssessmentRow, CaseRow, CaseTerm, ChecklistRow, FactRow
from bot.store.crypto import Cipher
from bot.store.database import Database, insert_new, put, table_of
from bot.store.ranking import RANK_REST, rank
from bot.store.records import AssessmentRecord, ChecklistItem, FactVersion
from bot.store.tables import Conversation


class Stored(NamedTuple):
    """Of a case's row, what the case is made of."""

    number: str
    conversation_id: str
    channel: str
    language: str
    state: str
    dialogue: Any
    version: int

    @property
    def asks(self) -> str | None:
        """The fact that is asked for."""
        asks: str | None = self.dialogue.get("asks")
        return asks


class Head(NamedTuple):
    """Of a case's row, what a change of it builds on."""

    number: str
    version: int
    urgent: bool
    waiting_since: datetime | None


# Without 0/O, 1/I/L and U, so that a number survives being read out on the phone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# Facts the console filters by; their values are findable through keyed hashes only.
INDEXED_FACTS = ("cancer_type", "country")
_MAIN = func.coalesce(
    select(Conversation.linked_to)
    .where(Conversation.id == bindparam("conversation"))
    .scalar_subquery(),
    bindparam("conversation"),
)
_CURRENT = (
    select(CaseRow)
    # In the words of the index: SQLite would not see that "current = 1" means the same, and read
    # the current cases of all people.
    .where(CaseRow.conversation_id == _MAIN, text("cases.current"))
    .execution_options(populate_existing=True)
)
_CASES = table_of(CaseRow)
# Over plain columns: objects of the session cost more than the rows. In the words of the index, as
# in _CURRENT.
_OF_CURRENT = (_CASES.c.conversation_id == _MAIN, text("cases.current"))
_STORED = select(*(_CASES.c[name] for name in Stored._fields)).where(*_OF_CURRENT)
_HEAD = select(*(_CASES.c[name] for name in Head._fields)).where(*_OF_CURRENT)
_CHANGE = update(_CASES).where(_CASES.c.number == bindparam("case_number"))
_FACTS = (
    select(
        FactRow.name,
        FactRow.value,
        FactRow.words,
        FactRow.source,
        FactRow.status,
        FactRow.confidence,
        FactRow.message_id,
    )
    .where(FactRow.case_number == bindparam("number"), FactRow.superseded_at.is_(None))
    .order_by(FactRow.id)
)
_PAPERS = select(ChecklistRow.body, ChecklistRow.state).where(
    ChecklistRow.case_number == bindparam("number"),
    ChecklistRow.kind == "record",
    ChecklistRow.state != "needed",
)
ATTENTION = frozenset({CaseState.HUMAN, CaseState.EMERGENCY, CaseState.ASSESSED})


@runtime_checkable
class Wired(Protocol):
    """Results of rules and checklists that know their form on the wire."""

    def as_wire(self) -> Any:
        """A JSON value."""


def wire(value: Any) -> Any:
    """The JSON form of a result."""
    return value.as_wire() if isinstance(value, Wired) else value


def new_case_number() -> CaseNumber:
    """A readable number such as C-7K3M-42."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(4))
    digits = "".join(secrets.choice("23456789") for _ in range(2))
    return CaseNumber(f"C-{letters}-{digits}")


def current_row(session: Session, conversation_id: str) -> CaseRow | None:
    """The current case of a conversation: its own, or that of the one it is linked to."""
    return session.scalar(_CURRENT, {"conversation": conversation_id})


def _current(
    session: Session, statement: Select[*tuple[Any, ...]], conversation_id: str
) -> Row[*tuple[Any, ...]] | None:
    return session.connection().execute(statement, {"conversation": conversation_id}).one_or_none()


def create(session: Session, conversation_id: str, channel: str, now: datetime) -> CaseRow:
    """A new case for a conversation (locked by the caller)."""
    while True:
        number = new_case_number()
        values = {
            "number": number,
            "conversation_id": conversation_id,
            "current": True,
            "channel": channel,
            "language": "en",
            "state": CaseState.CONSENT,
            "dialogue": {},
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "desk": "new",
            "urgent": False,
            "queue_rank": RANK_REST,
            "queue_at": now,
            "consented": False,
            "has_open_question": False,
            "missing_critical": 0,
        }
        insert_new(session, CaseRow, values)
        row = current_row(session, conversation_id)
        if row is not None:  # otherwise the number was taken
            return row


def stored(session: Session, conversation_id: str) -> Stored | None:
    """The current case of a conversation: to be loaded for a turn, or for how it stands."""
    row = _current(session, _STORED, conversation_id)
    return None if row is None else Stored._make(row)


def load(session: Session, row: CaseRow | Stored) -> Case:
    """The case of a row, with its current facts."""
    facts = session.connection().execute(_FACTS, {"number": row.number})
    dialogue = row.dialogue
    consent = dialogue.get("consent")
    return Case(
        conversation_id=ConversationId(row.conversation_id),
        number=CaseNumber(row.number),
        channel=row.channel,
        language=row.language,
        state=CaseState(row.state),
        asks=dialogue.get("asks"),
        facts={fact.name: _fact(fact) for fact in facts},
        flags=list(dialogue.get("flags", ())),
        consent=None if consent is None else consents.read(consent),
        permissions=consents.read_all(dialogue.get("permissions", {})),
        asked=dict(dialogue.get("asked", {})),
        failed=dict(dialogue.get("failed", {})),
        open_questions=list(dialogue.get("open_questions", ())),
        handover_reason=dialogue.get("handover_reason"),
        memory=dict(dialogue.get("memory", {})),
        papers=_papers(session, row.number),
    )


def _papers(session: Session, number: str) -> dict[str, str]:
    """Papers of the checklist that are in hand or not needed."""
    rows = session.connection().execute(_PAPERS, {"number": number})
    return {str(row.body["id"]): row.state for row in rows if isinstance(row.body, Mapping)}


def head(session: Session, conversation_id: str) -> Head | None:
    """The head of the current case of a conversation (locked by the caller)."""
    row = _current(session, _HEAD, conversation_id)
    return None if row is None else Head._make(row)


def save(
    session: Session,
    cipher: Cipher,
    row: CaseRow,
    case: Case,
    now: datetime,
    actor: str | None = None,
    before: Case | None = None,
) -> None:
    """Write a changed case back; superseded facts stay as history.

    `before` is the case as it was in this version of the row, if the caller still has it.
    """
    before = before or load(session, row)
    _save_parts(session, cipher, row.number, before, case, now, actor)
    for name, value in _changed(cipher, row, before, case, now, actor).items():
        setattr(row, name, value)


def save_turn(
    session: Session,
    cipher: Cipher,
    row: Head,
    case: Case,
    before: Case,
    now: datetime,
    **more: int,
) -> None:
    """`save` for every turn, over plain columns; `more` are columns that the case does not hold."""
    _save_parts(session, cipher, row.number, before, case, now, None)
    changed = _changed(cipher, row, before, case, now, None) | more
    session.connection().execute(_CHANGE, {"case_number": row.number, **changed})


def _save_parts(
    session: Session,
    cipher: Cipher,
    number: str,
    before: Case,
    case: Case,
    now: datetime,
    actor: str | None,
) -> None:
    _save_facts(session, number, before.facts, case.facts, now, actor)
    _save_terms(session, cipher, number, before, case)


def _changed(
    cipher: Cipher,
    row: CaseRow | Head,
    before: Case,
    case: Case,
    now: datetime,
    actor: str | None,
) -> dict[str, Any]:
    """The columns of a changed case."""
    became = case.state is CaseState.EMERGENCY and before.state is not CaseState.EMERGENCY
    urgent = row.urgent or became or bool(set(case.flags) - set(before.flags))
    waiting_since = row.waiting_since
    if actor is None and (case.state is CaseState.HUMAN or reasons(case) - reasons(before)):
        waiting_since = waiting_since or now
    return {
        "dialogue": _dialogue(case),
        "asks_key": asks_key(cipher, case.asks) if case.asks else "",
        "times_asked": sum(case.asked.values()),
        "times_failed": sum(case.failed.values()),
        "language": case.language,
        "state": case.state,
        "consented": case.consent is not None and case.consent.given,
        "has_open_question": bool(case.open_questions),
        "urgent": urgent,
        "waiting_since": waiting_since,
        "updated_at": now,
        "version": row.version + 1,
        "queue_rank": rank(urgent, waiting_since, case.state, case.flags),
        "queue_at": waiting_since or now,
    }


def _dialogue(case: Case) -> dict[str, Any]:
    """What the dialogue remembers, as `load` reads it."""
    return {
        "asks": case.asks,
        "flags": list(case.flags),
        "consent": consents.kept(case.consent) if case.consent else None,
        "permissions": {p.value: consents.kept(c) for p, c in case.permissions.items()},
        "asked": dict(case.asked),
        "failed": dict(case.failed),
        "open_questions": list(case.open_questions),
        "handover_reason": case.handover_reason,
        "memory": dict(case.memory),
    }


def reasons(case: Case) -> frozenset[str]:
    """Why a coordinator should look at the case."""
    state = {f"state:{case.state}"} if case.state in ATTENTION else set()
    handover = {f"handover:{case.handover_reason}"} if case.handover_reason else set()
    alerts = {f"alert:{alert}" for alert in case.memory.get("alerts", ())}
    return frozenset(state | handover | alerts | {f"question:{q}" for q in case.open_questions})


def _fact(row: Row[Any]) -> Fact:
    return Fact(
        value=row.value,
        words=row.words,
        source=FactSource(row.source),
        status=FactStatus(row.status),
        confidence=row.confidence,
        message_id=row.message_id,
    )


def _save_facts(
    session: Session,
    number: str,
    before: Mapping[str, Fact],
    after: Mapping[str, Fact],
    now: datetime,
    actor: str | None,
) -> None:
    gone = [name for name, fact in before.items() if after.get(name) != fact]
    if gone:
        session.execute(
            update(FactRow)
            .where(FactRow.case_number == number, FactRow.name.in_(gone))
            .where(FactRow.superseded_at.is_(None))
            .values(superseded_at=now)
        )
    put(
        session,
        FactRow,
        *(
            {
                "case_number": number,
                "name": name,
                "value": fact.value,
                "words": fact.words,
                "source": fact.source,
                "status": fact.status,
                "confidence": fact.confidence,
                "message_id": fact.message_id,
                "actor": actor,
                "created_at": now,
            }
            for name, fact in after.items()
            if before.get(name) != fact
        ),
    )


def term_key(cipher: Cipher, fact: str, value: Any) -> str:
    """The keyed hash by which cases with this value are found."""
    return cipher.lookup("term", fact, str(value))


def asks_key(cipher: Cipher, fact: str) -> str:
    """What stands for a fact that is asked for, which may tell the disease."""
    return cipher.lookup("asks", fact)


def _save_terms(session: Session, cipher: Cipher, number: str, before: Case, after: Case) -> None:
    def terms(case: Case) -> set[str]:
        return {
            term_key(cipher, name, case.facts[name].value)
            for name in INDEXED_FACTS
            if name in case.facts and case.facts[name].value is not None
        }

    old, new = terms(before), terms(after)
    if old - new:
        session.execute(
            delete(CaseTerm).where(CaseTerm.case_number == number, CaseTerm.term_key.in_(old - new))
        )
    put(session, CaseTerm, *({"case_number": number, "term_key": key} for key in new - old))


def save_assessment(
    session: Session, number: str, case: Case, result: Any, message_id: str | None, now: datetime
) -> None:
    """Keep one run of the rules with the facts it used."""
    document = wire(result)
    version = None
    if isinstance(document, Mapping):
        version = document.get("rules_version", document.get("rule_set"))
    values = {
        "case_number": number,
        "rule_set": str(version or ""),
        "facts": case.wire(),
        "result": document,
        "created_at": now,
        "message_id": message_id,
    }
    put(session, AssessmentRow, values)


class Cases:
    """Reading cases."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def by_number(self, number: str) -> Case | None:
        """A case by the number people know, in any case of letters."""
        with self._db.read() as session:
            row = session.get(CaseRow, number.strip().upper())
            return load(session, row) if row else None

    def by_conversation(self, conversation_id: str) -> Case | None:
        """The current case of a conversation."""
        with self._db.read() as session:
            row = current_row(session, conversation_id)
            return load(session, row) if row else None

    def history(self, number: str) -> list[FactVersion]:
        """Every version of every fact, oldest first."""
        with self._db.read() as session:
            rows = session.scalars(
                select(FactRow).where(FactRow.case_number == number).order_by(FactRow.id)
            )
            return [
                FactVersion(
                    name=r.name,
                    value=r.value,
                    words=r.words,
                    source=r.source,
                    status=r.status,
                    confidence=r.confidence,
                    message_id=r.message_id,
                    actor=r.actor,
                    created_at=r.created_at,
                    superseded_at=r.superseded_at,
                )
                for r in rows
            ]

    def assessments(self, number: str, limit: int = 1) -> list[AssessmentRecord]:
        """The latest runs of the rules, newest first."""
        with self._db.read() as session:
            rows: Sequence[AssessmentRow] = session.scalars(
                select(AssessmentRow)
                .where(AssessmentRow.case_number == number)
                .order_by(AssessmentRow.id.desc())
                .limit(limit)
            ).all()
            return [
                AssessmentRecord(r.id, r.rule_set, r.facts, r.result, r.created_at) for r in rows
            ]

    def checklist(self, number: str) -> list[ChecklistItem]:
        """Records and tests to collect, in the order of the checklist."""
        with self._db.read() as session:
            rows = session.scalars(
                select(ChecklistRow)
                .where(ChecklistRow.case_number == number)
                .order_by(ChecklistRow.position, ChecklistRow.id)
            )
            return [
                ChecklistItem(r.id, r.kind, r.body, r.level, r.state, r.updated_at) for r in rows
            ]
