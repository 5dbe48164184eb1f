"""Telegram updates: proves who sent a webhook and reads an update into our own types.

Guarantee: only private chats are heard; an update of any kind that Telegram may invent is either
a message of ours, an errand (leave a group, free a pressed button) or quietly nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.store.messages import FileRef, InboundMessage, Kind, Location
from connectors.received_text import (
    MalformedError,
    clean,
    clean_or_none,
    file_name,
    length_mark,
    typed,
)

CHANNEL: Final = "telegram"
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105
# What is asked of Telegram; anything else it does not send.
ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

_UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
# Message fields that hold a file, with the kind they make and a content type where Telegram
# gives none.
_FILE_FIELDS: Final = (
    ("animation", Kind.FILE, "video/mp4"),  # before "document", which repeats it
    ("document", Kind.FILE, None),
    ("video", Kind.FILE, "video/mp4"),
    ("video_note", Kind.FILE, "video/mp4"),
    ("voice", Kind.VOICE, "audio/ogg"),
    ("audio", Kind.VOICE, None),
)
# All that is read of a message. The rest is not even parsed, so that a change in what does not
# concern us cannot make a message unreadable.
_POINTER_FIELDS: Final = frozenset({"message_id", "date", "chat"})
_READ_FIELDS: Final = _POINTER_FIELDS | {
    *("from", "text", "caption", "photo", "sticker", "location", "venue", "contact"),
    *("media_group_id", "edit_date", "reply_to_message"),
    *(field for field, _kind, _content_type in _FILE_FIELDS),
}
# Kinds of content that a person can send and we cannot use; so is whatever is new to the library.
_UNUSED_FIELDS: Final = frozenset(
    {"poll", "dice", "game", "story", "invoice", "paid_media", "checklist"}
)
_LIBRARY_FIELDS: Final = _READ_FIELDS | {
    field for base in Message.__mro__ for field in getattr(base, "__slots__", ())
}


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """Free the pressed button: answer the query, take the keyboard away."""

    query_id: str
    chat_id: int | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """We were put into a group or channel: say one line (where one may write), and leave."""

    chat_id: int
    may_write: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What an update amounts to: a message to keep, an errand at Telegram, or neither."""

    update_id: int
    message: InboundMessage | None = None
    errand: AnswerPress | LeaveGroup | None = None


def is_secret(expected: str, received: str) -> bool:
    """Constant-time comparison of the webhook's secret; an empty secret never matches."""
    return bool(expected) and hmac.compare_digest(
        expected.encode("utf-8"), received.encode("utf-8", "replace")
    )


def parse_update(data: object, account: str) -> Heard:
    """What one update amounts to. Raises MalformedError when it is not Telegram's."""
    if not isinstance(data, Mapping) or not _is_id(data.get("update_id")):
        raise MalformedError("update_id")
    try:
        update = Update.de_json(_pruned(data), None)
        return _heard(update, account, _unused(data))
    except _UNREADABLE:
        raise MalformedError("update") from None


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _pruned(data: Mapping[str, Any]) -> dict[str, Any]:
    """The update with only those parts of its messages that we read."""
    kept = {name: data[name] for name in ("update_id", *ALLOWED_UPDATES) if name in data}
    for name in ("message", "edited_message"):
        if name in kept:
            kept[name] = _part(kept[name], _READ_FIELDS)
            if "reply_to_message" in kept[name]:
                replied = _part(kept[name]["reply_to_message"], _POINTER_FIELDS)
                kept[name]["reply_to_message"] = replied
    if "message" in kept.get("callback_query", {}):
        below = _part(kept["callback_query"]["message"], _POINTER_FIELDS)
        kept["callback_query"] = {**kept["callback_query"], "message": below}
    return kept


def _part(message: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name in fields}


def _unused(data: Mapping[str, Any]) -> str | None:
    """The name of something sent that we cannot use, if there is one."""
    sent = data.get("message") or {}
    return next((n for n in sent if n in _UNUSED_FIELDS or n not in _LIBRARY_FIELDS), None)


def _heard(update: Update, account: str, unused: str | None) -> Heard:
    if update.callback_query is not None:
        return _press(update, update.callback_query, account)
    if update.my_chat_member is not None:
        return _membership(update, update.my_chat_member, account)
    message = update.message or update.edited_message
    if message is None:
        return Heard(update.update_id)
    if message.chat.type != ChatType.PRIVATE:
        return Heard(update.update_id, errand=_leave(message.chat))
    if message.from_user is None or message.from_user.is_bot:
        return Heard(update.update_id)
    if update.edited_message is not None:
        return Heard(update.update_id, _edited(update, message, account))
    return Heard(update.update_id, _message(update, message, account, unused))


