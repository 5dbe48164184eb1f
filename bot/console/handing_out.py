"""Hands documents of a case out: to the coordinator as a download, to the person into the chat."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage
from bot.console.frame import Visit
from bot.console.opened import open_case
from bot.console.package import KINDS
from bot.export.access_copy import access_document
from bot.export.casefile import NoConsent
from bot.export.documents import Document, make_document
from bot.export.package import FORMATS, package
from bot.facts.case import Case
from bot.records.documents import LETTER
from bot.store.errors import NotFound
from bot.store.files import open_files
from bot.store.messages import Author, FileRef, OutboundReply
from bot.wording import catalogue

LONGEST_HOSPITAL: Final = 150
SENT: Final = "utter_letter"


def fetch_package(visit: Visit) -> Response:
    """The referral package in one format."""
    number, form = open_case(visit).case.number, str(visit.request.path_params["form"])
    if form not in FORMATS:
        raise HTTPException(404)
    try:
        made = package(visit.store, number, form)
    except NoConsent:
        raise HTTPException(403) from None
    visit.store.audit.write(visit.me.name, "case.export", f"case:{number}", form)
    return _download(made)


def fetch_document(visit: Visit) -> Response:
    """The printed list or the letter, to print or to send by another way."""
    number, kind = open_case(visit).case.number, str(visit.request.path_params["kind"])
    if kind not in KINDS:
        raise HTTPException(404)
    made = _made(visit, number, kind)
    visit.store.audit.write(visit.me.name, "case.export", f"case:{number}", kind)
    return _download(made)


def fetch_copy(visit: Visit) -> Response:
    """All that is kept about the person, to give to them; consent or not, it is theirs."""
    opened = open_case(visit)
    return _download(access_document(visit.store, opened.conversation.id, visit.me.name))


def send_letter(visit: Visit) -> Response:
    """Send the letter into the chat, as two files."""
    opened = open_case(visit)
    number, hospital = opened.case.number, visit.said("hospital")[:LONGEST_HOSPITAL]
    if opened.conversation.stopped_at is not None:
        return casepage.after_change(visit, "letter_late", "package")

    def name(case: Case) -> None:
        case.memory["hospital"] = hospital or None

    try:
        visit.store.desk.change(number, visit.me.name, "case.letter", name)
    except NotFound:
        raise HTTPException(404) from None
    files = open_files(visit.settings.files_url, visit.settings.keys)
    made = [_made(visit, number, kind) for kind in LETTER]
    refs = [
        FileRef(key=files.put(d.data), name=d.name, content_type=d.content_type, size=len(d.data))
        for d in made
    ]
    text = catalogue().render(SENT, opened.case.language)
    replies = [OutboundReply(text=text, response=SENT)]
    replies += [OutboundReply(files=(ref,), response=SENT) for ref in refs]
    visit.store.outbox.enqueue(
        opened.conversation.id, replies, author=Author.COORDINATOR, author_name=visit.me.name
    )
    return casepage.after_change(visit, "letter", "package")


def _made(visit: Visit, number: str, kind: str) -> Document:
    try:
        return make_document(visit.store, number, kind)
    except NoConsent:
        raise HTTPException(403) from None


def _download(made: Document) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(made.data, media_type=made.content_type, headers=headers)
