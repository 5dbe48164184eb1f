"""The list of cases: urgent first, then the ones waiting longest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import plain, views
from bot.console.correction import options
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.panels import Choice
from bot.console.plain import DESK_STATES, Wording
from bot.console.texts import Texts
from bot.console.transcript import shown
from bot.export.case_list import csv_list
from bot.export.workbook import WORKBOOK, Sheet, workbook
from bot.facts.case import CaseState
from bot.store import console_queries
from bot.store.console_queries import Spoken
from bot.store.queries import CaseFilter, CaseLine, PageKey
from bot.store.ranking import RANK_EMERGENCY

PAGE = 50
MOST_EXPORTED = 20_000
FORMS = ("csv", "xlsx")
COLUMNS = (
    "number",
    "urgency",
    "cancer",
    "state",
    "work",
    "where",
    "channel",
    "when",
    "wait",
    "why",
    "owner",
)
CHANNELS = ("whatsapp", "telegram", "webchat", "terminal")
# The select boxes: always shown, and behind "more filters".
FIRST = ("urgency", "cancer", "country", "assigned", "needs")
MORE = ("state", "desk", "language", "channel")
FILTERS = (*FIRST, *MORE)
NOBODY = "-"  # no name of an account
# What a case may need, as the store's filter says it.
NEEDS: dict[str, dict[str, Any]] = {
    "records": {"missing_critical": True},
    "answer": {"open_question": True},
    "delivery": {"failed_delivery": True},
}
STATE_TONES = {
    CaseState.EMERGENCY: "red",
    CaseState.HUMAN: "teal",
    CaseState.ASSESSED: "green",
    CaseState.CLOSED: "plain",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for."""

    state: str
    urgency: str
    cancer: str
    country: str
    channel: str
    language: str
    assigned: str
    desk: str
    needs: str
    mine: str
    waiting: str
    mentioned: str
    tag: str
    after: str

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any(getattr(self, f) for f in (*FILTERS, "mine", "waiting", "mentioned", "tag"))

    def query(self, **changes: str) -> dict[str, str]:
        """The same choice as query values, with changes."""
        changed = replace(self, **({"after": ""} | changes))
        return {name: getattr(changed, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Filter:
    """One select box."""

    name: str
    label: str
    value: str
    options: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """One figure above the list."""

    name: str
    text: str
    count: int
    tone: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the list."""

    number: str
    href: str
    tone: str
    urgency: str
    urgency_tone: str
    cancer: str
    state: str
    state_tone: str
    owner: str
    work: str  # how far the work is, once it has begun
    country: str
    language: str
    channel: str
    last_at: datetime | None
    waiting: str
    waiting_tone: str
    waiting_since: datetime | None
    why: str  # what a coordinator should look at


def show(visit: Visit) -> Response:
    """The page, or only its list when the page's script asks."""
    chosen = Chosen(*(visit.asked(name)[:60] for name in Chosen.__dataclass_fields__))
    lines = _lines(visit, chosen)
    more = len(lines) > PAGE
    lines = lines[:PAGE]
    if not visit.live:
        visit.store.audit.write(visit.me.name, "queue.view", "queue")
    boxes = _filters(visit, chosen)
    values: dict[str, Any] = {
        "exports": [
            (visit.link("queue_export", form=form, query=chosen.query()), form) for form in FORMS
        ],
        "chosen": chosen,
        "filtered": chosen.filtered,
        "view_query": urlencode({k: v for k, v in chosen.query().items() if v}),
        "tag": shown(visit.store.desk.tag_of(chosen.tag) or "") if chosen.tag else "",
        "views": views.listed(visit, chosen.query()),
        "filters": [f for f in boxes if f.name in FIRST],
        "more": [f for f in boxes if f.name in MORE],
        "more_open": any(getattr(chosen, name) for name in MORE),
        "counts": _counts(visit, chosen),
        "rows": rows(visit, lines),
        "poll": visit.link("queue", query=chosen.query(after=chosen.after)),
        "first_page": visit.link("queue", query=chosen.query()) if chosen.after else "",
        "next_page": visit.link("queue", query=chosen.query(after=key_of(lines[-1])))
        if more
        else "",
    }
    if visit.live:
        return visit.part("_queue.html", **values)
    return visit.page("queue.html", **values)


def export(visit: Visit) -> Response:
    """The list as it is filtered now, every page of it, as CSV or as a spreadsheet."""
    form = str(visit.request.path_params["form"])
    if form not in FORMS:
        raise HTTPException(404)
    chosen = Chosen(*(visit.asked(name)[:60] for name in Chosen.__dataclass_fields__))
    found: list[CaseLine] = []
    while len(found) < MOST_EXPORTED:
        page = _lines(visit, chosen)
        found += page[:PAGE]
        if len(page) <= PAGE:
            break
        chosen = replace(chosen, after=key_of(page[PAGE - 1]))
    visit.store.audit.write(visit.me.name, "queue.export", "queue", str(len(found)))
    t = visit.texts
    columns = [t(f"queue.column.{c}") for c in COLUMNS]
    cells = [_cells(r) for r in rows(visit, found)]
    name = {"Content-Disposition": f'attachment; filename="cases.{form}"'}
    if form == "xlsx":
        table = workbook([Sheet(t("queue.title"), columns, cells)])
        return Response(table, media_type=WORKBOOK, headers=name)
    text = csv_list(columns, cells)
    return Response(text, media_type="text/csv; charset=utf-8", headers=name)


def _cells(r: Row) -> list[str]:
    last = r.last_at.isoformat(timespec="seconds") if r.last_at else ""
    where = f"{r.country}, {r.language}" if r.country else r.language
    said = [r.number, r.urgency, r.cancer, r.state, r.work, where, r.channel]
    return [*said, last, r.waiting, r.why, r.owner]


def _lines(visit: Visit, chosen: Chosen) -> list[CaseLine]:
    queries = visit.store.queries
    wanted = CaseFilter(
        states=(chosen.state,) if chosen.state else (),
        urgent=_urgent(chosen.urgency),
        emergency=True if chosen.urgency == "EMERGENCY_NOW" else None,
        waiting=True if chosen.waiting else None,
        cancer=chosen.cancer or None,
        country=chosen.country or None,
        channel=chosen.channel or None,
        language=chosen.language or None,
        desk=chosen.desk or None,
        assigned_to=visit.me.name if chosen.mine else chosen.assigned.strip(NOBODY) or None,
        unassigned=chosen.assigned == NOBODY,
        mentioned=visit.me.name if chosen.mentioned else None,
        tag_key=chosen.tag or None,
        **NEEDS.get(chosen.needs, {}),
    )
    return queries.queue(wanted, after=page_key(chosen.after), limit=PAGE + 1)


def _urgent(urgency: str) -> bool | None:
    return None if not urgency else urgency != "ROUTINE"


def key_of(line: CaseLine) -> str:
    """Where the page after this line begins, as addresses and forms carry it."""
    return f"{line.key.rank}~{line.key.at.isoformat()}~{line.key.number}"


def page_key(text: str) -> PageKey | None:
    """The key of an address; a forged one starts the list over."""
    try:
        rank, at, number = text.split("~")
        moment = datetime.fromisoformat(at)
        return PageKey(int(rank), moment, number) if moment.tzinfo else None
    except ValueError:
        return None


@cache
def _choices(t: Texts) -> dict[str, tuple[Choice, ...]]:
    """What each select box offers."""
    words = wording(t)
    urgencies = ("EMERGENCY_NOW", "URGENT_TODAY", "ROUTINE")
    return {
        "state": tuple(Choice(s, t(f"state.{s}")) for s in CaseState),
        "urgency": tuple(Choice(u, t(f"urgency.{u}")) for u in urgencies),
        "cancer": _named("cancer_type", words),
        "country": _named("country", words),
        "channel": tuple(Choice(c, t(f"channel.{c}")) for c in CHANNELS),
        "desk": tuple(Choice(s, t(f"desk.{s}")) for s in DESK_STATES),
        "needs": tuple(Choice(n, t(f"needs.{n}")) for n in NEEDS),
    }


def _named(fact: str, words: Wording) -> tuple[Choice, ...]:
    return tuple(Choice(o.value, o.text) for o in options(fact, None, words) if o.value)


def _filters(visit: Visit, chosen: Chosen) -> list[Filter]:
    t = visit.texts
    languages = ((plain.language(c, t), c) for c in console_queries.languages(visit.store))
    people = sorted(a.username for a in visit.store.users.all() if not a.disabled)
    choices = _choices(t) | {
        "language": tuple(Choice(code, name) for name, code in sorted(languages)),
        "assigned": (
            Choice(NOBODY, t("work.nobody")),
            *(Choice(name, name) for name in people),
        ),
    }
    return [
        Filter(name, t(f"queue.filter.{name}"), getattr(chosen, name), choices[name])
        for name in FILTERS
    ]


def _counts(visit: Visit, chosen: Chosen) -> list[Count]:
    counts = visit.store.queries.counts()
    mine = console_queries.count_mine(visit.store, visit.me.name)
    named = console_queries.count_mentions(visit.store, visit.me.name)
    emergency = CaseState.EMERGENCY.value
    human = CaseState.HUMAN.value
    figures: tuple[tuple[str, int, str, dict[str, str]], ...] = (
        ("all", counts.all, "", {}),
        ("emergency", counts.by_state.get(emergency, 0), "red", {"state": emergency}),
        ("urgent", counts.urgent, "amber", {"urgency": "URGENT_TODAY"}),
        ("waiting", counts.waiting, "", {"waiting": "1"}),
        ("human", counts.by_state.get(human, 0), "", {"state": human}),
        ("mine", mine, "", {"mine": "1"}),
        ("mentioned", named, "teal", {"mentioned": "1"}),
    )
    now = {k: v for k, v in chosen.query().items() if v}
    return [
        Count(
            name=name,
            text=visit.texts(f"queue.count.{name}"),
            count=number,
            tone=tone if number else "",
            href=visit.link("queue", query=query),
            here=now == query,
        )
        for name, number, tone, query in figures
    ]


def urgency_of(line: CaseLine) -> tuple[str, str]:
    """Text key and tone of a case's urgency; one that was seen to stays recognisable."""
    if line.key.rank == RANK_EMERGENCY:
        return "urgency.EMERGENCY_NOW", "red"
    if line.urgent:
        return "urgency.URGENT_TODAY", "amber"
    return ("urgency.seen", "plain") if line.flags else ("urgency.ROUTINE", "plain")


def rows(visit: Visit, lines: Sequence[CaseLine]) -> list[Row]:
    """Lines of the store in the words of the page."""
    spoken = console_queries.spoken(visit.store, [line.conversation_id for line in lines])
    return [row(visit, line, spoken.get(line.conversation_id)) for line in lines]


def row(visit: Visit, line: CaseLine, spoken: Spoken | None) -> Row:
    """One case in the words of the page."""
    t, words = visit.texts, wording(visit.texts)
    key, tone = urgency_of(line)
    owner = line.human_owner if line.state == CaseState.HUMAN else line.assigned_to
    waiting, waiting_tone = waiting_for(visit, line, spoken)
    return Row(
        number=line.number,
        href=visit.link("case", number=line.number),
        tone=tone if line.urgent else "",
        urgency=t(key),
        urgency_tone=tone,
        cancer=words.cancer(line.cancer) if line.cancer else "",
        state=t.named("state", line.state),
        state_tone=STATE_TONES.get(CaseState(line.state), "blue"),
        owner=shown(owner or ""),
        work=t(f"desk.{line.desk}") if line.desk != DESK_STATES[0] else "",
        country=plain.country(line.country, t) if line.country else "",
        language=plain.language(line.language, t),
        channel=t.named("channel", line.channel),
        last_at=spoken.last_at if spoken else line.updated_at,
        waiting=waiting,
        waiting_tone=waiting_tone,
        waiting_since=line.waiting_since,
        why=t("queue.and").join(reasons(t, line)),
    )


def reasons(t: Texts, line: CaseLine) -> list[str]:
    """Why coordinators should look at a case, in words."""
    return [t.named("handover", reason) for reason in line.reasons]


def waiting_for(visit: Visit, line: CaseLine, spoken: Spoken | None) -> tuple[str, str]:
    """Who is waiting for whom, and its tone; nothing for a closed case."""
    if line.state == CaseState.CLOSED:
        return "", ""
    if line.waiting_since is not None or line.urgent:
        return visit.texts("waiting.us"), "amber"
    return visit.texts("waiting.person"), "plain"
