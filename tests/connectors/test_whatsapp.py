"""What Twilio sends becomes our own message; what it never sends is refused by the field's name."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from bot.store.messages import FileRef, Kind, State
from connectors import whatsapp
from connectors.received_text import MalformedError
from connectors.whatsapp import Params
from tests.standins.twilio_api import TOKEN, TwilioStandIn

URL = "https://intake.example.org/webhooks/whatsapp"
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


def params(**more: str) -> Params:
    base = TwilioStandIn().inbound("+8801712345678", "hello") | more
    return Params({name: [value] for name, value in base.items() if value != "absent"})


def media(*types: str) -> dict[str, str]:
    found = {"NumMedia": str(len(types))}
    for number, name in enumerate(types):
        found |= {f"MediaUrl{number}": f"{MEDIA}{number}", f"MediaContentType{number}": name}
    return found


PARSED: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("a text", {}, {"kind": Kind.TEXT, "text": "hello", "address": "+8801712345678"}),
    ("our own number is the account", {}, {"account": "+14155238886"}),
    ("the name is kept", {}, {"profile_name": "Amina"}),
    ("a text in another script", {"Body": "আমার মায়ের ক্যান্সার"}, {"text": "আমার মায়ের ক্যান্সার"}),
    ("a Spanish greeting stays whole", {"Body": "¡Hola!"}, {"text": "¡Hola!"}),
    ("line breaks and control characters", {"Body": "a\r\nb\x00\x1b[2Jc"}, {"text": "a\nb[2Jc"}),
    ("an empty text", {"Body": ""}, {"kind": Kind.UNSUPPORTED, "text": None}),
    ("only an emoji", {"Body": "🙏"}, {"kind": Kind.TEXT, "text": "🙏"}),
    ("a slash is text", {"Body": "/restart"}, {"kind": Kind.TEXT, "text": "/restart"}),
    ("an intent payload is text", {"Body": '/inform{"a": 1}'}, {"kind": Kind.TEXT}),
    ("a command of ours", {"Body": "/Delete"}, {"kind": Kind.COMMAND, "text": "/delete"}),
    (
        "over 4,096 characters",
        {"Body": "x" * 4097},
        {"text": "x" * 4097, "metadata": {"too_long": True}},
    ),
    (
        "a photo with a caption",
        {"Body": "the scan", "MessageType": "image"} | media("image/jpeg"),
        {
            "kind": Kind.FILE,
            "text": "the scan",
            "files": (FileRef(provider_ref="ME10", url=f"{MEDIA}0", content_type="image/jpeg"),),
        },
    ),
    (
        "a photo without a caption",
        {"Body": ""} | media("image/jpeg"),
        {"kind": Kind.FILE, "text": None},
    ),
    ("two documents", media("application/pdf", "application/pdf"), {"kind": Kind.FILE}),
    (
        "a voice note",
        {"Body": "", "MessageType": "audio"} | media("audio/ogg"),
        {"kind": Kind.VOICE},
    ),
    (
        "a sticker",
        {"Body": "", "MessageType": "sticker"} | media("image/webp"),
        {"kind": Kind.STICKER, "files": ()},
    ),
    ("a contact card", {"Body": ""} | media("text/vcard"), {"kind": Kind.CONTACT}),
    (
        "a place",
        {
            "Body": "",
            "Latitude": "23.8103",
            "Longitude": "90.4125",
            "Label": "Clinic",
            "Address": "Dhaka",
        },
        {"kind": Kind.LOCATION},
    ),
    (
        "a place that is none",
        {"Latitude": "nan", "Longitude": "900"},
        {"kind": Kind.TEXT, "location": None},
    ),
    (
        "a pressed button",
        {"ButtonText": "Yes", "ButtonPayload": "tok", "Body": "Yes", "MessageType": "button"},
        {"kind": Kind.BUTTON, "button_token": "tok", "text": "Yes"},
    ),
    (
        "a chosen list entry",
        {"ListId": "tok2", "ListTitle": "In bed", "MessageType": "interactive"},
        {"kind": Kind.BUTTON, "button_token": "tok2", "text": "In bed"},
    ),
    (
        "a business-scoped id beside the phone",
        {"ExternalUserId": "BD.1234567890"},
        {"address": "BD.1234567890", "alt_address": "+8801712345678"},
    ),
    (
        "a person without a phone number",
        {"From": "whatsapp:BD.1234567890"},
        {"address": "BD.1234567890", "alt_address": None},
    ),
    ("no From at all", {"From": "absent", "ExternalUserId": "BD.12"}, {"address": "BD.12"}),
    (
        "a kind that is new to us",
        {"Body": "", "MessageType": "hologram"},
        {"kind": Kind.UNSUPPORTED, "metadata": {"provider_kind": "hologram"}},
    ),
    ("STOP by Twilio's opt-out", {"Body": "STOP", "OptOutType": "STOP"}, {"kind": Kind.BLOCKED}),
    ("a blank name", {"ProfileName": ""}, {"profile_name": None}),
    ("parameters we have never heard of", {"NewThing": "x"}, {"kind": Kind.TEXT}),
]


@pytest.mark.parametrize(("label", "sent", "expected"), PARSED, ids=[c[0] for c in PARSED])
def test_reads(label: str, sent: dict[str, str], expected: dict[str, Any]) -> None:
    message = whatsapp.parse_message(params(**sent))
    assert {name: getattr(message, name) for name in expected} == expected
    assert message.channel == "whatsapp"


def test_reads_a_place() -> None:
    place = whatsapp.parse_message(
        params(Latitude="23.81", Longitude="90.41", Label="Clinic", Address="Dhaka")
    ).location
    assert place is not None
    assert (place.lat, place.lon, place.label) == (23.81, 90.41, "Clinic, Dhaka")


MALFORMED = [
    (
        "no sid",
        {"MessageSid": "absent", "SmsMessageSid": "absent", "SmsSid": "absent"},
        "MessageSid",
    ),
    ("a strange sid", {"MessageSid": "a b"}, "MessageSid"),
    ("no sender", {"From": "absent"}, "From"),
    ("an SMS", {"From": "+8801712345678"}, "From"),
    ("a sender with a line break", {"From": "whatsapp:+88\n01"}, "From"),
    ("more files than a message has", {"NumMedia": "99"}, "NumMedia"),
    ("a number that is none", {"NumMedia": "two"}, "NumMedia"),
    ("a file without an address", {"NumMedia": "1"}, "MediaUrl0"),
    ("a file on the disk", {"NumMedia": "1", "MediaUrl0": "file:///etc/passwd"}, "MediaUrl0"),
]


@pytest.mark.parametrize(("label", "sent", "field"), MALFORMED, ids=[c[0] for c in MALFORMED])
def test_refuses(label: str, sent: dict[str, str], field: str) -> None:
    with pytest.raises(MalformedError) as caught:
        whatsapp.parse_message(params(**sent))
    assert str(caught.value) == field


def sign(url: str, form: dict[str, str]) -> str:
    return TwilioStandIn().sign(url, form)


SIGNATURES = [
    ("signed", URL, {"a": "1"}, b"a=1", True),
    ("blank values count", URL, {"a": "1", "b": ""}, b"a=1&b=", True),
    ("a dropped blank value", URL, {"a": "1", "b": ""}, b"a=1", False),
    ("an added parameter", URL, {"a": "1"}, b"a=1&x=2", False),
    ("a changed value", URL, {"a": "1"}, b"a=2", False),
    ("another address", URL + "/status", {"a": "1"}, b"a=1", False),
    ("plain http instead of https", URL.replace("https", "http"), {"a": "1"}, b"a=1", False),
    ("with the port", URL.replace(".org", ".org:443"), {"a": "1"}, b"a=1", True),
    ("encoded letters", URL, {"a": "é+&"}, b"a=%C3%A9%2B%26", True),
    ("bytes that are no UTF-8", URL, {"a": "x"}, b"a=%ff\xff", False),
    ("too many fields", URL, {}, b"a=1&" * 5000, False),
]


@pytest.mark.parametrize(
    ("label", "url", "signed", "body", "good"), SIGNATURES, ids=[c[0] for c in SIGNATURES]
)
def test_signature(label: str, url: str, signed: dict[str, str], body: bytes, good: bool) -> None:
    found = whatsapp.verified(TOKEN, URL, body, whatsapp.FORM, sign(url, signed))
    assert (found is not None) is good


def test_a_request_without_signature_or_with_a_strange_one_is_not_signed() -> None:
    for signature in ("", "x", "ü" * 28, "A" * 10_000):
        assert whatsapp.verified(TOKEN, URL, b"a=1", whatsapp.FORM, signature) is None


def test_json_bodies_are_signed_by_their_hash() -> None:
    body = json.dumps({"MessageSid": "SM1"}).encode()
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = sign(url, {})
    assert whatsapp.verified(TOKEN, url, body, "application/json", signature) is not None
    assert whatsapp.verified(TOKEN, url, body + b" ", "application/json", signature) is None
    # The hash must be in the signed address itself: without it the body is not covered.
    assert whatsapp.verified(TOKEN, URL, body, "application/json", sign(URL, {})) is None


STATUSES = [
    ("sent", None, State.SENT, None),
    ("delivered", None, State.DELIVERED, None),
    ("read", None, State.READ, None),
    ("failed", "63016", State.FAILED, "63016"),
    ("undelivered", "63024", State.FAILED, "63024"),
    ("queued", None, None, None),
    ("sent", "0", State.SENT, None),
    ("something_new", None, None, None),
]


@pytest.mark.parametrize(("status", "code", "state", "kept"), STATUSES)
def test_reads_a_delivery_report(
    status: str, code: str | None, state: State | None, kept: str | None
) -> None:
    sent = Params({"MessageSid": ["SM1"], "MessageStatus": [status], "ErrorCode": [code or ""]})
    event = whatsapp.parse_status(sent, "our-id")
    assert (event.message_id, event.provider_id, event.state, event.code) == (
        "our-id",
        "SM1",
        state,
        kept,
    )


def test_a_report_with_a_foreign_id_of_ours_is_matched_by_twilios_alone() -> None:
    sent = Params({"MessageSid": ["SM1"], "MessageStatus": ["sent"]})
    assert whatsapp.parse_status(sent, "a b; drop").message_id is None


@pytest.mark.parametrize("status", ["", "DROP TABLE", "x" * 50])
def test_refuses_a_strange_report(status: str) -> None:
    with pytest.raises(MalformedError):
        whatsapp.parse_status(Params({"MessageSid": ["SM1"], "MessageStatus": [status]}), None)
