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
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from bot.records.catalogue import catalogue
from bot.records.letter_texts import DEFAULT, LetterTexts, texts
from bot.records.model import Checklist, ChecklistItem
from bot.records.page import LINE, Page

Kind = Literal["title", "line", "bold", "item", "gap", "sign", "small"]
_SIZES: dict[Kind, float] = {"title": 15.0, "small": 8.0}
_SIZE = 10.0
_INDENT = 7.0


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph; `rest` is what follows its bold beginning."""

    kind: Kind
    text: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Addressee:
    """What is known of the hospital and the patient; None leaves a line to fill in."""

    hospital: str | None = None
    patient: str | None = None
    born: str | None = None
    file_number: str | None = None
    diagnosis: str | None = None


def requested(found: Checklist) -> tuple[ChecklistItem, ...]:
    """The critical records still open that a hospital can give."""
    papers = catalogue().papers
    return tuple(i for i in found.critical if not i.settled and papers[i.id].kept_by == "hospital")


def release_letter_pdf(
    found: Checklist,
    who: Addressee,
    *,
    case_number: str,
    today: date,
    language: str = DEFAULT,
) -> bytes:
    """The letter as PDF bytes."""
    words = texts(language)
    blocks = list(_blocks(found, who, case_number, today, words.letter))
    used = [text for block in blocks for text in (block.text, block.rest)]
    page = Page(used, number=words.checklist.page, rtl=words.direction == "rtl")
    page.set_title(f"{words.letter.title} {case_number}")
    number = 0
    for block in blocks:
        number += block.kind == "item"
        _print(page, block, number)
    return bytes(page.output())


def _print(page: Page, block: Block, number: int) -> None:
    size = _SIZES.get(block.kind, _SIZE)
    if block.kind == "gap":
        page.ln(3)
    elif block.kind == "item":
        width = page.epw - _INDENT
        lines = page.lines_of(f"{block.text} {block.rest}", size, width)
        if page.will_page_break((lines + 1) * size * LINE):  # a record is not cut in two
            page.add_page()
        page.set_font("Main", "", size)
        page.cell(_INDENT, size * LINE, f"{number}.", new_x="LMARGIN", new_y="TOP")
        page.write_block(block.text, size, indent=_INDENT, gap=0)
        page.write_block(block.rest, size=8.5, grey=True, indent=_INDENT, gap=1.2)
    else:
        if block.kind == "sign" and page.will_page_break(34):  # the signature stays together
            page.add_page()
        gap = 3.0 if block.kind == "sign" else 1.0
        page.write_block(block.text, size, bold=block.kind in ("title", "bold"), gap=gap)


def release_letter_docx(
    found: Checklist,
    who: Addressee,
    *,
    case_number: str,
    today: date,
    language: str = DEFAULT,
) -> bytes:
    """The letter as an editable DOCX document."""
    words = texts(language)
    document = Document()
    document.core_properties.title = f"{words.letter.title} {case_number}"
    document.core_properties.author = ""
    document.core_properties.comments = ""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    for block in _blocks(found, who, case_number, today, words.letter):
        paragraph = _paragraph(document, block)
        if words.direction == "rtl":
            _right_to_left(paragraph)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _paragraph(document: Docx, block: Block) -> Paragraph:
    if block.kind == "title":
        heading: Paragraph = document.add_heading(block.text, level=1)
        return heading
    paragraph: Paragraph = document.add_paragraph(
        style="List Number" if block.kind == "item" else None
    )
    paragraph.paragraph_format.space_after = Pt(8 if block.kind == "sign" else 3)
    text = f"{block.text} {block.rest}" if block.kind == "item" else block.text
    run = paragraph.add_run(text)
    run.bold = block.kind == "bold"
    run.font.size = Pt(_SIZES.get(block.kind, _SIZE))
    return paragraph


def _right_to_left(paragraph: Paragraph) -> None:
    """The direction of the paragraph and of its runs, as word processors need both."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        mark = OxmlElement("w:rtl")
        mark.set(qn("w:val"), "1")
        run._r.get_or_add_rPr().append(mark)


def _blocks(
    found: Checklist, who: Addressee, case_number: str, today: date, say: LetterTexts
) -> Iterator[Block]:
    """The letter as a sequence of paragraphs, whatever it is printed with."""
    yield Block("title", say.title)
    yield Block("line", f"{say.date.format(date=today)} · {say.case.format(case=case_number)}")
    yield Block("gap")
    yield Block("line", say.to)
    if who.hospital:
        yield Block("line", say.hospital.format(hospital=who.hospital))
    else:
        yield Block("line", say.hospital_blank)
    yield Block("gap")
    yield from _patient(say, who)
    yield Block("gap")
    yield Block("line", say.greeting)
    yield Block("line", say.body)
    wanted, papers = requested(found), catalogue().papers
    yield Block("bold", say.list if wanted else say.none)
    for item in wanted:
        title = say.item.format(title=item.title)
        form = say.formats.get(papers[item.id].format, item.format)
        how = say.how.format(format=form, recency=item.recency)
        yield Block("item", title, how)
    yield Block("line", say.originals)
    yield Block("line", say.thanks)
    yield Block("gap")
    for text in (say.receiver, say.signature, say.signed_date):
        yield Block("sign", text)
    yield Block("small", say.note)


def _patient(say: LetterTexts, who: Addressee) -> Iterator[Block]:
    yield Block("bold", say.subject.format(patient=who.patient or say.patient_blank))
    yield Block("line", say.born.format(born=who.born or say.born_blank))
    yield Block("line", say.file_number.format(number=who.file_number or say.file_number_blank))
    if who.diagnosis:
        yield Block("line", say.diagnosis.format(diagnosis=who.diagnosis))
