"""The list of what did not get through, in either direction, with "try again"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console.frame import Visit
from bot.store.errors import NotFound
from bot.store.undelivered import Undelivered

PAGE = 50
LISTS = ("given_up", "waiting")


@dataclass(frozen=True, slots=True)
class Row:
    """One message; what it says stands in the case, where a look is audited."""

    message_id: str
    case: str
    href: str
    way: str
    channel: str
    state: str
    tone: str
    attempts: int
    at: datetime
    again: bool


def show(visit: Visit) -> Response:
    """Given up, or waiting for the person to write."""
    chosen = visit.asked("list") if visit.asked("list") in LISTS else LISTS[0]
    before = visit.asked("before")
    letters = visit.store.dead_letters
    listed = letters.waiting if chosen == "waiting" else letters.given_up
    found = listed(int(before) if before.isdigit() and len(before) < 18 else None, PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    visit.store.audit.write(visit.me.name, "undelivered.view", "undelivered")
    t = visit.texts
    return visit.page(
        "undelivered.html",
        rows=[_row(visit, line) for line in found],
        tabs=[
            (visit.link("undelivered", query={"list": n}), t(f"undelivered.{n}"), n == chosen)
            for n in LISTS
        ],
        chosen=chosen,
        next_page=visit.link("undelivered", query={"list": chosen, "before": str(found[-1].seq)})
        if more
        else "",
    )


def _row(visit: Visit, line: Undelivered) -> Row:
    t = visit.texts
    said = t.named("talk.delivery", line.state)
    return Row(
        message_id=line.message_id,
        case=line.case or "",
        href=visit.link("case", number=line.case) + f"#m-{line.message_id}" if line.case else "",
        way=t("undelivered.incoming" if line.incoming else "undelivered.outgoing"),
        channel=t.named("channel", line.channel),
        state=f"{said} {t('talk.error', code=line.code)}" if line.code else said,
        tone="red" if line.may_be_tried else "amber",
        attempts=line.attempts,
        at=line.updated_at,
        again=line.may_be_tried,
    )


def try_again(visit: Visit) -> Response:
    """Answer or send one message again."""
    try:
        visit.store.dead_letters.try_again(visit.said("message"), visit.me.name)
    except NotFound:
        raise HTTPException(404) from None
    return visit.go("undelivered", query={"done": "try_again"})
