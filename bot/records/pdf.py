"""The checklist as a PDF to keep: case number, date and boxes to tick, in any script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.records.letter_texts import ChecklistTexts, texts
from bot.records.model import Checklist, ChecklistItem, Mark
from bot.records.page import BOX, LINE, Page

_COLUMN = 13.5  # one of the three columns of boxes
_BOXES = 3 * _COLUMN
_NAME, _SMALL = 10.0, 8.5
_INDENT = 7.0


def checklist_pdf(
    found: Checklist, *, case_number: str, today: date, language: str = "en"
) -> bytes:
    """The printed checklist as PDF bytes."""
    words = texts(language)
    say = words.checklist
    page = Page(
        _used(found, say, case_number),
        footer=say.closing,
        number=say.page,
        rtl=words.direction == "rtl",
    )
    page.set_title(f"{say.title} {case_number}")
    page.write_block(say.title, size=17, bold=True)
    page.write_block(f"{say.case.format(case=case_number)} · {say.date.format(date=today)}")
    done = found.completeness()
    if done.held:
        page.write_block(
            say.progress.format(
                held=done.held,
                total=done.total,
                critical_held=done.critical_held,
                critical=done.critical,
            )
        )
    page.rule()
    page.write_block(say.intro, gap=3)
    for heading, items in ((say.first, found.first()), (say.rest, found.rest())):
        _section(page, heading, items, say)
    page.write_block(say.photo, size=9)
    page.write_block(say.translation, size=9, gap=3)
    _tests(page, found, say)
    return bytes(page.output())


def _used(found: Checklist, say: ChecklistTexts, case_number: str) -> list[str]:
    """Every text of the document, for the choice of fonts."""
    items = (t for i in found.items for t in (i.title, i.why, i.format, i.recency, *i.details))
    own = (say.title, say.intro, say.first, say.rest, say.have, say.will_get, say.not_available)
    return [*items, *(test.ask for test in found.missing_tests), *own, say.tests, case_number]


def _section(page: Page, heading: str, items: Sequence[ChecklistItem], say: ChecklistTexts) -> None:
    if not items:
        return
    if page.will_page_break(40):  # a heading stands with its first paper
        page.add_page()
    top = page.get_y()
    page.write_block(heading, size=13, bold=True, right=_BOXES, gap=1)
    below = page.get_y()
    page.set_font("Main", "", 6.5)
    for column, word in enumerate((say.have, say.will_get, say.not_available)):
        x = page.l_margin + page.epw - _BOXES + column * _COLUMN
        page.set_xy(x, top + 2.6)
        page.cell(_COLUMN, 3.4, word, align="C")
    page.set_xy(page.l_margin, below)
    for item in items:
        _item(page, item, say)
    page.ln(2)


def _item(page: Page, item: ChecklistItem, say: ChecklistTexts) -> None:
    width = page.epw - _BOXES - 3
    lines = list(_lines(item, say))
    height = page.lines_of(item.name, _NAME, width, bold=True) * _NAME * LINE
    height += sum(page.lines_of(text, _SMALL, width) for text in lines) * _SMALL * LINE
    # An item stays on one page: its boxes beside another page's text would mislead.
    if page.will_page_break(height + 2):
        page.add_page()
    left = page.l_margin + page.epw - _BOXES
    for column in range(3):
        x = left + column * _COLUMN + (_COLUMN - BOX) / 2
        page.box(x, page.get_y() + 0.3, ticked=column == 0 and item.held)
    page.write_block(item.name, size=_NAME, bold=True, right=_BOXES + 3, gap=0)
    for text in lines:
        page.write_block(text, size=_SMALL, grey=text != item.why, right=_BOXES + 3, gap=0)
    page.ln(2)


def _lines(item: ChecklistItem, say: ChecklistTexts) -> Iterator[str]:
    state = {
        Mark.HELD: say.held,
        Mark.FIRST_LOOK: say.first_look,
        Mark.OUTDATED: say.outdated,
        Mark.WAIVED: say.waived,
    }.get(item.mark)
    if state:
        yield f"({state})"
    yield item.why
    if item.details:
        yield say.look_for.format(details=", ".join(item.details))
    yield f"{say.format.format(format=item.format)} {say.recency.format(recency=item.recency)}"


def _tests(page: Page, found: Checklist, say: ChecklistTexts) -> None:
    if not found.missing_tests:
        return
    if page.will_page_break(25):
        page.add_page()
    page.write_block(say.tests, size=13, bold=True)
    for test in found.missing_tests:
        if page.will_page_break(10):
            page.add_page()
        page.box(page.l_margin, page.get_y() + 0.4, ticked=False)
        page.write_block(test.ask, indent=_INDENT)
