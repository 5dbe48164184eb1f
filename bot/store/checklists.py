"""Checklists: what the rules ask for becomes rows that keep what was received."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.case_tables import CaseRow, ChecklistRow
from bot.store.cases import wire
from bot.store.crypto import Cipher


def save(session: Session, cipher: Cipher, row: CaseRow, checklist: Any, now: datetime) -> None:
    """Bring the checklist up: items keep what was received, items no longer asked for go."""
    document = wire(checklist)
    parts: Mapping[str, Any] = (
        document if isinstance(document, Mapping) else {"items": document, "missing_tests": []}
    )
    wanted = [("record", item) for item in parts.get("items", ())]
    wanted += [("test", item) for item in parts.get("missing_tests", ())]
    held = {
        item.item_key: item
        for item in session.scalars(
            select(ChecklistRow).where(ChecklistRow.case_number == row.number)
        )
    }
    seen = set()
    for position, (kind, body) in enumerate(wanted):
        item_id = str(body.get("id", body)) if isinstance(body, Mapping) else str(body)
        key = cipher.lookup("checklist", row.number, kind, item_id)
        if key in seen:
            continue
        seen.add(key)
        item = held.get(key)
        if item is None:
            item = ChecklistRow(case_number=row.number, item_key=key, kind=kind, state="needed")
            session.add(item)
        item.position, item.body, item.updated_at = position, body, now
        item.level = str(body["level"]) if isinstance(body, Mapping) and "level" in body else None
    for key, item in held.items():
        if key not in seen and item.state == "needed":
            session.delete(item)
    session.flush()
    count_missing(session, row)


def count_missing(session: Session, row: CaseRow) -> None:
    """How many critical records are still to come; those that came in as files are here."""
    critical = session.scalars(
        select(ChecklistRow).where(
            ChecklistRow.case_number == row.number,
            ChecklistRow.level == "C",
            ChecklistRow.state == "needed",
        )
    )
    row.missing_critical = sum(
        not (isinstance(item.body, Mapping) and item.body.get("held")) for item in critical
    )
