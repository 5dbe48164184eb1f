"""Sends WhatsApp messages through Twilio's REST API, without blocking the event loop.

Twilio has no idempotent sending: an answer that never came means "perhaps sent" (Action.MAYBE),
and `find_sent` looks such a message up before anything is sent again.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import httpx

from bot.settings import Settings
from bot.store.messages import FileRef, InboundMessage, OutboundReply, Outgoing, Template
from bot.store.records import Delivery
from connectors.capabilities import capabilities
from connectors.content_templates import REOPEN, ContentTemplates, definition
from connectors.file_links import FileLinks
from connectors.media_stream import pieces
from connectors.provider_errors import Action, SendError, twilio_errors
from connectors.quick_transport import QuickTransport
from connectors.rendering import shown
from connectors.texts import choose
from connectors.tls import trust
from connectors.whatsapp import CHANNEL, PREFIX, bare_address, date_of

log = logging.getLogger(__name__)

_OWN_API: Final = "https://api.twilio.com"
TYPING_PATH: Final = "/v2/Indicators/Typing.json"
_INBOUND_SID: Final = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
STATUS_PATH: Final = "/webhooks/whatsapp/status"
# A question that could not be delivered within the hour is stale.
VALIDITY_SECONDS: Final = 3600
# As many as Twilio gives: looking for all that came in is a few requests a day.
_PAGE_SIZE: Final = 1000
_MOST_PAGES: Final = 20
_MOST_REDIRECTS: Final = 4
# Where Twilio keeps media: its API redirects to its own network or, for accounts that do not
# protect their media, to one bucket of the storage that everybody else rents too.
# https://support.twilio.com/hc/en-us/articles/223183748
_OWN_HOSTS: Final = (".twilio.com", ".twiliocdn.com")
_BUCKET: Final = "media.twiliocdn.com"
_BUCKET_HOST: Final = "s3-external-1.amazonaws.com"
_TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
_CONNECTIONS: Final = 64
_KEEPALIVE_SECONDS: Final = 5.0
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TwilioClient:
    """One account's message resource. Close it with `aclose`."""

    channel = CHANNEL

    def __init__(
        self,
        settings: Settings,
        links: FileLinks | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        token = settings.twilio_auth_token
        if not (settings.twilio_account_sid and token and settings.twilio_whatsapp_from):
            raise ValueError(
                "WhatsApp needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM"
            )
        self.account = bare_address(settings.twilio_whatsapp_from)
        self._links = links
        self._public_url = settings.public_url.rstrip("/")
        self._contents = ContentTemplates.of(settings.twilio_content_sids)
        self._shows_typing = settings.twilio_typing
        # Twilio's products have a host each; a stand-in is all of them.
        base = settings.twilio_api_url.rstrip("/")
        own = base == _OWN_API
        self._messaging = "https://messaging.twilio.com" if own else base
        self._content_url = "https://content.twilio.com" if own else base
        self._path = f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages"
        auth = (settings.twilio_account_sid, token.get_secret_value())
        quick = QuickTransport(
            connections=_CONNECTIONS, keepalive=_KEEPALIVE_SECONDS, verify=trust()
        )
        self._http = httpx.AsyncClient(
            base_url=base, auth=auth, timeout=_TIMEOUT, transport=transport or quick
        )
        # Files come piece by piece, which the quick way does not.
        self._own = httpx.AsyncClient(
            auth=auth, timeout=_TIMEOUT, verify=trust(), transport=transport
        )
        self._anonymous = httpx.AsyncClient(timeout=_TIMEOUT, verify=trust(), transport=transport)

    async def aclose(self) -> None:
        for http in (self._http, self._own, self._anonymous):
            await http.aclose()

    async def send(self, delivery: Delivery) -> str:
        """Sends one row and returns Twilio's message sid. Raises SendError."""
        buttons = self._contents.fields(delivery.content)
        if buttons is not None:
            try:
                return await self._create(delivery, buttons)
            except SendError as error:
                # Surely not sent: the template is gone or not as it was made. Lines always work.
                if error.action is not Action.CONTENT:
                    raise
                log.error("content template refused (%s); choices go out as lines", error.code)
        return await self._create(delivery, self._content(delivery.content))

    async def typing(self, message: InboundMessage) -> None:
        """Shows that an answer is being written (and marks the message read); may fail."""
        if not (self._shows_typing and _INBOUND_SID.fullmatch(message.provider_id)):
            return
        fields = {"messageId": message.provider_id, "channel": CHANNEL}
        try:
            await self._request("POST", f"{self._messaging}{TYPING_PATH}", data=fields)
        except SendError as error:
            log.debug("whatsapp typing not shown: %s", error)

    async def make_template(self, name: str) -> str:
        """Makes one of our content templates; gives its sid. Raises SendError."""
        url = f"{self._content_url}/v1/Content"
        made = await self._request("POST", url, json=definition(name))
        sid = str(made["sid"])
        if name == REOPEN:  # goes out after 24 hours, so WhatsApp wants to see it first
            asked = {"name": definition(name)["friendly_name"], "category": "UTILITY"}
            await self._request("POST", f"{url}/{sid}/ApprovalRequests/whatsapp", json=asked)
        return sid

    async def check(self) -> None:
        """Raises SendError unless Twilio takes our credentials."""
        await self._request("GET", f"{self._path}.json", params={"PageSize": "1"})

    @property
    def reopening(self) -> OutboundReply | None:
        """What may be sent after 24 hours to say that an answer waits; None without a template."""
        sid = self._contents.sids.get(REOPEN)
        if sid is None:
            return None
        return OutboundReply(text=choose().said[REOPEN], template=Template(sid=sid), urgent=True)

    def _content(self, content: Outgoing) -> dict[str, str]:
        if content.template is not None:
            variables = json.dumps(content.template.variables)
            return {"ContentSid": content.template.sid, "ContentVariables": variables}
        body = shown(content, capabilities(CHANNEL))
        fields = {"Body": body} if body else {}
        for file in content.files[:1]:  # WhatsApp takes one file a message
            fields["MediaUrl"] = self._media_url(file)
        return fields

    async def _create(self, delivery: Delivery, content: Mapping[str, str]) -> str:
        fields = {
            "To": PREFIX + recipient(delivery),
            "From": PREFIX + self.account,
            "StatusCallback": self._callback(delivery.message_id),
            "ValidityPeriod": str(VALIDITY_SECONDS),
            **content,
        }
        answer = await self._request("POST", f"{self._path}.json", data=fields)
        return str(answer["sid"])

    async def find_sent(
        self, delivery: Delivery, taken: frozenset[str] = frozenset()
    ) -> str | None:
        """The sid of this row's message if Twilio has it; `taken` are sids of other rows."""
        since = (delivery.first_tried_at or delivery.created_at) - timedelta(minutes=1)
        text = delivery.content.text or ""
        bodies = {shown(delivery.content, capabilities(CHANNEL)).strip(), text.strip()}
        query = {"To": PREFIX + recipient(delivery), "From": PREFIX + self.account}
        # Not asked for by date: what is still queued at Twilio has no date of sending.
        async for message in self._list(query):
            if date_of(message.get("date_created")) < since:
                return None
            # How a template reads is Twilio's matter; its message is the one that is nobody else's.
            same = delivery.content.template is not None or (
                str(message.get("body") or "").strip() in bodies
            )
            if same and message.get("sid") not in taken:
                return str(message["sid"])
        return None

    async def received_since(self, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
        """Every message that came in since then, oldest first, as Twilio's resources."""
        query = {"To": PREFIX + self.account}
        found = [m async for m in self._list(query, since) if m.get("direction") == "inbound"]
        for message in reversed(found):
            yield message

    async def media_of(self, message_sid: str) -> list[FileRef]:
        """The files of a received message."""
        answer = await self._request("GET", f"{self._path}/{quote(message_sid)}/Media.json")
        return [self._file(entry) for entry in answer.get("media_list") or []]

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file a person sent, in pieces. Raises SendError, also for a strange
        address.

        Our credentials go to the API's own host only; where that sends us on, only hosts of Twilio
        and its storage are followed, without credentials. All of them prove their names by TLS, so
        a name that is made to point at another address gets no further than the handshake.
        """
        url, limit = file.url or "", capabilities(CHANNEL).received_bytes
        for _ in range(_MOST_REDIRECTS):
            own = self._is_own(url)
            if not own and not _is_storage(url):
                raise SendError(Action.CONTENT, "foreign_address")
            http = self._own if own else self._anonymous
            try:
                async with http.stream("GET", url) as response:
                    if response.has_redirect_location:
                        url = urljoin(url, response.headers["location"])
                        continue
                    async for piece in pieces(response, limit):
                        yield piece
                    return
            except httpx.HTTPError as error:
                raise SendError(Action.RETRY, type(error).__name__) from None
            except ValueError:  # what it redirects to is no address
                raise SendError(Action.CONTENT, "foreign_address") from None
        raise SendError(Action.CONTENT, "redirects")

    def _is_own(self, url: str) -> bool:
        own = urlsplit(str(self._http.base_url))
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

    def _file(self, entry: Mapping[str, Any]) -> FileRef:
        path = str(entry.get("uri") or "").removesuffix(".json")
        return FileRef(
            provider_ref=str(entry.get("sid") or "") or None,
            url=str(self._http.base_url).rstrip("/") + path,
            content_type=str(entry.get("content_type") or "") or None,
        )

    def _media_url(self, file: FileRef) -> str:
        if file.url:
            return file.url
        if file.key and self._links is not None:
            return self._links.url(file)
        raise SendError(Action.CONTENT, "no_file")

    def _callback(self, message_id: str) -> str:
        return f"{self._public_url}{STATUS_PATH}?m={quote(message_id)}"

    async def _list(
        self, query: Mapping[str, str], since: datetime | None = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Messages since then, newest first, page by page; addresses of pages stay on our host."""
        url: str | None = f"{self._path}.json"
        asked = {**query, "PageSize": str(_PAGE_SIZE)}
        if since is not None:
            asked["DateSent>"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params: dict[str, str] | None = asked
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = await self._request("GET", url, params=params)
            for message in answer.get("messages") or []:
                yield message
            following = urlsplit(str(answer.get("next_page_uri") or ""))
            url = f"{following.path}?{following.query}" if following.path else None
            params = None

    async def _request(self, method: str, url: str, **sent: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, **sent)
        except _NOT_SENT as error:
            raise SendError(Action.RETRY, type(error).__name__) from None
        except httpx.HTTPError as error:
            raise SendError(Action.MAYBE, type(error).__name__) from None
        if response.is_success:
            answer = response.json()
            if isinstance(answer, dict):
                return answer
            raise SendError(Action.MAYBE, "unreadable")
        raise _refused(response)


def _is_storage(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None:
        return False
    if host == _BUCKET_HOST:
        return parts.path.startswith(f"/{_BUCKET}/") and ".." not in parts.path
    return host.endswith(_OWN_HOSTS) or host == f"{_BUCKET}.{_BUCKET_HOST}"


def recipient(delivery: Delivery) -> str:
    """The phone number where we know it, else the business-scoped id."""
    known = [a for a in (delivery.address, delivery.alt_address) if a]
    return next((address for address in known if address.startswith("+")), known[0])


def _refused(response: httpx.Response) -> SendError:
    try:
        code = int(response.json().get("code"))
    except (AttributeError, TypeError, ValueError):
        code = None
    rule = twilio_errors().rule(code, response.status_code)
    return SendError(rule.action, str(code or response.status_code), _retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return min(max(float(response.headers["retry-after"]), 0.0), 3600.0)
    except (KeyError, ValueError):
        return None
