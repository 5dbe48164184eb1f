"""A tiny engine that speaks the engine's protocol, for tests of everything around it.

It answers by fixed rules that are easy to see in a test, remembers what it was asked, and can be
slow or down on demand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class EngineStandIn:
    """Echoes texts; "buttons" offers two, "long" answers at length, "twice" in two messages."""

    token: str = "engine-token"
    down: bool = False
    seconds: float = 0.0
    turns: list[dict[str, Any]] = field(default_factory=list)
    # Answers instead of the fixed rules.
    answer: Callable[[dict[str, Any]], list[dict[str, Any]]] | None = None

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.hello),
                Route("/health", lambda _request: JSONResponse({"status": "ok"})),
                Route("/webhooks/intake/turn", self.turn, methods=["POST"]),
                Route("/webhooks/intake/understand", self.understand, methods=["POST"]),
            ]
        )

    async def hello(self, _request: Request) -> Response:
        return PlainTextResponse("Hello", 503 if self.down else 200)

    async def turn(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        asked = await request.json()
        self.turns.append(asked)
        await asyncio.sleep(self.seconds)
        answer = self.answer or self._replies
        replies = await asyncio.to_thread(answer, asked)
        return JSONResponse({"replies": replies, "seconds": {"understand": 0.001, "act": 0.002}})

    async def understand(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        asked = await request.json()
        nothing = {"intent": "inform", "confidence": 1.0, "topic": None, "reading": {}}
        return JSONResponse({"results": [{"id": m["id"], **nothing} for m in asked["messages"]]})

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return PlainTextResponse("Unauthorized", 401)
        return PlainTextResponse("Down", 503) if self.down else None

    def _replies(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        text = (asked.get("text") or "").strip()
        kind = asked["metadata"].get("kind")
        if asked.get("payload"):
            return [_reply(f"You chose {asked['payload']}")]
        if kind in ("file", "voice", "sticker", "contact", "location", "unsupported", "command"):
            return [_reply(f"Thank you for the {kind}. {text}".strip())]
        if text == "buttons":
            offered = [
                {"title": "Walking about", "payload": '/answer{"fact": "ecog", "value": 1}'},
                {"title": "Mostly in bed", "payload": '/answer{"fact": "ecog", "value": 3}'},
            ]
            return [_reply("How is she on most days?", offered)]
        if text == "long":
            return [_reply(" ".join(f"This is sentence number {n}." for n in range(400)))]
        if text == "twice":
            return [_reply("First."), _reply("Second.")]
        return [_reply(f"You said: {text}")]


def _reply(text: str, buttons: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"text": text, "buttons": buttons or [], "files": [], "response": "utter_stand_in"}
