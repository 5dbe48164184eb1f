"""The case page: transcript beside facts, assessment, records, notes, work and history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.console import panels, queue, transcript
from bot.console.frame import Notice, Visit
from bot.console.names import wording
from bot.console.panels import Choice
from bot.console.plain import Wording
from bot.console.roles import Right
from bot.export.case_json import export_case
from bot.facts.case import Case, CaseState
from bot.store import console_queries
from bot.store.messages import PULLED_CHANNELS
from bot.store.queries import CaseLine
from bot.store.records import ConversationInfo, FactVersion, TranscriptLine

NUMBER = re.compile(r"[A-Z0-9-]{3,24}")
PAGE = 50
HISTORY = 40
# How long after a person's last message free text may go out (Twilio error 63016), in hours.
WINDOW_HOURS = {"whatsapp": 24}
LONGEST_REPLY = {"whatsapp": 1600, "telegram": 4096}
LONGEST_ELSEWHERE = 20_000
DESK_STATES = ("new", "in_intake", "waiting_for_records", "ready", "submitted", "closed")


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
    consented: bool
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


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note."""

    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question of the person; `seal` names it in a form."""

    text: str
    seal: str


@dataclass(frozen=True, slots=True)
class WorkField:
    """One select of the work panel."""

    screen: str
    label: str
    options: tuple[Choice, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history."""

    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """Everything beside the transcript."""

    poll: str
    facts: tuple[panels.FactGroup, ...]
    fact_count: int
    addable: tuple[Choice, ...]
    verdict: panels.Verdict | None
    papers: panels.Papers
    handover: str
    open_questions: tuple[Asked, ...]
    notes: tuple[NoteView, ...]
    work: tuple[WorkField, ...]
    history: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """One case with its conversation, as read from the store."""

    case: Case
    line: CaseLine
    conversation: ConversationInfo
    history: tuple[FactVersion, ...]


def open_case(visit: Visit) -> Opened:
    """The case of the address; 404 when there is none."""
    number = str(visit.request.path_params["number"]).upper()
    case = visit.store.cases.by_number(number) if NUMBER.fullmatch(number) else None
    line = visit.store.queries.line(number) if case else None
    conversation = visit.store.conversations.get(case.conversation_id) if case else None
    if case is None or line is None or conversation is None:
        raise HTTPException(404)
    return Opened(case, line, conversation, tuple(visit.store.cases.history(case.number)))


def show(visit: Visit) -> Response:
    """The whole page; the look is audited."""
    opened = open_case(visit)
    newest = visit.store.queries.view(opened.case.number, visit.me.name, PAGE)
    return visit.page("case.html", **page_values(visit, opened, newest))


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
    visit.store.audit.write(visit.me.name, "case.export", f"case:{number}", "json")
    name = f'attachment; filename="{number}.json"'
    return JSONResponse(export_case(visit.store, number), headers={"Content-Disposition": name})


def head(visit: Visit, opened: Opened) -> Head:
    """The bar above the case."""
    spoken = console_queries.spoken(visit.store, [opened.conversation.id])
    said = spoken.get(opened.conversation.id)
    row = queue.row(visit, opened.line, opened.case.flags, said)
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
        consented=consent is not None and consent.given,
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
    more = bool(oldest) and len(earlier or recent) == PAGE
    return Talk(
        lines=transcript.lines(recent, opened.history, words, visit.zone),
        above=transcript.lines(earlier, opened.history, words, visit.zone),
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
    )


def side(visit: Visit, opened: Opened) -> Side:
    """Everything beside the transcript."""
    case, words = opened.case, wording(visit.texts)
    latest = visit.store.cases.assessments(case.number)
    editable = visit.may(Right.CHANGE_CASES)
    return Side(
        poll=visit.link("side", number=case.number),
        facts=panels.facts(case, opened.history, words),
        fact_count=len(case.facts),
        addable=panels.addable(case, words) if editable else (),
        verdict=panels.verdict(latest[0] if latest else None, words),
        papers=panels.papers(visit.store.cases.checklist(case.number), words),
        handover=_handover(visit, case),
        open_questions=tuple(
            Asked(transcript.shown(q), console_queries.seal(q)) for q in case.open_questions
        ),
        notes=tuple(
            NoteView(transcript.shown(n.body), n.author, n.created_at)
            for n in visit.store.desk.notes(case.number)
        ),
        work=_work(visit, opened),
        history=_history(visit, opened, words),
    )


def _handover(visit: Visit, case: Case) -> str:
    reason = case.handover_reason
    return visit.texts.named("handover", reason) if reason else ""


def _work(visit: Visit, opened: Opened) -> tuple[WorkField, ...]:
    t, line = visit.texts, opened.line
    people = [a.username for a in visit.store.users.all() if not a.disabled]
    if line.assigned_to and line.assigned_to not in people:
        people.append(line.assigned_to)
    assign = (
        Choice("", t("work.nobody"), line.assigned_to is None),
        *(Choice(name, name, name == line.assigned_to) for name in sorted(people)),
    )
    desk = tuple(Choice(s, t(f"desk.{s}"), s == line.desk) for s in DESK_STATES)
    return (
        WorkField("assign", t("work.assign"), assign, line.assigned_to or ""),
        WorkField("desk", t("work.desk"), desk, line.desk),
    )


def _history(visit: Visit, opened: Opened, words: Wording) -> tuple[Event, ...]:
    t = visit.texts
    entries = visit.store.audit.entries(object_=f"case:{opened.case.number}", limit=HISTORY)
    events = [
        Event(e.at, e.actor, action_words(visit, e.action))
        for e in entries
        if e.action != "case.correct"
    ]
    before: dict[str, FactVersion] = {}
    for version in opened.history:
        old = before.get(version.name)
        before[version.name] = version
        if version.actor:
            events.append(Event(version.created_at, version.actor, _change(old, version, words)))
    created = Event(opened.line.created_at, t("history.somebody"), t("history.first"))
    events.append(created)
    return tuple(sorted(events, key=lambda e: e.at, reverse=True)[:HISTORY])


def _change(old: FactVersion | None, new: FactVersion, words: Wording) -> str:
    def said(version: FactVersion | None) -> str:
        if version is None:
            return "–"
        if version.status != "known":
            return words.t(f"facts.{version.status}")
        return transcript.shown(words.text(version.name, version.value))

    fact = words.label(new.name)
    return words.t("history.changed", fact=fact, old=said(old), new=said(new))


def action_words(visit: Visit, action: str) -> str:
    """An audit action in words."""
    return visit.texts.named("action", action)


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
