"""Choices as buttons and lists on WhatsApp: Twilio's content templates, when they are set up.

Twilio sends buttons only through templates made beforehand. Ours hold nothing but places: one for
the text, and one each for the title and the id of every choice. Up to three short choices are
quick replies, up to ten a list; what fits neither is written as numbered lines. Both may be sent,
unapproved, within 24 hours of the person's last message. `intake channel whatsapp templates` makes
them.
Limits: https://www.twilio.com/docs/content/twilio-quick-reply and .../twiliolist-picker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.settings import SettingMissing
from bot.store.messages import IssuedButton, Outgoing
from connectors.splitting import length, shorten
from connectors.texts import FIRST_LANGUAGE, choose

LONGEST_BODY: Final = 1024
QUICK_REPLIES: Final = 3
QUICK_REPLY_TITLE: Final = 20
LIST_ITEMS: Final = 10
LIST_ITEM: Final = 24
LIST_DESCRIPTION: Final = 72
# Buttons; a list of short choices; a list of choices with their whole wording below.
QUICK, LIST, LONG, REOPEN = "quick", "list", "long", "reopen"
_SID: Final = re.compile(r"HX[0-9a-fA-F]{32}")


def names() -> list[str]:
    """Every template there can be."""
    most = ((QUICK, QUICK_REPLIES), (LIST, LIST_ITEMS), (LONG, LIST_ITEMS))
    return [*(f"{kind}-{n}" for kind, top in most for n in range(1, top + 1)), REOPEN]


@dataclass(frozen=True, slots=True)
class ContentTemplates:
    """The templates of one account: name -> content sid."""

    sids: Mapping[str, str]

    @classmethod
    def of(cls, setting: str | None) -> ContentTemplates:
        """From "quick-2=HX...,list-4=HX...,reopen=HX..."; SettingMissing names a mistake."""
        pairs = [entry.partition("=") for entry in (setting or "").split(",") if entry.strip()]
        sids = {name.strip(): sid.strip() for name, _, sid in pairs}
        for name, sid in sids.items():
            if name not in names() or not _SID.fullmatch(sid):
                raise SettingMissing(f"TWILIO_CONTENT_SIDS: {name!r} is no template of ours")
        return cls(sids)

    def fields(self, content: Outgoing) -> dict[str, str] | None:
        """ContentSid and ContentVariables of a text with choices; None where lines must do."""
        buttons, text = content.buttons, content.text or ""
        if not buttons or not text or length(text) > LONGEST_BODY:
            return None
        for name, values in (
            (f"{QUICK}-{len(buttons)}", _quick(buttons)),
            (f"{LIST}-{len(buttons)}", _list(buttons)),
            (f"{LONG}-{len(buttons)}", _long(buttons)),
        ):
            if values is not None and name in self.sids:
                variables = {"1": text} | {str(n): v for n, v in enumerate(values, 2)}
                encoded = json.dumps(variables, ensure_ascii=False)
                return {"ContentSid": self.sids[name], "ContentVariables": encoded}
        return None


def definition(name: str) -> dict[str, Any]:
    """What to ask Twilio's Content API for to make a template of ours."""
    said = choose().said
    if name == REOPEN:
        return _described(name, {"twilio/text": {"body": said[REOPEN]}}, {})
    kind, _, number = name.partition("-")
    count = int(number)
    places = [(_place(2 * n), _place(2 * n + 1)) for n in range(1, count + 1)]
    examples = {"1": "Question"}
    for n in range(1, count + 1):
        examples |= {str(2 * n): f"Choice {n}", str(2 * n + 1): f"id{n}"}
    if kind == QUICK:
        actions = [{"type": "QUICK_REPLY", "title": t, "id": i} for t, i in places]
        types: dict[str, Any] = {"twilio/quick-reply": {"body": _place(1), "actions": actions}}
        return _described(name, types, examples)
    items = [{"item": title, "id": token} for title, token in places]
    if kind == LONG:
        for n, item in enumerate(items, 2 * count + 2):
            item["description"] = _place(n)
            examples[str(n)] = "The whole choice"
    picker = {"body": _place(1), "button": said["list_button"], "items": items}
    return _described(name, {"twilio/list-picker": picker}, examples)


def _place(number: int) -> str:
    return f"{{{{{number}}}}}"


def _described(name: str, types: dict[str, Any], examples: dict[str, str]) -> dict[str, Any]:
    return {
        "friendly_name": f"intake_{name.replace('-', '_')}",
        "language": FIRST_LANGUAGE,
        "variables": examples,
        "types": types,
    }


def _quick(buttons: Sequence[IssuedButton]) -> list[str] | None:
    if len(buttons) > QUICK_REPLIES or any(length(b.title) > QUICK_REPLY_TITLE for b in buttons):
        return None
    return [value for button in buttons for value in (button.title, button.token)]


def _list(buttons: Sequence[IssuedButton]) -> list[str] | None:
    if len(buttons) > LIST_ITEMS or any(length(b.title) > LIST_ITEM for b in buttons):
        return None
    return [value for button in buttons for value in (button.title, button.token)]


def _long(buttons: Sequence[IssuedButton]) -> list[str] | None:
    """Titles that had to be cut stand whole below their item."""
    if len(buttons) > LIST_ITEMS or any(length(b.title) > LIST_DESCRIPTION for b in buttons):
        return None
    titles = [shorten(button.title, LIST_ITEM) for button in buttons]
    pairs = [v for title, b in zip(titles, buttons, strict=True) for v in (title, b.token)]
    return [*pairs, *(button.title for button in buttons)]
