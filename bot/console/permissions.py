"""The consent to give a case to a hospital: where it stands, asking for it, writing it down.

A coordinator can put the question into the chat, and can note what was agreed by telephone or on
paper; who noted it, and how it was given, stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage, plain
from bot.console.frame import Visit
from bot.console.opened import Opened, open_case
from bot.facts.case import Case, Consent, Purpose
from bot.intake.permissions import AGREEING, CHOICES, VERSIONS, name_of
from bot.intake.speech import move_payload
from bot.store.errors import NotFound
from bot.store.messages import Author, OutboundReply, ReplyButton
from bot.wording import catalogue

# How a consent that a coordinator notes was given.
WAYS: Final = ("phone", "paper", "in_person")
BY_COORDINATOR: Final = "coordinator"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where the consent stands, and what can be done about it."""

    given: bool
    text: str
    can_ask: bool
    can_note: bool


def sharing(visit: Visit, opened: Opened) -> Sharing:
    """The consent of a case as the panel shows it."""
    t, case = visit.texts, opened.case
    held, given = case.permissions.get(Purpose.SHARING), case.may(Purpose.SHARING)
    agreed = case.consent is not None and case.consent.given
    if held is None:
        text = t("sharing.open")
    else:
        on = plain.clock(held.at, "day", visit.locale, visit.zone, visit.now)
        text = t("sharing.given" if held.given else "sharing.refused", date=on)
    reachable = opened.conversation.stopped_at is None
    return Sharing(given, text, agreed and reachable and not given, agreed)


def change_sharing(visit: Visit) -> Response:
    """Ask in the chat, or note what was agreed or taken back elsewhere."""
    opened = open_case(visit)
    if not sharing(visit, opened).can_note:
        raise HTTPException(403)
    act, way = visit.said("act"), visit.said("way")
    if act == "ask":
        return _ask(visit, opened)
    if act not in ("given", "withdrawn") or way not in WAYS:
        raise HTTPException(400)
    consent = Consent(
        act == "given",
        f"{VERSIONS[Purpose.SHARING]}, {way}",
        opened.case.language,
        BY_COORDINATOR,
        visit.now,
    )

    def note(case: Case) -> None:
        case.permissions[Purpose.SHARING] = consent

    action = f"consent.{Purpose.SHARING}.{'given' if consent.given else 'refused'}"
    _change(visit, opened, action, note, way)
    return casepage.after_change(visit, "sharing_noted", "package")


def _ask(visit: Visit, opened: Opened) -> Response:
    if not sharing(visit, opened).can_ask:
        return casepage.after_change(visit, "sharing_late", "package")
    name, language = name_of(Purpose.SHARING), opened.case.language
    texts = catalogue()

    def wait_for_answer(case: Case) -> None:
        case.memory[AGREEING] = Purpose.SHARING.value

    _change(visit, opened, "consent.sharing.ask", wait_for_answer)
    response = f"utter_ask_{name}"
    question = OutboundReply(
        text=texts.render(response, language),
        response=response,
        buttons=tuple(
            ReplyButton(title=texts.render(title, language), payload=move_payload(move))
            for title, move in CHOICES[Purpose.SHARING]
        ),
    )
    visit.store.outbox.enqueue(
        opened.conversation.id, [question], author=Author.COORDINATOR, author_name=visit.me.name
    )
    return casepage.after_change(visit, "sharing_asked", "package")


def _change(
    visit: Visit,
    opened: Opened,
    action: str,
    change: Callable[[Case], None],
    reason: str | None = None,
) -> None:
    try:
        visit.store.desk.change(opened.case.number, visit.me.name, action, change, reason=reason)
    except NotFound:
        raise HTTPException(404) from None
