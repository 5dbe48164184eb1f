"""What coordinators do to a case: every change is checked against its version and audited."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.facts.case import Case
from bot.store import cases, checklists
from bot.store.audit import record
from bot.store.case_tables import CaseRow, ChecklistRow, Note, Tag
from bot.store.database import Database, insert_new, put
from bot.store.desk_tables import Mention, SavedView
from bot.store.errors import NotFound, TurnConflict
from bot.store.indexing import index_words
from bot.store.ranking import place
from bot.store.tables import User
from bot.store.words import words_of

# A colleague named in a note; not the middle of an e-mail address.
MENTION = re.compile(r"(?<![\w.@-])@([a-z0-9][a-z0-9._-]{0,58}[a-z0-9])")
ITEM_STATES = frozenset({"needed", "received", "waived"})


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A coordinator's note."""

    id: int
    author: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """A saved view."""

    id: int
    name: str
    query: dict[str, str]


# What else changes with a state of work: somebody else is to act next, or nobody is.
_SETTLED: Final[dict[str, dict[str, Any]]] = {
    "waiting_for_records": {"waiting_since": None},
    "submitted": {"waiting_since": None},
    "closed": {"waiting_since": None, "urgent": False},
}


class Desk:
    """Changes of a case by a person, who is named as the actor of each."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def change(
        self,
        number: str,
        actor: str,
        action: str,
        change: Callable[[Case], Any],
        *,
        version: int | None = None,
        reason: str | None = None,
        assess: Callable[[Case], tuple[Any, Any]] | None = None,
    ) -> int:
        """Apply `change` to the case in one transaction; gives the new version.

        `version` is the one the person was looking at: TurnConflict when it is no longer current.
        `assess` gives (assessment, checklist) for the changed case; either may be None.
        """
        now = self._db.now()
        with self._db.write() as session:
            row = self._locked(session, number, version)
            case = cases.load(session, row)
            before = deepcopy(case)
            change(case)
            cases.save(session, self._db.cipher, row, case, now, actor, before)
            assessment, checklist = assess(case) if assess else (None, None)
            if assessment is not None:
                cases.save_assessment(session, row.number, case, assessment, None, now)
            if checklist is not None:
                row.missing_critical = checklists.save(
                    session, self._db.cipher, row.number, checklist, now
                )
            record(session, now, actor, action, f"case:{row.number}", reason)
            return row.version

    def assign(self, number: str, actor: str, to: str | None, *, version: int | None = None) -> int:
        """Give the case to a coordinator, or to nobody."""
        return self._set(number, actor, "case.assign", version, assigned_to=to)

    def set_state(self, number: str, actor: str, desk: str, *, version: int | None = None) -> int:
        """Move the case on the desk; where others are to act next it no longer waits for us."""
        return self._set(number, actor, "case.state", version, desk=desk, **_SETTLED.get(desk, {}))

    def answered(self, number: str, actor: str) -> int:
        """A coordinator has seen to it: neither urgent nor waiting until something new comes."""
        return self._set(number, actor, "case.answered", None, urgent=False, waiting_since=None)

    def check_item(self, number: str, actor: str, item_id: int, state: str) -> None:
        """Mark a record of the checklist as needed, received or waived."""
        if state not in ITEM_STATES:
            raise ValueError("unknown state of a checklist item")
        now = self._db.now()
        with self._db.write() as session:
            row = self._locked(session, number, None)
            item = session.get(ChecklistRow, item_id)
            if item is None or item.case_number != row.number:
                raise NotFound(str(item_id))
            item.state, item.updated_at = state, now
            session.flush()
            checklists.count_missing(session, row)
            place(row, now)
            record(session, now, actor, "case.checklist", f"case:{row.number}", state)

    def add_note(self, number: str, author: str, body: str) -> int:
        """Add a note; gives its id. Colleagues named in it as @name find the case on their list."""
        now = self._db.now()
        with self._db.write() as session:
            row = self._locked(session, number, None)
            note = Note(case_number=row.number, author=author, body=body, created_at=now)
            session.add(note)
            session.flush()
            index_words(self._db, session, row.conversation_id, words_of(body))
            named = set(MENTION.findall(body.lower())) - {author}
            known = session.scalars(
                select(User.username).where(User.username.in_(named), ~User.disabled)
            )
            put(
                session,
                Mention,
                *(
                    {"note_id": note.id, "username": name, "case_number": row.number}
                    for name in known
                ),
            )
            record(session, now, author, "case.note", f"case:{row.number}", None)
            return note.id

    def seen(self, number: str, username: str) -> None:
        """Somebody read the notes of a case: it is off the list of those they are named in."""
        open_ = (Mention.case_number == number, Mention.username == username)
        with self._db.read() as session:
            waiting = session.scalar(
                select(Mention.note_id).where(*open_, Mention.seen_at.is_(None)).limit(1)
            )
        if waiting is not None:
            with self._db.write() as session:
                session.execute(
                    update(Mention)
                    .where(*open_, Mention.seen_at.is_(None))
                    .values(seen_at=self._db.now())
                )

    def notes(self, number: str) -> list[NoteRecord]:
        """All notes, oldest first."""
        with self._db.read() as session:
            rows = session.scalars(select(Note).where(Note.case_number == number).order_by(Note.id))
            return [NoteRecord(n.id, n.author, n.body, n.created_at) for n in rows]

    def add_tag(self, number: str, actor: str, tag: str) -> None:
        """Label a case."""
        with self._db.write() as session:
            row = self._locked(session, number, None)
            values = {"case_number": row.number, "tag_key": self._tag_key(tag), "tag": tag}
            insert_new(session, Tag, values)
            record(session, self._db.now(), actor, "case.tag", f"case:{row.number}", tag)

    def remove_tag(self, number: str, actor: str, tag: str) -> None:
        """Take a label off."""
        with self._db.write() as session:
            row = self._locked(session, number, None)
            session.execute(
                delete(Tag).where(Tag.case_number == row.number, Tag.tag_key == self._tag_key(tag))
            )
            record(session, self._db.now(), actor, "case.untag", f"case:{row.number}", tag)

    def tags(self, number: str) -> list[str]:
        """The labels of a case."""
        with self._db.read() as session:
            return sorted(session.scalars(select(Tag.tag).where(Tag.case_number == number)))

    def tag_key(self, tag: str) -> str:
        """What stands for a tag where it must not be read, such as in an address."""
        return self._tag_key(tag)

    def tag_of(self, key: str) -> str | None:
        """The tag that a key stands for; None when no case has it."""
        with self._db.read() as session:
            return session.scalar(select(Tag.tag).where(Tag.tag_key == key).limit(1))

    def views(self, username: str) -> list[ViewRecord]:
        """Somebody's saved views, oldest first."""
        query = select(SavedView).where(SavedView.username == username).order_by(SavedView.id)
        with self._db.read() as session:
            return [ViewRecord(v.id, v.name, v.query) for v in session.scalars(query)]

    def save_view(self, username: str, name: str, query: dict[str, str]) -> None:
        """Keep filters of the list under a name."""
        now = self._db.now()
        with self._db.write() as session:
            session.add(SavedView(username=username, name=name, query=query, created_at=now))

    def remove_view(self, username: str, view: int) -> None:
        """Forget a view; only one's own."""
        mine = (SavedView.id == view, SavedView.username == username)
        with self._db.write() as session:
            session.execute(delete(SavedView).where(*mine))

    def _tag_key(self, tag: str) -> str:
        return self._db.cipher.lookup("tag", tag)

    def _set(self, number: str, actor: str, action: str, version: int | None, **values: Any) -> int:
        now = self._db.now()
        with self._db.write() as session:
            row = self._locked(session, number, version)
            for name, value in values.items():
                setattr(row, name, value)
            place(row, now)
            shown = values.get("assigned_to") or values.get("desk")
            record(session, now, actor, action, f"case:{row.number}", shown)
            return row.version

    def _locked(self, session: Session, number: str, version: int | None) -> CaseRow:
        """The case, its conversation locked first, as everywhere."""
        conversation_id = session.scalar(
            select(CaseRow.conversation_id).where(CaseRow.number == number.strip().upper())
        )
        if conversation_id is None:
            raise NotFound(number)
        self._db.lock_conversation(session, conversation_id)
        row = session.get(CaseRow, number.strip().upper(), populate_existing=True)
        if row is None:
            raise NotFound(number)
        if version is not None and row.version != version:
            raise TurnConflict(number)
        return row
