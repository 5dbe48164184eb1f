"""Reads each message once, beside the conversation: words for the search, figures for the week.

Guarantee: every message is counted once, by whichever process comes first; nothing that a person
waits for is done here. What was written in the last seconds is not in it yet: on PostgreSQL a
message may become visible after one with a higher number, so that they are left to settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.database import Database, insert_new
from bot.store.index_tables import IndexedWord, IndexMark, TalkFigures
from bot.store.messages import Author, Kind
from bot.store.tables import Conversation, Message
from bot.store.words import word_keys, words_of

BATCH: Final = 200
MOST_AT_ONCE: Final = 5000  # rows of one statement; databases count its values
# Longer than any transaction that writes a message may take.
SETTLED: Final = timedelta(seconds=20)
_MARK: Final = 1


@dataclass(slots=True)
class Talk:
    """One conversation in figures. Times in seconds since 1970, durations in seconds."""

    begun: float | None = None
    messages: int = 0  # by the person
    turns: list[float] = field(default_factory=list)  # when each of the person's turns began
    by_bot: list[float] = field(default_factory=list)  # how long each answer took
    by_people: list[float] = field(default_factory=list)
    heard: float | None = None  # what the person said last and nobody answered
    last_heard: float | None = None
    settled: bool = True  # the last word was a coordinator's, or nothing was said yet

    def add(self, author: str, at: float) -> None:
        """One more message, in the order of the conversation."""
        self.begun = at if self.begun is None else self.begun
        if author == Author.PATIENT:
            self.messages += 1
            if self.heard is None:
                self.turns.append(at)
            self.heard, self.settled = at, False
        elif author == Author.BOT and self.heard is not None:
            self.by_bot.append(round(at - self.heard, 1))
            self.last_heard, self.heard = self.heard, None
        elif author == Author.COORDINATOR and not self.settled:
            since = self.heard or self.last_heard or at
            self.by_people.append(round(at - since, 1))
            self.heard, self.settled = None, True


class Indexing:
    """Brings words and figures up to the newest messages."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def catch_up(self, limit: int = BATCH) -> int:
        """Take up to `limit` messages in; gives how many, 0 when there is nothing more to do."""
        now = self._db.now()
        with self._db.read() as session:
            mark = session.get(IndexMark, _MARK)
            newer = Message.seq > (mark.seq if mark else 0)
            waiting = session.execute(
                select(Message.created_at).where(newer).order_by(Message.seq).limit(1)
            ).scalar()
        if waiting is None or not self._settled(waiting, now):
            return 0
        with self._db.write(relaxed=True) as session:
            return self._take(session, now, limit)

    def _take(self, session: Session, now: datetime, limit: int) -> int:
        insert_new(session, IndexMark, {"id": _MARK, "seq": 0})
        mark = session.scalars(
            select(IndexMark)
            .where(IndexMark.id == _MARK)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        query = select(Message).where(Message.seq > mark.seq).order_by(Message.seq).limit(limit)
        rows = list(self._until_unsettled(session.scalars(query), now))
        if not rows:
            return 0
        # One that is erased meanwhile must not get new rows.
        kept = set(
            session.scalars(
                select(Conversation.id)
                .where(Conversation.id.in_({row.conversation_id for row in rows}))
                .order_by(Conversation.id)
                .with_for_update(read=True, key_share=True)
            )
        )
        said = [row for row in rows if row.conversation_id in kept and row.kind != Kind.PAPERS]
        self._add_words(session, said)
        _add_figures(session, said)
        mark.seq = rows[-1].seq
        return len(rows)

    def _until_unsettled(self, rows: Iterable[Message], now: datetime) -> Iterator[Message]:
        for row in rows:
            if not self._settled(row.created_at, now):
                return
            yield row

    def _settled(self, written: datetime, now: datetime) -> bool:
        # Writers of one SQLite file take turns, so that numbers and visibility agree.
        return self._db.is_sqlite or written <= now - SETTLED

    def _add_words(self, session: Session, rows: Iterable[Message]) -> None:
        used: dict[str, set[str]] = {}
        for row in rows:
            if row.author != Author.BOT:  # what it says is said to everybody
                used.setdefault(row.conversation_id, set()).update(_words(row.body))
        for conversation_id, words in sorted(used.items()):
            index_words(self._db, session, conversation_id, words)


def index_words(
    database: Database, session: Session, conversation_id: str, words: Iterable[str]
) -> None:
    """Let a conversation be found by these words."""
    keys = sorted(word_keys(database.cipher, words))
    for start in range(0, len(keys), MOST_AT_ONCE):
        rows = [
            {"word_key": key, "conversation_id": conversation_id}
            for key in keys[start : start + MOST_AT_ONCE]
        ]
        insert_new(session, IndexedWord, *rows)


def _words(body: Mapping[str, Any]) -> frozenset[str]:
    names = " ".join(str(file.get("name") or "") for file in body.get("files", ()))
    return words_of(f"{body.get('text') or ''} {body.get('profile_name') or ''} {names}")


def _add_figures(session: Session, rows: Iterable[Message]) -> None:
    by_talk: dict[str, list[Message]] = {}
    for row in rows:
        by_talk.setdefault(row.conversation_id, []).append(row)
    for conversation_id, messages in sorted(by_talk.items()):
        kept = session.get(TalkFigures, conversation_id)
        talk = Talk(**kept.figures) if kept else Talk()
        for row in messages:
            talk.add(row.author, row.created_at.timestamp())
        if kept is None:
            session.add(TalkFigures(conversation_id=conversation_id, figures=asdict(talk)))
        else:
            kept.figures = asdict(talk)
