"""Writing outgoing messages: rows, their button tokens and the announcement to the senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.store.crypto import new_id
from bot.store.database import put, table_of
from bot.store.messages import (
    PULLED_CHANNELS,
    Author,
    IssuedButton,
    Kind,
    OutboundReply,
    Outgoing,
    State,
)
from bot.store.queue import OUTBOX, Work, put_due
from bot.store.tables import Button, Conversation, Message

MESSAGES = table_of(Message)


def write_replies(
    session: Session,
    conversation: Conversation,
    replies: Sequence[OutboundReply],
    now: datetime,
    *,
    author: Author = Author.BOT,
    author_name: str | None = None,
    turn_id: str | None = None,
    epoch: int | None = None,
) -> list[str]:
    """Add replies to a conversation (locked by the caller); gives the new messages' ids."""
    epoch = conversation.epoch if epoch is None else epoch
    pulled = conversation.channel in PULLED_CHANNELS
    ids: list[str] = []
    for reply in replies:
        buttons = [(new_id(), button) for button in reply.buttons]
        content = Outgoing(
            text=reply.text,
            buttons=tuple(IssuedButton(title=b.title, token=token) for token, b in buttons),
            files=reply.files,
            response=reply.response,
            template=reply.template,
        )
        message_id = new_id()
        row = {
            "id": message_id,
            "conversation_id": conversation.id,
            "author": author,
            "author_name": author_name,
            "kind": Kind.FILE if reply.files and not reply.text else Kind.TEXT,
            "state": _first_state(conversation, author, epoch, reply),
            "body": content.model_dump(mode="json", exclude_defaults=True),
            "turn_id": turn_id,
            "epoch": epoch,
            "urgent": reply.urgent,
            "attempts": 0,
            "apologised": False,
            "created_at": now,
            "updated_at": now,
        }
        # One statement a row: the numbers give the order, and buttons need theirs.
        added = insert(MESSAGES).values(row).returning(MESSAGES.c.seq)
        seq = session.connection().execute(added).scalar_one()
        ids.append(message_id)
        put(
            session,
            Button,
            *(
                {
                    "token": token,
                    "conversation_id": conversation.id,
                    "message_seq": seq,
                    "turn_id": turn_id,
                    "position": position,
                    "title": button.title,
                    "payload": button.payload,
                    "issued_at": now,
                }
                for position, (token, button) in enumerate(buttons)
            ),
        )
    if ids and not pulled:
        put_due(session, OUTBOX, now, Work(conversation.id, conversation.channel, now))
    return ids


def overtaken(conversation: Conversation, author: str, epoch: int, urgent: bool) -> bool:
    """Whether a human has taken the conversation over since the bot began this reply."""
    return author == Author.BOT and not urgent and epoch < conversation.epoch


def _first_state(
    conversation: Conversation, author: Author, epoch: int, reply: OutboundReply
) -> State:
    if overtaken(conversation, author, epoch, reply.urgent):
        return State.CANCELED
    return State.SENT if conversation.channel in PULLED_CHANNELS else State.QUEUED
