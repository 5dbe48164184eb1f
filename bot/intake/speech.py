"""What goes into a turn and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.oncology.reading import Reading


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as the language model and the vocabulary understood it.

    `intent` and `topic` come from the trained model, `reading` from the vocabulary. `payload` holds
    the entities of a button press (`/answer{"fact": ..., "value": ...}` or `/move{"name": ...}`),
    and is None for typed text. `kind` is the message kind of the channel (text, file, voice, ...).
    """

    message_id: str
    text: str
    intent: str
    reading: Reading
    at: datetime
    confidence: float = 1.0
    topic: str | None = None
    payload: Mapping[str, str] | None = None
    kind: str = "text"
    channel: str = "webchat"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message; `payload` never leaves our own processes."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Say:
    """One message to send: a response of the catalogue, its values, buttons, and documents.

    `documents` are names of papers of ours (the printed list, the letter) that go with it.
    """

    response: str
    values: Mapping[str, Any] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    documents: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object; `from_json` reads it back."""
        return {
            "response": self.response,
            "values": dict(self.values),
            "buttons": [{"title": b.title, "payload": b.payload} for b in self.buttons],
            "documents": list(self.documents),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Say:
        """Read what `to_json` wrote."""
        return cls(
            response=data["response"],
            values=data["values"],
            buttons=tuple(Button(**b) for b in data["buttons"]),
            documents=tuple(data.get("documents", ())),
        )


def answer_payload(fact: str, value: Any) -> str:
    """The payload of a button that answers a question; the value travels as JSON text."""
    return "/answer" + json.dumps({"fact": fact, "value": json.dumps(value)})


def move_payload(name: str) -> str:
    """The payload of a button that steers the conversation ("yes", "skip", "more_routes" ...)."""
    return "/move" + json.dumps({"name": name})


def move_of(payload: str) -> str | None:
    """The name of the move that a payload makes, None for an answer."""
    kind, _, content = payload.removeprefix("/").partition("{")
    return str(json.loads("{" + content)["name"]) if kind == "move" else None


def letters(text: str) -> str:
    """Letters and digits only, without case: how a typed title is compared."""
    return "".join(c for c in text.casefold() if c.isalnum())
