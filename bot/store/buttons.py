"""Buttons: opaque tokens that stand for payloads, each in one conversation only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.messages import IssuedButton
from bot.store.records import ButtonMatch
from bot.store.tables import Button


class Buttons:
    """Looking up what a press means."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def resolve(self, conversation_id: str, token: str) -> ButtonMatch | None:
        """The button of a token; None for a token this conversation was never given."""
        with self._db.read() as session:
            button = session.get(Button, token)
            if button is None or button.conversation_id != conversation_id:
                return None
            latest = _latest(session, conversation_id)
            fresh = latest is not None and _same_turn(button, latest)
            return ButtonMatch(button.title, button.payload, stale=not fresh)

    def current(self, conversation_id: str) -> list[IssuedButton]:
        """The choices offered last, in their order."""
        with self._db.read() as session:
            latest = _latest(session, conversation_id)
            if latest is None:
                return []
            rows = session.scalars(
                select(Button)
                .where(Button.conversation_id == conversation_id, _with(latest))
                .order_by(Button.message_seq, Button.position)
            )
            return [IssuedButton(title=row.title, token=row.token) for row in rows]


def _latest(session: Session, conversation_id: str) -> Button | None:
    newest = (
        select(func.max(Button.message_seq))
        .where(Button.conversation_id == conversation_id)
        .scalar_subquery()
    )
    return session.scalar(
        select(Button)
        .where(Button.conversation_id == conversation_id, Button.message_seq == newest)
        .limit(1)
    )


def _same_turn(button: Button, latest: Button) -> bool:
    same_message = button.message_seq == latest.message_seq
    return same_message or (button.turn_id is not None and button.turn_id == latest.turn_id)


def _with(latest: Button) -> ColumnElement[bool]:
    same_message = Button.message_seq == latest.message_seq
    return (
        same_message
        if latest.turn_id is None
        else or_(same_message, Button.turn_id == latest.turn_id)
    )
