"""Messages as the case page shows them: who, when, delivery, and the facts marked where heard."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.console import plain
from bot.console.plain import Wording
from bot.records.catalogue import catalogue
from bot.store.messages import Author, FileRef, Kind, State
from bot.store.records import FactVersion, TranscriptLine

# Control characters do nothing good on a page; the two overrides turn the reading direction of
# what follows, which no honest text needs. Marks and isolates stay: scripts that mix need them.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ufeff]")
_PARTS = re.compile(r"\s*[;,|…]\s*|\n")
_SCRIPTS = (
    (re.compile("[\u0600-\u06ff\u0750-\u077f]"), "ar"),
    (re.compile("[\u0590-\u05ff]"), "he"),
    (re.compile("[\u0980-\u09ff]"), "bn"),
    (re.compile("[\u0900-\u097f]"), "hi"),
)
_TONES = {State.FAILED: "fail", State.DEAD: "fail", State.UNKNOWN: "fail"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `fact` names what was heard in it, `tone` how it is marked."""

    text: str
    fact: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file as the transcript names it."""

    name: str
    note: str
    kept: bool = False  # there is something to look at


@dataclass(frozen=True, slots=True)
class Line:
    """One message, ready for the page. `day` is set on the first message of a day."""

    id: str
    author: str
    by: str
    label: str
    at: datetime
    day: datetime | None
    pieces: tuple[Piece, ...]
    language: str | None
    kind_note: str
    files: tuple[FileLine, ...]
    buttons: tuple[str, ...]
    delivery: str
    delivery_tone: str
    retry: bool  # failed for good: may be sent again
    readable: bool  # words of the person, which may have been misunderstood
    misread: bool
    channel: str  # "" where the case has one chat only
    edited: str  # says that this is a new wording
    changed: bool  # a later message rewords it


def shown(text: str) -> str:
    """A text of a stranger without the characters that could disturb the page."""
    return _UNSHOWN.sub("", text)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known about messages: facts heard, marks, and the channel where chats are shared."""

    facts: Sequence[FactVersion] = ()
    misread: Container[str] = ()
    channels: Mapping[str, str] = field(default_factory=dict)  # by conversation
    filed: Mapping[str, Sequence[str]] = field(default_factory=dict)  # papers by file


def lines(
    newest_first: Sequence[TranscriptLine],
    seen: Seen,
    wording: Wording,
    zone: ZoneInfo | None,
) -> tuple[Line, ...]:
    """Messages in reading order."""
    heard: dict[str, list[FactVersion]] = {}
    for fact in seen.facts:
        if fact.message_id and fact.words:
            heard.setdefault(fact.message_id, []).append(fact)
    reworded = {
        (line.conversation_id, line.incoming.reply_to)
        for line in newest_first
        if line.incoming and line.kind is Kind.EDITED
    }
    out: list[Line] = []
    last: object = None
    for line in reversed(newest_first):
        date = line.created_at.astimezone(zone).date() if zone else line.created_at.date()
        day = line.created_at if date != last else None
        last = date
        of_line = heard.get(line.message_id, ())
        out.append(
            _line(line, of_line, wording, day, seen, changed=_named(line) & reworded != set())
        )
    return tuple(out)


def _named(line: TranscriptLine) -> set[tuple[str, str | None]]:
    """The ids by which a later message may say that it rewords this one."""
    if line.incoming is None or line.kind is Kind.EDITED:
        return set()
    ids = (line.incoming.provider_message_id, line.incoming.provider_id)
    return {(line.conversation_id, ident) for ident in ids if ident}


def _line(
    line: TranscriptLine,
    heard: Sequence[FactVersion],
    wording: Wording,
    day: datetime | None,
    seen: Seen,
    *,
    changed: bool,
) -> Line:
    t = wording.t
    by = t(f"talk.{line.author}", name=shown(line.author_name or "–"))
    text = shown(line.text or "")
    note = _kind_note(line, wording)
    return Line(
        id=line.message_id,
        author=str(line.author),
        by=by,
        label=t("talk.message_by", who=by),
        at=line.created_at,
        day=day,
        pieces=marked(text, heard, wording),
        language=script_of(text),
        kind_note=note,
        files=tuple(
            file_line(f, seen.filed.get(f"{line.message_id}/{place}", ()), wording)
            for place, f in enumerate(_files(line))
        ),
        buttons=tuple(shown(b.title) for b in line.outgoing.buttons) if line.outgoing else (),
        delivery=_delivery(line, wording),
        delivery_tone=_TONES.get(line.state, ""),
        retry=line.state is State.FAILED,
        readable=line.author is Author.PATIENT and bool(text),
        misread=line.message_id in seen.misread,
        channel=seen.channels.get(line.conversation_id, ""),
        edited=t("talk.edited") if line.kind is Kind.EDITED else "",
        changed=changed,
    )


