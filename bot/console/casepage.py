"""The case page: transcript beside facts, assessment, records, notes, work and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.console import panels, phrases, queue, transcript
from bot.console.frame import Notice, Visit
from bot.console.holding import chat_of, holding, owner_of, reply_window, window_left
from bot.console.names import wording
from bot.console.opened import Opened, open_case
from bot.console.sidebar import side
from bot.export.case_json import export_case
from bot.export.package import shared
from bot.records.papers.received import papers_of_files
from bot.store import console_queries
from bot.store.records import TranscriptLine

PAGE = 50


@dataclass(frozen=True, slots=True)
class Head:
    """The bar above the case."""

    number: str
    urgency: str
    urgency_tone: str
    state: str
    state_tone: str
    waiting: str
    waiting_tone: str
    cancer: str
    country: str
    language: str
    channel: str
    profile: str
    last_inbound_at: datetime | None
    window: str
    window_tone: str
    window_until: datetime | None
    consented: bool
    shared: bool
    message_count: int
    signs: tuple[str, ...]
    held: str  # who holds the conversation, said to this reader
    held_tone: str


@dataclass(frozen=True, slots=True)
class Talk:
    """The transcript: `lines` refresh themselves, `above` is an older page."""

    lines: tuple[transcript.Line, ...]
    above: tuple[transcript.Line, ...]
    older: str
    poll: str


def show(visit: Visit) -> Response:
    """The whole page; the look is audited."""
    opened = open_case(visit)
    visit.store.audit.write(visit.me.name, "case.view", f"case:{opened.case.number}")
    newest = visit.store.queries.talk(opened.chats, None, PAGE)
    visit.store.desk.seen(opened.case.number, visit.me.name)
    draft = phrases.text(visit.asked("phrase"), opened.case.language)
    return visit.page("case.html", **page_values(visit, opened, newest, draft=draft))


def page_values(
    visit: Visit, opened: Opened, newest: list[TranscriptLine], **hold: str
) -> dict[str, Any]:
    """What the page's templates show."""
    return {
        "head": head(visit, opened),
        "talk": talk(visit, opened, newest),
        "hold": holding(visit, opened, **hold),
        "side": side(visit, opened),
        "swap_bar": False,
        "swap_work": False,
    }


def messages(visit: Visit) -> Response:
    """The newest messages for the page's refresh, or an older page above them."""
    opened = open_case(visit)
    before = visit.asked("before")
    if before:
        if not before.isdigit():
            raise HTTPException(404)
        number = opened.case.number
        visit.store.audit.write(visit.me.name, "case.view_older", f"case:{number}")
        lines = visit.store.queries.talk(opened.chats, int(before), PAGE)
        values: dict[str, Any] = {
            "head": head(visit, opened),
            "talk": older(visit, opened, lines),
        }
        if visit.live:
            return visit.page("_older.html", **values)
        return visit.page("case.html", **(page_values(visit, opened, []) | values))
    newest = visit.store.queries.talk(opened.chats, None, PAGE)
    values = {"head": head(visit, opened), "talk": talk(visit, opened, newest)}
    answer = visit.part("_recent.html", **values)
    if answer.status_code == 200:
        visit.store.audit.write(visit.me.name, "case.view", f"case:{opened.case.number}")
    return answer


def show_side(visit: Visit) -> Response:
    """The panels beside the transcript, for the page's refresh."""
    opened = open_case(visit)
    return visit.part(
        "_side.html", head=head(visit, opened), side=side(visit, opened), swap_work=False
    )


def export(visit: Visit) -> Response:
    """The case as JSON, for download."""
    opened = open_case(visit)
    number = opened.case.number
    if not shared(opened.case):
        raise HTTPException(403)
    visit.store.audit.write(visit.me.name, "case.export", f"case:{number}", "json")
    name = f'attachment; filename="{number}.json"'
    return JSONResponse(export_case(visit.store, number), headers={"Content-Disposition": name})


