"""What the store hands out: plain, immutable records, detached from any session.

Content is left out of their representations, which may end up in a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.store.messages import Author, InboundMessage, Kind, Outgoing, State


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message to take in: its turn may begin after `pause` seconds, at once when `urgent`.

    With `kept_as` (a code that says why) it is only kept in the transcript.
    """

    message: InboundMessage
    pause: float = 0.0
    urgent: bool = False
    kept_as: str | None = None

    @property
    def takes_turn(self) -> bool:
        """Whether somebody is to answer it."""
        return self.kept_as is None and self.message.kind is not Kind.BLOCKED


@dataclass(frozen=True, slots=True)
class Received:
    """Answer to `inbox.receive`; a duplicate names the message that was taken first."""

    conversation_id: str
    message_id: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """One incoming message inside a claimed turn."""

    message_id: str
    message: InboundMessage


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A conversation held by one worker until `lease_until`; `token` is the fence.

    `message_id` names the turn (the id of its first message); `messages` are taken together.
    """

    conversation_id: str
    message_id: str
    token: str
    lease_until: datetime
    messages: tuple[TakenMessage, ...]
    channel: str
    profile_name: str | None = field(repr=False)
    language: str | None  # of the case; None before the first turn
    asks: str | None
    state: str | None  # CaseState value
    epoch: int
    attempts: int
    apologised: bool
    received_at: datetime  # of its first message
    address: str = field(repr=False)
    more: bool = False  # messages waited behind these


@dataclass(frozen=True, slots=True)
class ButtonMatch:
    """A pressed button. `stale`: newer buttons were issued since; take it as its title's text."""

    title: str = field(repr=False)
    payload: str = field(repr=False)
    stale: bool


@dataclass(frozen=True, slots=True)
class TurnReplies:
    """The answer of one turn, as the browser chat gives it back.

    `done` is false while the engine is down and only the apology has been written.
    """

    done: bool
    replies: tuple[Outgoing, ...]
    asks: str | None
    state: str
    case: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outgoing row claimed by a sender; `maybe_sent` rows must be looked up before sending."""

    message_id: str
    conversation_id: str
    token: str
    lease_until: datetime
    channel: str
    account: str
    address: str = field(repr=False)
    alt_address: str | None = field(repr=False)
    author: Author
    content: Outgoing
    attempts: int
    created_at: datetime
    last_inbound_at: datetime | None  # the reply window counts from here
    language: str | None
    maybe_sent: bool = False
    first_tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Figures for metrics: messages waiting, age of the oldest in seconds, given up."""

    waiting: int
    oldest_seconds: float
    dead: int


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One message of a conversation, in or out; `seq` is the page key."""

    seq: int
    message_id: str
    conversation_id: str
    author: Author
    author_name: str | None  # the coordinator, if one wrote it
    kind: Kind
    text: str | None = field(repr=False)
    outgoing: Outgoing | None
    incoming: InboundMessage | None
    state: State
    error_code: str | None
    created_at: datetime
    updated_at: datetime
    turn_id: str | None


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """A conversation without its messages. `public_id` is what the outside calls it."""

    id: str
    public_id: str
    channel: str
    account: str
    address: str = field(repr=False)
    alt_address: str | None = field(repr=False)
    profile_name: str | None = field(repr=False)
    created_at: datetime
    last_inbound_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str | None
    expires_at: datetime | None
    human_owner: str | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed: rows by table."""

    conversation_id: str
    rows: dict[str, int] = field(default_factory=dict)
    file_keys: tuple[str, ...] = ()  # for the file store to remove


@dataclass(frozen=True, slots=True)
class FactVersion:
    """One version of a fact; the current one has no `superseded_at`."""

    name: str
    value: Any = field(repr=False)
    words: str = field(repr=False)
    source: str
    status: str
    confidence: float
    message_id: str | None
    actor: str | None
    created_at: datetime
    superseded_at: datetime | None


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """One run of the rules; `result` as the assess command prints it."""

    id: int
    rule_set: str
    facts: dict[str, Any] = field(repr=False)
    result: Any = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One record or test to collect; `body` as the checklist command prints it."""

    id: int
    kind: str  # record, test
    body: Any = field(repr=False)
    level: str | None
    state: str  # needed, received, waived
    updated_at: datetime
