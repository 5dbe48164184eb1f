"""What the console does to a conversation in one transaction, and the few lists only it needs.

Guarantee: taking over, answering and handing back compare who holds the conversation with what
the coordinator saw (the epoch), so that two coordinators never answer the same person unknowingly,
and the bot's turn that is under way at that moment is taken again and stays quiet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.facts.case import Case, CaseState
from bot.store import cases
from bot.store.audit import record
from bot.store.case_tables import CaseRow, Tag
from bot.store.desk_tables import Mention
from bot.store.messages import Author, OutboundReply
from bot.store.outgoing import write_replies
from bot.store.ranking import place
from bot.store.store import Store
from bot.store.tables import Conversation, Message


class Hold(StrEnum):
    """How an attempt to hold, answer or release a conversation ended."""

    DONE = "done"
    LATE = "late"  # somebody else changed hands first
    STOPPED = "stopped"  # the person wants no messages
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Spoken:
    """When each side last wrote, and how many messages there are."""

    messages: int
    last_seq: int
    last_at: datetime | None
    last_author: str | None


def seal(text: str) -> str:
    """A short digest, to notice that something changed without repeating it on a page."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def take_over(store: Store, number: str, actor: str, epoch: int) -> Hold:
    """Hold the conversation; the bot stays quiet from now on."""
    with store.database.write() as session:
        found = _locked(store, session, number)
        if found is None:
            return Hold.GONE
        conversation, row = found
        if conversation.epoch != epoch:
            return Hold.LATE
        conversation.human_owner, conversation.epoch = actor, conversation.epoch + 1
        case = cases.load(session, row)
        if case.state is not CaseState.HUMAN:
            case.memory["before_human"] = case.state.value
        case.state = CaseState.HUMAN
        _save(store, session, row, case, actor, "case.take_over")
        row.assigned_to = row.assigned_to or actor
        return Hold.DONE


def hand_back(store: Store, number: str, actor: str, epoch: int) -> Hold:
    """Release the conversation to the bot, where it was before."""
    with store.database.write() as session:
        found = _locked(store, session, number)
        if found is None:
            return Hold.GONE
        conversation, row = found
        if conversation.epoch != epoch or conversation.human_owner != actor:
            return Hold.LATE
        conversation.human_owner, conversation.epoch = None, conversation.epoch + 1
        case = cases.load(session, row)
        before = case.memory.pop("before_human", CaseState.INTAKE.value)
        if case.state is CaseState.HUMAN:
            case.state = CaseState(before)
        _save(store, session, row, case, actor, "case.hand_back")
        return Hold.DONE


def reply(
    store: Store,
    number: str,
    actor: str,
    epoch: int,
    replies: Sequence[OutboundReply],
    to: str | None = None,
) -> Hold:
    """Put a coordinator's reply into the outbox; the case no longer waits for us.

    `to` is another chat that shares the case (GONE when it does not); None: the case's own.
    """
    now = store.database.now()
    with store.database.write() as session:
        found = _locked(store, session, number)
        if found is None:
            return Hold.GONE
        conversation, row = found
        chat = _chat(store, session, conversation, to)
        if chat is None:
            return Hold.GONE
        if chat.stopped_at is not None:
            return Hold.STOPPED
        if conversation.epoch != epoch or conversation.human_owner != actor:
            return Hold.LATE
        author = Author.COORDINATOR
        write_replies(session, chat, replies, now, author=author, author_name=actor)
        row.waiting_since, row.urgent = None, False
        place(row, now)
        record(session, now, actor, "case.reply", f"case:{row.number}", None)
        return Hold.DONE


def _chat(
    store: Store, session: Session, main: Conversation, chat: str | None
) -> Conversation | None:
    """The chat to write to, locked, if it shares this conversation's case."""
    if chat is None or chat == main.id:
        return main
    found = store.database.lock_conversation(session, chat)
    return found if found is not None and found.linked_to == main.id else None


def _locked(store: Store, session: Session, number: str) -> tuple[Conversation, CaseRow] | None:
    """The conversation of a case, locked, and the case."""
    wanted = number.strip().upper()
    conversation_id = session.scalar(
        select(CaseRow.conversation_id).where(CaseRow.number == wanted)
    )
    if conversation_id is None:
        return None
    conversation = store.database.lock_conversation(session, conversation_id)
    row = session.get(CaseRow, wanted, populate_existing=True)
    return (conversation, row) if conversation is not None and row is not None else None


def _save(
    store: Store, session: Session, row: CaseRow, case: Case, actor: str, action: str
) -> None:
    now = store.database.now()
    cases.save(session, store.database.cipher, row, case, now, actor)
    record(session, now, actor, action, f"case:{row.number}", None)


def numbers_like(store: Store, part: str, limit: int = 50) -> list[str]:
    """Case numbers that contain a part, newest first; signs between letters do not matter."""
    wanted = "".join(c for c in part.upper() if c.isalnum())
    if not wanted:
        return []
    bare = func.replace(CaseRow.number, "-", "")
    with store.database.read() as session:
        return list(
            session.scalars(
                select(CaseRow.number)
                .where(bare.contains(wanted, autoescape=True))
                .order_by(CaseRow.updated_at.desc())
                .limit(limit)
            )
        )


def tagged(store: Store, tag: str, limit: int = 50) -> list[str]:
    """Numbers of the cases with this label."""
    key = store.desk.tag_key(tag)
    with store.database.read() as session:
        query = select(Tag.case_number).where(Tag.tag_key == key).limit(limit)
        return list(session.scalars(query))


def languages(store: Store) -> list[str]:
    """The languages of current cases."""
    with store.database.read() as session:
        return list(session.scalars(select(CaseRow.language).where(CaseRow.current).distinct()))


def spoken(store: Store, conversation_ids: Sequence[str]) -> dict[str, Spoken]:
    """Of some conversations: how many messages, and the last one's time and author."""
    last = (
        select(Message.conversation_id, func.count(Message.seq), func.max(Message.seq).label("seq"))
        .where(Message.conversation_id.in_(conversation_ids))
        .group_by(Message.conversation_id)
    )
    with store.database.read() as session:
        counted = session.execute(last).all()
        latest = session.execute(
            select(Message.seq, Message.created_at, Message.author).where(
                Message.seq.in_([seq for _, _, seq in counted])
            )
        )
        ends = {seq: (at, author) for seq, at, author in latest}
    return {
        conversation: Spoken(count, seq, *ends.get(seq, (None, None)))
        for conversation, count, seq in counted
    }


def count_mentions(store: Store, actor: str) -> int:
    """In how many cases somebody is named in a note they have not read."""
    with store.database.read() as session:
        query = select(func.count(Mention.case_number.distinct())).where(
            Mention.username == actor, Mention.seen_at.is_(None)
        )
        return session.scalar(query) or 0


def count_mine(store: Store, actor: str) -> int:
    """How many current cases are assigned to somebody."""
    with store.database.read() as session:
        query = select(func.count(CaseRow.number)).where(
            CaseRow.current, CaseRow.assigned_to == actor
        )
        return session.scalar(query) or 0
