"""The referral package in each of its formats: what a hospital is given.

Guarantee: nothing is made unless the person agreed to sharing, whoever asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bot.export.case_json import export_case
from bot.export.casefile import NoConsent, NoSharing, read_case
from bot.export.documents import PDF, Document
from bot.export.fhir import case_fhir
from bot.export.package_pdf import package_pdf
from bot.facts.case import Case, Purpose
from bot.store.errors import NotFound

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
    """The package of a case. Raises KeyError for a format that is not there, NotFound, NoConsent
    and NoSharing."""
    name = f"referral-{number.strip().upper()}.{_SUFFIXES[form]}"
    return Document(name, _TYPES[form], package_bytes(store, number, form))


def package_bytes(store: Store, number: str, form: str) -> bytes:
    """The package alone."""
    make = _MAKERS[form]
    case = store.cases.by_number(number)
    if case is None:
        raise NotFound(number)
    if case.consent is None or not case.consent.given:
        raise NoConsent(f"case {case.number}: no consent was given, so nothing of it may leave")
    if not shared(case):
        raise NoSharing(
            f"case {case.number}: no consent to share it with a hospital was given; "
            "ask for it in the console"
        )
    return make(store, number)


def shared(case: Case) -> bool:
    """Whether a hospital may be given the case."""
    return case.may(Purpose.SHARING)


def own_record(store: Store, number: str) -> bytes:
    """The case for the service itself, as JSON; without any consent it holds nothing that was
    said. Raises NotFound."""
    return _as_json(store, number)


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
