"""Lists for the console: cases and transcripts paged by key, counts, trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_, union_all
from sqlalchemy.orm import Session

from bot.store.audit import record
from bot.store.case_tables import CaseRow, CaseTerm, FactRow, Tag
from bot.store.cases import term_key
from bot.store.database import Database
from bot.store.desk_tables import Mention
from bot.store.messages import Author, InboundMessage, Kind, Outgoing, State
from bot.store.ranking import RANK_EMERGENCY, RANK_URGENT, RANK_WAITING
from bot.store.records import TranscriptLine
from bot.store.search import used_in
from bot.store.tables import IS_OPEN, IS_TROUBLE, Conversation, DeliveryEvent, Message


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list shows; None means any."""

    states: tuple[str, ...] = ()
    desk: str | None = None
    urgent: bool | None = None
    emergency: bool | None = None
    waiting: bool | None = None
    cancer: str | None = None
    country: str | None = None
    language: str | None = None
    channel: str | None = None
    assigned_to: str | None = None
    unassigned: bool = False
    tag: str | None = None
    tag_key: str | None = None  # the keyed hash of a tag, as addresses carry it
    mentioned: str | None = None  # a colleague named in a note that they have not read
    missing_critical: bool | None = None
    open_question: bool | None = None
    failed_delivery: bool | None = None  # or held until the person writes
    words: tuple[int, ...] = ()  # keys of words, all of them used about the case, rarest first
    conversations: frozenset[str] | None = None  # only these
    consented: bool | None = None


class PageKey(NamedTuple):
    """Where the next page begins: the sort values of the last line."""

    rank: int
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of the queue."""

    number: str
    conversation_id: str
    channel: str
    language: str
    state: str
    desk: str
    urgent: bool
    waiting_since: datetime | None
    assigned_to: str | None
    profile_name: str | None = field(repr=False)
    cancer: str | None = field(repr=False)
    country: str | None = field(repr=False)
    has_open_question: bool
    missing_critical: int
    human_owner: str | None
    last_inbound_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    flags: tuple[str, ...] = field(repr=False)
    reasons: tuple[str, ...] = field(repr=False)  # why coordinators look at it, headline first
    key: PageKey


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures above the queue."""

    all: int
    urgent: int
    waiting: int
    by_state: dict[str, int]


