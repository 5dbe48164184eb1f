"""What a file is, from its bytes; and what is made to deceive or to do harm does none."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.records.papers import ocr
from bot.records.papers.evidence import Evidence
from bot.records.papers.isolation import read_apart
from bot.records.papers.matching import match
from bot.records.papers.reading import read
from tests.records.paper_files import (
    PATHOLOGY,
    dicom,
    photo,
    scan_cd,
    scanned_pdf,
    text_pdf,
    zipped,
)


def found_in(data: bytes) -> Evidence:
    return read(io.BytesIO(data), with_ocr=False)


def picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (400, 300), 130).save(data, kind)
    return data.getvalue()


def box(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"isom" + b"\0" * 64


KINDS = {
    "PDF": (text_pdf("hello"), "pdf"),
    "PDF after a stray line": (b"\r\n" + text_pdf("hello"), "pdf"),
    **{f"photo {kind}": (picture(kind), "photo") for kind in ("JPEG", "PNG", "WEBP", "TIFF")},
    "photo of a newer phone": (box(b"heic"), "photo"),
    "DICOM": (dicom("CT_small.dcm"), "dicom"),
    "DICOM without preamble": (dicom("ExplVR_LitEndNoMeta.dcm"), "dicom"),
    "CD as ZIP": (scan_cd(), "dicom"),
    "ZIP of PDFs": (zipped([("report.pdf", text_pdf("x"))]), "zip"),
    "text": ("Pathology report: Größe 4 cm".encode(), "document"),
    "voice note of WhatsApp": (b"OggS" + b"\0" * 60, "audio"),
    "voice note AMR": (b"#!AMR\n" + b"\0" * 60, "audio"),
    "sound of an iPhone": (box(b"M4A "), "audio"),
    "film": (box(b"mp42"), "video"),
    "contact": (b"BEGIN:VCARD\r\nFN:Rina\r\nEND:VCARD", "contact"),
    "a phone's photo with a short film behind it": (picture("JPEG") + box(b"mp42"), "photo"),
    "a photo with a second picture behind it": (picture("JPEG") + picture("JPEG"), "photo"),
}


@pytest.mark.parametrize("label", sorted(KINDS))
def test_the_kind_comes_from_the_content(label: str) -> None:
    data, kind = KINDS[label]
    found = found_in(data)
    assert (found.problem, found.kind) == (None, kind)


def zip_bomb() -> bytes:
    return zipped([(f"{number}.txt", b"\0" * 30_000_000) for number in range(3)])


def overlapping_zip() -> bytes:
    """Many entries of the directory that share one piece of content."""
    single = zipped([("a", os.urandom(4000))])
    with zipfile.ZipFile(io.BytesIO(single)) as archive:
        start = archive.start_dir
    entry, end = single[start:-22], bytearray(single[-22:])
    struct.pack_into("<HHI", end, 8, 500, 500, len(entry) * 500)
    return single[:start] + entry * 500 + bytes(end)


def pixel_bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 40,000 by 40,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


SCRIPTED = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BAD = {
    "an empty file": (b"", "empty"),
    "a program": (b"MZ\x90\0" + b"\0" * 500, "program"),
    "a Linux program": (b"\x7fELF" + b"\0" * 500, "program"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "program"),
    "SVG with a script": (SCRIPTED, "program"),
    "SVG behind a declaration": (
        b"\xef\xbb\xbf<?xml version='1.0'?><!-- x -->" + SCRIPTED,
        "program",
    ),
    "a page": (b"<!DOCTYPE html><html><body>x</body></html>", "program"),
    "text with a page in it": (b"hello\n<script>alert(1)</script>", "program"),
    "an app": (zipped([("AndroidManifest.xml", b"x"), ("classes.dex", b"y")]), "program"),
    "PDF that is also a ZIP": (text_pdf("x") + zipped([("a.txt", b"b")]), "two_kinds"),
    "photo that is also a ZIP": (picture("JPEG") + zipped([("a.txt", b"b")]), "two_kinds"),
    "photo that is also a PDF": (picture("JPEG")[:20] + b"%PDF-1.4" + picture("JPEG"), "two_kinds"),
    "photo that is also a page": (
        picture("GIF")[:13] + b"<script>alert(1)</script>" + picture("GIF")[13:],
        "two_kinds",
    ),
    "photo with a program behind it": (picture("PNG") + b"MZ" + b"\0" * 400, "two_kinds"),
    "DICOM with a program in front": (
        b"MZ" + b"\0" * 126 + dicom("CT_small.dcm")[128:],
        "program",
    ),
    "a zip bomb": (zip_bomb(), "bomb"),
    "a zip bomb of overlapping entries": (overlapping_zip(), "bomb"),
    "a photo of 1.6 thousand million points": (pixel_bomb(), "bomb"),
    "PDF with a password": (text_pdf(PATHOLOGY, password="secret"), "locked"),
    "PDF cut off": (text_pdf(PATHOLOGY)[:600], "broken"),
    "PDF that is nothing but its name": (b"%PDF-1.7 hello", "broken"),
    "photo cut off": (photo(PATHOLOGY)[:40_000], "broken"),
    "ZIP cut off": (scan_cd()[:-300], "broken"),
    "a zip that leaves its folder": (zipped([("../../home/.profile", b"x")]), "broken"),
    "a zip that leaves its folder on Windows": (zipped([("a\\..\\..\\b", b"x")]), "broken"),
    "RAR": (b"Rar!\x1a\x07\x01\0" + b"\0" * 50, "archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "archive"),
    "noise": (b"\xfe\x00\x11" + bytes(range(256)) * 4, "unknown"),
}


@pytest.mark.parametrize("label", sorted(BAD))
def test_what_could_do_harm_is_refused_by_name(label: str) -> None:
    data, problem = BAD[label]
    assert found_in(data).problem == problem


def test_a_name_that_says_another_kind_is_noted_for_the_coordinator() -> None:
    evidence = found_in(text_pdf(PATHOLOGY))
    assert match(evidence, file_name="IMG_1.jpg").notes == ("other_name",)
    assert match(evidence, file_name="scan.PDF").notes == ()


def test_programs_on_a_hospitals_cd_are_noted_and_not_touched() -> None:
    evidence = found_in(scan_cd())
    assert evidence.notes == ("programs_inside",)
    assert evidence.study is not None
    assert (evidence.study.modalities, evidence.study.date) == (("CT",), "2004-01-19")


def test_a_document_with_scripts_is_noted() -> None:
    scripted = text_pdf(PATHOLOGY).replace(b"/Type /Catalog", b"/Type /Catalog /JavaScript 9 0 R")
    found = found_in(scripted)
    assert (found.problem, found.notes) == (None, ("active",))


def test_a_scanned_page_has_no_words_without_a_reader() -> None:
    found = found_in(scanned_pdf(PATHOLOGY))
    assert (found.pictured, found.text.strip()) == (True, "")


@pytest.mark.ocr
def test_the_words_of_a_photo_are_read_where_tesseract_is_installed() -> None:
    assert ocr.reader() is not None
    for data in (photo(PATHOLOGY), scanned_pdf(PATHOLOGY)):
        assert "SURGICAL PATHOLOGY REPORT" in read_apart([data]).text


def test_a_machine_without_tesseract_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    ocr.reader.cache_clear()
    try:
        assert ocr.reader() is None
    finally:
        ocr.reader.cache_clear()


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from(
        [
            b"%PDF-1.7\n",
            b"PK\x03\x04",
            b"\xff\xd8\xff\xe0",
            b"\x89PNG\r\n\x1a\n",
            b"\0" * 128 + b"DICM",
            b"",
        ]
    ),
    rest=st.binary(max_size=600),
)
def test_whatever_comes_is_answered(start: bytes, rest: bytes) -> None:
    found = found_in(start + rest)
    assert found.problem is not None or found.kind


# -- in a process of its own ----------------------------------------------------------------------


def test_the_answer_of_the_process_is_the_same() -> None:
    data = text_pdf(PATHOLOGY)
    assert read_apart([data[:500], data[500:]], with_ocr=False) == found_in(data)


def test_what_breaks_while_it_comes_is_told_to_the_caller() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"%PDF"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        read_apart(chunks())


LIMITS = """
import bot.records.papers.isolation as isolation
isolation.limit()
try:
    {attempt}
except (MemoryError, OSError) as error:
    print("refused")
"""
ATTEMPTS = {
    "memory": "bytearray(2_000_000_000)",
    "writing": "f = open('/tmp/intake-limit-test', 'wb', buffering=0); f.write(b'x' * 100)",
    "open files": "held = [open('/dev/null') for _ in range(100)]",
}


@pytest.mark.parametrize("what", sorted(ATTEMPTS))
def test_the_process_has_limits(what: str) -> None:
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)" + LIMITS.format(
        attempt=ATTEMPTS[what]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
