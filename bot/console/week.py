"""The weekly page: funnel, losses, times and who writes, as bars with their figures and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import plain
from bot.console.frame import Visit
from bot.console.names import wording
from bot.export.case_list import csv_list
from bot.export.workbook import WORKBOOK, Sheet, workbook
from bot.facts.model import fact_names
from bot.facts.vocabulary import cancers
from bot.store import weekly
from bot.store.weekly import Began, Figures

WEEK = timedelta(days=7)
TREND = 8  # weeks
MOST_BARS = 12
AT_ONCE = 1000  # new messages that a look at the page takes in


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: `share` of the longest, 0 to 100; `note` stands after the figure."""

    label: str
    figure: str
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one heading."""

    name: str
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that needs no bar."""

    label: str
    figure: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One week of the trend, its heights in the drawing's own units."""

    since: datetime
    x: float
    started: int
    consented: int
    started_height: float
    consented_height: float


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    since: datetime
    last_day: datetime
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]


def show(visit: Visit) -> Response:
    """The page of one week."""
    since = _monday(visit)
    page = _page(visit, since)
    visit.store.audit.write(visit.me.name, "week.view", "week")
    week = since.date().isoformat()
    return visit.page(
        "week.html",
        page=page,
        trend=_trend(weekly.weeks(visit.store.database, [since - WEEK * n for n in range(TREND)])),
        before=visit.link("week", query={"from": (since - WEEK).date().isoformat()}),
        after=visit.link("week", query={"from": (since + WEEK).date().isoformat()})
        if since + WEEK <= visit.now
        else "",
        exports=[(visit.link("week_export", form=f, query={"from": week}), f) for f in FORMS],
    )


def _csv(sheets: Sequence[Sheet]) -> bytes:
    rows = [[s.title, *row] for s in sheets for row in s.rows]
    return csv_list(["", *sheets[0].columns], rows).encode()


FORMS = {"csv": ("text/csv; charset=utf-8", _csv), "xlsx": (WORKBOOK, workbook)}


def export(visit: Visit) -> Response:
    """Every figure of the week as CSV or as a spreadsheet."""
    form = str(visit.request.path_params["form"])
    if form not in FORMS:
        raise HTTPException(404)
    since, t = _monday(visit), visit.texts
    page = _page(visit, since)
    columns = [t("week.column.what"), t("week.column.figure"), t("week.column.note")]
    sheets = [
        Sheet(t("week.figures"), columns, [[f.label, f.figure, f.note] for f in page.figures])
    ]
    sheets += [
        Sheet(c.title, columns, [[b.label, b.figure, b.note] for b in c.bars]) for c in page.charts
    ]
    visit.store.audit.write(visit.me.name, "week.export", "week", form)
    kind, write = FORMS[form]
    name = f"week-{since.date().isoformat()}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(write(sheets), media_type=kind, headers=headers)


def _monday(visit: Visit) -> datetime:
    """The beginning of the wanted week, in the reader's zone."""
    zone = visit.zone or UTC
    try:
        day = datetime.strptime(visit.asked("from"), "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        day = visit.now.astimezone(zone)
    if not 2000 <= day.year <= 2200:
        day = visit.now.astimezone(zone)
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _page(visit: Visit, since: datetime) -> Page:
    until = since + WEEK
    visit.store.indexing.catch_up(AT_ONCE)
    found = weekly.figures(visit.store.database, since, until, _values(), fact_names())
    marked, objected = visit.store.quality.counts(since, until)
    t, words = visit.texts, wording(visit.texts)
    funnel = (
        ("started", found.started),
        ("consented", found.consented),
        ("diagnosed", found.diagnosed),
        ("checklist", found.checklist),
        ("complete", found.complete),
    )
    charts = (
        Chart("funnel", t("week.funnel"), _funnel([(t(f"week.{k}"), n) for k, n in funnel])),
        _counted(visit, "left_at", found.left_at, lambda f: _question(visit, f)),
        _counted(visit, "channels", found.channels, lambda c: t.named("channel", c)),
        _counted(visit, "languages", found.languages, lambda c: plain.language(c, t)),
        _counted(visit, "cancers", found.cancers, words.cancer),
        _counted(visit, "countries", found.countries, lambda c: plain.country(c, t)),
    )
    return Page(since, until - timedelta(days=1), _figures(visit, found, marked, objected), charts)


@cache
def _values() -> weekly.Values:
    """What a cancer and a country may be."""
    territories = frozenset(map(str, plain.locale("en").territories))
    return {"cancer_type": frozenset(cancers()), "country": territories}


def _question(visit: Visit, fact: str) -> str:
    t = visit.texts
    if t.has(f"state.{fact}"):
        return t(f"state.{fact}")
    return wording(t).label(fact)


def _counted(visit: Visit, name: str, counted: Counter[str], say: Callable[[str], str]) -> Chart:
    t, total = visit.texts, counted.total()
    most = counted.most_common(MOST_BARS)
    rest = total - sum(n for _, n in most)
    named = [(say(value), n) for value, n in most]
    if rest:
        named.append((t("week.rest"), rest))
    return Chart(name, t(f"week.{name}"), _bars(named, total))


def _bars(named: Sequence[tuple[str, int]], total: int) -> tuple[Bar, ...]:
    longest = max((n for _, n in named), default=0) or 1
    return tuple(Bar(say, str(n), 100 * n / longest, _percent(n, total)) for say, n in named)


def _funnel(steps: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    begun = steps[0][1] or 1
    return tuple(
        Bar(say, str(n), min(100.0, 100 * n / begun), _percent(n, steps[0][1])) for say, n in steps
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _figures(visit: Visit, found: Figures, marked: int, objected: int) -> tuple[Figure, ...]:
    t = visit.texts
    return (
        Figure(t("week.turns"), _middle(found.turns_to_checklist), t("week.median")),
        Figure(t("week.time"), _span(visit, found.time_to_checklist), t("week.median")),
        Figure(t("week.by_bot"), _span(visit, found.answered_by_bot), t("week.median")),
        Figure(t("week.by_people"), _span(visit, found.answered_by_people), t("week.median")),
        Figure(t("week.asked_again"), str(found.not_understood), _of(visit, found)),
        Figure(
            t("week.misread"),
            str(marked),
            t("week.of", share=_percent(marked, found.messages) or "–"),
        ),
        Figure(t("week.objected"), str(objected)),
    )


def _of(visit: Visit, found: Figures) -> str:
    return visit.texts("week.of_asked", share=_percent(found.not_understood, found.asked) or "–")


def _middle(values: Iterable[float]) -> str:
    held = list(values)
    return f"{median(held):g}" if held else "–"


def _span(visit: Visit, seconds: Sequence[float]) -> str:
    if not seconds:
        return "–"
    middle = median(seconds)
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if middle >= size:
            return visit.texts(f"week.{unit}", n=f"{middle / size:.1f}")
    return visit.texts("week.seconds", n=f"{middle:.1f}")


def _trend(began: Sequence[Began]) -> tuple[Column, ...]:
    """Oldest first; the highest column is 100 units high, a week 60 wide."""
    highest = max((b.started for b in began), default=0) or 1
    return tuple(
        Column(
            since=b.since,
            x=60.0 * place,
            started=b.started,
            consented=b.consented,
            started_height=100 * b.started / highest,
            consented_height=100 * b.consented / highest,
        )
        for place, b in enumerate(reversed(began))
    )
