"""The assessment made again after a correction, by the same rules the conversation uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.facts.case import Case


def judge(case: Case) -> tuple[Any, Any]:
    """Assessment and checklist of a case; none before there is a diagnosis to judge."""
    if "cancer_type" not in case.facts:
        return None, None
    from bot.intake.judging import judge_case
    from bot.intake.knowledge import HouseKnowledge  # loads the rules; only needed here

    return judge_case(case, HouseKnowledge(), datetime.now(UTC).date())
