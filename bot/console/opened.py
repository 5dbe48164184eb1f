"""One case with its conversation, as a screen opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from bot.console.frame import Visit
from bot.facts.case import Case
from bot.store.queries import CaseLine
from bot.store.records import ConversationInfo, FactVersion

NUMBER = re.compile(r"[A-Z0-9-]{3,24}")


@dataclass(frozen=True, slots=True)
class Opened:
    """One case with its conversation, as read from the store."""

    case: Case
    line: CaseLine
    conversation: ConversationInfo
    history: tuple[FactVersion, ...]
    doors: tuple[ConversationInfo, ...]  # every chat that shares the case, the main one first

    @property
    def chats(self) -> tuple[str, ...]:
        """The ids of these chats."""
        return tuple(door.id for door in self.doors)


def open_case(visit: Visit) -> Opened:
    """The case of the address; 404 when there is none."""
    number = str(visit.request.path_params["number"]).upper()
    case = visit.store.cases.by_number(number) if NUMBER.fullmatch(number) else None
    line = visit.store.queries.line(number) if case else None
    conversation = visit.store.conversations.get(case.conversation_id) if case else None
    if case is None or line is None or conversation is None:
        raise HTTPException(404)
    history = tuple(visit.store.cases.history(case.number))
    doors = tuple(visit.store.links.doors(conversation.id))
    return Opened(case, line, conversation, history, doors)
