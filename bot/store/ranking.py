"""Where a case stands in the coordinators' queue: emergencies, other urgent cases, who waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.facts.case import CaseState
from bot.store.case_tables import CaseRow

RANK_EMERGENCY, RANK_URGENT, RANK_WAITING, RANK_REST = range(4)
# The one red flag that means "today", not "now".
SAME_DAY = "RF16"


def place(row: CaseRow, now: datetime) -> None:
    """Put a changed case at its place in the coordinators' queue."""
    flags = row.dialogue.get("flags", ())
    row.updated_at = now
    row.version += 1
    row.queue_rank = rank(row.urgent, row.waiting_since, row.state, flags)
    row.queue_at = row.waiting_since or now


def rank(urgent: bool, waiting_since: datetime | None, state: str, flags: Iterable[str]) -> int:
    """The place of a case in the queue; the longest wait comes first within one."""
    if not urgent:
        return RANK_WAITING if waiting_since else RANK_REST
    return RANK_EMERGENCY if state == CaseState.EMERGENCY or acute(flags) else RANK_URGENT


def acute(flags: Iterable[str]) -> bool:
    """Whether one of the warning signs means "now", not "today"."""
    return any(not flag.startswith(SAME_DAY) for flag in flags)
