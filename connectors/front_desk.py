"""What a door answers before the dialogue is asked: edited messages, and sharing a case.

An edit of an older message is offered as a correction and taken in only when the person says so.
`link` gives a code for sharing this case, `link CODE` (or Telegram's `/start link-CODE`) asks the
other side, `unlink` ends it. Payloads of the buttons made here never reach the engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.facts.case import CaseState
from bot.limits import Limits
from bot.oncology.read import read
from bot.store import Store
from bot.store.attention import CHANGED, Attention
from bot.store.links import CODE_LASTS, CODE_LETTERS
from bot.store.messages import InboundMessage, Kind, OutboundReply, ReplyButton
from bot.store.records import ClaimedTurn
from connectors.capabilities import CAPABILITIES
from connectors.choices import Choice
from connectors.received_text import LONGEST_TEXT
from connectors.rendering import fitted
from connectors.texts import choose

PAYLOAD: Final = "/door"
TRIES: Final = 5  # codes given in one conversation within an hour
_QUOTED: Final = 300
_LOOKED_THROUGH: Final = 200
_CODE: Final = rf"[A-Za-z2-9]{{{CODE_LETTERS}}}"
_OFFER: Final = re.compile(r"\s*/?link[\s.!]*", re.IGNORECASE)
_JOIN: Final = re.compile(rf"\s*(?:/?link\s+|/start\s+link[-_])({_CODE})[\s.!]*", re.IGNORECASE)
_END: Final = re.compile(r"\s*/?unlink[\s.!]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Handled:
    """`replies` end the turn here; without them the engine is asked with `choice`."""

    choice: Choice
    replies: list[OutboundReply] | None = None


class FrontDesk:
    """One a process; all methods are synchronous."""

    def __init__(self, store: Store, limits: Limits | None = None) -> None:
        self._store, self._attention = store, Attention(store.database)
        self._tries = (limits or Limits()).rate("link-codes", TRIES, TRIES / 3600)
        self.bot_name: str | None = None  # Telegram's, for addresses that carry a code

    def handle(self, turn: ClaimedTurn, choice: Choice) -> Handled:
        """What is to be done with a turn."""
        message = turn.messages[-1].message
        if choice.payload is not None and choice.payload.startswith(PAYLOAD):
            return self._pressed(turn, json.loads(choice.payload.removeprefix(PAYLOAD)))
        if message.kind is Kind.EDITED:
            return self._edited(turn, message, choice)
        text = choice.text or ""
        if message.kind not in (Kind.TEXT, Kind.COMMAND) or len(turn.messages) > 1:
            return Handled(choice)
        if found := _JOIN.fullmatch(text):
            return Handled(choice, self._join(turn, found.group(1)))
        if _OFFER.fullmatch(text):
            return Handled(choice, self._offer(turn))
        if _END.fullmatch(text):
            return Handled(choice, self._end(turn))
        return Handled(choice)

    def _pressed(self, turn: ClaimedTurn, payload: Mapping[str, Any]) -> Handled:
        if "take" in payload:
            return Handled(Choice(self._text_of(turn.conversation_id, payload["take"])))
        if "agree" in payload or "decline" in payload:
            agreed = "agree" in payload
            key = str(payload["agree" if agreed else "decline"])
            return Handled(Choice(None), self._answer(turn, key, agreed))
        return Handled(Choice(None), [_say(turn, "edit_left")])

    def _edited(self, turn: ClaimedTurn, message: InboundMessage, choice: Choice) -> Handled:
        text = message.text or ""
        if read(text[:LONGEST_TEXT]).flags:
            return Handled(choice)  # an emergency is no matter of corrections
        before = self._before(turn.conversation_id, message)
        if not text.strip() or text == before:
            return Handled(choice, [])
        if turn.state == CaseState.HUMAN or self._is_held(turn.conversation_id):
            # Whoever speaks with the person sees the new wording, and decides what it means.
            self._attention.ask_for(turn.conversation_id, CHANGED)
            return Handled(choice, [])
        shown = text if len(text) <= _QUOTED else text[:_QUOTED].rstrip() + "…"
        take = json.dumps({"take": turn.messages[-1].message_id})
        buttons = _buttons(turn.language, ("edit_take", take), ("edit_leave", '{"leave": true}'))
        return Handled(choice, [_say(turn, "edit_offer", buttons, text=shown)])

    def _is_held(self, conversation_id: str) -> bool:
        found = self._store.conversations.get(conversation_id)
        return found is not None and found.human_owner is not None

    def _before(self, conversation_id: str, edit: InboundMessage) -> str | None:
        """What the edited message said, if it is not too long ago."""
        for line in self._store.transcript(conversation_id, limit=_LOOKED_THROUGH):
            sent = line.incoming
            if sent is None or sent.provider_id == edit.provider_id:
                continue
            if sent.provider_message_id == edit.reply_to:
                return sent.text
        return None

    def _text_of(self, conversation_id: str, message_id: str) -> str | None:
        lines = self._store.transcript(conversation_id, limit=_LOOKED_THROUGH)
        return next((line.text for line in lines if line.message_id == message_id), None)

    def _offer(self, turn: ClaimedTurn) -> list[OutboundReply]:
        code = self._store.links.offer(turn.conversation_id)
        minutes = int(CODE_LASTS.total_seconds() // 60)
        replies = [_say(turn, "link_code", code=code, minutes=minutes)]
        if self.bot_name:
            address = f"https://t.me/{self.bot_name}?start=link-{code}"
            replies.append(_say(turn, "link_deep", address=address))
        return replies

    def _join(self, turn: ClaimedTurn, code: str) -> list[OutboundReply]:
        if not self._tries.allows(turn.conversation_id):
            return [_say(turn, "link_too_often")]
        asked = self._store.links.ask(code, turn.conversation_id)
        if asked is None:
            return [_say(turn, "link_unknown")]
        main_id, key = asked
        case = self._store.cases.by_conversation(main_id)
        said = choose(case.language if case else None).said
        name = turn.profile_name or said["unnamed"]
        text = said["link_ask"].format(channel=said[turn.channel], name=name)
        pairs = (("link_agree", {"agree": key}), ("link_decline", {"decline": key}))
        language = case.language if case else None
        buttons = _buttons(language, *((title, json.dumps(what)) for title, what in pairs))
        self._tell(main_id, OutboundReply(text=text, buttons=buttons, urgent=True), f"link:{key}")
        return [_say(turn, "link_wait")]

    def _answer(self, turn: ClaimedTurn, key: str, agreed: bool) -> list[OutboundReply]:
        asker = self._store.links.answer(key, turn.conversation_id, agreed=agreed)
        if asker is None:
            return [_say(turn, "link_unknown")]
        told = choose(turn.language).said["link_joined" if agreed else "link_refused"]
        self._tell(asker, OutboundReply(text=told, urgent=True), f"link:{key}")
        return [_say(turn, "link_agreed" if agreed else "link_declined")]

    def _end(self, turn: ClaimedTurn) -> list[OutboundReply]:
        left = self._store.links.end(turn.conversation_id)
        for other in left:
            if other != turn.conversation_id:
                self._tell(other, _say(turn, "link_ended"), None)
        return [_say(turn, "link_ended" if left else "link_not_shared")]

    def _tell(self, conversation_id: str, reply: OutboundReply, once: str | None) -> None:
        found = self._store.conversations.get(conversation_id)
        if found is None:
            return  # erased meanwhile
        can = CAPABILITIES.get(found.channel)
        parts = fitted([reply], can) if can else [reply]
        self._store.outbox.enqueue(conversation_id, parts, once=once)


def _say(
    turn: ClaimedTurn, name: str, buttons: tuple[ReplyButton, ...] = (), **values: object
) -> OutboundReply:
    text = choose(turn.language).said[name].format(**values)
    return OutboundReply(text=text, buttons=buttons, urgent=True)


def _buttons(language: str | None, *pairs: tuple[str, str]) -> tuple[ReplyButton, ...]:
    said = choose(language).said
    return tuple(
        ReplyButton(title=said[title], payload=f"{PAYLOAD}{what}") for title, what in pairs
    )
