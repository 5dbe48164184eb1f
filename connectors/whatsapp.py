"""Twilio's WhatsApp webhooks: proves who sent a request and reads it into our own types.

Guarantee: nothing is read from a request whose signature over our public address, with every
parameter that came, does not match. A kind of message that is new to us is still a message.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

from pydantic import ValidationError
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.store.messages import FileRef, InboundMessage, Kind, Location, State
from connectors.received_text import MalformedError, clean, clean_or_none, length_mark, typed

CHANNEL: Final = "whatsapp"
PREFIX: Final = "whatsapp:"
FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 500
_SID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"[+A-Za-z0-9._:-]{1,150}")
# WhatsApp delivers one file a message, SMS up to ten; more is not Twilio's.
_MOST_MEDIA: Final = 10
_KINDS: Final = {
    "sticker": Kind.STICKER,
    "contacts": Kind.CONTACT,
    "audio": Kind.VOICE,
    "voice": Kind.VOICE,
}
# Twilio's message statuses in our terms; those before "sent" tell nothing new.
STATES: Final = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}
EARLY_STATUSES: Final = frozenset(
    {"accepted", "scheduled", "queued", "sending", "receiving", "received", "partially_delivered"}
)


class Params(dict[str, list[str]]):
    """All received parameters, repeated ones too, as Twilio's validator wants them."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])

    def first(self, name: str) -> str:
        """The first value, or an empty text."""
        return self.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One delivery report: `message_id` is ours (from the address), `provider_id` Twilio's."""

    message_id: str | None
    provider_id: str
    state: State | None
    status: str
    code: str | None


def signed_url(public_url: str, path: str, query: str) -> str:
    """The address Twilio signed: our public one, whatever proxies made of it on the way."""
    return public_url.rstrip("/") + path + (f"?{query}" if query else "")


def verified(
    auth_token: str, url: str, body: bytes, content_type: str, signature: str
) -> Params | None:
    """The parameters of a request that was signed with our token, else None.

    Forms are signed with all their parameters, other bodies by the `bodySHA256` in the address.
    Raises MalformedError when a signed body is not one flat JSON object.
    """
    if not signature:
        return None
    validator = RequestValidator(auth_token)
    try:
        if content_type == FORM:
            params = parse_form(body)
            # The address as we know it nearly always is the one; Twilio's own check knows others.
            expected = signature_of(auth_token, url, params)
            if hmac.compare_digest(expected.encode(), signature.encode()):
                return params
            return params if validator.validate(url, params, signature) else None
        if not parse_qs(url.partition("?")[2]).get("bodySHA256"):
            return None
        if not validator.validate(url, body.decode("utf-8"), signature):
            return None
    except (MalformedError, ValueError):  # too many fields, text that is no UTF-8, a broken address
        return None
    return parse_json(body)


def signature_of(auth_token: str, url: str, params: Params) -> str:
    """What Twilio's validator computes for a form, several times quicker.

    Names in order, each followed by its value; of repeated ones every different value once, in
    order. Source: twilio.com/docs/usage/security and `RequestValidator.compute_signature`.
    """
    said = "".join(name + value for name in sorted(params) for value in sorted(set(params[name])))
    digest = hmac.digest(auth_token.encode(), (url + said).encode(), "sha1")
    return base64.b64encode(digest).decode()


def parse_form(body: bytes) -> Params:
    """Every parameter of a form, blank ones too. Raises MalformedError when there are too many."""
    params = Params()
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedError("fields") from error
    for name, value in pairs:
        params.setdefault(name, []).append(value)
    return params


def parse_json(body: bytes) -> Params:
    """The parameters of a JSON body. Raises MalformedError when it is not one flat object."""
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedError("body") from None
    if not isinstance(data, dict) or len(data) > _MOST_FIELDS:
        raise MalformedError("body")
    return Params({name: [str(v)] for name, v in data.items() if isinstance(v, str | int | float)})


def parse_message(params: Params) -> InboundMessage:
    """One WhatsApp message. Raises MalformedError with the name of the field that is wrong."""
    phone, scoped = _sender(params)
    kind, text, metadata = _content(params)
    files = _files(params)
    location = _location(params)
    token = params.first("ButtonPayload") or params.first("ListId") or None
    try:
        return InboundMessage(
            channel=CHANNEL,
            account=bare_address(params.first("To")),
            provider_id=_sid(params),
            address=scoped or phone,
            alt_address=phone if scoped and phone else None,
            profile_name=clean_or_none(params.first("ProfileName")),
            kind=Kind.BUTTON if token else Kind.LOCATION if location else kind,
            text=text,
            button_token=token[:256] if token else None,
            files=() if kind is Kind.STICKER else files,  # it tells nothing and is not fetched
            location=location,
            reply_to=clean_or_none(params.first("OriginalRepliedMessageSid")),
            metadata=metadata,
        )
    except ValidationError as error:
        raise MalformedError(str(error.errors()[0]["loc"][0])) from None


