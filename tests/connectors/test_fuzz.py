"""Whatever comes in, the parsers answer with a message, nothing, or "malformed"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.store.messages import InboundMessage
from connectors import whatsapp
from connectors.received_text import MalformedError, as_command, clean
from connectors.telegram import Heard, parse_update
from connectors.whatsapp import Params
from tests.conftest import SLOW_IS_FINE
from tests.connectors.conftest import Service
from tests.standins import telegram_api
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn

FIELDS = [*TwilioStandIn().inbound("+8801712345678", "x"), "MediaUrl0", "MediaContentType0"]
FIELDS += ["Latitude", "Longitude", "ButtonPayload", "ButtonText", "ListId", "ListTitle"]
FIELDS += ["ExternalUserId", "MessageStatus", "ErrorCode", "OptOutType", "Label", "Address"]

values = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "1", "9" * 30, "-1", "nan", "inf", "whatsapp:", "whatsapp:+1", "\x00"]
    ),
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)

standin = TelegramStandIn()
PLACE = {"latitude": 1.0, "longitude": 2.0}
FILE = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1, "length": 1}
EXAMPLES: list[dict[str, Any]] = [
    standin.message(text="hello"),
    standin.message(photo=[FILE], caption="x", media_group_id="1"),
    standin.message(document=FILE, reply_to_message=standin.message(text="y")["message"]),
    standin.message(video_note=FILE),
    standin.message(location=PLACE, venue={"location": PLACE, "title": "t", "address": "a"}),
    standin.message(contact={"phone_number": "+1", "first_name": "n"}),
    standin.press("token", standin.message(text="?")["message"]),
    standin.update(edited_message=standin.message(text="z")["message"]),
    standin.update(
        my_chat_member={
            "chat": {"id": 42, "type": "private"},
            "from": standin.user(),
            "date": 1,
            "old_chat_member": {"user": standin.user(), "status": "member"},
            "new_chat_member": {"user": standin.user(), "status": "kicked", "until_date": 0},
        }
    ),
]


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A real update with a few of its parts replaced, dropped or added."""
    update = json.loads(json.dumps(draw(st.sampled_from(EXAMPLES))))
    for _ in range(draw(st.integers(1, 4))):
        place = update
        while True:
            inner = [v for v in (place.values() if isinstance(place, dict) else place) if v]
            inner = [v for v in inner if isinstance(v, dict | list)]
            if not inner or draw(st.booleans()):
                break
            place = draw(st.sampled_from(inner))
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if keys and draw(st.booleans()):
            key = draw(st.sampled_from(keys))
            if draw(st.booleans()):
                del place[key]
            else:
                place[key] = draw(anything)
        elif isinstance(place, dict):
            place[draw(st.text(max_size=8))] = draw(anything)
    return update


def outcome(parse: Callable[..., Any], *given_to_it: Any) -> Any:
    """The result, or the field that was named as malformed; other errors fail the test."""
    try:
        return parse(*given_to_it)
    except MalformedError as error:
        return str(error)


@settings(max_examples=600)
@given(spoiled() | anything)
def test_telegram(update: Any) -> None:
    heard = outcome(parse_update, update, "1")
    assert isinstance(heard, Heard) or heard in ("update", "update_id")


@settings(max_examples=600)
@given(st.dictionaries(st.sampled_from(FIELDS), values), st.lists(st.sampled_from(FIELDS)))
def test_whatsapp(changed: dict[str, str], dropped: list[str]) -> None:
    sent = TwilioStandIn().inbound("+8801712345678", "hello") | changed
    for name in dropped:
        sent.pop(name, None)
    params = Params({name: [value] for name, value in sent.items()})
    message = outcome(whatsapp.parse_message, params)
    # A refusal gives a field's name, never what was in it.
    assert isinstance(message, InboundMessage) or message.isidentifier()
    report = outcome(whatsapp.parse_status, params, changed.get("Body"))
    assert isinstance(report, whatsapp.StatusEvent) or report.isidentifier()


@settings(max_examples=300)
@given(
    st.binary(max_size=200),
    st.sampled_from([whatsapp.FORM, "application/json", "text/plain", ""]),
    st.text(max_size=40),
)
def test_a_signature_is_never_guessed(body: bytes, content_type: str, signature: str) -> None:
    url = "https://x.org/webhooks/whatsapp?bodySHA256=0"
    assert whatsapp.verified("token", url, body, content_type, signature) is None


class AsDjangoGivesThem(dict[str, list[str]]):
    """Parameters as Twilio's validator takes them."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


plain = st.text(max_size=12).filter(lambda t: t.isprintable())


@given(st.dictionaries(plain, st.lists(plain, min_size=1, max_size=3), max_size=6), plain)
def test_a_signature_is_the_one_that_twilio_computes(params: dict[str, list[str]], at: str) -> None:
    url = f"https://x.org/webhooks/whatsapp?{at}"
    theirs = RequestValidator("token").compute_signature(url, AsDjangoGivesThem(params))
    assert whatsapp.signature_of("token", url, Params(params)) == theirs


@given(st.text(max_size=200))
def test_cleaning_is_safe_and_settled(text: str) -> None:
    cleaned = clean(text)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned
    command = as_command(text)
    assert command is None or command.startswith("/")


quiet = settings(
    max_examples=60, suppress_health_check=[*SLOW_IS_FINE, HealthCheck.function_scoped_fixture]
)


@quiet
@given(
    body=st.binary(max_size=300)
    | anything.map(lambda v: json.dumps(v).encode())
    | spoiled().map(lambda v: json.dumps(v).encode())
)
def test_no_body_makes_a_webhook_fail(door: Service, body: bytes) -> None:
    headers = {"x-telegram-bot-api-secret-token": telegram_api.SECRET}
    answer = door.client.post("/webhooks/telegram", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    assert door.client.post("/webhooks/whatsapp", content=body).status_code == 403


@quiet
@given(changed=st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
def test_no_signed_form_makes_a_webhook_fail(door: Service, changed: dict[str, str]) -> None:
    safe = {n: v.encode("utf-8", "replace").decode() for n, v in changed.items()}
    answer = door.push_whatsapp(door.twilio.inbound("+8801712345678", "hello") | safe)
    assert answer.status_code in (200, 204, 400)


@quiet
@given(body=anything, conversation=st.text(max_size=20))
def test_no_body_makes_the_browser_chat_fail(door: Service, body: Any, conversation: str) -> None:
    path = f"/webchat/{conversation.encode('utf-8', 'replace').hex() or 'a'}/messages"
    answer = door.client.post(
        path, content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert answer.status_code in (200, 202, 400)
