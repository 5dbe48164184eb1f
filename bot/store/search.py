"""Which conversations used all of some words, with work that no choice of words makes large.

The rarest word goes first: every other one is looked up in the index for the few conversations
that are left. Words that many conversations have in common are found quickest by walking the
list of cases itself, as every few of them is one to show; `Wanted.conversations` is None then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from bot.store.database import Database
from bot.store.index_tables import IndexedWord
from bot.store.tables import Conversation

# With more conversations than these, the list is walked instead of sorted.
MANY: Final = 500
# How far a word is counted, to see which is the rarest.
COUNTED: Final = 2000
# After so many words, each looked up if those before were used, hardly any conversation is left.
SINGLY: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys of words, the rarest first, and the conversations that used them all, if few."""

    words: tuple[int, ...]
    conversations: frozenset[str] | None


def look_for(database: Database, words: Collection[int], many: int = MANY) -> Wanted:
    """Where all of these words were used; chats that share a case count as their main one."""
    with database.read() as session:
        ordered = _rarest_first(session, words)
        found = _used_all(session, ordered, many)
    return Wanted(ordered, found if len(found) <= many else None)


def used_in(
    words: Sequence[int], conversation: InstrumentedAttribute[Any]
) -> list[ColumnElement[bool]]:
    """Whether words were used in a case's conversation, or in chats that share the case."""
    conditions = [_used(word, conversation) for word in words[:SINGLY]]
    rest = words[SINGLY:]
    if not rest:
        return conditions
    entry, chat = aliased(IndexedWord), aliased(Conversation)
    own = or_(chat.id == conversation, chat.linked_to == conversation)
    chats = select(chat.id).where(own).correlate_except(chat)
    counted = select(func.count(entry.word_key.distinct())).where(
        entry.word_key.in_(rest), entry.conversation_id.in_(chats)
    )
    return [*conditions, counted.correlate_except(entry).scalar_subquery() == len(rest)]


def _used(word: int, conversation: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    entry, chat = aliased(IndexedWord), aliased(Conversation)
    # SQLite would go through all entries of a word if the chats were joined to them.
    sharing = select(chat.id).where(chat.linked_to == conversation).correlate_except(chat)
    used = exists().where(entry.word_key == word).correlate_except(entry)
    return or_(
        used.where(entry.conversation_id == conversation),
        used.where(entry.conversation_id.in_(sharing)),
    )


def _rarest_first(session: Session, words: Collection[int]) -> tuple[int, ...]:
    """In the order of how many conversations used them, as far as that is counted."""
    if len(words) < 2:
        return tuple(words)
    counted = []
    for word in words:
        some = select(IndexedWord.word_key).where(IndexedWord.word_key == word).limit(COUNTED)
        counted.append(select(literal(word), func.count()).select_from(some.subquery()))
    rows = session.execute(union_all(*counted)).all()
    return tuple(word for word, _ in sorted(rows, key=lambda row: (row[1], row[0])))


def _used_all(session: Session, words: Sequence[int], many: int) -> frozenset[str]:
    """Up to `many` + 1 of them; one that has joined another's case may stand beside it."""
    rarest, *others = words
    entry, chat = aliased(IndexedWord), aliased(Conversation)
    own = select(entry.conversation_id).where(
        entry.word_key == rarest, *used_in(others, entry.conversation_id)
    )
    sharing = select(chat.linked_to).where(
        chat.linked_to.is_not(None),
        exists().where(entry.word_key == rarest, entry.conversation_id == chat.id),
        *used_in(others, chat.linked_to),
    )
    found = set(session.scalars(own.limit(many + 1)))
    if len(found) <= many:
        found.update(filter(None, session.scalars(sharing.limit(many + 1))))
    return frozenset(found)
