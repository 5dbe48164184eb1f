"""Asks the engine for a turn's replies over HTTP; several engines stand in for each other.

A conversation goes to the same engine as long as that one answers (rendezvous hashing), because an
engine keeps the recent turns in memory. One that does not answer is left alone for a growing while,
so that a dead host costs one turn its connect time and not every turn. Errors say what they mean
for the message: EngineDown and EngineSlow say nothing about it, EngineWrong may be its fault. No
error text quotes a message.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from pydantic import ValidationError

from bot.store.messages import FileRef, OutboundReply, ReplyButton
from connectors.quick_transport import QuickTransport
from connectors.tls import trust

log = logging.getLogger(__name__)

TURN_SECONDS: Final = 30.0
_TIMEOUT: Final = httpx.Timeout(TURN_SECONDS, connect=2.0)
_READY_TIMEOUT: Final = httpx.Timeout(2.0)
CONNECTIONS: Final = 64
# Shorter than the engine's own five seconds: none is used while the engine closes it.
KEEPALIVE_SECONDS: Final = 3.0
# How long an engine is left alone after it could not be reached: longer each time.
FIRST_REST: Final = 0.5
LONGEST_REST: Final = 15.0
# Of a turn inside the engine, as it tells them.
STAGES: Final = ("understand", "predict", "act", "say")
_DOWN_STATUSES: Final = frozenset({502, 503, 504})
# What the engine answers when its action server could not be reached; ClientResponseError means
# that it was reached and the action itself failed.
_ACTIONS_DOWN: Final = "action server: "
_ACTION_FAILED: Final = "ClientResponseError"


class EngineError(Exception):
    """The engine did not answer a turn; the text is a code without content."""


class EngineDown(EngineError):
    """No engine, or no action server behind it, could be reached."""


class EngineSlow(EngineError):
    """The engine took the message and did not answer in time."""


class EngineWrong(EngineError):
    """The engine answered with an error or with something that is no answer."""


@dataclass(slots=True)
class _Engine:
    """One engine; `rests_until` in monotonic seconds."""

    url: str
    rests_until: float = 0.0
    rest: float = 0.0

    def failed(self) -> None:
        """It is asked again after a while; failures of turns that began together count once."""
        now = time.monotonic()
        if now < self.rests_until:
            return
        self.rest = min(max(self.rest * 2, FIRST_REST), LONGEST_REST)
        self.rests_until = now + self.rest

    def answered(self) -> None:
        """It is as good as new."""
        self.rests_until = self.rest = 0.0

    def order(self, key: str, now: float) -> tuple[bool, bytes]:
        """Sorts the engines for a conversation: resting ones last, else always the same."""
        return self.rests_until > now, hashlib.sha256(f"{self.url} {key}".encode()).digest()


class EngineClient:
    """One pool of connections to one or several engines. Close it with `aclose`.

    `watch` is told the stages of each turn inside the engine, in seconds.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        token: str | None,
        transport: httpx.AsyncBaseTransport | None = None,
        watch: Callable[[str, float], None] | None = None,
    ) -> None:
        self._watch = watch
        given = urls.split(",") if isinstance(urls, str) else urls
        self._engines = tuple(_Engine(url.strip().rstrip("/")) for url in given if url.strip())
        if not self._engines:
            raise ValueError("INTAKE_ENGINE_URL holds no address")
        # Asked without httpx's client: its cookies, redirects and merged addresses cost as much as
        # the request itself, and an engine has none of them.
        self._http = transport or QuickTransport(
            connections=CONNECTIONS, keepalive=KEEPALIVE_SECONDS, verify=trust()
        )
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def turn(
        self,
        conversation_id: str,
        message_id: str,
        text: str | None,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> list[OutboundReply]:
        """The replies to one message. Raises EngineDown, EngineSlow, EngineWrong."""
        body = {
            "conversation": conversation_id,
            "message_id": message_id,
            "text": text,
            "payload": payload,
            "metadata": dict(metadata),
        }
        answer = await self._post("turn", conversation_id, body)
        try:
            self._tell(answer.get("seconds") or {})
            return [_reply(entry) for entry in answer["replies"]]
        except (AttributeError, KeyError, TypeError, ValidationError):
            raise EngineWrong("malformed_answer") from None

    def _tell(self, seconds: Mapping[str, float]) -> None:
        if self._watch is None:
            return
        for stage in STAGES:
            if stage in seconds:
                self._watch(f"engine.{stage}", float(seconds[stage]))

    async def understand(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What the engine reads in messages `{"id", "text", "asks"?}`, without taking a turn."""
        answer = await self._post("understand", "", {"messages": list(messages)})
        results = answer.get("results")
        if not isinstance(results, list):
            raise EngineWrong("malformed_answer")
        return results

    async def healthy(self) -> bool:
        """Whether at least one engine is ready to take turns."""
        states = await asyncio.gather(*(self._ready(engine.url) for engine in self._engines))
        return any(states)

    async def _ready(self, url: str) -> bool:
        try:
            answer = await self._send("GET", f"{url}/webhooks/intake/", b"", _READY_TIMEOUT)
        except httpx.HTTPError:
            return False
        return answer.is_success

    async def _post(self, route: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """The first engine's answer that can be reached; an answered error is an answer.

        A turn that an engine took before it died is recognised by its message id when the next one
        is asked, and read back.
        """
        failure = EngineDown("unreachable")
        now = time.monotonic()
        for engine in sorted(self._engines, key=lambda engine: engine.order(key, now)):
            try:
                answer = await self._ask(f"{engine.url}/webhooks/intake/{route}", body)
            except EngineDown as error:
                engine.failed()
                failure = error
            except EngineSlow:
                engine.failed()  # it may still take the turn; the next try goes to another one
                raise
            except EngineWrong:
                engine.answered()
                raise
            else:
                engine.answered()
                return answer
        raise failure

    async def _ask(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        content = json.dumps(body).encode()
        try:
            response = await self._send("POST", url, content, _TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise EngineDown("unreachable") from None
        except httpx.TimeoutException:
            raise EngineSlow("timeout") from None
        except httpx.HTTPError as error:
            # The connection broke: the engine died during the turn.
            raise EngineDown(type(error).__name__) from None
        return _answer(response)

    async def _send(
        self, method: str, url: str, content: bytes, timeout: httpx.Timeout
    ) -> httpx.Response:
        request = httpx.Request(
            method,
            url,
            headers=self._headers,
            content=content,
            extensions={"timeout": timeout.as_dict()},
        )
        response = await self._http.handle_async_request(request)
        await response.aread()
        return response


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    content = body if isinstance(body, dict) else {}
    if response.status_code in _DOWN_STATUSES:
        raise EngineDown(f"status_{response.status_code}")
    if not response.is_success:
        cause = str(content.get("error", ""))
        if cause.startswith(_ACTIONS_DOWN) and _ACTION_FAILED not in cause:
            raise EngineDown("actions_unreachable")
        raise EngineWrong(f"status_{response.status_code}")
    if not isinstance(body, dict):
        raise EngineWrong("malformed_answer")
    return content


def _reply(entry: Mapping[str, Any]) -> OutboundReply:
    files = entry.get("files") or ()
    return OutboundReply(
        text=entry.get("text") or None,
        buttons=tuple(
            ReplyButton(title=button["title"], payload=button["payload"])
            for button in entry.get("buttons") or ()
        ),
        files=tuple(FileRef.model_validate(file) for file in files if "document" not in file),
        documents=tuple(str(file["document"]) for file in files if "document" in file),
        response=entry.get("response"),
        urgent=bool(entry.get("urgent", False)),
    )
