"""One outgoing row is one request that the provider accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.messages import FileRef, IssuedButton, OutboundReply, Outgoing, ReplyButton
from connectors.capabilities import CAPABILITIES, Capabilities
from connectors.rendering import fitted, shown
from connectors.splitting import length

BUTTONS = (ReplyButton(title="Yes", payload="/a"), ReplyButton(title="No", payload="/b"))


def as_sent(reply: OutboundReply) -> Outgoing:
    issued = tuple(IssuedButton(title=b.title, token="t" * 22) for b in reply.buttons)
    return Outgoing(text=reply.text, buttons=issued, files=reply.files)


@pytest.mark.parametrize("channel", sorted(CAPABILITIES))
@given(
    text=st.text(alphabet="ab. \n👍é", max_size=6000),
    titles=st.lists(st.text(alphabet="ab 👍", min_size=1, max_size=300), max_size=30),
)
def test_every_row_fits_its_channel(channel: str, text: str, titles: list[str]) -> None:
    can = CAPABILITIES[channel]
    buttons = tuple(ReplyButton(title=title, payload="/x") for title in titles)
    rows = fitted([OutboundReply(text=text, buttons=buttons)], can)
    assert all(length(shown(as_sent(row), can)) <= can.text for row in rows)
    assert sum(len(row.buttons) for row in rows) == len(titles)
    assert all(not row.buttons for row in rows[:-1])


def test_whatsapp_writes_choices_as_numbered_lines() -> None:
    [row] = fitted([OutboundReply(text="Is she well?", buttons=BUTTONS)], CAPABILITIES["whatsapp"])
    assert shown(as_sent(row), CAPABILITIES["whatsapp"]) == "Is she well?\n\n1. Yes\n2. No"


def test_telegram_keeps_the_text_as_it_is() -> None:
    [row] = fitted([OutboundReply(text="Is she well?", buttons=BUTTONS)], CAPABILITIES["telegram"])
    assert shown(as_sent(row), CAPABILITIES["telegram"]) == "Is she well?"
    assert [b.title for b in row.buttons] == ["Yes", "No"]


def test_a_text_that_just_fits_makes_room_for_its_choices() -> None:
    text = "This is a sentence. " * 80
    assert length(text.strip()) <= 1600
    rows = fitted([OutboundReply(text=text, buttons=BUTTONS)], CAPABILITIES["whatsapp"])
    assert len(rows) == 2
    assert [len(row.buttons) for row in rows] == [0, 2]


def test_each_file_is_a_message_of_its_own_after_the_text() -> None:
    files = (FileRef(key="a", name="letter.pdf"), FileRef(key="b", name="list.pdf"))
    rows = fitted([OutboundReply(text="Here they are.", files=files)], CAPABILITIES["whatsapp"])
    assert [(row.text, [f.key for f in row.files]) for row in rows] == [
        ("Here they are.", []),
        (None, ["a"]),
        (None, ["b"]),
    ]


def test_an_empty_reply_is_dropped() -> None:
    assert fitted([OutboundReply(text=" ")], CAPABILITIES["telegram"]) == []


def test_urgent_and_response_go_with_every_part() -> None:
    reply = OutboundReply(text="word " * 900, response="utter_x", urgent=True)
    rows = fitted([reply], CAPABILITIES["whatsapp"])
    assert len(rows) > 1
    assert {(row.response, row.urgent) for row in rows} == {("utter_x", True)}


def test_a_capability_is_frozen() -> None:
    with pytest.raises(AttributeError):
        CAPABILITIES["whatsapp"].text = 5  # type: ignore[misc]
    assert isinstance(CAPABILITIES["telegram"], Capabilities)