class Queries:
    """Reading for screens; each index of the tables names the list that needs it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def queue(
        self, wanted: CaseFilter | None = None, after: PageKey | None = None, limit: int = 50
    ) -> list[CaseLine]:
        """Urgent first, then waiting longest; `after` is the `key` of the last line shown."""
        query = self._filtered(wanted or CaseFilter())
        order = (CaseRow.queue_rank, CaseRow.queue_at, CaseRow.number)
        if after is not None:
            query = query.where(tuple_(*order) > tuple_(*after))
        return self._lines(query.order_by(*order).limit(limit), newest=False)

    def newest(
        self, wanted: CaseFilter | None = None, after: PageKey | None = None, limit: int = 50
    ) -> list[CaseLine]:
        """Latest activity first."""
        query = self._filtered(wanted or CaseFilter())
        order = (CaseRow.updated_at, CaseRow.number)
        if after is not None:
            query = query.where(tuple_(*order) < tuple_(after.at, after.number))
        descending = [column.desc() for column in order]
        return self._lines(query.order_by(*descending).limit(limit), newest=True)

    def line(self, number: str) -> CaseLine | None:
        """One case as a line."""
        return next(iter(self.lines([number.strip().upper()])), None)

    def lines(self, numbers: Sequence[str]) -> list[CaseLine]:
        """Some cases as lines, in the order of the queue."""
        order = (CaseRow.queue_rank, CaseRow.queue_at, CaseRow.number)
        query = select(CaseRow, Conversation).join(
            Conversation, Conversation.id == CaseRow.conversation_id
        )
        return self._lines(query.where(CaseRow.number.in_(numbers)).order_by(*order), newest=False)

    def counts(self, wanted: CaseFilter | None = None) -> Counts:
        """How many cases there are of each kind."""
        columns = (CaseRow.state, CaseRow.queue_rank)
        ranked = (
            select(*columns, func.count())
            .where(CaseRow.current, *self._conditions(wanted or CaseFilter()))
            .group_by(*columns)
        )
        with self._db.read() as session:
            rows = session.execute(ranked).all()
        by_state: dict[str, int] = {}
        by_rank: dict[int, int] = {}
        for state, rank, number in rows:
            by_state[state] = by_state.get(state, 0) + number
            by_rank[rank] = by_rank.get(rank, 0) + number
        return Counts(
            sum(by_state.values()),
            sum(n for rank, n in by_rank.items() if rank <= RANK_URGENT),
            sum(n for rank, n in by_rank.items() if rank <= RANK_WAITING),
            by_state,
        )

    def transcript(
        self, conversation_id: str, before: int | None = None, limit: int = 50
    ) -> list[TranscriptLine]:
        """Newest first; `before` is the `seq` of the oldest line shown."""
        query = select(Message).where(
            Message.conversation_id == conversation_id, Message.kind != Kind.PAPERS
        )
        if before is not None:
            query = query.where(Message.seq < before)
        with self._db.read() as session:
            rows = session.scalars(query.order_by(Message.seq.desc()).limit(limit))
            return [_line(row) for row in rows]

    def talk(
        self, conversation_ids: Sequence[str], before: int | None = None, limit: int = 50
    ) -> list[TranscriptLine]:
        """A page of several chats that share a case as one transcript, newest first."""
        pages = [self.transcript(chat, before, limit) for chat in conversation_ids]
        merged = sorted((line for page in pages for line in page), key=lambda line: -line.seq)
        return merged[:limit]

    def since(self, conversation_id: str, after: int, limit: int = 100) -> list[TranscriptLine]:
        """Lines newer than `after`, oldest first (live updates)."""
        with self._db.read() as session:
            rows = session.scalars(
                select(Message)
                .where(Message.conversation_id == conversation_id, Message.seq > after)
                .where(Message.kind != Kind.PAPERS)
                .order_by(Message.seq)
                .limit(limit)
            )
            return [_line(row) for row in rows]

    def message(self, conversation_id: str, message_id: str) -> TranscriptLine | None:
        """One line of a conversation."""
        query = select(Message).where(
            Message.conversation_id == conversation_id, Message.id == message_id
        )
        with self._db.read() as session:
            row = session.scalar(query)
            return _line(row) if row else None

    def view(self, number: str, actor: str, limit: int = 50) -> list[TranscriptLine]:
        """The newest lines of a case's transcript; the look is audited in the same step."""
        with self._db.write() as session:
            conversation_id = session.scalar(
                select(CaseRow.conversation_id).where(CaseRow.number == number.strip().upper())
            )
            object_ = f"case:{number.strip().upper()}"
            record(session, self._db.now(), actor, "case.view", object_, None)
        return [] if conversation_id is None else self.transcript(conversation_id, limit=limit)

    def trouble(self, before: int | None = None, limit: int = 50) -> list[TranscriptLine]:
        """Messages given up, failed or of unknown fate, newest first."""
        query = select(Message).where(IS_TROUBLE)
        if before is not None:
            query = query.where(Message.seq < before)
        with self._db.read() as session:
            rows = session.scalars(query.order_by(Message.seq.desc()).limit(limit))
            return [_line(row) for row in rows]

    def deliveries(self, message_id: str) -> list[tuple[str, str | None, datetime]]:
        """Every event of the provider about a message: (status, code, time)."""
        with self._db.read() as session:
            rows = session.scalars(
                select(DeliveryEvent)
                .where(DeliveryEvent.message_id == message_id)
                .order_by(DeliveryEvent.id)
            )
            return [(row.status, row.code, row.at) for row in rows]

    def _filtered(self, wanted: CaseFilter) -> Select[CaseRow, Conversation]:
        return (
            select(CaseRow, Conversation)
            .join(Conversation, Conversation.id == CaseRow.conversation_id)
            .where(CaseRow.current, *self._conditions(wanted))
        )

    def _conditions(self, wanted: CaseFilter) -> list[ColumnElement[bool]]:
        used = used_in(wanted.words, CaseRow.conversation_id)
        return [*_columns(wanted), *self._terms(wanted), *used]

    def _terms(self, wanted: CaseFilter) -> list[ColumnElement[bool]]:
        pairs = (("cancer_type", wanted.cancer), ("country", wanted.country))
        cipher = self._db.cipher
        conditions: list[ColumnElement[bool]] = [
            exists().where(
                CaseTerm.case_number == CaseRow.number,
                CaseTerm.term_key == term_key(cipher, fact, value),
            )
            for fact, value in pairs
            if value is not None
        ]
        if wanted.mentioned is not None:
            conditions.append(
                exists().where(
                    Mention.case_number == CaseRow.number,
                    Mention.username == wanted.mentioned,
                    Mention.seen_at.is_(None),
                )
            )
        key = cipher.lookup("tag", wanted.tag) if wanted.tag is not None else wanted.tag_key
        if key is not None:
            conditions.append(exists().where(Tag.case_number == CaseRow.number, Tag.tag_key == key))
        return conditions

    def _lines(self, query: Select[CaseRow, Conversation], *, newest: bool) -> list[CaseLine]:
        with self._db.read() as session:
            rows = session.execute(query).all()
            shown = _shown_facts(session, [case.number for case, _ in rows])
        return [_case_line(case, conversation, shown, newest) for case, conversation in rows]


