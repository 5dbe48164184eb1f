"""Browser chat over plain HTTP: say something and get the turn's replies; fetch what came since.

`POST /webchat/{conversation}/messages` takes `{"text"}`, `{"button"}` or a multipart form with
`file` (and `text`), and answers `{"replies", "asks", "state", "case"}` once the turn is taken, or
after WAIT_SECONDS with status 202 and no replies; they are then fetched with
`GET /webchat/{conversation}/messages?after=<seq>[&wait=<seconds>]`, as a coordinator's are.
An `id` sent with a message makes saying it twice harmless.
The conversation's id is the person's only key to it: the page draws 128 random bits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.facts.case import CaseState
from bot.limits import Limits
from bot.store import Store
from bot.store.errors import NotFound, StoreUnavailable
from bot.store.messages import FileRef, InboundMessage, Kind, Outgoing
from bot.store.records import Received, TranscriptLine
from connectors.bell import Bell, Listener
from connectors.capabilities import capabilities
from connectors.documents import Documents
from connectors.http_guard import WEBHOOK_BYTES
from connectors.intake_door import Door
from connectors.neighbours import public_address
from connectors.received_text import clean, clean_or_none, length_mark, typed
from connectors.upload import Upload, read_upload

log = logging.getLogger(__name__)

CHANNEL: Final = "webchat"
WAIT_SECONDS: Final = 30.0
LONGEST_POLL: Final = 25.0
_CONVERSATION: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOOK_AGAIN: Final = 0.25  # another process may have taken the turn
_LOOK_FOR_NEW: Final = 2.0  # the console does not ring our bell
_MOST_FILES: Final = 5
_SHOWN: Final = 200


class Webchat:
    """The routes, over one store and the door that all channels share.

    `stopping` ends the waiting of pages, so that they do not hold a restart up.
    """

    def __init__(
        self,
        store: Store,
        door: Door,
        answered: Bell,
        stopping: threading.Event | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._store, self._door, self._answered = store, door, answered
        self._documents = Documents(store, door.files)
        self._stopping = stopping or threading.Event()
        # Nobody types faster; a script that does is slowed down without touching anybody else.
        limits = limits or Limits()
        self._limit = limits.rate(CHANNEL, burst=300, per_second=5)
        # A ward or a whole office may share one address; a script makes conversations without end.
        self._by_address = limits.rate(f"{CHANNEL}-address", burst=600, per_second=20)

    def routes(self) -> list[Route]:
        path = "/webchat/{conversation}/messages"
        return [
            Route(path, self.say, methods=["POST"]),
            Route(path, self.listen, methods=["GET"]),
            Route("/webchat/{conversation}/files/{key:path}", self.file, methods=["GET"]),
        ]

    async def say(self, request: Request) -> Response:
        """One message of the person, answered with the replies of its turn."""
        conversation = _conversation(request)
        address = public_address(request)
        from_there = address is None or await self._by_address.admits(address)
        if not from_there or not await self._limit.admits(conversation):
            raise HTTPException(
                429,
                "That was a lot of messages at once. Please wait a minute.",
                {"retry-after": "10"},
            )
        message, upload = await self._read(request, conversation)
        heard = self._answered.listen()
        try:
            received = await self._door.take(message)
        except StoreUnavailable:
            await asyncio.to_thread(upload.discard, self._door.files)
            raise HTTPException(
                503,
                "Your message could not be stored just now. Please send it again in a minute.",
                {"retry-after": "5"},
            ) from None
        if not received.duplicate:
            await self._wait(heard, _LOOK_AGAIN)
        if upload.cut_off:  # the page has the connection's end to deal with; the reply waits for it
            raise HTTPException(413, "The file is larger than 20 MB.")
        return await self._replies(received, conversation)

    async def listen(self, request: Request) -> Response:
        """What was said since `after` (a number from an earlier answer), waiting if asked to."""
        conversation = _conversation(request)
        after = _number(request.query_params.get("after", "0"), "after")
        wait = min(_number(request.query_params.get("wait", "0"), "wait"), LONGEST_POLL)
        until = time.monotonic() + wait
        key: str | None = None  # at first any reply may be ours
        while True:
            heard = self._answered.listen(key)
            key, found = await asyncio.to_thread(self._transcript, conversation, int(after))
            left = until - time.monotonic()
            if found["messages"] or left <= 0 or await request.is_disconnected():
                return JSONResponse(found)
            if not await self._wait(heard, min(left, _LOOK_FOR_NEW)):
                return JSONResponse(found)

    async def _wait(self, heard: Listener, seconds: float) -> bool:
        """Waits for the bell or so long; False when the process is to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            if await heard.heard(min(left, _LOOK_AGAIN)):
                break
        return not self._stopping.is_set()

    async def file(self, request: Request) -> Response:
        """A file of this conversation, as a download whatever it claims to be."""
        conversation, key = _conversation(request), str(request.path_params["key"])
        found = await asyncio.to_thread(self._find_file, conversation, key)
        if found is None:
            raise HTTPException(404)
        reference, chunks = found
        name = quote(reference.name or "file", safe="")
        return StreamingResponse(
            chunks,
            media_type="application/octet-stream",
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    def _find_file(self, conversation: str, key: str) -> tuple[FileRef, Iterator[bytes]] | None:
        found = self._store.conversations.by_address(CHANNEL, conversation)
        lines = self._store.transcript(found.id, limit=_SHOWN) if found else []
        for line in lines:
            message = line.outgoing or line.incoming
            for file in message.files if message else ():
                if file.key == key and self._documents.printed(line.conversation_id, file):
                    with suppress(NotFound):
                        return file, self._door.files.chunks(key)
        return None

    async def _read(self, request: Request, conversation: str) -> tuple[InboundMessage, Upload]:
        """The message, and what was uploaded with it."""
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == "multipart/form-data":
            fields, upload = await self._read_form(request, conversation)
        elif content_type in ("application/json", ""):
            fields, upload = _read_json(await request.body()), Upload()
        else:
            raise HTTPException(415, "Send JSON, or a form with a file.")
        identity = fields.pop("id", None) or uuid.uuid4().hex
        language = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0]
        message = InboundMessage(
            channel=CHANNEL,
            provider_id=f"{conversation}:{identity}",
            address=conversation,
            language_hint=clean_or_none(language, 35),
            **fields,
        )
        return message, upload

    async def _read_form(
        self, request: Request, conversation: str
    ) -> tuple[dict[str, Any], Upload]:
        limit = capabilities(CHANNEL).received_bytes
        try:
            form = await read_upload(
                request, self._door.files, f"{CHANNEL}:{conversation}", limit, _MOST_FILES
            )
        except OSError:
            raise HTTPException(
                503,
                "The file could not be stored just now. Please try again.",
                {"retry-after": "5"},
            ) from None
        if not form.files:
            raise HTTPException(400, "The form has no file.")
        caption = clean(form.fields.get("text", ""))
        fields = {
            "kind": Kind.FILE,
            "files": form.files,
            "text": caption or None,
            "metadata": length_mark(caption),
            "id": _client_id(form.fields.get("id")),
        }
        return fields, form

    async def _replies(self, received: Received, public_id: str) -> Response:
        until = time.monotonic() + WAIT_SECONDS
        while (left := until - time.monotonic()) > 0:
            heard = self._answered.listen(received.conversation_id)
            try:
                turn = await asyncio.to_thread(self._store.outbox.for_turn, received.message_id)
            except (NotFound, StoreUnavailable):
                break  # erased meanwhile, or out of reach: the page asks again
            if turn is not None:
                return JSONResponse(
                    {
                        "replies": [_reply(r, public_id) for r in turn.replies],
                        "asks": turn.asks,
                        "state": turn.state,
                        "case": turn.case,
                    },
                    200 if turn.done else 202,
                )
            if not await self._wait(heard, min(left, _LOOK_AGAIN)):
                break
        case = await asyncio.to_thread(self._case, received.conversation_id)
        return JSONResponse({"replies": [], **case}, 202, {"retry-after": "5"})

    def _case(self, conversation_id: str) -> dict[str, Any]:
        try:
            case = self._store.cases.by_conversation(conversation_id)
        except (NotFound, StoreUnavailable):
            case = None
        if case is None:
            return {"asks": None, "state": CaseState.CONSENT.value, "case": None}
        return {"asks": case.asks, "state": case.state.value, "case": case.number}

    def _transcript(self, conversation: str, after: int) -> tuple[str, dict[str, Any]]:
        """Our id of the conversation ("" before its first message) and what the page shows."""
        found = self._store.conversations.by_address(CHANNEL, conversation)
        if found is None:
            return "", {"messages": [], **self._case("")}
        lines = self._store.queries.since(found.id, after, _SHOWN)
        shown = [_line(line, conversation, self._title(line)) for line in lines]
        return found.id, {"messages": shown, **self._case(found.id)}

    def _title(self, line: TranscriptLine) -> str:
        """What stood on the button that a message pressed."""
        token = line.incoming.button_token if line.incoming else None
        match = self._store.buttons.resolve(line.conversation_id, token) if token else None
        return match.title if match else ""


