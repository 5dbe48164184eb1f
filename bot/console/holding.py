"""Who holds a conversation, to which chat a reply goes, and what may be sent there now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.console import phrases
from bot.console.panels import Choice
from bot.console.phrases import Approved, Phrase
from bot.console.transcript import shown
from bot.facts.case import CaseState
from bot.store.messages import PULLED_CHANNELS

if TYPE_CHECKING:
    from bot.console.frame import Visit
    from bot.console.opened import Opened
    from bot.store.records import ConversationInfo

# How long after a person's last message free text may go out (Twilio error 63016), in hours.
WINDOW_HOURS = {"whatsapp": 24}
LONGEST_REPLY = {"whatsapp": 1600, "telegram": 4096}
LONGEST_ELSEWHERE = 20_000


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds the conversation, and the text being written."""

    mine: bool
    owner: str
    epoch: int
    quiet: bool  # nobody holds it, and the assistant waits for a coordinator
    stopped: bool
    longest: int
    hint: str
    shut: bool  # free text waits until the person writes
    chats: tuple[Choice, ...]  # () where there is one only
    draft: str = ""
    problem: str = ""
    phrases: tuple[Phrase, ...] = ()
    templates: tuple[Approved, ...] = ()


def holding(
    visit: Visit, opened: Opened, draft: str = "", problem: str = "", to: str = ""
) -> Holding:
    """Who holds the conversation, and what may be written to the chat `to` ("": the latest)."""
    t, chat = visit.texts, chat_of(opened, to)
    owner = owner_of(opened)
    shut = is_shut(chat, visit.now)
    return Holding(
        mine=owner == visit.me.name,
        owner=shown(owner),
        epoch=opened.conversation.epoch,
        quiet=not owner and opened.case.state is CaseState.HUMAN,
        stopped=all(_stopped(door) for door in opened.doors),
        longest=longest(chat),
        hint=t("reply.hint_held" if shut else "reply.hint"),
        shut=shut,
        chats=_chats(visit, opened, chat),
        draft=draft,
        problem=problem,
        phrases=phrases.offered(visit, opened.case.number, opened.case.language),
        templates=phrases.approved(visit.settings.reply_templates, opened.case.language)
        if chat.channel in WINDOW_HOURS
        else (),
    )


def owner_of(opened: Opened) -> str:
    """The coordinator who holds the conversation now, "" when the assistant answers."""
    held = opened.case.state is CaseState.HUMAN
    return (opened.conversation.human_owner or "") if held else ""


def chat_of(opened: Opened, to: str) -> ConversationInfo:
    """The chat of the case with this id; otherwise the one in which somebody wrote last."""
    named = next((door for door in opened.doors if door.id == to), None)
    if named is not None:
        return named
    return max(opened.doors, key=lambda door: door.last_inbound_at or door.created_at)


def longest(chat: ConversationInfo) -> int:
    """How many characters one reply may have."""
    return LONGEST_REPLY.get(chat.channel, LONGEST_ELSEWHERE)


def is_shut(chat: ConversationInfo, now: datetime) -> bool:
    """Whether free text is held until the person writes again."""
    left = window_left(chat, now)
    return left is not None and left <= timedelta()


def reply_window(visit: Visit, chat: ConversationInfo) -> tuple[str, str]:
    """How long free text may still go out, where a channel limits that, and its tone."""
    left = window_left(chat, visit.now)
    if left is None:
        return "", ""
    if left <= timedelta():
        return visit.texts("case.window_shut"), "window-shut"
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return visit.texts("case.window_open", hours=hours, minutes=minutes), ""


def window_left(chat: ConversationInfo, now: datetime) -> timedelta | None:
    """Time until free text is held; None where there is no such rule."""
    hours = WINDOW_HOURS.get(chat.channel)
    if hours is None:
        return None
    last = chat.last_inbound_at
    return timedelta() if last is None else last + timedelta(hours=hours) - now


def _stopped(chat: ConversationInfo) -> bool:
    return chat.stopped_at is not None and chat.channel not in PULLED_CHANNELS


def _chats(visit: Visit, opened: Opened, chosen: ConversationInfo) -> tuple[Choice, ...]:
    if len(opened.doors) < 2:
        return ()
    t = visit.texts
    return tuple(
        Choice(
            door.id,
            t(
                "reply.chat",
                channel=t.named("channel", door.channel),
                name=shown(door.profile_name or "–"),
            ),
            door.id == chosen.id,
        )
        for door in opened.doors
    )
