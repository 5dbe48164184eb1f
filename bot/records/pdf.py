"""The checklist as a PDF to keep: case number, date and tick boxes, in any script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.records import fonts
from bot.records.checklist import Checklist, ChecklistItem, Mark
from bot.records.letter_texts import Texts, texts

_MARGIN = 18.0
_BOX = 4.2
_INDENT = 8.0
_GREY = (90, 90, 90)


class Page(FPDF):
    """An A4 document with embedded fonts; `words` decide which scripts are embedded."""

    def __init__(self, words: Texts, used: Iterable[str], footer: str = "") -> None:
        super().__init__(format="A4")
        self._words = words
        self._footer = footer
        self._align = "R" if words.direction == "rtl" else "L"
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=22)
        self.add_font("Main", "", fonts.REGULAR)
        self.add_font("Main", "B", fonts.BOLD)
        extra = fonts.fallbacks(used)
        for path in extra:
            self.add_font(path.stem, "", path)
        self.set_fallback_fonts([path.stem for path in extra], exact_match=False)
        self.set_text_shaping(True)
        self.alias_nb_pages("{nb}")
        self.add_page()

    def footer(self) -> None:
        """The running foot: what the document is not, and the page number."""
        self.set_y(-18)
        self.set_text_color(*_GREY)
        self.set_font("Main", "", 7.5)
        if self._footer:
            self.multi_cell(0, 3.4, self._footer, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        number = self._words.checklist.page.format(page=self.page_no(), pages="{nb}")
        self.cell(0, 4, number, align="C")
        self.set_text_color(0, 0, 0)

    def write_block(
        self, text: str, size: float = 10, bold: bool = False, indent: float = 0, gap: float = 1
    ) -> None:
        """One paragraph, `indent` and `gap` (after it) in millimetres."""
        self.set_font("Main", "B" if bold else "", size)
        self.set_x(self.l_margin + indent)
        self.multi_cell(
            self.epw - indent,
            size * 0.48,
            text,
            align=self._align,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(gap)


def checklist_pdf(
    found: Checklist, *, case_number: str, today: date, language: str = "en"
) -> bytes:
    """The printed checklist as PDF bytes."""
    words = texts(language)
    say = words.checklist
    used = (text for item in found.items for text in (item.title, item.why, item.format))
    page = Page(words, [*used, say.intro, say.title, case_number], footer=say.closing)
    page.set_title(f"{say.title} {case_number}")
    page.write_block(say.title, size=17, bold=True)
    page.write_block(f"{say.case.format(case=case_number)}   {say.date.format(date=today)}", gap=2)
    page.write_block(say.intro, gap=3)
    for heading, items in ((say.first, found.first()), (say.rest, found.rest())):
        if items:
            page.write_block(heading, size=13, bold=True)
            for item in items:
                _item(page, item, words)
    page.write_block(say.photo, size=9)
    page.write_block(say.translation, size=9, gap=3)
    if found.missing_tests:
        page.write_block(say.tests, size=13, bold=True)
        for test in found.missing_tests:
            _box(page, ticked=False)
            page.write_block(test.ask, indent=_INDENT)
    return bytes(page.output())


def _item(page: Page, item: ChecklistItem, words: Texts) -> None:
    lines = list(_lines(item, words))
    # An item stays on one page: its box beside another page's text would mislead.
    if page.will_page_break(8 + 4.2 * len(lines)):
        page.add_page()
    _box(page, ticked=item.held)
    page.write_block(item.title, bold=True, indent=_INDENT, gap=0)
    for line in lines:
        page.write_block(line, size=8.5, indent=_INDENT, gap=0)
    page.ln(2)


def _lines(item: ChecklistItem, words: Texts) -> Iterator[str]:
    say = words.checklist
    state = {
        Mark.HELD: say.held,
        Mark.FIRST_LOOK: say.first_look,
        Mark.OUTDATED: say.outdated,
    }.get(item.mark)
    if state:
        yield f"({state})"
    yield say.why.format(why=item.why)
    yield say.format.format(format=item.format)
    yield say.recency.format(recency=item.recency)


def _box(page: Page, *, ticked: bool) -> None:
    x = page.l_margin
    y = page.get_y() + 0.5
    page.set_line_width(0.3)
    page.rect(x, y, _BOX, _BOX)
    if ticked:
        page.set_line_width(0.7)
        page.line(x + 0.8, y + 2.2, x + 1.8, y + 3.4)
        page.line(x + 1.8, y + 3.4, x + 3.6, y + 0.8)
