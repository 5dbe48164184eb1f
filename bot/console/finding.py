"""Search inside one case: its messages and notes are opened one by one, parts of words count."""

from __future__ import annotations

from starlette.responses import Response

from bot.console import casepage, transcript
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.opened import open_case
from bot.console.sidebar import NoteView, notes_of
from bot.store.records import TranscriptLine
from bot.store.words import folded

LONGEST = 80
MOST_READ = 5000
MOST_SHOWN = 100


def show(visit: Visit) -> Response:
    """The messages that hold the words, which stand in no address: they may name an illness."""
    opened = open_case(visit)
    number, wanted = opened.case.number, visit.said("q")[:LONGEST]
    found: list[TranscriptLine] = []
    notes: tuple[NoteView, ...] = ()
    if wanted:
        part = folded(wanted)
        lines = visit.store.queries.talk(opened.chats, None, MOST_READ)
        found = [line for line in lines if part in folded(line.text or "")][:MOST_SHOWN]
        notes = tuple(n for n in notes_of(visit, number) if part in folded(n.text))
        visit.store.audit.write(visit.me.name, "case.find", f"case:{number}")
    misread = visit.store.quality.misread_of(number)
    return visit.page(
        "find.html",
        head=casepage.head(visit, opened),
        wanted=transcript.shown(wanted),
        lines=transcript.lines(
            found, transcript.Seen(opened.history, misread), wording(visit.texts), visit.zone
        ),
        notes=notes,
    )
