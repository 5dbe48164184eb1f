"""The papers that came in for a case: which file is which item of the checklist, since when.

They are kept in the case's memory, so that they change with the turn that filed them and are
erased with the case. `Case.wire()` hands them to the checklist among the documents at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from bot.facts.case import Case
from bot.records.papers.matching import first_look_only

MEMORY: Final = "papers"


class FiledBy(StrEnum):
    """Who said which paper it is."""

    CONTENT = "content"
    PERSON = "person"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class ReceivedPaper:
    """One file that is filed. `file` is its id (message/position), `key` its place in the store.

    `also`: further items it shows; `first_look`: those of its items whose original stays open.
    """

    file: str
    item: str
    also: tuple[str, ...]
    form: str
    date: date | None
    by: FiledBy
    key: str | None
    name: str | None
    first_look: frozenset[str]

    @property
    def items(self) -> tuple[str, ...]:
        """Every item it shows."""
        return (self.item, *self.also)


def received_papers(case: Case) -> tuple[ReceivedPaper, ...]:
    """What came in and is filed, oldest first."""
    return tuple(_read(entry) for entry in case.memory.get(MEMORY, ()))


def papers_of_files(case: Case) -> dict[str, tuple[str, ...]]:
    """The items of every filed file, by its id."""
    return {paper.file: paper.items for paper in received_papers(case)}


def file_paper(
    case: Case,
    *,
    file: str,
    item: str,
    form: str,
    by: FiledBy,
    also: Iterable[str] = (),
    dated: str | None = None,
    key: str | None = None,
    name: str | None = None,
) -> ReceivedPaper:
    """Files a paper; the same file filed before is filed anew."""
    items = (item, *also)
    entry: dict[str, Any] = {
        "file": file,
        "item": item,
        "also": list(items[1:]),
        "form": form,
        "date": dated,
        "by": by.value,
        "key": key,
        "name": name,
        "holdings": [
            {
                "id": i,
                "date": dated,
                "format": "photo" if first_look_only(i, form) else "original",
            }
            for i in items
        ],
    }
    others = [kept for kept in case.memory.get(MEMORY, ()) if kept["file"] != file]
    case.memory[MEMORY] = [*others, entry]
    return _read(entry)


def unfile_paper(case: Case, file: str) -> bool:
    """Takes a file off the checklist, as when a coordinator sees that it is something else."""
    papers = case.memory.get(MEMORY, ())
    case.memory[MEMORY] = [kept for kept in papers if kept["file"] != file]
    return len(case.memory[MEMORY]) < len(papers)


def _read(entry: dict[str, Any]) -> ReceivedPaper:
    return ReceivedPaper(
        file=entry["file"],
        item=entry["item"],
        also=tuple(entry["also"]),
        form=entry["form"],
        date=date.fromisoformat(entry["date"]) if entry["date"] else None,
        by=FiledBy(entry["by"]),
        key=entry["key"],
        name=entry["name"],
        first_look=frozenset(h["id"] for h in entry["holdings"] if h["format"] == "photo"),
    )
