"""A conversation without the engine: real vocabulary, rules, checklist and texts; intents given.

Tests read as the dialogue they check; a failure prints the conversation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.facts.case import Case, CaseNumber, ConversationId
from bot.intake.desk import desk
from bot.intake.speech import Heard, Say
from bot.intake.turn import take_turn
from bot.oncology import read
from bot.wording import catalogue


@dataclass
class Talking:
    """One conversation with the dialogue itself."""

    case: Case = field(
        default_factory=lambda: Case(ConversationId("c"), CaseNumber("C-TEST"), "webchat")
    )
    replies: list[Say] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    count: int = 0

    def says(self, text: str, intent: str = "inform", **more: Any) -> Talking:
        """Type a text that the model understood as `intent`."""
        reading = read(text, asks=self.case.asks)
        return self._take(text=text, intent=intent, reading=reading, **more)

    def taps(self, title: str) -> Talking:
        """Tap a button of the last replies."""
        for reply in reversed(self.replies):
            for button in reply.buttons:
                if button.title.startswith(title):
                    intent, _, entities = button.payload.removeprefix("/").partition("{")
                    payload = json.loads("{" + entities)
                    return self._take(text=title, intent=intent, reading=read(""), payload=payload)
        raise AssertionError(f"no button {title!r}\n{self}")

    def _take(self, **heard: Any) -> Talking:
        self.count += 1
        message = Heard(message_id=f"m{self.count}", at=datetime.now(UTC), **heard)
        self.replies = list(take_turn(self.case, message, desk()).replies)
        self.log.append(f"> {heard['text']}")
        self.log += [f"  {self._text(r)} {[b.title for b in r.buttons]}" for r in self.replies]
        return self

    def agreed(self) -> Talking:
        """Greeted and consented."""
        return self.says("hello", "greet").taps("Yes")

    @staticmethod
    def _text(say: Say) -> str:
        return catalogue().render(say.response, "en", say.values)

    @property
    def text(self) -> str:
        """All texts of the last turn."""
        return "\n".join(map(self._text, self.replies))

    @property
    def said(self) -> list[str]:
        """Names of the responses of the last turn."""
        return [r.response for r in self.replies]

    def fact(self, name: str) -> Any:
        """The value of a fact of the case, None if it is not known."""
        held = self.case.facts.get(name)
        return held.value if held else None

    def __str__(self) -> str:
        return "\n".join(self.log)
