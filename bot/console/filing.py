"""Which paper a received file is: said anew by a coordinator who looked at it."""

from __future__ import annotations

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console.frame import Visit
from bot.console.judging import judge
from bot.console.opened import open_case
from bot.console.preview import file_of, places_of
from bot.facts.case import Case
from bot.intake.papers import DOUBTS
from bot.records.catalogue import catalogue
from bot.records.papers.matching import Match
from bot.records.papers.received import FiledBy, file_paper, papers_of_files, unfile_paper
from bot.store.errors import NotFound
from bot.store.messages import FileRef

NONE: Final = "-"  # no paper of the checklist
_PLAIN_FORM: Final = "report"


class _Late(Exception):
    """Somebody filed it after the page was made."""


def refile(visit: Visit) -> Response:
    """File it as what it is, and make the list of records again."""
    opened = open_case(visit)
    (file, received), number = file_of(visit, opened), opened.case.number
    places, item = places_of(visit), visit.said("item")
    if not received or (item != NONE and item not in catalogue().papers):
        raise HTTPException(400)
    file_id = f"{places['message']}/{places['place']}"

    def change(case: Case) -> None:
        if papers_of_files(case).get(file_id, (NONE,))[0] != visit.said("seen"):
            raise _Late
        doubts: list[dict[str, Any]] = case.memory.get(DOUBTS, [])
        case.memory[DOUBTS] = [doubt for doubt in doubts if doubt["paper"] != file_id]
        unfile_paper(case, file_id)
        if item != NONE:
            _file(case, file, file_id, item)

    try:
        visit.store.desk.change(number, visit.me.name, "case.refile", change, assess=judge)
    except NotFound:
        raise HTTPException(404) from None
    except _Late:
        return visit.go("file", number=number, **places, query={"done": "work_late"})
    return visit.go("file", number=number, **places, query={"done": "refile"})


def _file(case: Case, file: FileRef, file_id: str, item: str) -> None:
    match = Match.from_json(file.match) if file.match else Match(_PLAIN_FORM)
    file_paper(
        case,
        file=file_id,
        item=item,
        form=match.form or _PLAIN_FORM,
        by=FiledBy.COORDINATOR,
        dated=match.date,
        key=file.key,
        name=file.name,
    )
