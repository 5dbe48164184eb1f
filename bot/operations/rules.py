"""Today's rules against what was answered: which open cases would change?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.eligibility.cli import Stored, rules_diff
from bot.intake.knowledge import HouseKnowledge
from bot.store import Store
from bot.store.assessed import last_of_open_cases


def diff(store: Store) -> Iterator[dict[str, Any]]:
    """One object a case that would be answered otherwise today, or that cannot be judged."""
    return rules_diff(_stored(store), HouseKnowledge().assess)


def _stored(store: Store) -> Iterator[Stored]:
    for number, kept in last_of_open_cases(store):
        result = kept.result if isinstance(kept.result, Mapping) else {}
        statuses = {p["id"]: p["status"] for p in result.get("pathways", ())}
        version = str(result.get("rules_version") or kept.rule_set)
        yield Stored(
            number, kept.facts, statuses, version, result.get("triage"), result.get("travel")
        )
