"""The engine's own door: one turn in, its replies out; and understanding without a turn.

Only the app talks to it, over loopback or a private network, with a token that is compared in
constant time. Typed text never becomes an intent payload: what a person types in front of an
intent's slash is escaped, and payloads are taken from the `payload` field alone. A turn that
fails anywhere answers 500 without content, so that the worker tries it again; nothing that a
person wrote goes into a log or an error.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.engine import answered_once, fast_actions, graph_runner
from bot.engine.intent_classifier import TOPIC, TOPIC_CONFIDENCE
from bot.engine.knowledge_extractor import READING, TYPED_MARK
from bot.engine.stages import measured
from bot.oncology.coordinates import place_in_words
from bot.oncology.knowledge_files import set_apart

logger = logging.getLogger(__name__)

TOKEN_VARIABLE = "INTAKE_ENGINE_TOKEN"  # noqa: S105 - the variable's name
MOST_MESSAGES = 2000
# A turn without words still is one: a file is records sent, anything else speaks by its metadata.
_WORDLESS = {"file": "/send_records", "image": "/send_records", "document": "/send_records"}
_WORDLESS_DEFAULT = "/inform"


class BadRequestError(ValueError):
    """The request is not what this channel takes; the message names the field."""


class TurnOutput(OutputChannel):
    """Collects the replies of one turn."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.replies: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def name(self) -> str:
        """The messenger's name, for texts that differ by channel."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one reply."""
        custom = message.get("custom") or {}
        self.replies.append(
            {
                "text": message.get("text") or "",
                "buttons": [
                    {"title": b["title"], "payload": b["payload"]}
                    for b in message.get("buttons") or ()
                ],
                "files": message.get("files") or custom.get("files") or [],
                "response": message.get("utter_action"),
            }
        )


class IntakeInput(InputChannel):
    """Routes `/`, `/turn`, `/forget` and `/understand` under `/webhooks/intake`."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    @classmethod
    def name(cls) -> str:
        """The part of the address."""
        return "intake"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> IntakeInput:
        """Refuse to start without a token: an open door is a mistake, never a default."""
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise SystemExit(f"{TOKEN_VARIABLE} is not set; the engine does not start without it")
        fast_actions.install()
        graph_runner.install()
        answered_once.install()
        return cls(token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The four routes."""
        blueprint = Blueprint("intake_channel", __name__)

        @blueprint.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            ready = _agent(request) is not None
            if ready:
                _set_apart_once()
            return json_response({"ready": ready}, status=200 if ready else 503)

        @blueprint.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            return await self._guarded(request, _turn)

        @blueprint.route("/forget", methods=["POST"])
        async def forget(request: Request) -> HTTPResponse:
            return await self._guarded(request, _forget)

        @blueprint.route("/understand", methods=["POST"])
        async def understand(request: Request) -> HTTPResponse:
            return await self._guarded(request, _understand)

        return blueprint

    async def _guarded(
        self, request: Request, answer: Callable[[Agent, dict[str, Any]], Awaitable[dict[str, Any]]]
    ) -> HTTPResponse:
        """Check token, readiness and body; turn every failure into an answer without content."""
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, b"Bearer " + self._token):
            return json_response({"error": "wrong or missing token"}, status=401)
        agent = _agent(request)
        if agent is None:
            return json_response({"error": "the model is still loading"}, status=503)
        try:
            return json_response(await answer(agent, _body(request)), dumps=_dumps)
        except BadRequestError as error:
            return json_response({"error": str(error)}, status=400)
        except Exception as error:
            logger.error("%s failed: %s", request.path, _kind(error))
            return json_response({"error": _kind(error)}, status=500)


async def _turn(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    conversation = _string(body, "conversation")
    metadata = _object(body, "metadata")
    channel = metadata.get("channel") or IntakeInput.name()
    output = TurnOutput(channel)
    message = UserMessage(
        _words(body, metadata),
        output,
        conversation,
        input_channel=channel,
        message_id=_string(body, "message_id"),
        metadata=metadata,
    )
    with measured() as spent:
        await agent.handle_message(message)
    if output.failure is not None:
        raise output.failure
    return {"replies": output.replies, "seconds": spent}


async def _forget(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    """Drop what is remembered of a conversation that was erased."""
    nothing = DialogueStateTracker(_string(body, "conversation"), agent.domain.slots)
    await agent.tracker_store.save(nothing)
    return {"forgotten": await agent.tracker_store.retrieve(nothing.sender_id) is None}


def _words(body: dict[str, Any], metadata: dict[str, Any]) -> str:
    """What Rasa gets as the message: a payload, escaped text, or a stand-in for neither."""
    payload, text = body.get("payload"), body.get("text")
    for name, value in (("payload", payload), ("text", text)):
        if value is not None and not isinstance(value, str):
            raise BadRequestError(f"{name}: a string or null")
    if payload:
        if not payload.startswith("/"):
            raise BadRequestError("payload: begins with a slash")
        return payload
    if text and text.strip():
        return escaped(text.strip())
    return _shared_place(metadata) or _WORDLESS.get(metadata.get("kind", ""), _WORDLESS_DEFAULT)


def _shared_place(metadata: dict[str, Any]) -> str | None:
    """A location shared from a phone, as the name of the nearest city."""
    shared = metadata.get("location")
    if metadata.get("kind") != "location" or not isinstance(shared, dict):
        return None
    try:
        return place_in_words(float(shared["lat"]), float(shared["lon"]))
    except (KeyError, TypeError, ValueError):
        return None


def escaped(text: str) -> str:
    """Typed text that Rasa can only read as text, whatever it begins with."""
    return TYPED_MARK + text if text.startswith("/") else text


async def _understand(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    messages = body.get("messages")
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        raise BadRequestError(f"messages: a list of at most {MOST_MESSAGES}")
    results = []
    for message in messages:
        results.append(await _understood(agent, message))
        await asyncio.sleep(0)  # let patients' turns in between
    return {"results": results}


async def _understood(agent: Agent, message: Any) -> dict[str, Any]:
    if not isinstance(message, dict) or not isinstance(message.get("text"), str):
        raise BadRequestError("messages: each an object with a text")
    metadata = {"asks": message.get("asks")}
    parsed = await agent.processor.parse_message(
        UserMessage(escaped(message["text"].strip()), metadata=metadata)
    )
    return {
        "id": message.get("id"),
        "intent": parsed["intent"]["name"],
        "confidence": parsed["intent"]["confidence"],
        "topic": parsed.get(TOPIC),
        "topic_confidence": parsed.get(TOPIC_CONFIDENCE, 0.0),
        "reading": parsed.get(READING),
    }


_set_apart_once = cache(set_apart)


def _agent(request: Request) -> Agent | None:
    agent = getattr(request.app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise BadRequestError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body is not an object")
    return body


def _string(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequestError(f"{name}: a string that is not empty")
    return value


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise BadRequestError(f"{name}: an object")
    return value


def _kind(error: Exception) -> str:
    """What may be said of an error: its kind, and for a failed action that of its cause."""
    if isinstance(error, fast_actions.ActionError):
        return f"action server: {error}"
    return type(error).__name__


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
