"""Maps what a person tapped or typed to one of the choices that were offered last.

A number, a label, the beginning of a label that the channel had to cut, and a label with a slip of
the fingers all choose. A slip never turns one offered choice, a number or a negation into another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from bot.store import Store
from bot.store.messages import InboundMessage, IssuedButton, Kind
from connectors.capabilities import CAPABILITIES

# "2", "2.", "2)", "(2)", in the digits of any script.
_NUMBER: Final = re.compile(r"[\s(#]*(\d{1,2})[\s.):]*")
_LONGEST_LABEL: Final = 100
_CUT: Final = "…"
_LEAST_OF_CUT: Final = 8  # letters of a cut label that tell it from any other
# Letters of a word in which one slip, or two, are still the same word.
_ONE_SLIP: Final = 4
_TWO_SLIPS: Final = 9


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
        fresh = None if match.stale else match.payload
        return Choice(match.title, fresh, match.title if fresh else None)
    if message.kind in (Kind.TEXT, Kind.BUTTON) and message.text:
        return _typed(store, conversation_id, message)
    return Choice(message.text)


def together(store: Store, conversation_id: str, messages: Sequence[InboundMessage]) -> Choice:
    """Several messages in a row as one text; a choice among them is written out as its label."""
    found = [chosen(store, conversation_id, message) for message in messages]
    words = [choice.title or choice.text for choice in found]
    return Choice("\n".join(word for word in words if word) or None)


def picked(buttons: Sequence[IssuedButton], text: str, *, numbers: bool) -> IssuedButton | None:
    """The one button that a typed text means, if it surely means one."""
    number = _number(text) if numbers else None
    if number is not None:
        return buttons[number - 1] if 0 < number <= len(buttons) else None
    if len(text) > _LONGEST_LABEL:
        return None
    said = _plain(text)
    for means in (_is_label, _is_cut_label, _is_close):
        found = [button for button in buttons if means(said, button.title)]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def _typed(store: Store, conversation_id: str, message: InboundMessage) -> Choice:
    text = message.text or ""
    if len(text) > _LONGEST_LABEL:
        return Choice(text)
    buttons = store.buttons.current(conversation_id)
    button = picked(buttons, text, numbers=_shows_numbers(message.channel))
    match = store.buttons.resolve(conversation_id, button.token) if button else None
    return Choice(text, match.payload, match.title) if match else Choice(text)


def _shows_numbers(channel: str) -> bool:
    return channel in CAPABILITIES and CAPABILITIES[channel].buttons == 0


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    return int(found.group(1)) if found else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().strip(".!").casefold()


def _is_label(said: str, label: str) -> bool:
    return said == _plain(label)


def _is_cut_label(said: str, label: str) -> bool:
    stem = _plain(label.removesuffix(_CUT))
    return label.endswith(_CUT) and len(stem) >= _LEAST_OF_CUT and said.startswith(stem)


def _is_close(said: str, label: str) -> bool:
    """The same words but for slips inside of long ones; first letters and numbers as they are."""
    typed, meant = said.split(), _plain(label).split()
    return len(typed) == len(meant) and all(map(_same_word, typed, meant))


def _same_word(typed: str, meant: str) -> bool:
    if typed == meant:
        return True
    if not (typed.isalpha() and meant.isalpha()) or typed[0] != meant[0]:
        return False
    length = min(len(typed), len(meant))
    slips = 0 if length < _ONE_SLIP else 1 if length < _TWO_SLIPS else 2
    return bool(OSA.distance(typed, meant, score_cutoff=slips) <= slips)
