"""What each channel can do, as data: one frozen record a channel, read by worker and sender."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The limits and abilities of one channel.

    `file_bytes` may be sent, `received_bytes` fetched of what people send.
    Lengths are UTF-16 code units, which is never less than what a provider counts. `buttons` is
    how many a single message can carry; 0 means that choices are written as numbered lines.
    `pushes` is false where replies wait to be fetched instead of being sent.
    `window_hours` is how long after a person's last message free text may be sent; None: always.
    `lookup` says that the provider can be asked whether a message of unknown fate was sent.
    `pieces`: people write in several short messages there, which are taken together.
    `per_second` and `per_person_seconds` pace sending (messages a second over all people, and the
    pause between two messages to one person).
    """

    text: int
    caption: int
    buttons: int
    button_title: int
    file_bytes: int
    received_bytes: int
    photo_bytes: int
    pushes: bool
    sends_files: bool
    templates: bool
    window_hours: int | None
    receipts: bool
    lookup: bool
    typing: bool
    pieces: bool
    per_second: float
    per_person_seconds: float


# Sources: Twilio error 21617 (1,600 characters), "WhatsApp media" guide (16 MB, images 5 MB),
# quick-reply content (button title 20), error 63016 (24-hour window), Meta throughput (80 a
# second a number). Telegram Bot API: sendMessage (4,096), sendDocument (caption 1,024; 50 MB),
# sendPhoto (10 MB), getFile (20 MB); bots FAQ (30 messages a second, 1 a second to one chat).
CAPABILITIES: Final = MappingProxyType(
    {
        "whatsapp": Capabilities(
            text=1600,
            caption=1600,
            buttons=0,
            button_title=20,
            file_bytes=16 * MEGABYTE,
            received_bytes=16 * MEGABYTE,
            photo_bytes=5 * MEGABYTE,
            pushes=True,
            sends_files=True,
            templates=True,
            window_hours=24,
            receipts=True,
            lookup=True,
            typing=True,
            pieces=True,
            per_second=60.0,
            per_person_seconds=0.35,
        ),
        "telegram": Capabilities(
            text=4096,
            caption=1024,
            buttons=100,
            button_title=64,
            file_bytes=50 * MEGABYTE,
            received_bytes=20 * MEGABYTE,
            photo_bytes=10 * MEGABYTE,
            pushes=True,
            sends_files=True,
            templates=False,
            window_hours=None,
            receipts=False,
            lookup=False,
            typing=True,
            pieces=True,
            per_second=25.0,
            per_person_seconds=1.0,
        ),
        "webchat": Capabilities(
            text=100_000,
            caption=100_000,
            buttons=100,
            button_title=200,
            file_bytes=20 * MEGABYTE,
            received_bytes=20 * MEGABYTE,
            photo_bytes=20 * MEGABYTE,
            pushes=False,
            sends_files=True,
            templates=False,
            window_hours=None,
            receipts=False,
            lookup=False,
            typing=True,
            pieces=False,
            per_second=1000.0,
            per_person_seconds=0.0,
        ),
    }
)


def capabilities(channel: str) -> Capabilities:
    """The record of a channel; an unknown channel is a programming error (KeyError)."""
    return CAPABILITIES[channel]