def _conversation(request: Request) -> str:
    conversation = str(request.path_params["conversation"])
    if not _CONVERSATION.fullmatch(conversation):
        raise HTTPException(400, "The conversation's id is 1 to 128 letters, digits, - or _.")
    return conversation


def _read_json(body: bytes) -> dict[str, Any]:
    if len(body) > WEBHOOK_BYTES:
        raise HTTPException(413, "The message is too large.")
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON.") from None
    if not isinstance(data, dict):
        raise HTTPException(400, "The body is not a JSON object.")
    text, button = data.get("text"), data.get("button")
    if isinstance(button, str) and 0 < len(button) <= 256:
        return {
            "kind": Kind.BUTTON,
            "button_token": clean(button),
            "id": _client_id(data.get("id")),
        }
    if not isinstance(text, str):
        raise HTTPException(400, 'Send {"text": "..."} or {"button": "..."}.')
    kind, cleaned, metadata = typed(text)
    return {
        "kind": kind,
        "text": cleaned or None,
        "metadata": metadata,
        "id": _client_id(data.get("id")),
    }


def _client_id(value: object) -> str | None:
    return value if isinstance(value, str) and _CLIENT_ID.fullmatch(value) else None


def _number(text: str, name: str) -> float:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HTTPException(400, f"{name} is not a number.")
    return int(text)


