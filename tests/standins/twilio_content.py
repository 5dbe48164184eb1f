"""What Twilio's content templates may hold, as its Content API and WhatsApp refuse it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_PLACE = re.compile(r"\{\{(\d+)\}\}")
# Fields of each type of content, those that must be there first, as in Twilio's OpenAPI document.
FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "twilio/text": (frozenset({"body"}), frozenset()),
    "twilio/quick-reply": (frozenset({"body", "actions"}), frozenset()),
    "twilio/list-picker": (frozenset({"body", "button", "items"}), frozenset()),
}
ACTION = (frozenset({"title"}), frozenset({"type", "id"}))
ITEM = (frozenset({"id", "item"}), frozenset({"description"}))


@dataclass
class Contents:
    """The content templates of one account; `approved` may be sent outside the window."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)

    def routes(
        self,
        unauthorised: Callable[[Request], Response | None],
        error: Callable[[int, int, str], Response],
        new_sid: Callable[[str], str],
    ) -> list[Route]:
        """The part of the Content API that makes templates."""

        async def make(request: Request) -> Response:
            asked = await request.json()
            refused = unauthorised(request)
            if refused is not None or content_definition_mistake(asked):
                return refused or error(400, 20001, "Content")
            sid = new_sid("HX")
            self.made[sid] = asked
            return JSONResponse({"sid": sid, **asked}, 201)

        async def approve(request: Request) -> Response:
            asked, sid = await request.json(), request.path_params["sid"]
            refused = unauthorised(request)
            good = sid in self.made and re.fullmatch(r"[a-z0-9_]{1,512}", asked.get("name", ""))
            if refused is not None or not good or asked.get("category") != "UTILITY":
                return refused or error(400, 20001, "ApprovalRequest")
            self.approved.add(sid)
            return JSONResponse({"status": "received", **asked}, 201)

        approval = "/v1/Content/{sid}/ApprovalRequests/whatsapp"
        return [
            Route("/v1/Content", make, methods=["POST"]),
            Route(approval, approve, methods=["POST"]),
        ]

    def broken(self, fields: dict[str, str]) -> tuple[int, str] | None:
        """The rule about content that a message breaks: code and text."""
        sid = fields.get("ContentSid")
        if sid is None:
            return (21655, "ContentSid Required") if "ContentVariables" in fields else None
        content, given = self.made.get(sid), variables(fields)
        if content is None:
            return 21655, "The ContentSid is invalid"
        if given is None or content_mistake(content, given) is not None:
            return 21656, "The ContentVariables Parameter is invalid"
        return None

    def body(self, fields: dict[str, str]) -> str:
        """The text of a message as Twilio's list shows it."""
        shape = self._filled(fields)
        return fields.get("Body", "") if shape is None else str(shape["body"])

    def choices(self, fields: dict[str, str]) -> list[tuple[str, str]]:
        """Titles and ids of the buttons or items of a message."""
        shape = self._filled(fields) or {}
        found = [*shape.get("actions", ()), *shape.get("items", ())]
        return [(choice.get("title") or choice["item"], choice["id"]) for choice in found]

    def _filled(self, fields: dict[str, str]) -> dict[str, Any] | None:
        content = self.made.get(fields.get("ContentSid", ""))
        if content is None:
            return None
        [shape] = content["types"].values()
        return dict(filled(shape, variables(fields) or {}))


def variables(fields: dict[str, str]) -> dict[str, str] | None:
    """The variables of a message, or None when they are no object of texts."""
    try:
        given = json.loads(fields.get("ContentVariables", "{}"))
    except ValueError:
        return None
    good = isinstance(given, dict) and all(
        isinstance(v, str) and v.strip() and len(v) <= 1600 for v in given.values()
    )
    return given if good else None


def content_definition_mistake(asked: dict[str, Any]) -> str | None:
    """The first thing that Twilio would not make a template of."""
    if not isinstance(asked.get("language"), str) or set(asked) - {
        *("friendly_name", "language", "variables", "types"),
    }:
        return "fields"
    for kind, body in asked.get("types", {}).items():
        if kind not in FIELDS or not _has(body, *FIELDS[kind]):
            return kind
        if not all(_has(action, *ACTION) for action in body.get("actions", ())):
            return "actions"
        if not all(_has(item, *ITEM) for item in body.get("items", ())):
            return "items"
        places = set(_PLACE.findall(json.dumps(body)))
        if places != set(asked.get("variables", {})):
            return "variables"
    return None if asked.get("types") else "types"


def content_mistake(content: dict[str, Any], given: dict[str, str]) -> str | None:
    """The first thing about a filled template that WhatsApp does not show."""
    [(kind, shape)] = content["types"].items()
    if set(_PLACE.findall(json.dumps(shape))) - set(given):
        return "a variable is missing"
    body = filled(shape, given)
    limits = [(body["body"], 1600 if kind == "twilio/text" else 1024)]
    limits += [(action["title"], 20) for action in body.get("actions", ())]
    limits += [(action["id"], 200) for action in body.get("actions", ())]
    for item in body.get("items", ()):
        limits += [(item["item"], 24), (item["id"], 200), (item.get("description", ""), 72)]
    if any(len(text) > most for text, most in limits):
        return "too long"
    choices = body.get("actions") or body.get("items") or ()
    titles = [choice.get("title") or choice.get("item") for choice in choices]
    most = 3 if kind == "twilio/quick-reply" else 10
    if len(titles) > most or (kind == "twilio/quick-reply" and len(set(titles)) < len(titles)):
        return "choices"
    return None


def filled(shape: Any, given: dict[str, str]) -> Any:
    """A template with its variables filled in."""
    if isinstance(shape, dict):
        return {name: filled(value, given) for name, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, given) for value in shape]
    return _PLACE.sub(lambda m: given[m.group(1)], shape) if isinstance(shape, str) else shape


def _has(value: Any, needed: frozenset[str], more: frozenset[str]) -> bool:
    return isinstance(value, dict) and needed <= set(value) <= needed | more
