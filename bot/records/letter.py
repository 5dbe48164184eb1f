"""The records release letter for the treating hospital, as PDF and as editable DOCX.

It asks for exactly the critical records that are still open and that a hospital holds; what is
not known of the patient stays a line to fill in by hand.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from bot.records.catalogue import catalogue
from bot.records.checklist import Checklist, ChecklistItem
from bot.records.letter_texts import LetterTexts, texts
from bot.records.pdf import Page

Kind = Literal["title", "line", "bold", "item", "gap", "small"]


@dataclass(frozen=True, slots=True)
class Addressee:
    """What is known of the hospital and the patient; None leaves a line to fill in."""

    hospital: str | None = None
    patient: str | None = None
    born: str | None = None
    file_number: str | None = None
    diagnosis: str | None = None


def requested(found: Checklist, language: str = "en") -> tuple[ChecklistItem, ...]:
    """The critical records still open that a hospital can give."""
    papers = catalogue(language).papers
    return tuple(
        item for item in found.critical if not item.held and papers[item.id].kept_by == "hospital"
    )


def release_letter_pdf(
    found: Checklist,
    who: Addressee,
    *,
    case_number: str,
    today: date,
    language: str = "en",
) -> bytes:
    """The letter as PDF bytes."""
    words = texts(language)
    blocks = list(_blocks(found, who, case_number, today, language))
    page = Page(words, [text for _, text in blocks])
    page.set_title(f"{words.letter.title} {case_number}")
    for kind, text in blocks:
        if kind == "gap":
            page.ln(4)
        elif kind == "item":
            page.write_block(text, indent=5)
        else:
            size = {"title": 15.0, "small": 8.0}.get(kind, 10.5)
            page.write_block(text, size=size, bold=kind in ("title", "bold"))
    return bytes(page.output())


def release_letter_docx(
    found: Checklist,
    who: Addressee,
    *,
    case_number: str,
    today: date,
    language: str = "en",
) -> bytes:
    """The letter as an editable DOCX document."""
    words = texts(language)
    document = Document()
    document.core_properties.title = f"{words.letter.title} {case_number}"
    document.core_properties.author = ""
    for kind, text in _blocks(found, who, case_number, today, language):
        if kind == "title":
            paragraph = document.add_heading(text, level=1)
        else:
            paragraph = document.add_paragraph(style="List Number" if kind == "item" else None)
            run = paragraph.add_run(text.split(". ", 1)[1] if kind == "item" else text)
            run.bold = kind == "bold"
            run.font.size = Pt(8 if kind == "small" else 10.5)
        if words.direction == "rtl":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _blocks(
    found: Checklist, who: Addressee, case_number: str, today: date, language: str
) -> Iterator[tuple[Kind, str]]:
    """The letter as a sequence of paragraphs, whatever it is printed with."""
    say = texts(language).letter
    yield "title", say.title
    yield "line", f"{say.date.format(date=today)}   {say.case.format(case=case_number)}"
    yield "gap", ""
    yield "line", say.to
    if who.hospital:
        yield "line", say.hospital.format(hospital=who.hospital)
    else:
        yield "line", say.hospital_blank
    yield "gap", ""
    yield from _patient(say, who)
    yield "gap", ""
    yield "line", say.greeting
    yield "line", say.body
    wanted = requested(found, language)
    yield "bold", say.list if wanted else say.none
    for number, item in enumerate(wanted, 1):
        text = say.item.format(title=item.title, format=item.format, recency=item.recency)
        yield "item", f"{number}. {text}"
    yield "line", say.originals
    yield "line", say.thanks
    yield "gap", ""
    for text in (say.receiver, say.signature, say.signed_date):
        yield "line", text
    yield "small", say.note


def _patient(say: LetterTexts, who: Addressee) -> Iterator[tuple[Kind, str]]:
    yield "bold", say.subject.format(patient=who.patient or say.patient_blank)
    yield "line", say.born.format(born=who.born or say.born_blank)
    yield "line", say.file_number.format(number=who.file_number or say.file_number_blank)
    if who.diagnosis:
        yield "line", say.diagnosis.format(diagnosis=who.diagnosis)
