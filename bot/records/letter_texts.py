"""The words of printed documents by language, from `knowledge/letters/`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load

FOLDER = KNOWLEDGE / "letters"
DEFAULT = "en"


@dataclass(frozen=True)
class ChecklistTexts:
    """Words of the printed checklist."""

    title: str
    case: str
    date: str
    intro: str
    first: str
    rest: str
    progress: str
    have: str
    will_get: str
    not_available: str
    look_for: str
    format: str
    recency: str
    held: str
    first_look: str
    outdated: str
    waived: str
    photo: str
    translation: str
    tests: str
    closing: str
    page: str


@dataclass(frozen=True)
class LetterTexts:
    """Words of the records release letter."""

    title: str
    date: str
    case: str
    to: str
    hospital: str
    hospital_blank: str
    subject: str
    patient_blank: str
    born: str
    born_blank: str
    file_number: str
    file_number_blank: str
    diagnosis: str
    greeting: str
    body: str
    list: str
    item: str
    how: str
    formats: dict[str, str]
    none: str
    originals: str
    thanks: str
    signature: str
    signed_date: str
    receiver: str
    note: str


@dataclass(frozen=True)
class PackageTexts:
    """Words of the referral package."""

    title: str
    basis: str
    diagnosis: str
    patient: str
    timeline: str
    no_treatment: str
    no_dates: str
    without_dates: str
    planned: str
    markers: str
    no_markers: str
    state: str
    question: str
    no_question: str
    more: str
    ongoing: str
    today: str
    kinds: dict[str, str]
    flags: str
    files_count: str
    facts: str
    fact: str
    value: str
    words: str
    assessment: str
    assessment_note: str
    made: str
    triages: dict[str, str]
    travels: dict[str, str]
    statuses: dict[str, str]
    reasons: str
    cautions: str
    missing: str
    evidence: str
    rules: str
    others: str
    records: str
    records_done: str
    critical: str
    helpful: str
    tests: str
    files: str
    no_files: str
    file: str
    kind: str
    sent: str
    note: str
    size: str
    record: str
    not_filed: str
    closing: str
    labels: dict[str, str]


@dataclass(frozen=True)
class CopyTexts:
    """Words of the copy that a person gets of everything kept about them."""

    title: str
    made: str
    person: str
    consents: str
    yes: str
    no: str
    not_asked: str
    facts: str
    until: str
    assessment: str
    records: str
    messages: str
    closing: str


@dataclass(frozen=True)
class Texts:
    """One language: its writing direction and its words."""

    source: str
    as_of: date
    review: Literal["pending", "approved"]
    direction: Literal["ltr", "rtl"]
    checklist: ChecklistTexts
    letter: LetterTexts
    package: PackageTexts
    copy: CopyTexts


@cache
def texts(language: str = DEFAULT, folder: Path = FOLDER) -> Texts:
    """The words of a language, English where it has none; raises KnowledgeError."""
    path = folder / f"{language}.yml"
    found: Texts = load(path if path.exists() else folder / f"{DEFAULT}.yml", Texts)
    return found