def head(visit: Visit, opened: Opened) -> Head:
    """The bar above the case."""
    spoken = console_queries.spoken(visit.store, opened.chats)
    said = max(spoken.values(), key=lambda chat: chat.last_seq, default=None)
    row = queue.row(visit, opened.line, said)
    chat = chat_of(opened, "")
    window, tone = reply_window(visit, chat)
    consent, owner = opened.case.consent, owner_of(opened)
    mine = owner == visit.me.name
    held = visit.texts("case.held_by_me" if mine else "case.held_by", name=transcript.shown(owner))
    return Head(
        number=row.number,
        urgency=row.urgency,
        urgency_tone=row.urgency_tone,
        state=row.state,
        state_tone=row.state_tone,
        waiting=row.waiting,
        waiting_tone=row.waiting_tone,
        cancer=row.cancer,
        country=row.country,
        language=row.language,
        channel=row.channel,
        profile=transcript.shown(opened.conversation.profile_name or ""),
        last_inbound_at=chat.last_inbound_at,
        window=window,
        window_tone=tone,
        window_until=visit.now + left if (left := window_left(chat, visit.now)) else None,
        consented=consent is not None and consent.given,
        shared=shared(opened.case),
        message_count=sum(chat.messages for chat in spoken.values()),
        held=held if owner else "",
        held_tone="teal" if mine else "amber",
        signs=panels.flag_names(opened.case.flags, wording(visit.texts)),
    )


def talk(visit: Visit, opened: Opened, newest: list[TranscriptLine]) -> Talk:
    """The newest page of the transcript."""
    return _talk(visit, opened, newest, ())


def older(visit: Visit, opened: Opened, lines: list[TranscriptLine]) -> Talk:
    """An older page, shown above the newest."""
    return _talk(visit, opened, (), lines)


def _talk(
    visit: Visit,
    opened: Opened,
    newest: Iterable[TranscriptLine],
    above: Iterable[TranscriptLine],
) -> Talk:
    words, number = wording(visit.texts), opened.case.number
    recent, earlier = list(newest), list(above)
    oldest = (earlier or recent)[-1:]
    misread = visit.store.quality.misread_of(number)
    more = bool(oldest) and len(earlier or recent) == PAGE
    seen = transcript.Seen(
        opened.history, misread, _channels(visit, opened), papers_of_files(opened.case)
    )
    return Talk(
        lines=transcript.lines(recent, seen, words, visit.zone),
        above=transcript.lines(earlier, seen, words, visit.zone),
        older=visit.link("messages", number=number, query={"before": str(oldest[0].seq)})
        if more
        else "",
        poll=visit.link("messages", number=number),
    )


def _channels(visit: Visit, opened: Opened) -> dict[str, str]:
    """The channel of each chat by its id, where there is more than one."""
    if len(opened.doors) < 2:
        return {}
    return {door.id: visit.texts.named("channel", door.channel) for door in opened.doors}


def after_change(visit: Visit, done: str, anchor: str) -> Response:
    """The answer to a form of the page: the panels anew, or the page at the same place."""
    number = str(visit.request.path_params["number"])
    if not visit.live:
        return visit.go("case", anchor=f"#{anchor}", number=number, query={"done": done})
    opened = open_case(visit)
    return visit.page(
        "_changed.html",
        swap_work=False,
        head=head(visit, opened),
        side=side(visit, opened),
        notices=[_notice(visit, done)],
    )


def after_talk(
    visit: Visit, done: str = "", draft: str = "", problem: str = "", to: str = ""
) -> Response:
    """The answer to a form of the conversation: the conversation anew."""
    number = str(visit.request.path_params["number"])
    if not visit.live and not problem:
        return visit.go("case", anchor="#reply", number=number, query={"done": done})
    opened = open_case(visit)
    newest = visit.store.queries.talk(opened.chats, None, PAGE)
    status = 409 if problem else 200
    if not visit.live:
        values = page_values(visit, opened, newest, draft=draft, problem=problem, to=to)
        return visit.page("case.html", status, **values)
    return visit.page(
        "_answered.html",
        status,
        head=head(visit, opened),
        talk=talk(visit, opened, newest),
        hold=holding(visit, opened, draft, problem, to),
        side=side(visit, opened),
        notices=[_notice(visit, done)] if done else [],
    )


def _notice(visit: Visit, done: str) -> Notice:
    late = done.endswith(("_late", "_empty"))
    return Notice("amber" if late else "green", visit.texts(f"done.{done}"))
