"""Everything a document says about one case, read from the store at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.facts.case import Case, FactStatus
from bot.intake.describing import Describer
from bot.intake.desk import desk
from bot.intake.judging import judge_case
from bot.records.catalogue import catalogue
from bot.records.model import Checklist
from bot.records.papers.received import papers_of_files
from bot.store.errors import NotFound
from bot.store.messages import Author
from bot.store.records import AssessmentRecord

if TYPE_CHECKING:
    from bot.store import Store

PAGE = 200


class NoConsent(PermissionError):
    """The person has not agreed: nothing of the case may leave."""


class NoSharing(NoConsent):
    """The person has not agreed that the case goes to a hospital."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file the person sent; `caption` is what they wrote with it, `size` in bytes.

    `papers` are the names of the records it was recognised as.
    """

    number: int
    name: str
    content_type: str
    size: int | None
    caption: str
    at: datetime
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case as documents show it. `assessment` is the latest stored run, as on the wire."""

    case: Case
    assessment: Mapping[str, Any]
    assessed_at: datetime | None
    checklist: Checklist
    files: tuple[SentFile, ...]
    today: date

    @property
    def number(self) -> str:
        """The case number."""
        return str(self.case.number)

    @property
    def facts(self) -> dict[str, Any]:
        """The known facts, as on the wire."""
        return self.case.wire()

    def label(self, fact: str) -> str:
        """What a fact is called."""
        questions = desk().questions("en")
        return questions[fact].label if fact in questions else fact.replace("_", " ").capitalize()

    def said(self, fact: str) -> str:
        """A known fact in words, "" when it is not known."""
        held = self.case.facts.get(fact)
        if held is None or held.status is not FactStatus.KNOWN:
            return ""
        if fact == "docs_available":
            return ", ".join(_paper(each) for each in held.value or ())
        return self.describe.value(fact, held.value)

    @property
    def describe(self) -> Describer:
        """Says facts in the language of hospitals."""
        return _describer()


def _paper(told: Any) -> str:
    """A paper at hand by its name; `told` is its id, or {"id", "format"}."""
    ident = str(told.get("id", "")) if isinstance(told, Mapping) else str(told)
    paper = catalogue().paper(ident)
    form = told.get("format") if isinstance(told, Mapping) else None
    return (paper.title if paper else ident) + (f" ({form})" if form else "")


@cache
def _describer() -> Describer:
    return desk().describer("en")


def read_case(store: Store, number: str) -> CaseFile:
    """The case file. Raises NotFound, and NoConsent when nothing may leave."""
    case = store.cases.by_number(number)
    if case is None:
        raise NotFound(number)
    if case.consent is None or not case.consent.given:
        raise NoConsent(f"case {case.number}: no consent was given, so nothing of it may leave")
    today = store.database.now().date()
    made, listed = judge_case(case, desk().knowledge, today)
    latest: AssessmentRecord | None = next(iter(store.cases.assessments(case.number)), None)
    stored = latest.result if latest and isinstance(latest.result, Mapping) else None
    return CaseFile(
        case=case,
        assessment=stored or made.as_wire(),
        assessed_at=latest.created_at if latest else None,
        checklist=listed,
        files=tuple(_files(store, case)),
        today=today,
    )


def _files(store: Store, case: Case) -> list[SentFile]:
    """What the person sent, oldest first."""
    lines = []
    before: int | None = None
    chats = [door.id for door in store.links.doors(case.conversation_id)]
    while page := store.queries.talk(chats, before, PAGE):
        lines += page
        before = page[-1].seq
    sent = [line for line in reversed(lines) if line.author is Author.PATIENT and line.incoming]
    known, filed = catalogue().papers, papers_of_files(case)
    found: list[SentFile] = []
    for line in sent:
        for place, file in enumerate(line.incoming.files if line.incoming else ()):
            items = filed.get(f"{line.message_id}/{place}", ())
            found.append(
                SentFile(
                    number=len(found) + 1,
                    name=file.name or "",
                    content_type=file.content_type or "",
                    size=file.size,
                    caption=line.text or "",
                    at=line.created_at,
                    papers=tuple(known[item].title for item in items if item in known),
                )
            )
    return found
