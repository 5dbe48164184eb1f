"""An A4 page for the documents we hand out: embedded fonts for every script, blocks, boxes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bot.records import fonts

MARGIN = 18.0
BOX = 4.0
GREY = (90, 90, 90)
BLACK = (0, 0, 0)
LINE = 0.48  # height of a line, in millimetres a point


class Page(FPDF):
    """A document whose `words` decide which fonts are embedded.

    `footer` stands under every page, with `number` ("{page} / {pages}") below it.
    """

    def __init__(
        self, words: Iterable[str], *, footer: str = "", number: str = "", rtl: bool = False
    ) -> None:
        super().__init__(format="A4")
        used = "".join(words) + footer + number
        self._foot, self._number = footer, number
        self.align = "R" if rtl else "L"
        self.set_margin(MARGIN)
        self.c_margin = 0.0
        self.set_auto_page_break(True, margin=22)
        self.add_font("Main", "", fonts.REGULAR)
        self.add_font("Main", "B", fonts.BOLD)
        extra = fonts.fallbacks((used,))
        for path in extra:
            self.add_font(path.stem, "", path)
        self.set_fallback_fonts([path.stem for path in extra], exact_match=False)
        # Shaping takes most of the time of a page, and Latin, Greek and Cyrillic need none.
        self._shaped = bool(extra) or rtl or _has_marks(used)
        self.set_text_shaping(self._shaped)
        self._widths: dict[tuple[str, float, str], float] = {}
        self.alias_nb_pages("{nb}")
        self.add_page()

    def footer(self) -> None:
        """The running foot: what the document is not, and the page number."""
        self.set_y(-18)
        self.set_text_color(*GREY)
        self.set_font("Main", "", 7.5)
        if self._foot:
            self.multi_cell(0, 3.4, self._foot, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if self._number:
            number = self._number.format(page=self.page_no(), pages="{nb}")
            self.cell(0, 4, number, align="C")
        self.set_text_color(*BLACK)

    def write_block(
        self,
        text: str,
        size: float = 10,
        *,
        bold: bool = False,
        grey: bool = False,
        indent: float = 0,
        right: float = 0,
        gap: float = 1,
    ) -> None:
        """One paragraph; `indent`, `right` (both edges) and `gap` (after it) in millimetres."""
        width = self.epw - indent - right
        lines = self._wrapped(text, size, width, bold=bold)
        self.set_text_color(*(GREY if grey else BLACK))
        for line in lines:
            self.set_x(self.l_margin + indent)
            self.cell(
                width, size * LINE, line, align=self.align, new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
        self.set_text_color(*BLACK)
        self.ln(gap)

    def lines_of(self, text: str, size: float, width: float, *, bold: bool = False) -> int:
        """How many lines a text takes at this width in millimetres."""
        return len(self._wrapped(text, size, width, bold=bold))

    def _wrapped(self, text: str, size: float, width: float, *, bold: bool) -> list[str]:
        """The lines of a text; the library breaks shaped ones, too slowly for all the others."""
        self.set_font("Main", "B" if bold else "", size)
        if self._shaped or any(self._width(word) > width for word in text.split()):
            found = self.multi_cell(width, size * LINE, text, dry_run=True, output="LINES")
            return [str(line) for line in found] if isinstance(found, list) else []
        space = self._width(" ")
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line, length = "", 0.0
            for word in paragraph.split():
                wide = self._width(word)
                if line and length + space + wide > width:
                    lines.append(line)
                    line, length = "", 0.0
                line, length = f"{line} {word}".lstrip(), length + wide + (space if line else 0.0)
            lines.append(line)
        return lines

    def _width(self, word: str) -> float:
        place = (self.font_style, self.font_size_pt, word)
        if place not in self._widths:
            self._widths[place] = self.get_string_width(word)
        return self._widths[place]

    def rule(self, gap: float = 3) -> None:
        """A thin grey line across the page."""
        self.set_draw_color(190, 190, 190)
        self.set_line_width(0.2)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())
        self.set_draw_color(*BLACK)
        self.ln(gap)

    def box(self, x: float, y: float, *, ticked: bool) -> None:
        """A box to tick at a place in millimetres."""
        self.set_line_width(0.3)
        self.rect(x, y, BOX, BOX)
        if ticked:
            self.set_line_width(0.7)
            self.line(x + 0.8, y + 2.1, x + 1.7, y + 3.2)
            self.line(x + 1.7, y + 3.2, x + 3.4, y + 0.8)


def _has_marks(text: str) -> bool:
    """Whether letters carry marks of their own, which only shaping puts in place."""
    return any(unicodedata.combining(character) for character in text)
