"""Bodies too deep, too slow, or not what they say they are: refused, and nothing is kept."""

from __future__ import annotations

import hashlib
import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store.messages import State
from connectors import whatsapp
from connectors.whatsapp import EARLY_STATUSES, STATES, Params, StatusEvent
from tests.conftest import SLOW_IS_FINE
from tests.connectors.conftest import Service
from tests.connectors.test_fuzz import outcome
from tests.connectors.test_gateway import stored
from tests.connectors.waiting import LONGEST_SECONDS
from tests.standins import telegram_api

MESSAGES, REPORTS, TELEGRAM = (
    "/webhooks/whatsapp",
    "/webhooks/whatsapp/status",
    "/webhooks/telegram",
)
FORM = whatsapp.FORM
JSON_BODIES: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("a list", b"[]"),
    ("a number", b"1"),
    ("deep", b'{"Body": ' + b"[" * 200_000),
    ("deep and whole", b'{"Body": ' + b"[" * 900 + b"]" * 900 + b"}"),
    ("nested fields only", b'{"MessageSid": {"a": 1}, "From": ["whatsapp:+1"]}'),
    ("a huge number", b'{"MessageSid": ' + b"9" * 5000 + b"}"),
    ("too many fields", json.dumps({f"f{n}": "x" for n in range(600)}).encode()),
]


@pytest.mark.parametrize("path", [MESSAGES, REPORTS])
@pytest.mark.parametrize(("label", "body"), JSON_BODIES, ids=[c[0] for c in JSON_BODIES])
def test_a_signed_json_body_that_is_no_message(
    door: Service, label: str, body: bytes, path: str
) -> None:
    before = stored(door)
    assert pushed(door, path, body) == 400
    assert stored(door) == before


def test_half_a_character_costs_only_itself(door: Service) -> None:
    body = b'{"MessageSid": "SM5", "From": "whatsapp:+15005550006", "Body": "hello \\ud800"}'
    assert pushed(door, MESSAGES, body) == 200


def pushed(door: Service, path: str, body: bytes) -> int:
    """The answer to a JSON body with a signature that fits it."""
    address = f"{path}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "x-twilio-signature": door.twilio.sign(door.url + address, {}),
        "content-type": "application/json",
    }
    return door.client.post(address, content=body, headers=headers).status_code


UNSIGNED: list[tuple[str, str, bytes]] = [
    ("invalid UTF-8 as JSON", "application/json", b'{"Body": "\xff"}'),
    ("invalid UTF-8 as a form", FORM, b"Body=\xff%ff&From=whatsapp%3A%2B1"),
    ("a form that says it is JSON", "application/json", b"Body=x"),
    ("files", "multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data\r\n\r\n"),
    ("no type", "", b"Body=x"),
    ("too many fields", FORM, b"&".join(b"f%d=x" % n for n in range(600))),
]


@pytest.mark.parametrize("path", [MESSAGES, REPORTS])
@pytest.mark.parametrize(("label", "kind", "body"), UNSIGNED, ids=[c[0] for c in UNSIGNED])
def test_a_body_that_nobody_can_have_signed(
    door: Service, label: str, kind: str, body: bytes, path: str
) -> None:
    before = stored(door)
    headers = {"x-twilio-signature": "c2lnbmF0dXJl"} | ({"content-type": kind} if kind else {})
    assert door.client.post(path, content=body, headers=headers).status_code == 403
    assert stored(door) == before


@pytest.mark.parametrize("path", [MESSAGES, REPORTS, TELEGRAM])
def test_a_body_that_comes_drop_by_drop_is_hung_up_on(
    door: Service, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("connectors.http_guard.BODY_SECONDS", 0.2)
    before = stored(door)
    host, _, port = door.url.removeprefix("http://").partition(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 500\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {telegram_api.SECRET}\r\n\r\nBody="
    )
    with socket.create_connection((host, int(port))) as client:
        client.settimeout(LONGEST_SECONDS)
        client.sendall(head.encode())
        assert client.recv(65_536).startswith(b"HTTP/1.1 408")
    assert stored(door) == before


# -- delivery reports -----------------------------------------------------------------------------

STATUSES = st.sampled_from(sorted({*STATES, *EARLY_STATUSES, "SENT", "", "new_one"}))
anything = st.text(max_size=60) | st.sampled_from(["0", "63016", "9" * 40, "-1", "SM1", "\x00"])
REPORT = st.fixed_dictionaries(
    {"AccountSid": st.just("AC1")},
    optional={
        "MessageSid": anything,
        "SmsSid": anything,
        "MessageStatus": STATUSES | anything,
        "SmsStatus": STATUSES | anything,
        "ErrorCode": anything,
        "ErrorMessage": anything,
        "From": anything,
        "To": anything,
    },
)


@settings(max_examples=600)
@given(REPORT, st.none() | anything)
def test_any_report_is_an_event_or_malformed(sent: dict[str, str], ours: str | None) -> None:
    event = outcome(whatsapp.parse_status, Params({k: [v] for k, v in sent.items()}), ours)
    if not isinstance(event, StatusEvent):
        assert event in ("MessageStatus", "MessageSid")
        return
    assert event.state is None or event.state in State
    assert event.code is None or event.code.isdigit()
    assert event.message_id in (None, ours)


@settings(
    max_examples=60, suppress_health_check=[*SLOW_IS_FINE, HealthCheck.function_scoped_fixture]
)
@given(sent=REPORT, ours=st.none() | st.sampled_from(["nothing", "a%20b", "%FF", "x" * 300, ""]))
def test_no_signed_report_makes_the_webhook_fail(
    door: Service, sent: dict[str, str], ours: str | None
) -> None:
    safe = {n: v.encode("utf-8", "replace").decode() for n, v in sent.items()}
    path = REPORTS if ours is None else f"{REPORTS}?m={ours}"
    assert door.push_whatsapp(safe, path).status_code in (204, 400)
