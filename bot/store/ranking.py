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
    row.updated_at = now
    row.version += 1
    row.queue_rank = _rank(row)
    row.queue_at = row.waiting_since or now


def _rank(row: CaseRow) -> int:
    if not row.urgent:
        return RANK_WAITING if row.waiting_since else RANK_REST
    now = row.state == CaseState.EMERGENCY or acute(row.dialogue.get("flags", ()))
    return RANK_EMERGENCY if now else RANK_URGENT


def acute(flags: Iterable[str]) -> bool:
    """Whether one of the warning signs means "now", not "today"."""
    return any(not flag.startswith(SAME_DAY) for flag in flags)
