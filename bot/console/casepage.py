"""The case page: transcript beside facts, assessment, records, notes, work and history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.console import panels, phrases, queue, transcript
from bot.console.frame import Notice, Visit
from bot.console.names import wording
from bot.console.opened import Opened, open_case
from bot.console.sidebar import side
from bot.export.case_json import export_case
from bot.export.package import shared
from bot.facts.case import CaseState
from bot.store import console_queries
from bot.store.messages import PULLED_CHANNELS
from bot.store.records import ConversationInfo, TranscriptLine

PAGE = 50
# How long after a person's last message free text may go out (Twilio error 63016), in hours.
WINDOW_HOURS = {"whatsapp": 24}
LONGEST_REPLY = {"whatsapp": 1600, "telegram": 4096}
LONGEST_ELSEWHERE = 20_000


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


@dataclass(frozen=True, slots=True)
class Talk:
    """The transcript: `lines` refresh themselves, `above` is an older page."""

    lines: tuple[transcript.Line, ...]
    above: tuple[transcript.Line, ...]
    older: str
    poll: str


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds the conversation, and the text being written."""

    mine: bool
    owner: str
    epoch: int
    stopped: bool
    longest: int
    hint: str
    draft: str = ""
    problem: str = ""
    phrases: tuple[phrases.Phrase, ...] = ()


def show(visit: Visit) -> Response:
    """The whole page; the look is audited."""
    opened = open_case(visit)
    newest = visit.store.queries.view(opened.case.number, visit.me.name, PAGE)
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
        lines = visit.store.transcript(opened.conversation.id, int(before), PAGE)
        values: dict[str, Any] = {
            "head": head(visit, opened),
            "talk": older(visit, opened, lines),
        }
        if visit.live:
            return visit.page("_older.html", **values)
        return visit.page("case.html", **(page_values(visit, opened, []) | values))
    newest = visit.store.transcript(opened.conversation.id, None, PAGE)
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
    spoken = console_queries.spoken(visit.store, [opened.conversation.id])
    said = spoken.get(opened.conversation.id)
    row = queue.row(visit, opened.line, said)
    window, tone = reply_window(visit, opened.conversation)
    consent = opened.case.consent
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
        last_inbound_at=opened.conversation.last_inbound_at,
        window=window,
        window_tone=tone,
        window_until=visit.now + left
        if (left := window_left(opened.conversation, visit.now))
        else None,
        consented=consent is not None and consent.given,
        shared=shared(opened.case),
        message_count=said.messages if said else 0,
        signs=panels.flag_names(opened.case.flags, wording(visit.texts)),
    )


def reply_window(visit: Visit, conversation: ConversationInfo) -> tuple[str, str]:
    """How long free text may still go out, where a channel limits that."""
    left = window_left(conversation, visit.now)
    if left is None:
        return "", ""
    if left <= timedelta():
        return visit.texts("case.window_shut"), "window-shut"
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return visit.texts("case.window_open", hours=hours, minutes=minutes), ""


def window_left(conversation: ConversationInfo, now: datetime) -> timedelta | None:
    """Time until free text is held; None where there is no such rule."""
    hours = WINDOW_HOURS.get(conversation.channel)
    if hours is None:
        return None
    last = conversation.last_inbound_at
    return timedelta() if last is None else last + timedelta(hours=hours) - now


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
    return Talk(
        lines=transcript.lines(recent, opened.history, words, visit.zone, misread),
        above=transcript.lines(earlier, opened.history, words, visit.zone, misread),
        older=visit.link("messages", number=number, query={"before": str(oldest[0].seq)})
        if more
        else "",
        poll=visit.link("messages", number=number),
    )


def holding(visit: Visit, opened: Opened, draft: str = "", problem: str = "") -> Holding:
    """Who holds the conversation, and what may be written."""
    conversation, t = opened.conversation, visit.texts
    held = opened.case.state is CaseState.HUMAN
    owner = (conversation.human_owner or "") if held else ""
    left = window_left(conversation, visit.now)
    shut = left is not None and left <= timedelta()
    return Holding(
        mine=owner == visit.me.name,
        owner=transcript.shown(owner),
        epoch=conversation.epoch,
        stopped=conversation.stopped_at is not None and conversation.channel not in PULLED_CHANNELS,
        longest=LONGEST_REPLY.get(conversation.channel, LONGEST_ELSEWHERE),
        hint=t("reply.hint_held" if shut else "reply.hint"),
        draft=draft,
        problem=problem,
        phrases=phrases.offered(visit, opened.case.number, opened.case.language),
    )


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


def after_talk(visit: Visit, done: str = "", draft: str = "", problem: str = "") -> Response:
    """The answer to a form of the conversation: the conversation anew."""
    number = str(visit.request.path_params["number"])
    if not visit.live and not problem:
        return visit.go("case", anchor="#reply", number=number, query={"done": done})
    opened = open_case(visit)
    newest = visit.store.transcript(opened.conversation.id, None, PAGE)
    status = 409 if problem else 200
    if not visit.live:
        values = page_values(visit, opened, newest, draft=draft, problem=problem)
        return visit.page("case.html", status, **values)
    return visit.page(
        "_answered.html",
        status,
        head=head(visit, opened),
        talk=talk(visit, opened, newest),
        hold=holding(visit, opened, draft, problem),
        side=side(visit, opened),
        notices=[_notice(visit, done)] if done else [],
    )


def _notice(visit: Visit, done: str) -> Notice:
    late = done.endswith(("_late", "_empty"))
    return Notice("amber" if late else "green", visit.texts(f"done.{done}"))
