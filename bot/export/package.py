"""The referral package in each of its formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bot.export.case_json import export_case
from bot.export.casefile import read_case
from bot.export.documents import PDF, Document
from bot.export.fhir import case_fhir
from bot.export.package_pdf import package_pdf

if TYPE_CHECKING:
    from bot.store import Store

_TYPES: Final = {
    "json": "application/json",
    "pdf": PDF,
    "fhir": "application/fhir+json",
}
FORMATS: Final = tuple(_TYPES)
_SUFFIXES: Final = {"json": "json", "pdf": "pdf", "fhir": "fhir.json"}


def package(store: Store, number: str, form: str) -> Document:
    """The package of a case. Raises KeyError for a format that is not there, NotFound, and
    NoConsent (JSON then says that there was none and holds nothing else)."""
    name = f"referral-{number.strip().upper()}.{_SUFFIXES[form]}"
    return Document(name, _TYPES[form], package_bytes(store, number, form))


def package_bytes(store: Store, number: str, form: str) -> bytes:
    """The package alone."""
    return _MAKERS[form](store, number)


def _as_json(store: Store, number: str) -> bytes:
    return json.dumps(export_case(store, number), ensure_ascii=False, indent=2).encode() + b"\n"


def _as_pdf(store: Store, number: str) -> bytes:
    return package_pdf(read_case(store, number))


def _as_fhir(store: Store, number: str) -> bytes:
    return case_fhir(read_case(store, number))


_MAKERS: Final[dict[str, Callable[[Store, str], bytes]]] = {
    "json": _as_json,
    "pdf": _as_pdf,
    "fhir": _as_fhir,
}
