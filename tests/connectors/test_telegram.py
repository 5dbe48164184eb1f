"""An update of Telegram becomes our own message, an errand, or quietly nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.messages import Kind
from connectors import telegram
from connectors.received_text import MalformedError
from connectors.telegram import AnswerPress, LeaveGroup, parse_update
from tests.standins.telegram_api import TelegramStandIn

PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 60, "file_size": 900},
    {"file_id": "large", "file_unique_id": "l", "width": 900, "height": 600, "file_size": 90_000},
]
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 10}
VIDEO = FILE | {"width": 1, "height": 1, "duration": 1}
STICKER = FILE | {
    "type": "regular",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
}
POLL: dict[str, Any] = {
    "id": "1",
    "question": "?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
}

PARSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a text", {"text": "hello"}, {"kind": Kind.TEXT, "text": "hello", "address": "42"}),
    (
        "who wrote it, in which language",
        {"text": "hi"},
        {"profile_name": "Rahim Uddin", "language_hint": "en"},
    ),
    ("the bot is the account", {"text": "hi"}, {"account": "123456"}),
    ("only white space", {"text": "  \n"}, {"kind": Kind.UNSUPPORTED}),
    (
        "an intent payload is text",
        {"text": "/request_names"},
        {"kind": Kind.TEXT, "text": "/request_names"},
    ),
    ("a command", {"text": "/checklist"}, {"kind": Kind.COMMAND, "text": "/checklist"}),
    (
        "a command to this bot",
        {"text": "/help@intake_bot me"},
        {"kind": Kind.COMMAND, "text": "/help me"},
    ),
    ("a deep link", {"text": "/start ABC123"}, {"kind": Kind.COMMAND, "text": "/start ABC123"}),
    ("a word that only begins like a command", {"text": "/started"}, {"kind": Kind.TEXT}),
    ("over 4,096 characters", {"text": "x" * 5000}, {"metadata": {"too_long": True}}),
    (
        "a photo: the largest size",
        {"photo": PHOTO, "caption": "scan"},
        {"kind": Kind.FILE, "text": "scan"},
    ),
    (
        "a photo of an album",
        {"photo": PHOTO, "media_group_id": "77"},
        {"metadata": {"album": "77"}},
    ),
    (
        "a document",
        {"document": FILE | {"file_name": "a.pdf", "mime_type": "application/pdf"}},
        {"kind": Kind.FILE},
    ),
    ("a video", {"video": VIDEO}, {"kind": Kind.FILE}),
    ("a video note", {"video_note": FILE | {"length": 1, "duration": 1}}, {"kind": Kind.FILE}),
    ("a voice note", {"voice": FILE | {"duration": 3}}, {"kind": Kind.VOICE}),
    ("an audio file", {"audio": FILE | {"duration": 3}}, {"kind": Kind.VOICE}),
    ("a sticker", {"sticker": STICKER}, {"kind": Kind.STICKER, "files": ()}),
    (
        "a contact",
        {"contact": {"phone_number": "+123", "first_name": "Ali"}},
        {"kind": Kind.CONTACT, "text": "Ali +123"},
    ),
    ("a poll", {"poll": POLL}, {"kind": Kind.UNSUPPORTED, "metadata": {"provider_kind": "poll"}}),
    ("a die", {"dice": {"value": 3, "emoji": "🎲"}}, {"kind": Kind.UNSUPPORTED}),
    ("a kind that is new to us", {"hologram": {"x": 1}}, {"kind": Kind.UNSUPPORTED}),
    (
        "no language",
        {"text": "hi", "from": {"id": 42, "is_bot": False, "first_name": "R"}},
        {"language_hint": None},
    ),
]


@pytest.mark.parametrize(("label", "content", "expected"), PARSED, ids=[c[0] for c in PARSED])
def test_reads(label: str, content: dict[str, Any], expected: dict[str, Any]) -> None:
    update = TelegramStandIn().message(**content)
    heard = parse_update(update, "123456")
    assert heard.message is not None
    assert {name: getattr(heard.message, name) for name in expected} == expected
    assert heard.message.provider_id == str(update["update_id"])
    assert heard.message.sequence == update["update_id"]
    assert heard.message.provider_message_id == str(update["message"]["message_id"])


def test_the_largest_photo_is_taken() -> None:
    message = parse_update(TelegramStandIn().message(photo=PHOTO), "1").message
    assert message is not None
    assert [(f.provider_ref, f.size) for f in message.files] == [("large", 90_000)]


def test_a_venue_is_a_place_with_a_name() -> None:
    where = {"latitude": 23.81, "longitude": 90.41}
    update = TelegramStandIn().message(
        location=where, venue={"location": where, "title": "Clinic", "address": "Dhaka"}
    )
    message = parse_update(update, "1").message
    assert message is not None
    assert message.kind is Kind.LOCATION
    assert message.location is not None
    assert (message.location.lat, message.location.label) == (23.81, "Clinic, Dhaka")


def test_an_edit_is_marked_as_such_and_names_the_message() -> None:
    standin = TelegramStandIn()
    edited = standin.message(text="stage 4")["message"] | {"edit_date": 1_770_000_000}
    heard = parse_update(standin.update(edited_message=edited), "1")
    assert heard.message is not None
    assert (heard.message.kind, heard.message.text) == (Kind.EDITED, "stage 4")
    assert heard.message.reply_to == str(edited["message_id"])


def test_a_pressed_button_is_a_message_and_an_errand() -> None:
    standin = TelegramStandIn()
    below = standin.message(text="?")["message"]
    heard = parse_update(standin.press("token-1", below), "1")
    assert heard.message is not None
    assert (heard.message.kind, heard.message.button_token) == (Kind.BUTTON, "token-1")
    assert isinstance(heard.errand, AnswerPress)
    assert (heard.errand.chat_id, heard.errand.message_id) == (42, below["message_id"])


def test_a_press_under_a_message_too_old_to_see() -> None:
    standin = TelegramStandIn()
    standin.user()
    gone = {"chat": {"id": 42, "type": "private"}, "message_id": 9, "date": 0}
    heard = parse_update(standin.press("token-1", gone), "1")
    assert heard.message is not None
    assert isinstance(heard.errand, AnswerPress)


def membership(status: str, chat_type: str = "private", chat: int = 42) -> dict[str, Any]:
    bot = {"id": 123456, "is_bot": True, "first_name": "Intake"}
    return {
        "chat": {"id": chat, "type": chat_type, "title": "Family"},
        "from": {"id": 42, "is_bot": False, "first_name": "Rahim"},
        "date": 1_770_000_000,
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": {"user": bot, "status": status, "until_date": 0},
    }


def test_who_blocks_us_is_noted() -> None:
    heard = parse_update({"update_id": 1, "my_chat_member": membership("kicked")}, "1")
    assert heard.message is not None
    assert heard.message.kind is Kind.BLOCKED


def test_who_unblocks_us_is_left_in_peace() -> None:
    heard = parse_update({"update_id": 1, "my_chat_member": membership("member")}, "1")
    assert (heard.message, heard.errand) == (None, None)


GROUPS = [
    (
        "added to a group",
        {"my_chat_member": membership("member", "group", -5)},
        LeaveGroup(-5, True),
    ),
    (
        "made admin of a channel",
        {
            "my_chat_member": membership("administrator", "channel", -6)
            | {
                "new_chat_member": {
                    "user": {"id": 1, "is_bot": True, "first_name": "I"},
                    "status": "left",
                }
            }
        },
        None,
    ),
    ("thrown out of a group", {"my_chat_member": membership("kicked", "group", -5)}, None),
]


@pytest.mark.parametrize(("label", "content", "errand"), GROUPS, ids=[c[0] for c in GROUPS])
def test_groups_are_left(label: str, content: dict[str, Any], errand: Any) -> None:
    heard = parse_update({"update_id": 1, **content}, "1")
    assert (heard.message, heard.errand) == (None, errand)


def test_a_message_in_a_group_is_not_heard() -> None:
    update = TelegramStandIn().message(
        text="hi", chat={"id": -5, "type": "supergroup", "title": "F"}
    )
    heard = parse_update(update, "1")
    assert (heard.message, heard.errand) == (None, LeaveGroup(-5, True))


IGNORED: list[tuple[str, dict[str, Any]]] = [
    ("an update of a new kind", {"telepathy": {"x": 1}}),
    ("nothing", {}),
    (
        "a channel post",
        {
            "channel_post": {
                "message_id": 1,
                "date": 0,
                "chat": {"id": -1, "type": "channel"},
                "text": "x",
            }
        },
    ),
    (
        "a pinned message",
        {
            "message": {
                "message_id": 1,
                "date": 0,
                "chat": {"id": 42, "type": "private"},
                "from": {"id": 42, "is_bot": False, "first_name": "R"},
                "pinned_message": {
                    "message_id": 1,
                    "date": 0,
                    "chat": {"id": 42, "type": "private"},
                },
            }
        },
    ),
    (
        "a message of a bot",
        {
            "message": {
                "message_id": 1,
                "date": 0,
                "chat": {"id": 42, "type": "private"},
                "from": {"id": 42, "is_bot": True, "first_name": "R"},
                "text": "x",
            }
        },
    ),
]


@pytest.mark.parametrize(("label", "content"), IGNORED, ids=[c[0] for c in IGNORED])
def test_is_quietly_nothing(label: str, content: dict[str, Any]) -> None:
    heard = parse_update({"update_id": 7, **content}, "1")
    assert (heard.update_id, heard.message, heard.errand) == (7, None, None)


MALFORMED: list[Any] = [
    None,
    [],
    "x",
    5,
    {},
    {"update_id": "7"},
    {"update_id": True},
    {"update_id": -1},
    {"update_id": 1, "message": "x"},
    {"update_id": 1, "message": {"message_id": 1}},
    {
        "update_id": 1,
        "message": {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}},
    },
    {
        "update_id": 1,
        "message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}},
    },
    {"update_id": 1, "callback_query": {"id": "1"}},
    {"update_id": 1, "my_chat_member": []},
]


@pytest.mark.parametrize("data", MALFORMED)
def test_refuses(data: Any) -> None:
    with pytest.raises(MalformedError):
        parse_update(data, "1")


def test_an_empty_secret_matches_nothing() -> None:
    assert telegram.is_secret("abc", "abc")
    assert not telegram.is_secret("abc", "abd")
    assert not telegram.is_secret("", "")
    assert not telegram.is_secret("abc", "ü\udcff")
