"""Saved views: filters of the list that somebody keeps under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.responses import Response

from bot.console.frame import Visit
from bot.console.transcript import shown

MOST = 20
LONGEST_NAME = 40
# What a view keeps; the page of the list is none of it.
KEPT = (
    *("state", "urgency", "cancer", "country", "channel", "language", "assigned", "desk", "needs"),
    *("mine", "waiting", "mentioned", "tag"),
)


@dataclass(frozen=True, slots=True)
class View:
    """One saved view."""

    id: int
    name: str
    href: str
    here: bool


def listed(visit: Visit, now: Mapping[str, str]) -> tuple[View, ...]:
    """The views of whoever looks."""
    current = {k: v for k, v in now.items() if v}
    return tuple(
        View(
            id=view.id,
            name=shown(view.name),
            href=visit.link("queue", query=view.query),
            here=dict(view.query) == current,
        )
        for view in visit.store.desk.views(visit.me.name)
    )


def save(visit: Visit) -> Response:
    """Keep the filters of the list."""
    name = " ".join(visit.said("name").split())[:LONGEST_NAME]
    given = dict(parse_qsl(visit.said("query")[:2000]))
    query = {k: given[k][:60] for k in KEPT if given.get(k)}
    if len(visit.store.desk.views(visit.me.name)) >= MOST:
        return visit.go("queue", query=query | {"done": "view_full"})
    if name and query:
        visit.store.desk.save_view(visit.me.name, name, query)
    return visit.go("queue", query=query | {"done": "view"})


def remove(visit: Visit) -> Response:
    """Forget a view of one's own."""
    given = visit.said("view")
    if given.isdigit() and len(given) < 18:
        visit.store.desk.remove_view(visit.me.name, int(given))
    return visit.go("queue", query={"done": "view_removed"})
