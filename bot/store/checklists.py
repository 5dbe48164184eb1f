"""Checklists: what the rules ask for becomes rows that keep what was received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from bot.store.case_tables import CaseRow, ChecklistRow
from bot.store.cases import wire
from bot.store.crypto import Cipher
from bot.store.database import put, table_of


class _Held(NamedTuple):
    """An item as it was."""

    id: int
    item_key: str
    position: int
    body: Any
    level: str | None
    state: str


# Over plain columns: a turn may bring twenty items.
_ITEMS = table_of(ChecklistRow)
_HELD = select(*(_ITEMS.c[name] for name in _Held._fields)).where(
    _ITEMS.c.case_number == bindparam("case_number")
)
_CHANGE = update(_ITEMS).where(_ITEMS.c.id == bindparam("item"))
_DROP = delete(_ITEMS).where(_ITEMS.c.id.in_(bindparam("gone", expanding=True)))


def save(session: Session, cipher: Cipher, number: str, checklist: Any, now: datetime) -> int:
    """Bring the checklist up: items keep what was received, items no longer asked for go.

    Gives how many critical records are still to come.
    """
    document = wire(checklist)
    parts: Mapping[str, Any] = (
        document if isinstance(document, Mapping) else {"items": document, "missing_tests": []}
    )
    wanted = [("record", item) for item in parts.get("items", ())]
    wanted += [("test", item) for item in parts.get("missing_tests", ())]
    connection = session.connection()
    found = connection.execute(_HELD, {"case_number": number})
    held = {item.item_key: item for item in map(_Held._make, found)}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    critical: list[Any] = []
    seen = set()
    for position, (kind, body) in enumerate(wanted):
        item_id = str(body.get("id", body)) if isinstance(body, Mapping) else str(body)
        key = cipher.lookup("checklist", number, kind, item_id)
        if key in seen:
            continue
        seen.add(key)
        level = str(body["level"]) if isinstance(body, Mapping) and "level" in body else None
        values = {"position": position, "body": body, "level": level, "updated_at": now}
        item = held.get(key)
        if item is None:
            of_case = {"case_number": number, "item_key": key}
            new.append({**of_case, "kind": kind, "state": "needed", **values})
        elif (item.position, item.body, item.level) != (position, body, level):
            changed.append({"item": item.id, **values})
        if level == "C" and (item is None or item.state == "needed"):
            critical.append(body)
    gone = [h.id for key, h in held.items() if key not in seen and h.state == "needed"]
    if gone:
        connection.execute(_DROP, {"gone": gone})
    if changed:
        connection.execute(_CHANGE, changed)
    put(session, ChecklistRow, *new)
    return _still_to_come(critical)


def count_missing(session: Session, row: CaseRow) -> None:
    """How many critical records are still to come; those that came in as files are here."""
    critical = session.scalars(
        select(ChecklistRow).where(
            ChecklistRow.case_number == row.number,
            ChecklistRow.level == "C",
            ChecklistRow.state == "needed",
        )
    )
    row.missing_critical = _still_to_come(item.body for item in critical)


def _still_to_come(bodies: Iterable[Any]) -> int:
    return sum(not (isinstance(body, Mapping) and body.get("held")) for body in bodies)