def _columns(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (CaseRow.desk, wanted.desk),
        (CaseRow.urgent, wanted.urgent),
        (CaseRow.language, wanted.language),
        (CaseRow.channel, wanted.channel),
        (CaseRow.assigned_to, wanted.assigned_to),
        (CaseRow.has_open_question, wanted.open_question),
        (CaseRow.consented, wanted.consented),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.states:
        conditions.append(CaseRow.state.in_(wanted.states))
    if wanted.emergency is not None:
        conditions.append((CaseRow.queue_rank == RANK_EMERGENCY) == wanted.emergency)
    if wanted.conversations is not None:
        conditions.append(CaseRow.conversation_id.in_(wanted.conversations))
    if wanted.unassigned:
        conditions.append(CaseRow.assigned_to.is_(None))
    if wanted.waiting is not None:
        conditions.append(CaseRow.waiting_since.is_not(None) == wanted.waiting)
    if wanted.missing_critical is not None:
        conditions.append((CaseRow.missing_critical > 0) == wanted.missing_critical)
    if wanted.failed_delivery is not None:
        failed = union_all(
            select(Message.conversation_id).where(
                IS_TROUBLE, Message.state.in_((State.FAILED, State.DEAD))
            ),
            select(Message.conversation_id).where(IS_OPEN, Message.state == State.HELD),
        )
        has_failed = CaseRow.conversation_id.in_(failed)
        conditions.append(has_failed if wanted.failed_delivery else ~has_failed)
    return conditions


def _shown_facts(session: Session, numbers: list[str]) -> dict[tuple[str, str], str]:
    rows = session.scalars(
        select(FactRow).where(
            FactRow.case_number.in_(numbers),
            FactRow.name.in_(("cancer_type", "country")),
            FactRow.superseded_at.is_(None),
        )
    )
    return {(row.case_number, row.name): row.value for row in rows}


def _case_line(
    case: CaseRow, conversation: Conversation, shown: dict[tuple[str, str], str], newest: bool
) -> CaseLine:
    dialogue = case.dialogue or {}
    return CaseLine(
        number=case.number,
        conversation_id=case.conversation_id,
        channel=case.channel,
        language=case.language,
        state=case.state,
        desk=case.desk,
        urgent=case.urgent,
        waiting_since=case.waiting_since,
        assigned_to=case.assigned_to,
        profile_name=conversation.profile_name,
        cancer=shown.get((case.number, "cancer_type")),
        country=shown.get((case.number, "country")),
        has_open_question=case.has_open_question,
        missing_critical=case.missing_critical,
        human_owner=conversation.human_owner,
        last_inbound_at=conversation.last_inbound_at,
        created_at=case.created_at,
        updated_at=case.updated_at,
        version=case.version,
        flags=tuple(dialogue.get("flags", ())),
        reasons=_reasons(dialogue),
        key=PageKey(case.queue_rank, case.updated_at if newest else case.queue_at, case.number),
    )


def _reasons(dialogue: Mapping[str, Any]) -> tuple[str, ...]:
    headline = dialogue.get("handover_reason")
    alerts = dialogue.get("memory", {}).get("alerts", ())
    return tuple(dict.fromkeys([*([headline] if headline else ()), *alerts]))


def _line(row: Message) -> TranscriptLine:
    incoming = row.author == Author.PATIENT
    heard = InboundMessage.model_validate(row.body) if incoming else None
    said = None if incoming else Outgoing.model_validate(row.body)
    return TranscriptLine(
        seq=row.seq,
        message_id=row.id,
        conversation_id=row.conversation_id,
        author=Author(row.author),
        author_name=row.author_name,
        kind=Kind(row.kind),
        text=heard.text if heard else said.text if said else None,
        outgoing=said,
        incoming=heard,
        state=State(row.state),
        error_code=row.error_code,
        created_at=row.created_at,
        updated_at=row.updated_at,
        turn_id=row.turn_id,
    )
