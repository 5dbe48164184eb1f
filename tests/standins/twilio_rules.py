"""The rules of Twilio's message resource, each with the code of its error page.

https://www.twilio.com/docs/messaging/api/message-resource, /docs/api/errors/<code>.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_BODY = 1600
# Every parameter that the message resource takes; a misspelt one would be ignored in silence.
KNOWN = frozenset(
    (
        *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid"),
        *("ContentVariables", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback"),
        *("Attempt", "ValidityPeriod", "ForceDelivery", "ContentRetention", "AddressRetention"),
        *("SmartEncoded", "PersistentAction", "TrafficType", "ShortenUrls", "ScheduleType"),
        *("FallbackFrom",),
        *("SendAt", "SendAsMms", "RiskCheck"),
    )
)


def broken_rule(fields: dict[str, str], own: str, opted_out: set[str]) -> tuple[int, str] | None:
    """The first rule that a request to send breaks: code and text."""
    to, sender = fields.get("To", ""), fields.get("From", "")
    media, body = fields.get("MediaUrl"), fields.get("Body", "")
    checks = (
        (bool(fields.keys() - KNOWN), 20001, "Unknown parameter"),
        (not to, 21604, "A 'To' phone number is required"),
        (not sender and not fields.get("MessagingServiceSid"), 21603, "A 'From' is required"),
        (not (body or media or fields.get("ContentSid")), 21619, "A text or media is required"),
        (
            to.startswith("whatsapp:") != sender.startswith("whatsapp:"),
            21910,
            "Channels differ",
        ),
        (sender != f"whatsapp:{own}", 63007, "No channel with this From address"),
        (not re.fullmatch(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.\w{4,128})", to), 21211, "To"),
        (_units(body) > LONGEST_BODY, 21617, "The message body exceeds 1600 characters"),
        (not _is_url(fields.get("StatusCallback", "http://a.b")), 21609, "StatusCallback"),
        (media is not None and not _is_url(media), 21620, "Invalid media URL"),
        (not _is_validity(fields.get("ValidityPeriod", "1")), 21627, "ValidityPeriod"),
        (to.removeprefix("whatsapp:") in opted_out, 21610, "Unsubscribed recipient"),
    )
    return next(((code, text) for broken, code, text in checks if broken), None)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in parts.netloc


def _is_validity(text: str) -> bool:
    return text.isdigit() and 1 <= int(text) <= 36_000
