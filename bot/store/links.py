"""One person, several doors: a chat joins the case of another one by a short code.

Guarantee: a case is shared only after a code made on its side was given on the other, and its side
agreed; each code works once and not for long. Every step is in the audit log. Each chat keeps its
own transcript; what is shared is the case.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.store.audit import record
from bot.store.case_tables import CaseRow
from bot.store.cases import ALPHABET
from bot.store.conversations import info
from bot.store.database import Database, put
from bot.store.errors import NotFound
from bot.store.records import ConversationInfo
from bot.store.tables import Conversation, LinkCode

CODE_LETTERS = 6
CODE_LASTS = timedelta(minutes=15)
STAFF_CODE_LASTS = timedelta(hours=24)
# How long the other side may take to agree.
ANSWER_WITHIN = timedelta(hours=72)


class Links:
    """Codes, requests, and chats that share a case."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def offer(self, conversation_id: str, made_by: str = "patient") -> str:
        """A new code for the case of a conversation; a coordinator's works longer."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
        now = self._db.now()
        lasts = CODE_LASTS if made_by == "patient" else STAFF_CODE_LASTS
        with self._db.write() as session:
            main = self._main(session, conversation_id)
            open_codes = (LinkCode.conversation_id == main.id, LinkCode.asked_by.is_(None))
            session.execute(delete(LinkCode).where(*open_codes))
            row = {"key": self._key(code), "conversation_id": main.id, "made_by": made_by}
            put(session, LinkCode, row | {"asked_by": None, "expires_at": now + lasts})
            self._note(session, made_by, "link.offer", main.id)
        return code

    def ask(self, code: str, conversation_id: str) -> tuple[str, str] | None:
        """A code was given in this conversation: the conversation to ask, and the request's key.

        None for a code that was never made, is used or is over, or that leads back here.
        """
        now = self._db.now()
        with self._db.write() as session:
            asker = self._main(session, conversation_id)
            row = session.get(LinkCode, self._key(code), populate_existing=True)
            if row is None or row.asked_by not in (None, conversation_id) or row.expires_at <= now:
                return None
            if row.asked_by is not None:  # the same turn again, after a crash
                return row.conversation_id, row.key
            if row.conversation_id in (asker.id, conversation_id):
                return None
            row.asked_by, row.expires_at = conversation_id, now + ANSWER_WITHIN
            self._note(session, "patient", "link.ask", row.conversation_id)
            return row.conversation_id, row.key

    def answer(self, key: str, conversation_id: str, *, agreed: bool) -> str | None:
        """The asked side agrees or not; gives the conversation that had asked, once."""
        now = self._db.now()
        with self._db.write() as session:
            row = session.get(LinkCode, key, populate_existing=True)
            if row is None or row.asked_by is None or row.expires_at <= now:
                return None
            if row.conversation_id != self._main(session, conversation_id).id:
                return None
            main_id, asker_id = row.conversation_id, row.asked_by
            session.delete(row)
            main = self._db.lock_conversation(session, main_id)
            asker = self._db.lock_conversation(session, asker_id)
            if main is None or asker is None:
                return None
            if agreed:
                _join(session, main, asker)
            self._note(session, "patient", "link.agree" if agreed else "link.decline", main_id)
            return asker_id

    def end(self, conversation_id: str, actor: str = "patient") -> list[str]:
        """Share no more: a joined chat leaves, a main one sends all others away; who left."""
        with self._db.write() as session:
            mine = self._locked(session, conversation_id)
            linked = Conversation.linked_to == conversation_id
            left = (
                [mine.id]
                if mine.linked_to
                else list(session.scalars(select(Conversation.id).where(linked)))
            )
            session.execute(
                update(Conversation).where(Conversation.id.in_(left)).values(linked_to=None)
            )
            if left:
                self._note(session, actor, "link.end", mine.linked_to or mine.id)
            return left

    def doors(self, conversation_id: str) -> list[ConversationInfo]:
        """All chats that share this conversation's case, the main one first."""
        with self._db.read() as session:
            main = self._main(session, conversation_id)
            linked = Conversation.linked_to == main.id
            others = session.scalars(
                select(Conversation).where(linked).order_by(Conversation.created_at)
            )
            return [info(main), *(info(other) for other in others)]

    def purge(self) -> None:
        """Remove codes and requests that are over."""
        over = LinkCode.expires_at <= self._db.now()
        with self._db.read() as session:
            if session.scalar(select(LinkCode.key).where(over).limit(1)) is None:
                return
        with self._db.write(relaxed=True) as session:
            session.execute(delete(LinkCode).where(over))

    def _key(self, code: str) -> str:
        return self._db.cipher.lookup("link", code.strip().upper())

    def _main(self, session: Session, conversation_id: str) -> Conversation:
        row = session.get(Conversation, conversation_id)
        main = session.get(Conversation, row.linked_to) if row and row.linked_to else row
        if main is None:
            raise NotFound(conversation_id)
        return main

    def _locked(self, session: Session, conversation_id: str) -> Conversation:
        row = self._db.lock_conversation(session, conversation_id)
        if row is None:
            raise NotFound(conversation_id)
        return row

    def _note(self, session: Session, actor: str, action: str, conversation_id: str) -> None:
        now: datetime = self._db.now()
        record(session, now, actor, action, f"conversation:{conversation_id}", None)


def _join(session: Session, main: Conversation, asker: Conversation) -> None:
    """The asker and whoever had joined it share the main case from now on."""
    joined = Conversation.linked_to == asker.id
    session.execute(update(Conversation).where(joined).values(linked_to=main.id))
    asker.linked_to = main.id
    # Kept as long as the case is; what was begun here without consent is not kept twice.
    asker.expires_at = main.expires_at
    session.execute(
        delete(CaseRow).where(CaseRow.conversation_id == asker.id, CaseRow.consented.is_(False))
    )
