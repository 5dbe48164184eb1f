"""What did not get through, in either direction: listed for coordinators, with "try again".

Given up: a message that could not be answered, one that could not be sent, one of which nobody
knows. Waiting: one that may not be sent before the person writes again. Nothing leaves these lists
but by an answer, a delivery, or somebody's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, and_, or_, select, true
from sqlalchemy.orm import Session

from bot.store.audit import record
from bot.store.case_tables import CaseRow
from bot.store.database import Database
from bot.store.errors import NotFound
from bot.store.inbox import Inbox
from bot.store.messages import Author, State
from bot.store.outbox import Outbox
from bot.store.tables import IS_OPEN, IS_TROUBLE, Conversation, Message

HELD = (IS_OPEN, Message.state == State.HELD)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One message; `seq` is the page key. No content: that is in the transcript, audited."""

    seq: int
    message_id: str
    conversation_id: str
    case: str | None
    channel: str
    author: Author
    state: State
    code: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime

    @property
    def incoming(self) -> bool:
        """Whether a person wrote it; otherwise it was to be sent to one."""
        return self.author is Author.PATIENT

    @property
    def may_be_tried(self) -> bool:
        """Whether "try again" makes sense: one that waits for the person goes by itself."""
        return self.state in (State.DEAD, State.FAILED)


class DeadLetters:
    """The lists, and trying again."""

    def __init__(self, database: Database, inbox: Inbox, outbox: Outbox) -> None:
        self._db, self._inbox, self._outbox = database, inbox, outbox

    def given_up(self, before: int | None = None, limit: int = 50) -> list[Undelivered]:
        """Dead, failed and of unknown fate, newest first; `before` is the last line's `seq`."""
        return self._lines([IS_TROUBLE], before, limit)

    def waiting(self, before: int | None = None, limit: int = 50) -> list[Undelivered]:
        """What waits for people to write again (reply window shut), newest first."""
        return self._lines(HELD, before, limit)

    def of(self, conversation_id: str) -> list[Undelivered]:
        """Both of one conversation, newest first."""
        mine = Message.conversation_id == conversation_id
        return self._lines([mine, or_(IS_TROUBLE, and_(*HELD))], None, 200)

    def try_again(self, message_id: str, actor: str) -> None:
        """Answer or send it again; audited. NotFound when it is not among the given up."""
        with self._db.read() as session:
            author = session.scalar(select(Message.author).where(Message.id == message_id))
        if author is None:
            raise NotFound(message_id)
        (self._inbox if author == Author.PATIENT else self._outbox).retry(message_id)
        with self._db.write() as session:
            object_ = f"message:{message_id}"
            record(session, self._db.now(), actor, "message.try_again", object_, None)

    def _lines(
        self, which: Sequence[ColumnElement[bool] | TextClause], before: int | None, limit: int
    ) -> list[Undelivered]:
        earlier = Message.seq < before if before is not None else true()
        query = (
            select(Message, Conversation.channel)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(*which, earlier)
            .order_by(Message.seq.desc())
            .limit(limit)
        )
        with self._db.read() as session:
            rows = session.execute(query).all()
            cases = _cases(session, {row.conversation_id for row, _ in rows})
            return [
                Undelivered(
                    seq=row.seq,
                    message_id=row.id,
                    conversation_id=row.conversation_id,
                    case=cases.get(row.conversation_id),
                    channel=channel,
                    author=Author(row.author),
                    state=State(row.state),
                    code=row.error_code,
                    attempts=row.attempts,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                )
                for row, channel in rows
            ]


def _cases(session: Session, conversations: set[str]) -> dict[str, str]:
    found = session.execute(
        select(CaseRow.conversation_id, CaseRow.number).where(
            CaseRow.conversation_id.in_(conversations), CaseRow.current
        )
    )
    return {row.conversation_id: row.number for row in found}
