"""Reads DICOM headers: what was scanned and when. Pictures in the files are never decoded."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO, Final

import pydicom
from pydicom.errors import InvalidDicomError

from bot.records.papers.evidence import Study

_DESCRIBING: Final = (
    "StudyDescription",
    "SeriesDescription",
    "ProtocolName",
    "RequestedProcedureDescription",
)
_DATES: Final = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
_LONGEST: Final = 400
_UNREADABLE: Final = (
    InvalidDicomError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
)


def study_of(files: Iterable[BinaryIO]) -> Study | None:
    """What the headers of these files say together; None when none of them is DICOM."""
    headers = [header for header in map(_header, files) if header is not None]
    if not headers:
        return None
    dates = [date for header in headers if (date := _date(header))]
    described = dict.fromkeys(text for header in headers for text in _described(header))
    return Study(
        modalities=_distinct(headers, "Modality"),
        parts=_distinct(headers, "BodyPartExamined"),
        description=" ; ".join(described)[:_LONGEST],
        date=max(dates, default=None),
        files=len(headers),
    )


def sampled(contents: Iterable[tuple[str, bytes]]) -> Study | None:
    """The study in an archive, from the first bytes of its entries."""
    return study_of(io.BytesIO(data) for _name, data in contents)


def _header(file: BinaryIO) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(file, stop_before_pixels=True, force=True)
            return header if "Modality" in header or "SOPClassUID" in header else None
    except _UNREADABLE:
        return None


def _distinct(headers: list[Any], name: str) -> tuple[str, ...]:
    found = (_text(header, name).upper().replace(" ", "") for header in headers)
    return tuple(dict.fromkeys(value for value in found if value))


def _described(header: Any) -> list[str]:
    texts = [_text(header, name) for name in _DESCRIBING]
    drugs = header.get("RadiopharmaceuticalInformationSequence") or ()
    texts += [_text(drug, "Radiopharmaceutical") for drug in drugs]
    return [text for text in texts if text]


def _date(header: Any) -> str | None:
    for name in _DATES:
        try:
            return datetime.strptime(_text(header, name)[:8], "%Y%m%d").date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _text(header: Any, name: str) -> str:
    try:
        return str(header.get(name) or "").strip()[:_LONGEST]
    except _UNREADABLE:
        return ""
