"""The names of the documents that can be made for a person, shared by who asks and who makes."""

from __future__ import annotations

from typing import Final

PRINTED_LIST: Final = "printed_list"
LETTER_PDF: Final = "letter_pdf"
LETTER_DOCX: Final = "letter_docx"
MY_DATA: Final = "my_data"
LETTER: Final = (LETTER_PDF, LETTER_DOCX)
