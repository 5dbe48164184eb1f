"""Signs of life: when a channel was last served, so that an outage is noticed afterwards, and what
people may have tapped in vain meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.store.database import Database, insert_new
from bot.store.messages import Author, OutboundReply, Outgoing, ReplyButton
from bot.store.tables import Beat, Button, Conversation, Message

# A question is answered soon or not at all: an older one was not lost to the outage.
TAPPED_WITHIN = timedelta(hours=1)
MOST_QUESTIONS = 500


class Beats:
    """The clock of each channel."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def beat(self, name: str) -> timedelta:
        """Note that a channel is served now; gives how long it was not (0 the first time)."""
        now = self._db.now()
        with self._db.write(relaxed=True) as session:
            if insert_new(session, Beat, {"name": name, "at": now}):
                return timedelta()
            row = session.get_one(Beat, name, with_for_update=True)
            gap, row.at = now - row.at, max(now, row.at)
            return gap

    def last(self, *names: str) -> dict[str, datetime]:
        """When each of these was last noted."""
        with self._db.read() as session:
            query = select(Beat.name, Beat.at).where(Beat.name.in_(names))
            return {row.name: row.at for row in session.execute(query)}

    def unanswered(self, channel: str, outage: timedelta) -> list[tuple[str, int]]:
        """Conversations whose last word is a question with buttons, asked shortly before or during
        an outage that ends now; with the number of that message.
        """
        since = self._db.now() - outage - TAPPED_WITHIN
        newest = (
            select(func.max(Message.seq))
            .where(Message.conversation_id == Conversation.id)
            .scalar_subquery()
        )
        query = (
            select(Conversation.id, Button.message_seq)
            .join(Button, Button.conversation_id == Conversation.id)
            .where(Conversation.channel == channel, Conversation.stopped_at.is_(None))
            .where(Button.issued_at >= since, Button.position == 0, Button.message_seq == newest)
            .limit(MOST_QUESTIONS)
        )
        with self._db.read() as session:
            return [(row.id, row.message_seq) for row in session.execute(query)]

    def question(self, conversation_id: str, seq: int) -> OutboundReply | None:
        """The message of that number as it can be sent once more."""
        mine = (Message.conversation_id == conversation_id, Message.seq == seq)
        with self._db.read() as session:
            row = session.scalar(select(Message).where(*mine, Message.author == Author.BOT))
            if row is None:
                return None
            content = Outgoing.model_validate(row.body)
            buttons = session.scalars(
                select(Button)
                .where(Button.conversation_id == conversation_id, Button.message_seq == seq)
                .order_by(Button.position)
            )
            return OutboundReply(
                text=content.text, response=content.response, buttons=_again(list(buttons))
            )


def _again(buttons: Sequence[Button]) -> tuple[ReplyButton, ...]:
    return tuple(ReplyButton(title=button.title, payload=button.payload) for button in buttons)