def _inbound(update: Update, user: User, account: str, **fields: Any) -> InboundMessage:
    return InboundMessage(
        channel=CHANNEL,
        account=account,
        provider_id=str(update.update_id),
        sequence=update.update_id,
        address=str(user.id),
        profile_name=clean_or_none(user.full_name),
        language_hint=clean_or_none(user.language_code, 35),
        **fields,
    )


def _message(
    update: Update, message: Message, account: str, unused: str | None
) -> InboundMessage | None:
    content = _content(message, unused)
    if content is None or message.from_user is None:
        return None
    if message.media_group_id:
        content["metadata"] = content.get("metadata", {}) | {"album": message.media_group_id[:64]}
    replied = message.reply_to_message
    return _inbound(
        update,
        message.from_user,
        account,
        sent_at=message.date,
        provider_message_id=str(message.message_id),
        reply_to=str(replied.message_id) if replied else None,
        **content,
    )


def _content(message: Message, unused: str | None) -> dict[str, Any] | None:
    """The fields that differ by kind; None for notes of Telegram itself (pinned, and so on)."""
    if message.text is not None:
        kind, text, metadata = typed(message.text)
        return {"kind": kind, "text": text or None, "metadata": metadata}
    if message.sticker is not None:
        return {"kind": Kind.STICKER}  # the picture tells nothing and is not fetched
    file = _file(message)
    if file is not None:
        caption = clean(message.caption or "") or None
        return {
            "kind": file[0],
            "files": (file[1],),
            "text": caption,
            "metadata": length_mark(caption),
        }
    if message.location is not None:
        return {"kind": Kind.LOCATION, "location": _location(message)}
    if message.contact is not None:
        contact = message.contact
        name = " ".join(filter(None, (contact.first_name, contact.last_name)))
        return {"kind": Kind.CONTACT, "text": clean(f"{name} {contact.phone_number}").strip()}
    if unused is not None:
        return {"kind": Kind.UNSUPPORTED, "metadata": {"provider_kind": unused[:40]}}
    return None


def _file(message: Message) -> tuple[Kind, FileRef] | None:
    if message.photo:
        photo = max(message.photo, key=lambda size: size.width * size.height)
        return Kind.FILE, FileRef(
            provider_ref=photo.file_id, content_type="image/jpeg", size=photo.file_size
        )
    for field, kind, content_type in _FILE_FIELDS:
        found = getattr(message, field)
        if found is not None:
            return kind, FileRef(
                provider_ref=found.file_id,
                name=file_name(getattr(found, "file_name", None)),
                content_type=clean_or_none(getattr(found, "mime_type", None), 100) or content_type,
                size=found.file_size,
            )
    return None


def _location(message: Message) -> Location:
    if message.location is None:
        raise MalformedError("location")
    venue = message.venue
    label = ", ".join(filter(None, (venue.title, venue.address))) if venue else None
    return Location(
        lat=message.location.latitude,
        lon=message.location.longitude,
        label=clean_or_none(label, 500),
    )


def _edited(update: Update, message: Message, account: str) -> InboundMessage | None:
    """The new wording of an older message, offered to the dialogue as a correction."""
    text = message.text if message.text is not None else message.caption
    if text is None or message.from_user is None:
        return None  # a live location moved, or a file was swapped
    cleaned = clean(text)
    return _inbound(
        update,
        message.from_user,
        account,
        kind=Kind.EDITED,
        text=cleaned,
        sent_at=message.edit_date or message.date,
        provider_message_id=str(message.message_id),
        reply_to=str(message.message_id),
        metadata=length_mark(cleaned),
    )


def _press(update: Update, query: CallbackQuery, account: str) -> Heard:
    message = query.message
    errand = AnswerPress(
        query_id=query.id,
        chat_id=message.chat.id if message else None,
        message_id=message.message_id if message else None,
    )
    private = message is not None and message.chat.type == ChatType.PRIVATE
    if not private or not query.data or query.from_user.is_bot:
        return Heard(update.update_id, errand=errand)
    heard = _inbound(
        update,
        query.from_user,
        account,
        kind=Kind.BUTTON,
        button_token=clean(query.data)[:64],
        sent_at=datetime.now(UTC),
        reply_to=str(message.message_id) if message else None,
    )
    return Heard(update.update_id, heard, errand)


def _membership(update: Update, change: ChatMemberUpdated, account: str) -> Heard:
    left = change.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    if change.chat.type != ChatType.PRIVATE:
        return Heard(update.update_id, errand=None if left else _leave(change.chat))
    if not left:
        return Heard(update.update_id)
    blocked = _inbound(
        update,
        change.from_user,
        account,
        kind=Kind.BLOCKED,
        sent_at=change.date,
        metadata={"reason": "blocked"},
    )
    return Heard(update.update_id, blocked)


def _leave(chat: Chat) -> LeaveGroup:
    return LeaveGroup(chat.id, may_write=chat.type != ChatType.CHANNEL)