def _reply(content: Outgoing, conversation: str) -> dict[str, Any]:
    return {
        "text": content.text or "",
        "buttons": [{"title": b.title, "token": b.token} for b in content.buttons],
        "files": [_file(file, conversation) for file in content.files],
    }


def _file(file: FileRef, conversation: str) -> dict[str, Any]:
    shown = {"name": file.name, "content_type": file.content_type}
    return shown | ({"url": f"/webchat/{conversation}/files/{file.key}"} if file.key else {})


def _line(line: TranscriptLine, conversation: str, title: str) -> dict[str, Any]:
    """A message of the transcript as the page shows it.

    `id` is the sender's own id of a message; `name` the coordinator's, if one wrote it.
    """
    base = {"seq": line.seq, "author": line.author.value, "at": line.created_at.isoformat()}
    if line.outgoing is not None:
        named = {"name": line.author_name} if line.author_name else {}
        return base | named | _reply(line.outgoing, conversation)
    sent = line.incoming
    if sent is None:
        return base | {"text": line.text or "", "buttons": [], "files": []}
    text = sent.text or title
    files = [_file(file, conversation) for file in sent.files]
    identity = sent.provider_id.removeprefix(f"{conversation}:")
    return base | {"text": text, "buttons": [], "files": files, "id": identity}
