"""`intake retention`: what is over its time is removed, or only counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.settings import Settings
from bot.store import Store
from bot.store.keeping import Periods


def periods(configuration: Settings) -> Periods:
    """The periods of the settings; 0 days are "as long as what it belongs to"."""
    return Periods(
        conversations=_days(configuration.keep_conversations),
        files=_days(configuration.keep_files),
        marks=_days(configuration.keep_marks),
        replies=timedelta(days=configuration.keep_replies),
        receipts=timedelta(days=configuration.keep_receipts),
    )


def carry_out(store: Store, configuration: Settings, *, dry_run: bool = False) -> Iterator[str]:
    """One line a kind: how much is gone, or would go."""
    said = "would go" if dry_run else "gone"
    for due in store.keeping.run(periods(configuration), dry_run=dry_run):
        yield f"{due.kind}: {due.number} {said}"


def _days(number: int) -> timedelta | None:
    return timedelta(days=number) if number else None
