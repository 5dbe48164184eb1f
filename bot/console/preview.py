"""A look at a file of a case: its pages drawn anew, or its words; the file itself as a download.

Guarantee: only files that a message of this case names; every look and every download is audited;
the browser gets pixels and text that we made, never active content of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from bot.console import casepage
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.opened import Opened, open_case
from bot.console.panels import Choice
from bot.console.transcript import FileLine, file_line, shown
from bot.export.casefile import NoConsent
from bot.export.printing import print_file
from bot.facts.case import Case
from bot.records.catalogue import catalogue
from bot.records.papers.evidence import Evidence
from bot.records.papers.isolation import read_apart
from bot.records.papers.pictures import count_pages, draw_page
from bot.records.papers.received import papers_of_files
from bot.store.errors import NotFound
from bot.store.files import FileStore, open_files
from bot.store.messages import FileRef

LONGEST_TEXT: Final = 20_000
T = TypeVar("T")
_PAGE_KEPT: Final = "private, max-age=600"


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be shown of a file: addresses of pages, or text, or names of what is inside."""

    file: FileLine
    pages: tuple[str, ...]
    text: str
    names: tuple[str, ...]
    download: str
    back: str
    refile: str
    filed: str  # the paper it is filed as
    papers: tuple[Choice, ...]  # what a received file may be filed as; () for one of ours


def show(visit: Visit) -> Response:
    """The page of a file."""
    opened = open_case(visit)
    file, received = file_of(visit, opened)
    number, places, words = opened.case.number, places_of(visit), wording(visit.texts)
    file_id = f"{places['message']}/{places['place']}"
    pages = _read(visit, file, count_pages)
    found = Evidence() if pages else _read(visit, file, lambda c: read_apart(c, with_ocr=False))
    visit.store.audit.write(visit.me.name, "case.file", f"case:{number}")
    return visit.page(
        "file.html",
        head=casepage.head(visit, opened),
        looked=Looked(
            file=file_line(file, papers_of_files(opened.case).get(file_id, ()), words),
            pages=tuple(
                visit.link("file_page", number=number, page=n, **places) for n in range(pages)
            ),
            text=shown(found.text[:LONGEST_TEXT]),
            names=tuple(shown(name) for name in found.names),
            download=visit.link("file_original", number=number, **places),
            refile=visit.link("refile", number=number, **places),
            filed=papers_of_files(opened.case).get(file_id, ("",))[0],
            papers=paper_choices(opened.case, file_id) if received else (),
            back=visit.link("case", number=number) + f"#m-{places['message']}",
        ),
    )


def paper_choices(case: Case, file_id: str) -> tuple[Choice, ...]:
    """Every paper a file may be, the one it is filed as marked."""
    filed = papers_of_files(case).get(file_id, ("",))[0]
    named = sorted((paper.title, key) for key, paper in catalogue().papers.items())
    return tuple(Choice(key, title, key == filed) for title, key in named)


def show_page(visit: Visit) -> Response:
    """One page as a picture."""
    page = str(visit.request.path_params["page"])
    if not page.isdigit() or len(page) > 3:
        raise HTTPException(404)
    file, _ = file_of(visit, open_case(visit))
    drawn = _read(visit, file, lambda chunks: draw_page(chunks, int(page)))
    if not drawn.jpeg:
        raise HTTPException(404)
    return Response(drawn.jpeg, media_type="image/jpeg", headers={"Cache-Control": _PAGE_KEPT})


def fetch_original(visit: Visit) -> Response:
    """The file as it came, to keep; no browser opens it by itself."""
    opened = open_case(visit)
    file, _ = file_of(visit, opened)
    visit.store.audit.write(visit.me.name, "case.file_kept", f"case:{opened.case.number}")
    name = quote(shown(file.name or "file"), safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    chunks = _read(visit, file, lambda pieces: pieces)
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


def places_of(visit: Visit) -> dict[str, str]:
    """The message and the place in it that the address names."""
    given = visit.request.path_params
    return {"message": str(given["message"]), "place": str(given["place"])}


def file_of(visit: Visit, opened: Opened) -> tuple[FileRef, bool]:
    """The file of the address, if a message of this case has it; whether it came in."""
    places = places_of(visit)
    lines = (visit.store.queries.message(chat, places["message"]) for chat in opened.chats)
    line = next(filter(None, lines), None)
    content = (line.incoming or line.outgoing) if line else None
    if line is None or content is None or not places["place"].isdigit() or len(places["place"]) > 3:
        raise HTTPException(404)
    place = int(places["place"])
    if place >= len(content.files) or not content.files[place].key:
        raise HTTPException(404)
    file = content.files[place]
    with suppress(NoConsent, NotFound):  # then there is nothing to read below
        print_file(visit.store, _files(visit), line.conversation_id, file)
    return file, line.incoming is not None


def _files(visit: Visit) -> FileStore:
    return open_files(visit.settings.files_url, visit.settings.keys)


def _read(visit: Visit, file: FileRef, look: Callable[[Iterator[bytes]], T]) -> T:
    try:
        return look(_files(visit).chunks(file.key or ""))
    except NotFound:
        raise HTTPException(404) from None
