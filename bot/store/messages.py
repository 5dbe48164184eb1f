"""The channel-neutral messages: what a connector hands in and what a sender hands out."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# Channels whose replies are fetched by the page or terminal itself: nothing is pushed to them, so
# their outgoing rows are written as sent.
PULLED_CHANNELS = frozenset({"webchat", "terminal"})


class Kind(StrEnum):
    """What a person sent."""

    TEXT = "text"
    BUTTON = "button"
    FILE = "file"  # photo, document, video; `text` is the caption
    VOICE = "voice"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    EDITED = "edited"  # `text` is the new wording, `reply_to` the edited message
    COMMAND = "command"  # `text` is the whole line, such as "/start abc"
    BLOCKED = "blocked"  # the person stopped us at the provider; no turn is taken
    UNSUPPORTED = "unsupported"
    PAPERS = "papers"  # no message of the person: what came of files after their turn was answered


class Author(StrEnum):
    """Who wrote a message of the transcript."""

    PATIENT = "patient"
    BOT = "bot"
    COORDINATOR = "coordinator"


class State(StrEnum):
    """Where a message stands. Incoming: queued, done, dead. Outgoing: all but done and dead."""

    QUEUED = "queued"
    DONE = "done"
    DEAD = "dead"  # given up after repeated failures; a coordinator may try again
    SENDING = "sending"
    UNKNOWN = "unknown"  # the sender died between sending and recording
    HELD = "held"  # waits for the person to write (reply window shut)
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELED = "canceled"  # overtaken: a coordinator took the conversation over, or the person left


class Frozen(BaseModel):
    """Base of the values here: immutable, unknown fields refused, content never in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        """The type alone: a representation may end up in a log."""
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class FileRef(Frozen):
    """A file at the provider or in our own store. `size` in bytes."""

    provider_ref: str | None = None  # Telegram file_id, Twilio media sid
    url: str | None = None
    key: str | None = None  # our file store's key
    name: str | None = None
    content_type: str | None = None
    size: int | None = None
    # What came of it: what is wrong with it (Problem), or which paper it is (Match as JSON).
    problem: str | None = None
    match: dict[str, Any] | None = None
    told: bool = False  # a turn has taken it up
    # A paper of ours, by its name in `bot.records.documents`: printed when it is first needed.
    document: str | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be found out about it."""
        return self.problem is not None or self.match is not None


class Location(Frozen):
    """A shared position, degrees (WGS 84)."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    label: str | None = None


class InboundMessage(Frozen):
    """One message of a person, parsed and verified by a connector.

    (channel, account, provider_id) is the unique key: the same three mean the same message.
    """

    channel: str  # whatsapp, telegram, webchat, terminal
    account: str = ""  # our own address or bot at the provider
    provider_id: str  # Twilio MessageSid, Telegram update_id, a UUID for webchat
    # The person's stable id: Telegram user id, WhatsApp BSUID or phone, webchat conversation.
    address: str
    alt_address: str | None = None  # another id of the same person, such as the phone number
    profile_name: str | None = None
    kind: Kind = Kind.TEXT
    text: str | None = None  # typed text or caption, as written
    button_token: str | None = None
    files: tuple[FileRef, ...] = ()
    location: Location | None = None
    language_hint: str | None = None  # BCP 47, from the provider
    sent_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    reply_to: str | None = None  # the provider's id of the message replied to, or edited
    provider_message_id: str | None = None  # where it differs from provider_id (Telegram)
    # Rising number where the provider has one (Telegram update_id): orders messages that crossed.
    sequence: int | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)  # JSON values only


class ReplyButton(Frozen):
    """A choice offered with a reply; `payload` is ours and never leaves the store."""

    title: str
    payload: str


class Template(Frozen):
    """A text that a provider has approved for sending outside its reply window."""

    sid: str
    variables: dict[str, str] = Field(default_factory=dict)


class OutboundReply(Frozen):
    """One message to send. `urgent` replies go out even when a human holds the conversation.

    `documents` name what is to be made from the case and goes out as files of the message.
    """

    text: str | None = None
    buttons: tuple[ReplyButton, ...] = ()
    files: tuple[FileRef, ...] = ()
    documents: tuple[str, ...] = ()
    response: str | None = None  # name of the response it was made from
    urgent: bool = False
    template: Template | None = None  # goes out in place of `text`, which is its wording


class IssuedButton(Frozen):
    """A button as it goes out: the token stands for the payload, in this conversation only."""

    title: str
    token: str


class Outgoing(Frozen):
    """The content of an outgoing row as senders and pages see it."""

    text: str | None = None
    buttons: tuple[IssuedButton, ...] = ()
    files: tuple[FileRef, ...] = ()
    response: str | None = None
    template: Template | None = None
