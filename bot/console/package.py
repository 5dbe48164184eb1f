"""The panel of documents: referral package, printed list, letter, and how complete it all is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.console.opened import Opened
from bot.console.permissions import Sharing, sharing
from bot.export.package import FORMATS
from bot.facts.case import Purpose
from bot.records.documents import LETTER_DOCX, LETTER_PDF, PRINTED_LIST

if TYPE_CHECKING:
    from bot.console.frame import Visit
    from bot.store.records import ChecklistItem

KINDS: Final = (PRINTED_LIST, LETTER_PDF, LETTER_DOCX)


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel: what can be fetched, how complete the records are, where the letter goes."""

    package: tuple[Download, ...]
    documents: tuple[Download, ...]
    complete: str
    hospital: str
    can_send: bool
    sharing: Sharing


def panel(visit: Visit, opened: Opened, items: list[ChecklistItem]) -> Panel:
    """The panel of a case; without consent it holds nothing to fetch."""
    t, case = visit.texts, opened.case
    agreed = case.consent is not None and case.consent.given
    number = case.number
    return Panel(
        package=tuple(
            Download(visit.link("package", number=number, form=form), t(f"package.{form}"))
            for form in FORMATS
            if case.may(Purpose.SHARING)
        ),
        documents=tuple(
            Download(visit.link("document", number=number, kind=kind), t(f"package.{kind}"))
            for kind in KINDS
            if agreed
        ),
        complete=_complete(visit, items),
        hospital=str(case.memory.get("hospital") or ""),
        can_send=agreed and opened.conversation.stopped_at is None,
        sharing=sharing(visit, opened),
    )


def _complete(visit: Visit, items: list[ChecklistItem]) -> str:
    records = [i for i in items if i.kind == "record" and i.state != "waived"]
    critical = [i for i in records if i.level == "C"]
    if not records:
        return ""
    return visit.texts(
        "package.complete",
        critical=_percent(critical),
        total=_percent(records),
    )


def _percent(items: list[ChecklistItem]) -> int:
    held = sum(_held(item) for item in items)
    return 100 * held // len(items) if items else 100


def _held(item: ChecklistItem) -> bool:
    body: Any = item.body if isinstance(item.body, dict) else {}
    return item.state == "received" or bool(body.get("held"))
