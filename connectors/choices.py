"""Maps what a person tapped or typed to one of the choices that were offered last."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from bot.store import Store
from bot.store.messages import InboundMessage, Kind
from connectors.capabilities import CAPABILITIES

# "2", "2.", "2)", "(2)", in the digits of any script.
_NUMBER: Final = re.compile(r"[\s(#]*(\d{1,2})[\s.):]*")


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes to the engine: a payload of ours, or text; never typed text as a payload."""

    text: str | None
    payload: str | None = None
    title: str | None = None


def chosen(store: Store, conversation_id: str, message: InboundMessage) -> Choice:
    """The choice behind a message.

    A token that is stale or was never given to this conversation counts as the text on the button.
    """
    if message.kind is Kind.BUTTON and message.button_token:
        match = store.buttons.resolve(conversation_id, message.button_token)
        if match is None:
            return Choice(message.text)
        if match.stale:
            return Choice(match.title)
        return Choice(match.title, match.payload, match.title)
    if message.kind in (Kind.TEXT, Kind.BUTTON) and message.text:
        return _typed(store, conversation_id, message)
    return Choice(message.text)


def _typed(store: Store, conversation_id: str, message: InboundMessage) -> Choice:
    text = message.text or ""
    number = _number(text) if _shows_numbers(message.channel) else None
    if number is None and len(text) > 100:
        return Choice(text)
    buttons = store.buttons.current(conversation_id)
    for position, button in enumerate(buttons, 1):
        if position == number or _plain(button.title) == _plain(text):
            match = store.buttons.resolve(conversation_id, button.token)
            if match is not None:
                return Choice(text, match.payload, match.title)
    return Choice(text)


def _shows_numbers(channel: str) -> bool:
    return channel in CAPABILITIES and CAPABILITIES[channel].buttons == 0


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    return int(found.group(1)) if found else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().strip(".!").casefold()
