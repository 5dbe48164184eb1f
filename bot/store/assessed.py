"""The last assessment of every open case, with the facts and the rules it was made with."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from bot.facts.case import CaseState
from bot.store.case_tables import AssessmentRow, CaseRow
from bot.store.records import AssessmentRecord
from bot.store.store import Store

# Facts and results are decrypted in these portions, so that memory stays small.
_AT_ONCE = 100


def last_of_open_cases(store: Store) -> Iterator[tuple[str, AssessmentRecord]]:
    """Case number and last assessment of every case that is current and not closed."""
    newest = (
        select(func.max(AssessmentRow.id).label("id"))
        .join(CaseRow, CaseRow.number == AssessmentRow.case_number)
        .where(CaseRow.current, CaseRow.state != CaseState.CLOSED)
        .group_by(AssessmentRow.case_number)
    )
    with store.database.read() as session:
        ids = sorted(session.scalars(newest))
    for start in range(0, len(ids), _AT_ONCE):
        portion = ids[start : start + _AT_ONCE]
        with store.database.read() as session:
            rows = session.scalars(
                select(AssessmentRow)
                .where(AssessmentRow.id.in_(portion))
                .order_by(AssessmentRow.case_number)
            )
            found = [
                (
                    r.case_number,
                    AssessmentRecord(r.id, r.rule_set, r.facts, r.result, r.created_at),
                )
                for r in rows
            ]
        yield from found
