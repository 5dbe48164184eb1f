"""Fits replies to a channel: one outgoing row is one request to the provider.

Splitting happens before the rows are written, so that a repeated try never repeats a part that
has already arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.store.messages import OutboundReply, Outgoing
from connectors.capabilities import Capabilities
from connectors.splitting import length, numbered, shorten, split


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
    text = reply.text or ""
    titles = [button.title for button in reply.buttons]
    bare = OutboundReply(response=reply.response, urgent=reply.urgent)
    parts = [bare.model_copy(update={"text": part}) for part in split(text, can.text)]
    if reply.buttons:
        parts = _with_room(parts, titles, can)
        last = parts.pop() if parts else bare
        parts.append(last.model_copy(update={"buttons": _titled(reply, can)}))
    parts += [bare.model_copy(update={"files": (file,)}) for file in reply.files]
    return parts


def _with_room(
    parts: list[OutboundReply], titles: Sequence[str], can: Capabilities
) -> list[OutboundReply]:
    """The parts, the last of which has room for numbered choices."""
    if can.buttons or not parts:
        return parts
    last = parts[-1]
    room = can.text - length(numbered("x", titles)) + 1
    if length(last.text or "") <= room or room < 8:
        return parts
    *whole, end = split(last.text or "", room)
    return [*parts[:-1], *(last.model_copy(update={"text": text}) for text in (*whole, end))]


def _titled(reply: OutboundReply, can: Capabilities) -> tuple[object, ...]:
    limit = can.button_title if can.buttons else can.text
    return tuple(
        button.model_copy(update={"title": shorten(button.title, limit)})
        for button in reply.buttons[: can.buttons or len(reply.buttons)]
    )