def parse_status(params: Params, message_id: str | None) -> StatusEvent:
    """One delivery report; a status that is new to us changes nothing but is kept."""
    status = params.first("MessageStatus") or params.first("SmsStatus")
    if not re.fullmatch(r"[a-z_]{2,40}", status):
        raise MalformedError("MessageStatus")
    code = params.first("ErrorCode")
    return StatusEvent(
        message_id=message_id if message_id and _SID.fullmatch(message_id) else None,
        provider_id=_sid(params),
        state=STATES.get(status),
        status=status,
        code=code if re.fullmatch(r"\d{1,10}", code) and code != "0" else None,
    )


def from_resource(
    resource: Mapping[str, Any], media: Sequence[FileRef], place: int | None = None
) -> InboundMessage:
    """A message as Twilio's message list shows it, for taking in what never reached us.

    The list has no profile name, no button ids and no position: a press reads as its title.
    `place` is its place in the list's order.
    """
    params = Params(
        {
            "MessageSid": [str(resource.get("sid") or "")],
            "From": [str(resource.get("from") or "")],
            "To": [str(resource.get("to") or "")],
            "Body": [str(resource.get("body") or "")],
        }
    )
    message = parse_message(params)
    kind = _media_kind([file.content_type or "" for file in media]) if media else message.kind
    return message.model_copy(
        update={
            "files": tuple(media),
            "kind": kind,
            "sent_at": date_of(resource.get("date_sent")),
            "sequence": place,
        }
    )


def bare_address(address: str) -> str:
    """ "whatsapp:+123" as "+123"."""
    return address.removeprefix(PREFIX).strip()


def _sid(params: Params) -> str:
    sid = params.first("MessageSid") or params.first("SmsMessageSid") or params.first("SmsSid")
    if not _SID.fullmatch(sid):
        raise MalformedError("MessageSid")
    return sid


def _sender(params: Params) -> tuple[str, str]:
    """Phone number and business-scoped id; either may be empty, not both.

    A person with a username may have no phone number: then `From` itself holds the scoped id.
    """
    sender, scoped = params.first("From"), bare_address(params.first("ExternalUserId"))
    if sender and not sender.startswith(PREFIX):
        raise MalformedError("From")
    sender = bare_address(sender)
    # A "+" that was not encoded arrives as a space; WaId holds the same digits.
    if sender.isdigit():
        sender = f"+{sender}"
    if sender and not sender.startswith("+"):
        scoped, sender = scoped or sender, ""
    for address in filter(None, (sender, scoped)):
        if not _ADDRESS.fullmatch(address):
            raise MalformedError("From")
    if not (sender or scoped):
        raise MalformedError("From")
    return sender, scoped


def _content(params: Params) -> tuple[Kind, str | None, dict[str, Any]]:
    if params.first("OptOutType").upper() == "STOP":
        return Kind.BLOCKED, None, {"reason": "opt_out"}
    text = params.first("ButtonText") or params.first("ListTitle") or params.first("Body")
    message_type = params.first("MessageType").lower()
    media = _media_count(params)
    if media:
        kind = _KINDS.get(message_type) or _media_kind(
            [params.first(f"MediaContentType{n}") for n in range(media)]
        )
        return kind, clean(text) or None, length_mark(text)
    if message_type in _KINDS:
        return _KINDS[message_type], clean(text) or None, length_mark(text)
    kind, text, metadata = typed(text)
    if kind is Kind.UNSUPPORTED and message_type:
        metadata = {"provider_kind": message_type[:40]}
    return kind, text or None, metadata


def _media_count(params: Params) -> int:
    count = params.first("NumMedia") or "0"
    if not count.isascii() or not count.isdigit() or int(count[:4]) > _MOST_MEDIA:
        raise MalformedError("NumMedia")
    return int(count)


def _media_kind(types: Sequence[str]) -> Kind:
    if types and all(name.startswith("audio/") for name in types):
        return Kind.VOICE
    if types and all("vcard" in name for name in types):
        return Kind.CONTACT
    return Kind.FILE


def _files(params: Params) -> tuple[FileRef, ...]:
    files = []
    for number in range(_media_count(params)):
        url = params.first(f"MediaUrl{number}")
        if not url.startswith(("https://", "http://")) or len(url) > 2000:
            raise MalformedError(f"MediaUrl{number}")
        files.append(
            FileRef(
                provider_ref=url.rstrip("/").rpartition("/")[2][:64] or None,
                url=url,
                content_type=clean_or_none(params.first(f"MediaContentType{number}"), 100),
            )
        )
    return tuple(files)


def _location(params: Params) -> Location | None:
    try:
        lat, lon = float(params.first("Latitude")), float(params.first("Longitude"))
        label = ", ".join(filter(None, (params.first("Label"), params.first("Address"))))
        return Location(lat=lat, lon=lon, label=clean_or_none(label, 500))
    except (ValueError, ValidationError):
        return None


def date_of(value: object) -> datetime:
    """A date as Twilio writes it (RFC 2822); now for anything else."""
    try:
        date = parsedate_to_datetime(str(value))
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
