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


def open_case(visit: Visit) -> Opened:
    """The case of the address; 404 when there is none."""
    number = str(visit.request.path_params["number"]).upper()
    case = visit.store.cases.by_number(number) if NUMBER.fullmatch(number) else None
    line = visit.store.queries.line(number) if case else None
    conversation = visit.store.conversations.get(case.conversation_id) if case else None
    if case is None or line is None or conversation is None:
        raise HTTPException(404)
    return Opened(case, line, conversation, tuple(visit.store.cases.history(case.number)))
