"""Makes the documents a person or a coordinator is given: printed list, release letter.

Guarantee: a document's file name holds its kind and the case number, never a word of health.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.export.casefile import CaseFile, read_case
from bot.records.documents import LETTER_DOCX, LETTER_PDF, PRINTED_LIST
from bot.records.letter import Addressee, release_letter_docx, release_letter_pdf
from bot.records.pdf import checklist_pdf

if TYPE_CHECKING:
    from bot.store import Store

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Document:
    """One finished document."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Kind:
    stem: str
    suffix: str
    content_type: str
    make: Callable[[CaseFile], bytes]


def described(kind: str, number: str) -> tuple[str, str]:
    """File name and content type of a document of a case. Raises KeyError as `make_document`."""
    wanted = _KINDS[kind]
    return f"{wanted.stem}-{number}.{wanted.suffix}", wanted.content_type


def make_document(store: Store, number: str, kind: str) -> Document:
    """One document of a case, by its name in `bot.records.documents`.

    Raises KeyError for a name that is not there, NotFound, NoConsent.
    """
    name, content_type = described(kind, number)
    return Document(name, content_type, _KINDS[kind].make(read_case(store, number)))


def _printed_list(file: CaseFile) -> bytes:
    return checklist_pdf(
        file.checklist, case_number=file.number, today=file.today, language=file.case.language
    )


def _letter_pdf(file: CaseFile) -> bytes:
    return release_letter_pdf(
        file.checklist, addressee(file), case_number=file.number, today=file.today
    )


def _letter_docx(file: CaseFile) -> bytes:
    return release_letter_docx(
        file.checklist, addressee(file), case_number=file.number, today=file.today
    )


def addressee(file: CaseFile) -> Addressee:
    """What the letter knows of hospital and patient."""
    held = file.case.facts.get("cancer_type")
    diagnosis = file.describe.line_value(file.case, "cancer_type") if held and held.value else ""
    return Addressee(
        hospital=file.case.memory.get("hospital") or None,
        diagnosis=diagnosis[:1].upper() + diagnosis[1:] or None,
    )


_KINDS: dict[str, _Kind] = {
    PRINTED_LIST: _Kind("records-list", "pdf", PDF, _printed_list),
    LETTER_PDF: _Kind("records-letter", "pdf", PDF, _letter_pdf),
    LETTER_DOCX: _Kind("records-letter", "docx", DOCX, _letter_docx),
}
