"""Buttons: opaque tokens that stand for payloads, each in one conversation only."""

from __future__ import annotations

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.messages import IssuedButton
from bot.store.records import ButtonMatch
from bot.store.tables import Button

_Latest = Row[int, str | None]
_IN_CONVERSATION = Button.conversation_id == bindparam("conversation")
# Statements of every turn are built once: building them costs as much as running them.
_LATEST = (
    select(Button.message_seq, Button.turn_id)
    .where(_IN_CONVERSATION)
    .order_by(Button.message_seq.desc(), Button.position)
    .limit(1)
)
_OFFERED = (
    select(Button.title, Button.token)
    .where(
        _IN_CONVERSATION,
        or_(Button.message_seq == bindparam("message"), Button.turn_id == bindparam("turn")),
    )
    .order_by(Button.message_seq, Button.position)
)


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
            rows = session.connection().execute(_OFFERED, _of(latest, conversation_id))
            return [IssuedButton(title=row.title, token=row.token) for row in rows]


def _latest(session: Session, conversation_id: str) -> _Latest | None:
    asked = {"conversation": conversation_id}
    return session.connection().execute(_LATEST, asked).one_or_none()


def _same_turn(button: Button, latest: _Latest) -> bool:
    same_message = button.message_seq == latest.message_seq
    return same_message or (button.turn_id is not None and button.turn_id == latest.turn_id)


def _of(latest: _Latest, conversation_id: str) -> dict[str, object]:
    found = {"conversation": conversation_id, "message": latest.message_seq}
    # No row has an empty turn, so none is found by it.
    return found | {"turn": latest.turn_id or ""}
