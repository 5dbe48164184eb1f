"""Fits replies to a channel: one outgoing row is one request to the provider.

Splitting happens before the rows are written, so that a repeated try never repeats a part that
has already arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.store.messages import OutboundReply, Outgoing, ReplyButton
from connectors.capabilities import Capabilities
from connectors.splitting import length, numbered, shorten, split

# Less room than this beside the choices is not worth cutting a text for.
_LEAST_ROOM: Final = 40


def fitted(replies: Iterable[OutboundReply], can: Capabilities) -> list[OutboundReply]:
    """The replies as the channel can carry them: texts split, one file a message, order kept.

    Buttons stay with the last part of their text. Where the channel has no buttons, room is kept
    for the numbered lines that `shown` writes. Empty replies are dropped.
    """
    return [part for reply in replies for part in _fitted(reply, can)]


def shown(content: Outgoing, can: Capabilities) -> str:
    """The text as the person sees it: with numbered choices where there are no buttons."""
    text = content.text or ""
    return text if can.buttons else numbered(text, [button.title for button in content.buttons])


def _fitted(reply: OutboundReply, can: Capabilities) -> list[OutboundReply]:
    bare = OutboundReply(response=reply.response, urgent=reply.urgent)
    texts = split(reply.text or "", can.text)
    buttons = _buttons(reply.buttons, can)
    if buttons and not can.buttons:
        texts = _with_room(texts, [button.title for button in buttons], can)
    parts = [bare.model_copy(update={"text": text}) for text in texts]
    if buttons:
        last = parts.pop() if parts else bare
        parts.append(last.model_copy(update={"buttons": buttons}))
    parts += [bare.model_copy(update={"files": (file,)}) for file in reply.files]
    return parts


def _buttons(buttons: Sequence[ReplyButton], can: Capabilities) -> tuple[ReplyButton, ...]:
    """As many as the channel carries, with titles that fit: on the button, or all in one text."""
    kept = buttons[: can.buttons] if can.buttons else buttons
    limit = can.button_title if can.buttons else can.text // max(len(kept), 1) - len("100. \n")
    return tuple(b.model_copy(update={"title": shorten(b.title, limit)}) for b in kept)


def _with_room(texts: list[str], titles: Sequence[str], can: Capabilities) -> list[str]:
    """The texts, the last of which has room for the numbered choices; they may stand alone."""
    if not texts:
        return texts
    room = can.text - length(numbered("x", titles)) + 1
    if length(texts[-1]) <= room:
        return texts
    if room < _LEAST_ROOM:
        return [*texts, ""]
    return [*texts[:-1], *split(texts[-1], room)]
