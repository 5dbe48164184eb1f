"""The messengers' webhooks: verify, parse, commit, answer.

Guarantee: 200 means that the message is committed to the inbox, or for Twilio (which does not
repeat a failed webhook) durably spooled; Telegram is asked to come again instead. A request that
is not proven to be the provider's is answered 403 and leaves no trace but a count.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.settings import Settings
from bot.store import Store
from bot.store.delivery_states import MAX_SENDS
from bot.store.errors import StoreUnavailable
from bot.store.messages import InboundMessage, Kind, State
from connectors import telegram, whatsapp
from connectors.intake_door import Door
from connectors.metrics import Metrics
from connectors.provider_errors import Action, twilio_errors
from connectors.received_text import MalformedError
from connectors.reopening import Reopening
from connectors.telegram import AnswerPress, LeaveGroup

log = logging.getLogger(__name__)

_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_RETRY_AFTER: Final = "5"

Errand = AnswerPress | LeaveGroup


class WhatsAppWebhook:
    """`/webhooks/whatsapp` and `/webhooks/whatsapp/status`; refuses everything when off."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        door: Door,
        metrics: Metrics,
        reopening: Reopening,
        message_lost: Callable[[], None],
    ) -> None:
        self._reopening, self._message_lost = reopening, message_lost
        secret = settings.twilio_auth_token
        self._token = secret.get_secret_value() if secret and settings.whatsapp_on else ""
        self._public_url = settings.public_url
        self._store, self._door, self._metrics = store, door, metrics

    def routes(self) -> list[Route]:
        return [
            Route("/webhooks/whatsapp", self.message, methods=["POST"]),
            Route("/webhooks/whatsapp/status", self.status, methods=["POST"]),
        ]

    async def message(self, request: Request) -> Response:
        """A message of a person (or a report that was sent to this address)."""
        started = time.perf_counter()
        try:
            params = await self._verified(request)
            if params is None:
                return self._forbidden()
            if params.first("MessageStatus") not in ("", "received"):
                return await self._report(request, params)
            message = whatsapp.parse_message(params)
        except MalformedError as error:
            return self._malformed(error)
        try:
            await self._door.take_or_spool(message)
        except OSError as error:
            # Neither database nor disk: found again later in Twilio's own list.
            self._metrics.received.labels(whatsapp.CHANNEL, "not_stored").inc()
            self._message_lost()
            log.error("whatsapp message not stored: %s", type(error).__name__)
            return PlainTextResponse("Unavailable", 503)
        self._metrics.answered.labels(whatsapp.CHANNEL).observe(time.perf_counter() - started)
        return Response(_TWIML, media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """What became of a message of ours; may come before the send's own answer, and twice."""
        try:
            params = await self._verified(request)
            if params is None:
                return self._forbidden()
            return await self._report(request, params)
        except MalformedError as error:
            return self._malformed(error)

    async def _report(self, request: Request, params: whatsapp.Params) -> Response:
        event = whatsapp.parse_status(params, request.query_params.get("m"))
        rule = twilio_errors().rule(int(event.code)) if event.code else None
        try:
            await asyncio.to_thread(
                self._store.outbox.status,
                event.state.value if event.state else event.status,
                message_id=event.message_id,
                provider_id=event.provider_id,
                code=event.code,
                then=rule.later if rule else State.FAILED,
                sends=rule.sends if rule else MAX_SENDS,
            )
            if rule is not None and rule.action is Action.OPT_OUT:
                await self._door.take(_opt_out(params, event))
            if rule is not None and rule.later is State.HELD:
                await self._reopening.ask(event.message_id)
        except StoreUnavailable:
            # The next report of this message, or the look-up, tells the same.
            log.warning("whatsapp status not stored: database unavailable")
        return Response(status_code=204)

    async def _verified(self, request: Request) -> whatsapp.Params | None:
        """The parameters of a request that Twilio signed, else None."""
        body = await request.body()
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        url = whatsapp.signed_url(self._public_url, path, query)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        signature = request.headers.get("x-twilio-signature", "")
        if not self._token:
            return None
        return whatsapp.verified(self._token, url, body, content_type, signature)

    def _forbidden(self) -> Response:
        self._metrics.refused.labels(whatsapp.CHANNEL, "signature").inc()
        return PlainTextResponse("Forbidden", 403)

    def _malformed(self, error: MalformedError) -> Response:
        self._metrics.refused.labels(whatsapp.CHANNEL, "malformed").inc()
        log.warning("whatsapp request is malformed: %s", error)
        return PlainTextResponse("Bad request", 400)


class TelegramWebhook:
    """`/webhooks/telegram`; refuses everything when the channel is off or polls."""

    def __init__(
        self,
        settings: Settings,
        door: Door,
        metrics: Metrics,
        run_errand: Callable[[Errand], None],
    ) -> None:
        secret, token = settings.telegram_webhook_secret, settings.telegram_bot_token
        self._secret = secret.get_secret_value() if secret and token else ""
        self._account = token.get_secret_value().partition(":")[0] if token else ""
        self._door, self._metrics, self._run_errand = door, metrics, run_errand

    def routes(self) -> list[Route]:
        return [Route("/webhooks/telegram", self.update, methods=["POST"])]

    async def update(self, request: Request) -> Response:
        """One update; the secret is checked before the body is read."""
        started = time.perf_counter()
        if not telegram.is_secret(self._secret, request.headers.get(telegram.SECRET_HEADER, "")):
            self._metrics.refused.labels(telegram.CHANNEL, "secret").inc()
            return PlainTextResponse("Forbidden", 403)
        try:
            heard = telegram.parse_update(_json(await request.body()), self._account)
        except MalformedError as error:
            self._metrics.refused.labels(telegram.CHANNEL, "malformed").inc()
            log.warning("telegram request is malformed: %s", error)
            return PlainTextResponse("Bad request", 400)
        if heard.message is not None:
            try:
                await self._door.take(heard.message)
            except StoreUnavailable:
                return PlainTextResponse("Try again", 503, {"retry-after": _RETRY_AFTER})
        if heard.errand is not None:
            self._run_errand(heard.errand)
        self._metrics.answered.labels(telegram.CHANNEL).observe(time.perf_counter() - started)
        return PlainTextResponse("ok")


def _json(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedError("body") from None


def _opt_out(params: whatsapp.Params, event: whatsapp.StatusEvent) -> InboundMessage:
    """The person blocked us: noted like a block that they told us of."""
    return InboundMessage(
        channel=whatsapp.CHANNEL,
        account=whatsapp.bare_address(params.first("From")),
        provider_id=f"{event.provider_id}:{event.code}",
        address=whatsapp.bare_address(params.first("To")),
        kind=Kind.BLOCKED,
        metadata={"reason": "blocked", "code": event.code},
    )
