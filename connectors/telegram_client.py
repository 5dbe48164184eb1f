"""Speaks to the Bot API with python-telegram-bot's `Bot`: sends, answers presses, leaves groups.

Texts are sent without a parse mode, so nothing a person or a coordinator types is markup.
Telegram has no idempotent sending and cannot be asked what was sent.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Final

import httpx
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    WebhookInfo,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.settings import Settings
from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.messages import FileRef, InboundMessage, IssuedButton
from bot.store.records import Delivery
from connectors.capabilities import capabilities
from connectors.media_stream import pieces
from connectors.provider_errors import Action, SendError
from connectors.telegram import ALLOWED_UPDATES, CHANNEL, AnswerPress, LeaveGroup
from connectors.texts import FIRST_LANGUAGE
from connectors.tls import trust

log = logging.getLogger(__name__)

# The library's way to ask for durations instead of its older whole seconds.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_POLL_SECONDS: Final = 25
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# Refusals that say that the person is gone, not that the message is wrong.
_GONE: Final = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found")


class TelegramClient:
    """One bot. Close it with `aclose`."""

    channel = CHANNEL

    def __init__(self, settings: Settings, files: FileStore | None = None) -> None:
        if settings.telegram_bot_token is None:
            raise ValueError("Telegram needs TELEGRAM_BOT_TOKEN")
        token = settings.telegram_bot_token.get_secret_value()
        base = settings.telegram_api_url.rstrip("/")
        self._files = files
        self._files_url = f"{base}/file/bot{token}/"
        self.account = token.partition(":")[0]
        self._request = HTTPXRequest(
            connection_pool_size=64,
            pool_timeout=5.0,
            read_timeout=15.0,
            httpx_kwargs={"verify": trust()},
        )
        self._polling = httpx.AsyncClient(
            base_url=f"{base}/bot{token}/",
            timeout=httpx.Timeout(_POLL_SECONDS + 10.0, connect=5.0),
            verify=trust(),
        )
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    async def aclose(self) -> None:
        await self._request.shutdown()
        await self._polling.aclose()

    async def send(self, delivery: Delivery) -> str:
        """Sends one row and returns Telegram's message id. Raises SendError."""
        content = delivery.content
        try:
            if content.files:
                sent = await self._send_file(delivery, content.files[0])
            else:
                sent = await self._bot.send_message(
                    chat_id=int(delivery.address),
                    text=content.text or "",
                    reply_markup=_keyboard(content.buttons),
                    link_preview_options=_NO_PREVIEW,
                )
        except TelegramError as error:
            raise send_error(error) from None
        return str(sent.message_id)

    async def _send_file(self, delivery: Delivery, file: FileRef) -> Message:
        if self._files is None or not file.key:
            raise SendError(Action.CONTENT, "no_file")
        try:
            data = await asyncio.to_thread(self._files.get, file.key)
        except NotFound:
            raise SendError(Action.CONTENT, "no_file") from None
        return await self._bot.send_document(
            chat_id=int(delivery.address),
            document=data,
            filename=file.name or "file",
            caption=delivery.content.text or None,
            reply_markup=_keyboard(delivery.content.buttons),
        )

    async def typing(self, message: InboundMessage) -> None:
        """Shows that an answer is being written; failing is harmless."""
        try:
            await self._bot.send_chat_action(int(message.address), "typing")
        except TelegramError as error:
            log.debug("telegram typing not shown: %s", type(error).__name__)

    async def run_errand(self, errand: AnswerPress | LeaveGroup, group_line: str) -> None:
        """Frees a pressed button, or leaves a group with one polite line; failing is logged."""
        try:
            if isinstance(errand, AnswerPress):
                await self._press(errand)
            else:
                await self._leave(errand, group_line)
        except TelegramError as error:
            log.info("telegram errand failed: %s", type(error).__name__)

    async def _press(self, errand: AnswerPress) -> None:
        try:
            await self._bot.answer_callback_query(errand.query_id)
        except BadRequest as error:  # too old to be answered: it came after an outage
            log.info("telegram press not answered: %s", type(error).__name__)
        if errand.chat_id is not None and errand.message_id is not None:
            await self._bot.edit_message_reply_markup(
                chat_id=errand.chat_id, message_id=errand.message_id, reply_markup=None
            )

    async def _leave(self, errand: LeaveGroup, group_line: str) -> None:
        if errand.may_write:
            try:
                await self._bot.send_message(errand.chat_id, group_line)
            except TelegramError as error:
                log.info("telegram group line not sent: %s", type(error).__name__)
        await self._bot.leave_chat(errand.chat_id)

    async def updates(self, offset: int) -> list[dict[str, Any]]:
        """Updates from `offset` on, waiting for the first; asking confirms all before `offset`.

        They are read raw, not through `Bot`: it fails on the whole batch for one strange update,
        and logs what people wrote. Raises SendError.
        """
        question = {
            "offset": offset,
            "timeout": _POLL_SECONDS,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        try:
            response = await self._polling.post("getUpdates", json=question)
            answer = response.json() if response.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise SendError(Action.RETRY, type(error).__name__) from None
        if not response.is_success:
            action = Action.CONFIG if response.status_code in (401, 404) else Action.RETRY
            raise SendError(action, str(response.status_code))
        found = answer.get("result") if isinstance(answer, dict) else None
        return [entry for entry in found if isinstance(entry, dict)] if found else []

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file a person sent, in pieces. Raises SendError.

        They are streamed past the library, which would hold a whole file in memory.
        """
        if not file.provider_ref:
            raise SendError(Action.CONTENT, "no_file")
        try:
            found = await self._bot.get_file(file.provider_ref)
        except BadRequest as error:
            too_large = "too big" in error.message.lower()
            code = "too_large" if too_large else "400"
            raise SendError(Action.CONTENT, code) from None
        except TelegramError as error:
            raise send_error(error) from None
        url = found.file_path or ""
        if not url.startswith(self._files_url):
            raise SendError(Action.CONTENT, "foreign_address")
        try:
            async with self._polling.stream("GET", url) as response:
                async for piece in pieces(response, capabilities(CHANNEL).received_bytes):
                    yield piece
        except httpx.HTTPError as error:
            raise SendError(Action.RETRY, type(error).__name__) from None

    async def name(self) -> str | None:
        """The bot's name, as in t.me/NAME. Raises SendError."""
        try:
            return (await self._bot.get_me()).username
        except TelegramError as error:
            raise send_error(error) from None

    async def webhook(self) -> WebhookInfo:
        """What Telegram has registered for this bot. Raises SendError."""
        try:
            return await self._bot.get_webhook_info()
        except TelegramError as error:
            raise send_error(error) from None

    async def set_webhook(self, url: str, secret: str) -> None:
        """Registers the webhook; updates that wait are kept. Raises SendError."""
        try:
            await self._bot.set_webhook(
                url,
                secret_token=secret,
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
            )
        except TelegramError as error:
            raise send_error(error) from None

    async def delete_webhook(self) -> None:
        """Removes the webhook, so that polling may start; updates that wait are kept."""
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            raise send_error(error) from None

    async def set_commands(self, commands: Sequence[tuple[str, str]], language: str) -> None:
        """The bot's menu in one language (English is for all others too). Raises SendError."""
        menu = [BotCommand(name, text) for name, text in commands]
        try:
            await self._bot.set_my_commands(menu, language_code=language)
            if language == FIRST_LANGUAGE:
                await self._bot.set_my_commands(menu)
        except TelegramError as error:
            raise send_error(error) from None


def send_error(error: TelegramError) -> SendError:
    """What to do about an error of the Bot API."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            return SendError(Action.RETRY, "429", seconds)
        case Forbidden():  # "bot was blocked by the user", "user is deactivated"
            return SendError(Action.OPT_OUT, "403")
        case InvalidToken():
            return SendError(Action.CONFIG, "401")
        case ChatMigrated():
            return SendError(Action.UNREACHABLE, "400")
        case BadRequest():
            gone = any(sign in error.message.lower() for sign in _GONE)
            return SendError(Action.UNREACHABLE if gone else Action.CONTENT, "400")
        case NetworkError():
            return _network_error(error)
    return SendError(Action.CONTENT, type(error).__name__)


def _network_error(error: NetworkError) -> SendError:
    cause = error.__cause__
    if isinstance(cause, _NOT_SENT):
        return SendError(Action.RETRY, type(cause).__name__)
    if isinstance(error, TimedOut) or cause is not None:
        return SendError(Action.MAYBE, type(cause or error).__name__)
    return SendError(Action.RETRY, "5xx")  # Telegram answered, and refused


def _keyboard(buttons: Sequence[IssuedButton]) -> InlineKeyboardMarkup | None:
    """One choice a row: titles are sentences, and thumbs are large."""
    rows = [[InlineKeyboardButton(b.title, callback_data=b.token)] for b in buttons]
    return InlineKeyboardMarkup(rows) if rows else None
