"""The tables of what is worked out from messages once: words to search by, figures of a talk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, of_conversation


class IndexedWord(Base):
    """Somebody used this word in a conversation or in a note about it: a keyed hash, never it."""

    __tablename__ = "indexed_words"
    word_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    conversation_id: Mapped[str] = of_conversation(primary_key=True)

    __table_args__ = (
        # What an erasure removes.
        Index("ix_indexed_words_conversation_id", "conversation_id"),
        {"sqlite_with_rowid": False},
    )


class TalkFigures(Base):
    """How often and how quickly the sides of a conversation wrote: times and counts only."""

    __tablename__ = "talk_figures"
    conversation_id: Mapped[str] = of_conversation(primary_key=True)
    figures: Mapped[Any] = mapped_column(JSON)


class IndexMark(Base):
    """Up to which message everything is indexed; its single row also puts indexers in line."""

    __tablename__ = "index_mark"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