def _kind_note(line: TranscriptLine, wording: Wording) -> str:
    t = wording.t
    if line.incoming and line.incoming.location:
        place = line.incoming.location
        where = shown(place.label or "") or f"{place.lat:.2f}, {place.lon:.2f}"
        return t("talk.location", place=where)
    if line.kind in (Kind.TEXT, Kind.COMMAND, Kind.EDITED) or (line.text and line.text.strip()):
        return ""
    return t.named("talk.kind", line.kind) if t.has(f"talk.kind.{line.kind}") else ""


def _files(line: TranscriptLine) -> tuple[FileRef, ...]:
    if line.incoming:
        return line.incoming.files
    return line.outgoing.files if line.outgoing else ()


def file_line(file: FileRef, filed: Sequence[str], wording: Wording) -> FileLine:
    """A file in words: name, kind and size, what is wrong with it, as which papers it is filed."""
    t = wording.t
    kind = shown(file.content_type or "") or t("talk.file_unnamed")
    note = t("talk.file_note", type=kind, size=plain.size(file.size, t))
    return FileLine(
        name=shown(file.name or "") or t("talk.file_unnamed"),
        note="; ".join((note, *_remarks(file, filed, wording))),
        kept=bool(file.key),
    )


def _remarks(file: FileRef, filed: Sequence[str], wording: Wording) -> Iterator[str]:
    """What is wrong with a file, what to mind, and which paper it is or looks like."""
    t = wording.t
    if file.problem:
        yield t.named("talk.file_problem", file.problem)
    match = file.match or {}
    papers = catalogue().papers
    named = [papers[item].label for item in filed if item in papers]
    guessed = papers.get(match.get("item") or "")
    if named:
        yield t("talk.file_filed", paper=", ".join(named))
    elif guessed is not None:
        yield t("talk.file_unfiled", paper=guessed.label)
    for note in match.get("notes", ()):
        yield t.named("talk.file_look", note)


def _delivery(line: TranscriptLine, wording: Wording) -> str:
    """What became of a message; an incoming one that was taken needs no word."""
    t = wording.t
    if line.author is Author.PATIENT:
        if line.state is State.DEAD:
            return t("talk.delivery.dead")
        return t("talk.delivery.incoming_queued") if line.state is State.QUEUED else ""
    text = t.named("talk.delivery", line.state)
    failed = line.state is State.FAILED and line.error_code
    return f"{text} {t('talk.error', code=line.error_code)}" if failed else text


def script_of(text: str) -> str | None:
    """A language tag for scripts that need more height; None for the rest."""
    for pattern, tag in _SCRIPTS:
        if pattern.search(text):
            return tag
    return None


def marked(text: str, heard: Sequence[FactVersion], wording: Wording) -> tuple[Piece, ...]:
    """The text cut where facts were heard; words that cannot be found are left unmarked."""
    spans: list[tuple[int, int, str]] = []
    for fact in heard:
        name = wording.t("talk.heard", fact=wording.label(fact.name))
        spans += [(start, end, name) for start, end in _find(text, shown(fact.words))]
    pieces: list[Piece] = []
    at = 0
    for start, end, name in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start < at:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], name))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)


def _find(text: str, words: str) -> list[tuple[int, int]]:
    """Where the words stand; words joined from several places are looked for one by one."""
    lowered = text.lower()
    # Lower-casing changes the length of a few letters (as in Turkish): then nothing is marked.
    if len(lowered) != len(text):
        return []
    whole = lowered.find(words.lower())
    if whole >= 0 and words:
        return [(whole, whole + len(words))]
    found = []
    for part in _PARTS.split(words):
        start = lowered.find(part.lower()) if len(part) > 1 else -1
        if start >= 0:
            found.append((start, start + len(part)))
    return found
