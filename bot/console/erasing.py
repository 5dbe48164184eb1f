"""Erasing a person from the console: shown first, confirmed by typing the case number."""

from __future__ import annotations

from starlette.responses import Response

from bot.console import casepage
from bot.console.frame import Notice, Visit
from bot.console.opened import open_case
from bot.store.files import open_files


def show_erase(visit: Visit) -> Response:
    """What will go, and the form that asks once."""
    return _page(visit)


def erase(visit: Visit) -> Response:
    """Erase the person with everything kept; only the audit entry stays."""
    opened = open_case(visit)
    if visit.said("confirm").upper() != opened.case.number:
        return _page(visit, Notice("red", visit.texts("erase.differs")), status=422)
    erased = visit.store.erase(opened.conversation.id, visit.me.name, "console")
    if erased.file_keys:
        files = open_files(visit.settings.files_url, visit.settings.keys)
        for key in erased.file_keys:
            files.remove(key)
    return visit.go("queue", query={"done": "erased"})


def _page(visit: Visit, *notices: Notice, status: int = 200) -> Response:
    opened = open_case(visit)
    head = casepage.head(visit, opened)
    return visit.page("erase.html", status, head=head, notices=notices)
