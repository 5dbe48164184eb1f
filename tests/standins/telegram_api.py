"""A stand-in of Telegram's Bot API that refuses what Telegram refuses.

As a part of tests: `TelegramStandIn(...).app()`. As a process, to hold a conversation by hand:

    python -m tests.standins.telegram_api --port 9002 [--gateway http://127.0.0.1:8000]

with the gateway started with TELEGRAM_API_URL=http://127.0.0.1:9002 and TELEGRAM_BOT_TOKEN as
printed. With --gateway updates are pushed (TELEGRAM_WEBHOOK_SECRET as printed), without it they
wait for getUpdates. A line is a message; "#2" presses the second button of the last message.

Rules: https://core.telegram.org/bots/api; redelivery as in tdlib/telegram-bot-api.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.telegram_methods import mistake

TOKEN = "123456:stand-in-bot-token-0123456789abcdef"
SECRET = "stand-in_secret"
BOT = {"id": 123456, "is_bot": True, "first_name": "Intake", "username": "intake_standin_bot"}

JSON = dict[str, Any]


class Refused(Exception):
    """An error answer: HTTP status, description, seconds to wait."""

    def __init__(self, status: int, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.retry_after = status, text, retry_after


@dataclass
class TelegramStandIn:
    """One bot. `faults` are used up one a sending; `updates` are those not yet confirmed."""

    token: str = TOKEN
    secret: str = SECRET
    webhook: str = ""
    faults: deque[Refused] = field(default_factory=deque)
    updates: list[JSON] = field(default_factory=list)
    sent: list[JSON] = field(default_factory=list)
    calls: list[tuple[str, JSON]] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    commands: list[JSON] = field(default_factory=list)
    # Names of the calls that were answered without a fault; noted when the answer has gone out.
    answered: list[str] = field(default_factory=list)
    queries: set[str] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    _message_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
                Route("/file/bot{token}/{path:path}", self._file, methods=["GET"]),
            ]
        )

    # -- people -------------------------------------------------------------------------------

    def user(self, identity: int = 42, **more: Any) -> JSON:
        self.known.add(identity)
        return {
            "id": identity,
            "is_bot": False,
            "first_name": "Rahim",
            "last_name": "Uddin",
            "language_code": "en",
        } | more

    def message(self, identity: int = 42, **content: Any) -> JSON:
        """An update with a message in a private chat, such as `message(text="hi")`."""
        user = self.user(identity)
        return self.update(
            message={
                "message_id": next(self._message_ids),
                "date": int(time.time()),
                "chat": {"id": identity, "type": "private", "first_name": user["first_name"]},
                "from": user,
                **content,
            }
        )

    def press(self, token: str, message: JSON, identity: int = 42) -> JSON:
        """An update of a pressed button under a message that the bot sent."""
        query = str(next(self._ids))
        self.queries.add(query)
        return self.update(
            callback_query={
                "id": query,
                "from": self.user(identity),
                "message": message,
                "chat_instance": "1",
                "data": token,
            }
        )

    def update(self, **content: Any) -> JSON:
        """A new update, kept until it is confirmed or delivered."""
        made = {"update_id": next(self._ids), **content}
        self.updates.append(made)
        return made

    async def push(self, client: httpx.AsyncClient, update: JSON) -> httpx.Response:
        """Delivers one update to the webhook; it is forgotten when the answer is 2xx."""
        headers = {"x-telegram-bot-api-secret-token": self.secret}
        answer = await client.post(self.webhook, json=update, headers=headers)
        if answer.is_success and update in self.updates:
            self.updates.remove(update)
        return answer

    # -- the Bot API --------------------------------------------------------------------------

    async def _call(self, request: Request) -> Response:
        try:
            if request.path_params["token"] != self.token:
                raise Refused(401, "Unauthorized")
            fields = await _fields(request)
            name = request.path_params["method"]
            method = _METHODS.get(name.lower())
            if method is None:
                raise Refused(404, "Not Found")
            self.calls.append((name, fields))
            wrong = mistake(name.lower(), frozenset(fields))
            if wrong is not None:
                raise Refused(400, f"Bad Request: {wrong}")
            if name in ("sendMessage", "sendDocument") and self.faults:
                raise self.faults.popleft()
            result = {"ok": True, "result": await method(self, fields)}
            return JSONResponse(result, background=BackgroundTask(self.answered.append, name))
        except Refused as error:
            body: JSON = {"ok": False, "error_code": error.status, "description": error.text}
            if error.retry_after:
                body["parameters"] = {"retry_after": error.retry_after}
            return JSONResponse(body, error.status)

    async def _get_me(self, _fields: JSON) -> JSON:
        return BOT

    async def _get_updates(self, fields: JSON) -> list[JSON]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset, limit = _integer(fields, "offset", 0), _integer(fields, "limit", 100)
        if not 1 <= limit <= 100:
            limit = 100
        self.updates = [u for u in self.updates if u["update_id"] >= offset]
        until = time.monotonic() + min(_integer(fields, "timeout", 0), 50)
        while not self.updates and time.monotonic() < until:
            await asyncio.sleep(0.02)
        return self.updates[:limit]

    async def _set_webhook(self, fields: JSON) -> bool:
        secret = str(fields.get("secret_token", ""))
        if len(secret) > 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self.webhook, self.secret = _text(fields, "url", 0, 2048), secret
        return True

    async def _delete_webhook(self, _fields: JSON) -> bool:
        self.webhook = ""
        return True

    async def _get_webhook_info(self, _fields: JSON) -> JSON:
        return {
            "url": self.webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }

    async def _send_message(self, fields: JSON) -> JSON:
        chat = self._writable(fields)
        text = _text(fields, "text", 1, 4096)
        return self._keep(chat, {"text": text}, _keyboard(fields))

    async def _send_document(self, fields: JSON) -> JSON:
        chat = self._writable(fields)
        document = fields.get("document")
        if not isinstance(document, UploadFile):
            raise Refused(400, "Bad Request: there is no document in the request")
        data = await document.read()
        identity = f"doc{next(self._ids)}"
        self.files[identity] = data
        described = {
            "file_id": identity,
            "file_unique_id": identity,
            "file_name": document.filename,
            "file_size": len(data),
        }
        content: JSON = {"document": described}
        if fields.get("caption"):
            content["caption"] = _text(fields, "caption", 0, 1024)
        return self._keep(chat, content, _keyboard(fields))

    async def _answer_callback_query(self, fields: JSON) -> bool:
        query = _text(fields, "callback_query_id", 1, 256)
        if query not in self.queries:
            raise Refused(400, "Bad Request: query is too old or query ID is invalid")
        self.queries.discard(query)
        return True

    async def _edit_reply_markup(self, fields: JSON) -> JSON:
        chat, identity = _integer(fields, "chat_id"), _integer(fields, "message_id")
        for message in self.sent:
            if message["message_id"] == identity and message["chat"]["id"] == chat:
                markup = _keyboard(fields)
                if message.get("reply_markup") == markup:
                    raise Refused(400, "Bad Request: message is not modified")
                message.pop("reply_markup", None)
                return message | ({"reply_markup": markup} if markup else {})
        raise Refused(400, "Bad Request: message to edit not found")

    async def _get_file(self, fields: JSON) -> JSON:
        identity = _text(fields, "file_id", 1, 256)
        if identity not in self.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[identity])
        if size > 20_000_000:
            raise Refused(400, "Bad Request: file is too big")
        path = f"documents/{identity}"
        return {
            "file_id": identity,
            "file_unique_id": identity,
            "file_path": path,
            "file_size": size,
        }

    async def _leave_chat(self, fields: JSON) -> bool:
        chat = _integer(fields, "chat_id")
        if chat not in self.groups:
            raise Refused(400, "Bad Request: chat not found")
        self.groups.discard(chat)
        return True

    async def _send_chat_action(self, fields: JSON) -> bool:
        self._writable(fields)
        if _text(fields, "action", 1, 64) not in ("typing", "upload_document", "upload_photo"):
            raise Refused(400, "Bad Request: wrong parameter action in request")
        return True

    async def _set_commands(self, fields: JSON) -> bool:
        commands = _decoded(fields.get("commands"))
        if not isinstance(commands, list) or len(commands) > 100:
            raise Refused(400, "Bad Request: can't parse list of commands")
        for entry in commands:
            _text(entry, "command", 1, 32)
            if not re.fullmatch(r"[a-z0-9_]+", entry["command"]):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            _text(entry, "description", 1, 256)
        self.commands = commands
        return True

    async def _file(self, request: Request) -> Response:
        identity = request.path_params["path"].removeprefix("documents/")
        if request.path_params["token"] != self.token or identity not in self.files:
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        return Response(self.files[identity], media_type="application/octet-stream")

    def _writable(self, fields: JSON) -> int:
        chat = _integer(fields, "chat_id")
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat not in self.known and chat not in self.groups:
            raise Refused(400, "Bad Request: chat not found")
        return chat

    def _keep(self, chat: int, content: JSON, markup: JSON | None) -> JSON:
        message = {
            "message_id": next(self._message_ids),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "group" if chat in self.groups else "private"},
            "from": BOT,
            **content,
        }
        if markup:
            message["reply_markup"] = markup
        self.sent.append(message)
        return dict(message)


_METHODS: dict[str, Callable[[TelegramStandIn, JSON], Any]] = {
    "getme": TelegramStandIn._get_me,
    "getupdates": TelegramStandIn._get_updates,
    "setwebhook": TelegramStandIn._set_webhook,
    "deletewebhook": TelegramStandIn._delete_webhook,
    "getwebhookinfo": TelegramStandIn._get_webhook_info,
    "sendmessage": TelegramStandIn._send_message,
    "senddocument": TelegramStandIn._send_document,
    "answercallbackquery": TelegramStandIn._answer_callback_query,
    "editmessagereplymarkup": TelegramStandIn._edit_reply_markup,
    "getfile": TelegramStandIn._get_file,
    "leavechat": TelegramStandIn._leave_chat,
    "sendchataction": TelegramStandIn._send_chat_action,
    "setmycommands": TelegramStandIn._set_commands,
}


async def _fields(request: Request) -> JSON:
    if request.method == "GET":
        return dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        return dict(await request.json())
    return dict(await request.form())


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise Refused(400, "Bad Request: can't parse JSON object") from None


def _integer(fields: JSON, name: str, default: int | None = None) -> int:
    value = fields.get(name, default)
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Refused(400, f"Bad Request: parameter {name} is required") from None


def _text(fields: JSON, name: str, least: int, most: int) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value.strip()) < least:
        raise Refused(400, f"Bad Request: {name} is empty")
    if len(value.encode("utf-16-le")) // 2 > most:
        raise Refused(400, f"Bad Request: {name} is too long")
    return value


def _keyboard(fields: JSON) -> JSON | None:
    markup = _decoded(fields.get("reply_markup"))
    if markup in (None, ""):
        return None
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list):
        raise Refused(400, "Bad Request: object expected as reply markup")
    for button in itertools.chain.from_iterable(rows):
        _text(button, "text", 1, 4096)
        if set(button) - {"text", "callback_data"}:
            raise Refused(400, "Bad Request: field of a button")
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


if __name__ == "__main__":
    from tests.standins.telegram_by_hand import main

    asyncio.run(main())
