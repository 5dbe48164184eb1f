"""Writing outgoing messages: rows, their button tokens and the announcement to the senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.store.crypto import new_id
from bot.store.database import Addressee, put, table_of
from bot.store.messages import (
    PULLED_CHANNELS,
    Author,
    IssuedButton,
    Kind,
    OutboundReply,
    Outgoing,
    ReplyButton,
    State,
)
from bot.store.queue import OUTBOX, Work, put_due
from bot.store.tables import Button, Conversation, Message

# The numbers give the order of the transcript: they grow in the order of the rows.
_ADD = insert(table_of(Message)).returning(table_of(Message).c.seq, sort_by_parameter_order=True)


def write_replies(
    session: Session,
    conversation: Conversation | Addressee,
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
    rows: list[dict[str, Any]] = []
    issued: list[list[tuple[str, ReplyButton]]] = []
    for reply in replies:
        buttons = [(new_id(), button) for button in reply.buttons]
        content = Outgoing(
            text=reply.text,
            buttons=tuple(IssuedButton(title=b.title, token=token) for token, b in buttons),
            files=reply.files,
            response=reply.response,
            template=reply.template,
        )
        issued.append(buttons)
        rows.append(
            {
                "id": new_id(),
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
        )
    if not rows:
        return []
    seqs = session.connection().execute(_ADD, rows).scalars().all()
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
            for seq, buttons in zip(seqs, issued, strict=True)
            for position, (token, button) in enumerate(buttons)
        ),
    )
    if not pulled:
        put_due(session, OUTBOX, now, Work(conversation.id, conversation.channel, now))
    return [row["id"] for row in rows]


def overtaken(
    conversation: Conversation | Addressee, author: str, epoch: int, urgent: bool
) -> bool:
    """Whether a human has taken the conversation over since the bot began this reply."""
    return author == Author.BOT and not urgent and epoch < conversation.epoch


def _first_state(
    conversation: Conversation | Addressee, author: Author, epoch: int, reply: OutboundReply
) -> State:
    if overtaken(conversation, author, epoch, reply.urgent):
        return State.CANCELED
    return State.SENT if conversation.channel in PULLED_CHANNELS else State.QUEUED
