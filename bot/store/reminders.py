"""Reminders of missing records: whom to remind, and reminding each person once.

Guarantee: the conditions are checked again and the reminder is noted in the transaction that writes
it, so any number of processes remind a person once; nobody who stopped, who is talked to by a
human, or who asked for no more reminders is written to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.facts.case import Case, CaseState
from bot.store import cases
from bot.store.case_tables import CaseRow
from bot.store.database import Database
from bot.store.messages import OutboundReply
from bot.store.outgoing import write_replies
from bot.store.tables import Conversation

# On the desk a case waits for records only in these states.
COLLECTING = ("new", "in_intake", "waiting_for_records")
# In the memory of a case: reminders sent since the person last wrote, and the word that ends them.
SENT, UNWANTED = "reminders", "no_reminders"
ALERT = "reminder_not_sent"
# A silence longer than this is left alone: it is no oversight any more.
LONGEST_SILENCE = timedelta(days=60)


class Reminded(StrEnum):
    """What became of one reminder."""

    WRITTEN = "written"
    SHOWN = "shown"  # the channel allows none: a coordinator sees the case instead
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Pace:
    """A reminder after so much silence, so often until the person writes again."""

    after: timedelta
    most: int


# The reminder for a case by how long the person has been silent, or why there is none.
Compose = Callable[[Case, timedelta], OutboundReply | Reminded]


class Reminders:
    """Finds who may be reminded and writes the reminders."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def due(self, pace: Pace, limit: int = 200) -> list[str]:
        """Conversations that may be due, the longest silent first."""
        now = self._db.now()
        query = (
            select(Conversation.id)
            .join(CaseRow, CaseRow.conversation_id == Conversation.id)
            .where(CaseRow.current, CaseRow.consented, CaseRow.missing_critical > 0)
            .where(CaseRow.state == CaseState.ASSESSED, CaseRow.desk.in_(COLLECTING))
            .where(Conversation.stopped_at.is_(None), Conversation.human_owner.is_(None))
            .where(Conversation.expires_at.is_(None))
            .where(Conversation.last_inbound_at <= now - pace.after)
            .where(Conversation.last_inbound_at >= now - LONGEST_SILENCE)
            .order_by(Conversation.last_inbound_at)
            .limit(limit)
        )
        with self._db.read() as session:
            found = [(key, cases.current_row(session, key)) for key in session.scalars(query)]
            return [
                key
                for key, row in found
                if row is not None and _is_due(session, cases.load(session, row), key, pace, now)
            ]

    def remind(self, conversation_id: str, pace: Pace, compose: Compose) -> Reminded:
        """Write the reminder of one conversation, if it is still due."""
        now = self._db.now()
        with self._db.write() as session:
            conversation = self._db.lock_conversation(session, conversation_id)
            row = cases.current_row(session, conversation_id)
            if conversation is None or row is None or not _may_be_written_to(conversation, row):
                return Reminded.NOT_DUE
            case = cases.load(session, row)
            if not _is_due(session, case, conversation_id, pace, now):
                return Reminded.NOT_DUE
            heard = conversation.last_inbound_at or now
            reply = compose(case, now - heard)
            if reply is Reminded.NOT_DUE:
                return Reminded.NOT_DUE
            if isinstance(reply, OutboundReply):
                write_replies(session, conversation, [reply], now)
            else:
                alerts = case.memory.setdefault("alerts", [])
                alerts.extend([ALERT] if ALERT not in alerts else [])
                case.handover_reason = case.handover_reason or ALERT
            case.memory[SENT] = {
                "heard": heard.isoformat(),
                "count": _count(case, heard) + 1,
                "last": now.isoformat(),
            }
            cases.save(session, self._db.cipher, row, case, now)
            return Reminded.WRITTEN if isinstance(reply, OutboundReply) else Reminded.SHOWN


def _may_be_written_to(conversation: Conversation, row: CaseRow) -> bool:
    return (
        conversation.stopped_at is None
        and conversation.human_owner is None
        and conversation.expires_at is None
        and row.consented
        and row.missing_critical > 0
        and row.state == CaseState.ASSESSED
        and row.desk in COLLECTING
    )


def _is_due(session: Session, case: Case, conversation_id: str, pace: Pace, now: datetime) -> bool:
    heard = session.scalar(
        select(Conversation.last_inbound_at).where(Conversation.id == conversation_id)
    )
    if heard is None or case.memory.get(UNWANTED) or case.memory.get("stopped"):
        return False
    sent = _count(case, heard)
    if sent >= pace.most:
        return False
    last = datetime.fromisoformat(case.memory[SENT]["last"]) if sent else heard
    return now - last >= pace.after


def _count(case: Case, heard: datetime) -> int:
    """Reminders since the person last wrote."""
    sent = case.memory.get(SENT)
    return int(sent["count"]) if sent and sent["heard"] == heard.isoformat() else 0
