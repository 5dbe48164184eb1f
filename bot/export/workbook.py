"""Tables as a spreadsheet whose cells are text or numbers, never formulas or links."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limits on the names of sheets.
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_LONGEST_CELL = 32_767
_WIDEST = 60
_WHOLE = re.compile(r"\d{1,15}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[str]]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as XLSX; whole numbers become numbers, everything else is text."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for place, sheet in enumerate(sheets, start=1):
            page = book.add_worksheet(_name(sheet.title, place))
            widths = [len(c) for c in sheet.columns]
            for x, column in enumerate(sheet.columns):
                page.write_string(0, x, column, bold)
            for y, row in enumerate(sheet.rows, start=1):
                for x, cell in enumerate(row):
                    if _WHOLE.fullmatch(cell):
                        page.write_number(y, x, int(cell))
                    else:
                        page.write_string(y, x, cell[:_LONGEST_CELL])
                    widths[x] = max(widths[x], len(cell))
            for x, width in enumerate(widths):
                page.set_column(x, x, min(width, _WIDEST) + 2)
            page.freeze_panes(1, 0)
    return out.getvalue()


def _name(title: str, place: int) -> str:
    # Spreadsheets count in UTF-16 units: a rare character is two of them, and is not cut in half.
    units = _NOT_IN_NAMES.sub(" ", title).strip().encode("utf-16-le", "ignore")
    cleaned = units[: 2 * _LONGEST_NAME].decode("utf-16-le", "ignore").strip()
    return cleaned or str(place)
