"""Reads one received file: its kind, and whatever on it tells which paper it is.

Everything here handles bytes of strangers. It runs in a process of its own with limits
(`isolation`); called directly, a file made to do harm could stop the caller.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from bot.records.papers import archives, ocr
from bot.records.papers.evidence import Evidence
from bot.records.papers.kinds import Kind, Refused, kind_of
from bot.records.papers.problems import Note, Problem

LONGEST_TEXT: Final = 20_000
_PAGES: Final = 4
_ENOUGH_TEXT: Final = 40  # letters; a scanned page may carry a stamp or a page number as text
_MOST_PIXELS: Final = 120_000_000
_MOST_NAMES: Final = 60
_ACTIVE: Final = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b")
_TAGS: Final = re.compile(r"<[^>]{0,2000}>")
# What the library raises for documents that are damaged in ways it did not foresee.
_DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
)
_BREAKS: Final = re.compile(r"</w:p>|<w:br[^>]{0,200}>")


def read(file: BinaryIO, *, with_ocr: bool) -> Evidence:
    """What a file that can be sought in is and says; never raises for a bad one."""
    try:
        kind = kind_of(file)
        file.seek(0)
        return _READERS[kind](file, with_ocr)
    except Refused as refused:
        return Evidence(problem=refused.problem.value)
    except RecursionError:
        return Evidence(problem=Problem.BROKEN.value)


def _pdf(file: BinaryIO, with_ocr: bool) -> Evidence:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        document = PdfReader(file, strict=False)
        # Many are locked against changes only, with an empty password for reading.
        if document.is_encrypted and not document.decrypt(""):
            return Evidence(Kind.PDF, problem=Problem.LOCKED.value)
        count = len(document.pages)
        if not count:
            raise Refused(Problem.BROKEN)
        pages = [document.pages[number] for number in range(min(count, _PAGES))]
        text = "\n".join(page.extract_text() for page in pages)
    except (PyPdfError, *_DAMAGE):
        raise Refused(Problem.BROKEN) from None
    notes = (Note.ACTIVE.value,) if _is_active(file) else ()
    pictured = len(re.sub(r"\W", "", text)) < _ENOUGH_TEXT
    if pictured and with_ocr:
        text += _page_pictures(pages)
    return Evidence(Kind.PDF, notes=notes, text=text[:LONGEST_TEXT], pictured=pictured)


def _is_active(file: BinaryIO) -> bool:
    file.seek(0)
    before = b""
    while portion := file.read(1_000_000):
        if _ACTIVE.search(before + portion):
            return True
        before = portion[-32:]
    return False


def _page_pictures(pages: list[Any]) -> str:
    """The words on the scanned pages; a page is one picture, so the first of each is read."""
    found = ""
    for page in pages[:2]:
        try:
            picture = next(iter(page.images), None)
            image = picture.image if picture else None
        except Exception:  # noqa: S112 - a picture that cannot be read has no words
            continue
        if image is not None and image.width * image.height <= _MOST_PIXELS:
            found += _words(image)
    return found


def _photo(file: BinaryIO, with_ocr: bool) -> Evidence:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file)
        if image.width * image.height > _MOST_PIXELS:
            raise Refused(Problem.BOMB)
        image.draft("L", (ocr.LONGEST_SIDE, ocr.LONGEST_SIDE))  # JPEG: decoded smaller
        image.load()
    except UnidentifiedImageError:
        # Pictures of newer phones, which this library does not know; their kind is certain.
        return Evidence(Kind.PHOTO)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(Problem.BOMB) from None
    except (OSError, SyntaxError, ValueError, LookupError, EOFError, MemoryError):
        raise Refused(Problem.BROKEN) from None
    return Evidence(Kind.PHOTO, text=_words(image) if with_ocr else "", pictured=True)


def _words(image: Any) -> str:
    reader = ocr.reader()
    return reader.read(image)[:LONGEST_TEXT] if reader else ""


def _dicom(file: BinaryIO, _with_ocr: bool) -> Evidence:
    from bot.records.papers import dicom  # a large library, for these files only

    study = dicom.study_of([file])
    if study is None:
        raise Refused(Problem.BROKEN)
    return Evidence(Kind.DICOM, study=study)


def _zip(file: BinaryIO, _with_ocr: bool) -> Evidence:
    content = archives.look(file)
    notes = tuple(
        note.value
        for note, holds in (
            (Note.PROGRAMS_INSIDE, content.programs),
            (Note.ACTIVE, content.macros),
        )
        if holds
    )
    if content.word:
        raw = archives.entry_text(file, "word/document.xml", 2_000_000)
        text = _TAGS.sub("", _BREAKS.sub("\n", raw.decode("utf-8", "ignore")))
        return Evidence(Kind.DOCUMENT, notes=notes, text=text[:LONGEST_TEXT])
    from bot.records.papers import dicom

    study = dicom.sampled(archives.samples(file))
    if study is not None:
        return Evidence(Kind.DICOM, notes=notes, study=study)
    return Evidence(Kind.ZIP, notes=notes, names=content.names[:_MOST_NAMES])


def _document(file: BinaryIO, _with_ocr: bool) -> Evidence:
    head = file.read(2 * LONGEST_TEXT)
    text = "" if b"\x00" in head else head.decode("utf-8", "ignore")
    if text.startswith("{\\rtf"):
        text = re.sub(r"\\[a-z]+-?\d* ?|[{}]", " ", text)
    return Evidence(Kind.DOCUMENT, text=text[:LONGEST_TEXT])


def _plain(kind: Kind) -> Callable[[BinaryIO, bool], Evidence]:
    return lambda _file, _with_ocr: Evidence(kind)


_READERS: Final[dict[Kind, Callable[[BinaryIO, bool], Evidence]]] = {
    Kind.PDF: _pdf,
    Kind.PHOTO: _photo,
    Kind.DICOM: _dicom,
    Kind.ZIP: _zip,
    Kind.DOCUMENT: _document,
    Kind.AUDIO: _plain(Kind.AUDIO),
    Kind.VIDEO: _plain(Kind.VIDEO),
    Kind.CONTACT: _plain(Kind.CONTACT),
}
