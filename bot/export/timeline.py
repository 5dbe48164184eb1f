"""The treatments of a case as a small chart: one bar a treatment, on a line of years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.records.letter_texts import PackageTexts
from bot.records.page import BLACK, GREY, Page

MOST_BARS: Final = 9
_ROW, _BAR = 5.6, 3.4
_NAMES = 62.0  # width of the column of names
_SIZE = 8.0
_MONTHS = 12
_SHADES: Final = {
    "surgery": (176, 96, 60),
    "radiation": (196, 156, 40),
    "transplant": (130, 90, 150),
    "cell_therapy": (130, 90, 150),
}
_DRUG: Final = (52, 104, 152)
_NOT_GIVEN: Final = frozenset({"planned", "refused"})


@dataclass(frozen=True, slots=True)
class Bar:
    """One treatment; `start` and `end` in years, None where no date was told."""

    name: str
    modality: str
    start: float | None
    end: float | None
    ongoing: bool


def bars(treatments: Sequence[Any], today: date) -> tuple[Bar, ...]:
    """The treatments that were given, dated ones first, by date."""
    given = [
        _bar(t, today)
        for t in treatments
        if isinstance(t, Mapping) and t.get("name") and t.get("status") not in _NOT_GIVEN
    ]
    return tuple(sorted(given, key=lambda bar: (bar.start is None, bar.start or 0.0)))


def draw(page: Page, given: Sequence[Bar], today: date, say: PackageTexts) -> None:
    """The chart at the present place; of more than MOST_BARS bars the latest."""
    dated = [bar for bar in given if bar.start is not None][-MOST_BARS:]
    undated = [bar for bar in given if bar.start is None][: MOST_BARS - len(dated)]
    shown = [*dated, *undated]
    if dated:
        first = int(min(bar.start for bar in dated if bar.start is not None))
        span = _Span(float(first), max(_years(today), first + 1.0), page)
        _axis(page, span, len(dated), say)
        for bar in dated:
            _draw_bar(page, bar, span, say)
        page.ln(4.5)
        _legend(page, dated, say)
        if undated:
            names = ", ".join(bar.name for bar in undated)
            page.write_block(say.without_dates.format(names=names), size=_SIZE)
    else:
        _steps(page, undated)
        page.write_block(say.no_dates, size=_SIZE, grey=True)
    if len(given) > len(shown):
        page.write_block(say.more.format(count=len(given) - len(shown)), size=_SIZE, grey=True)


@dataclass(frozen=True, slots=True)
class _Span:
    """The years of the chart and where they lie on the page."""

    first: float
    last: float
    page: Page

    def x(self, year: float) -> float:
        left = self.page.l_margin + _NAMES
        wide = self.page.epw - _NAMES
        return left + wide * (year - self.first) / (self.last - self.first)


def _axis(page: Page, span: _Span, rows: int, say: PackageTexts) -> None:
    """Years as thin lines behind the bars, with their numbers below."""
    top, below = page.get_y(), page.get_y() + rows * _ROW
    years = range(int(span.first), int(span.last) + 1)
    step = max(1, len(years) // 8 + (len(years) > 8))
    page.set_draw_color(205, 205, 205)
    page.set_line_width(0.2)
    page.set_font("Main", "", 7)
    page.set_text_color(*GREY)
    for year in years:
        page.line(span.x(year), top, span.x(year), below)
        if (year - years[0]) % step == 0 and span.x(year) < page.l_margin + page.epw - 14:
            page.set_xy(span.x(year) - 6, below + 0.4)
            page.cell(12, 3.4, str(year), align="C")
    page.set_xy(page.l_margin + page.epw - 14, below + 0.4)
    page.cell(14, 3.4, say.today, align="R")
    page.set_text_color(*BLACK)
    page.set_draw_color(*BLACK)
    page.set_xy(page.l_margin, top)


def _legend(page: Page, shown: Sequence[Bar], say: PackageTexts) -> None:
    """What the colours of the bars mean, where there is more than one."""
    kinds = dict.fromkeys(bar.modality if bar.modality in _SHADES else "medicine" for bar in shown)
    if len(kinds) < 2:
        return
    page.set_font("Main", "", 7)
    page.set_x(page.l_margin + _NAMES)
    for kind in kinds:
        page.set_fill_color(*_SHADES.get(kind, _DRUG))
        page.rect(page.get_x(), page.get_y() + 1, 2.2, 2.2, style="F")
        word = say.kinds.get(kind, kind)
        page.set_x(page.get_x() + 3.2)
        page.cell(page.get_string_width(word) + 5, 4, word)
    page.set_xy(page.l_margin, page.get_y() + 5)


def _draw_bar(page: Page, bar: Bar, span: _Span, say: PackageTexts) -> None:
    y = page.get_y()
    page.set_font("Main", "", _SIZE)
    name = _cut(page, f"{bar.name} ({say.ongoing})" if bar.ongoing else bar.name, _NAMES - 3)
    page.cell(_NAMES, _ROW, name)
    start = span.x(max(bar.start or span.first, span.first))
    end = span.x(min(bar.end, span.last)) if bar.end is not None else start
    page.set_fill_color(*_SHADES.get(bar.modality, _DRUG))
    # A treatment of a day, or without an end, is a mark of its own.
    page.rect(start, y + (_ROW - _BAR) / 2, max(end - start, 1.4), _BAR, style="F")
    page.set_xy(page.l_margin, y + _ROW)


def _steps(page: Page, shown: Sequence[Bar]) -> None:
    """Undated treatments as a row of steps, in the order told."""
    for number, bar in enumerate(shown, 1):
        y = page.get_y()
        page.set_fill_color(*_SHADES.get(bar.modality, _DRUG))
        page.rect(page.l_margin, y + 1.1, _BAR, _BAR, style="F")
        page.set_font("Main", "", _SIZE)
        page.set_x(page.l_margin + _BAR + 2)
        page.cell(0, _ROW, _cut(page, f"{number}. {bar.name}", page.epw - 10))
        page.set_xy(page.l_margin, y + _ROW)


def _cut(page: Page, text: str, width: float) -> str:
    """The text, shortened to a width in millimetres."""
    while page.get_string_width(text) > width and len(text) > 1:
        text = text[:-2].rstrip() + "…"
    return text


def _bar(told: Mapping[str, Any], today: date) -> Bar:
    start, end = _year(told.get("start"), last=False), _year(told.get("end"), last=True)
    ongoing = told.get("status") == "ongoing"
    if ongoing and start is not None:
        end = _years(today)
    if start is None:
        start = end  # only the end was told: a mark there
    cycles = f" ×{told['cycles']}" if told.get("cycles") else ""
    return Bar(f"{told['name']}{cycles}", str(told.get("modality") or ""), start, end, ongoing)


def _years(day: date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / 366


def _year(value: Any, *, last: bool) -> float | None:
    """A told date ("2024", "2024-05", a date) in years; the last day of what was told, if asked."""
    if isinstance(value, date):
        return _years(value)
    parts = str(value or "").split("-")
    if not parts[0].isdigit() or len(parts[0]) != len("2024"):
        return None
    year = float(parts[0])
    if len(parts) == 1 or not parts[1].isdigit():
        return year + (1.0 if last else 0.0)
    return year + (int(parts[1]) - (0 if last else 1)) / _MONTHS
