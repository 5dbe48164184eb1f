"""Draws a page of a received file anew, so that somebody can look at it without opening the file.

Like reading, drawing runs in a limited process of its own. What comes out is a JPEG of pixels:
nothing of the file's own bytes, scripts, forms or hidden data reaches whoever looks.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO, Final

from bot.records.papers.isolation import limit, run_apart
from bot.records.papers.kinds import Kind, Refused, kind_of

LONGEST_SIDE: Final = 1800  # pixels
MOST_PAGES: Final = 60
_QUALITY: Final = 82
_MOST_PIXELS: Final = 120_000_000
_LONGEST_ANSWER: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a JPEG; `pages` is how many the file has, 0 when it cannot be drawn."""

    pages: int = 0
    jpeg: bytes = field(default=b"", repr=False)


def count_pages(chunks: Iterable[bytes]) -> int:
    """How many pages of a file can be drawn: 0 for other kinds. Raises what `chunks` raises."""
    return _read(run_apart(__name__, "count", chunks, _LONGEST_ANSWER)).pages


def draw_page(chunks: Iterable[bytes], page: int) -> Picture:
    """Page `page` (from 0) of a PDF, or a photo. Raises what `chunks` raises."""
    return _read(run_apart(__name__, str(page), chunks, _LONGEST_ANSWER))


def _read(answer: bytes) -> Picture:
    pages, _, jpeg = answer.partition(b"\n")
    return Picture(int(pages), jpeg) if pages.isdigit() else Picture()


def _drawn(file: BinaryIO, page: int | None) -> Picture:
    """`page` None: counted only."""
    try:
        kind = kind_of(file)
    except Refused:
        return Picture()
    file.seek(0)
    if kind is Kind.PHOTO:
        return Picture(1, _jpeg(_photo(file)) if page == 0 else b"")
    return _page(file, page) if kind is Kind.PDF else Picture()


def _photo(file: BinaryIO) -> Any:
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    image = Image.open(file)
    if image.width * image.height > _MOST_PIXELS:
        raise ValueError("too many pixels")
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG: decoded smaller
    return ImageOps.exif_transpose(image)


def _page(file: BinaryIO, page: int | None) -> Picture:
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        pages = min(len(document), MOST_PAGES)
        if page is None or not 0 <= page < pages:
            return Picture(pages)
        drawn = document[page]
        scale = LONGEST_SIDE / max(*drawn.get_size(), 1)
        # Forms are not drawn: what fills them may be a script.
        return Picture(pages, _jpeg(drawn.render(scale=scale, may_draw_forms=False).to_pil()))


def _jpeg(image: Any) -> bytes:
    """Pixels alone: no place, no date, no name of the camera."""
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    made = BytesIO()
    image.convert("RGB").save(made, "JPEG", quality=_QUALITY, optimize=True)
    return made.getvalue()


def main() -> None:
    """The process: reads standard input, writes the number of pages and the picture."""
    limit()
    asked = sys.argv[1]
    with os.fdopen(os.dup(0), "rb") as file:
        picture = _drawn(file, None if asked == "count" else int(asked))
    sys.stdout.buffer.write(f"{picture.pages}\n".encode() + picture.jpeg)


if __name__ == "__main__":
    main()
