"""What kind of file it is, from its bytes; names and headers are never believed.

A closed table of what is taken, and of what could do harm. Files that are valid as two kinds at
once are refused: what one program takes for a photo another may execute.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from enum import StrEnum
from typing import BinaryIO, Final

from bot.records.papers.problems import Problem

HEAD: Final = 4096
TAIL: Final = 70_000  # a ZIP's directory of contents ends within this distance of the end


class Kind(StrEnum):
    """Kinds that are taken."""

    PDF = "pdf"
    PHOTO = "photo"
    DICOM = "dicom"
    ZIP = "zip"
    DOCUMENT = "document"  # Word and plain text
    AUDIO = "audio"
    VIDEO = "video"
    CONTACT = "contact"


class Refused(Exception):
    """The file is not taken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def _at(offset: int, *signs: bytes) -> Callable[[bytes], bool]:
    return lambda head: any(head[offset:].startswith(sign) for sign in signs)


def _riff(name: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == name


def _media(*brands: bytes) -> Callable[[bytes], bool]:
    """ISO base media: the brand tells pictures, sound and films apart."""
    return lambda head: head[4:8] == b"ftyp" and head[8:12].strip().lower() in brands


_PICTURE_BRANDS: Final = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif")
_SOUND_BRANDS: Final = (b"m4a", b"m4b")
_SCRIPT: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!doctype[^>]*>\s*)*<\s*"
    rb"(?:svg|html|head|body|script|iframe|xml|!entity|hta)\b|\s*#!|\s*<\?php|\s*%!ps",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP: Final = re.compile(rb"<\s*(?:svg|html|script|iframe|body)\b", re.IGNORECASE)
# DICOM without its preamble begins with group 0002 or 0008, with or without a value's type.
_BARE_DICOM: Final = re.compile(rb"(?:\x02\x00\x00\x00|\x08\x00[\x00-\x20]\x00)(?:[A-Z]{2}|..\x00)")

_HARMFUL: Final = (
    _at(0, b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"),
    _at(0, b"\x00asm", b"dex\n", b"FWS", b"CWS", b"ZWS", b"L\x00\x00\x00\x01\x14\x02\x00", b"MSCF"),
    lambda head: bool(_SCRIPT.match(head.removeprefix(b"\xef\xbb\xbf"))),
)
_CLOSED_ARCHIVES: Final = (
    _at(0, b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"),
    _at(257, b"ustar"),
)
_TAKEN: Final = (
    (Kind.DICOM, _at(128, b"DICM")),
    (Kind.PDF, _at(0, b"%PDF-")),
    (Kind.PHOTO, _at(0, b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")),
    (Kind.PHOTO, _at(0, b"II*\x00", b"MM\x00*")),
    (Kind.PHOTO, lambda head: head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00"),
    (Kind.PHOTO, _riff(b"WEBP")),
    (Kind.PHOTO, _media(*_PICTURE_BRANDS)),
    (Kind.ZIP, _at(0, b"PK\x03\x04", b"PK\x05\x06")),
    (Kind.AUDIO, _at(0, b"OggS", b"ID3", b"#!AMR", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"fLaC")),
    (Kind.AUDIO, _riff(b"WAVE")),
    (Kind.AUDIO, _media(*_SOUND_BRANDS)),
    (Kind.VIDEO, lambda head: head[4:8] == b"ftyp" or head[:4] == b"\x1aE\xdf\xa3"),
    (Kind.CONTACT, lambda head: head[:11].upper() == b"BEGIN:VCARD"),
    (Kind.DICOM, lambda head: bool(_BARE_DICOM.match(head))),
    (Kind.DOCUMENT, _at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")),
)
# What may stand behind the end of a picture: phones put a second picture or a short film there.
_AFTER_PICTURE: Final = (b"PK\x03\x04", b"%PDF-", b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf")


def kind_of(file: BinaryIO) -> Kind:
    """The kind of a file that can be sought in. Raises Refused."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise Refused(Problem.EMPTY)
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"#!AMR"):
        return Kind.AUDIO
    if any(is_it(head) for is_it in _HARMFUL):
        raise Refused(Problem.PROGRAM)
    if any(is_it(head) for is_it in _CLOSED_ARCHIVES):
        raise Refused(Problem.ARCHIVE)
    kind = next((kind for kind, is_it in _TAKEN if is_it(head)), None)
    if kind is None:
        return _late_pdf_or_text(file, head)
    file.seek(max(0, size - TAIL))
    _one_kind_only(kind, head, file.read(TAIL))
    return kind


def _one_kind_only(kind: Kind, head: bytes, tail: bytes) -> None:
    """Refuses what would also be read as another kind."""
    # Readers look for a PDF's beginning within the first 1024 bytes.
    hidden_pdf = kind is not Kind.PDF and b"%PDF-" in head[:1024]
    zipped = kind is not Kind.ZIP and b"PK\x05\x06" in tail and b"PK\x01\x02" in tail
    markup = kind in (Kind.PHOTO, Kind.AUDIO, Kind.VIDEO) and bool(_MARKUP.search(head))
    # The 128 bytes before a DICOM file's own mark may hold another file's beginning; that of a
    # TIFF is a use the standard names.
    masked = kind is Kind.DICOM and any(is_it(head[:128]) for is_it in _HARMFUL)
    if hidden_pdf or zipped or markup or masked or (kind is Kind.PHOTO and _appended(head, tail)):
        raise Refused(Problem.TWO_KINDS)


def _appended(head: bytes, tail: bytes) -> bool:
    """Whether something that is no picture or film stands behind the end of a JPEG or PNG."""
    end = b"\xff\xd9" if head.startswith(b"\xff\xd8") else b"IEND\xaeB`\x82"
    at = tail.find(end)
    return at >= 0 and any(sign in tail[at : at + len(end) + 64] for sign in _AFTER_PICTURE)


def _late_pdf_or_text(file: BinaryIO, head: bytes) -> Kind:
    """A PDF after a few stray bytes, as some mail systems leave them, or plain text."""
    if b"%PDF-" in head[:64]:
        return Kind.PDF
    if b"\x00" in head or _MARKUP.search(head):
        raise Refused(Problem.PROGRAM if _MARKUP.search(head) else Problem.UNKNOWN)
    try:
        head.decode("utf-8", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        raise Refused(Problem.UNKNOWN) from None
    return Kind.DOCUMENT
