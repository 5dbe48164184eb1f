"""The real dialogue behind the tiny engine: case, rules and texts, with a guess for the model.

For tests of the doors that need what people read, without the trained model's start.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.intake.desk import desk
from bot.intake.speech import Heard, Say
from bot.intake.turn import take_turn
from bot.oncology import read
from bot.store import Store
from bot.wording import catalogue


class Dialogue:
    """Answers turns as the action server does, over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The replies of one turn of the engine's protocol."""
        metadata, payload = asked["metadata"], asked.get("payload")
        text = metadata.get("title") or "" if payload else asked.get("text") or ""
        intent, _, entities = (payload or "/inform{}").removeprefix("/").partition("{")
        heard = Heard(
            message_id=asked["message_id"],
            text=text,
            intent=intent,
            reading=read("" if payload else text, asks=metadata.get("asks")),
            at=datetime.now(UTC),
            payload=json.loads("{" + entities) if payload else None,
            kind=metadata["kind"],
            channel=metadata["channel"],
            metadata=metadata,
        )
        with self._store.turns.begin(asked["conversation"], asked["message_id"]) as turn:
            if turn.already is None:
                result = take_turn(turn.case, heard, desk())
                said = list(result.replies)
                turn.finish(
                    replies=[reply.to_json() for reply in said],
                    assessment=result.assessment.as_wire() if result.assessment else None,
                    checklist=result.checklist.as_wire() if result.checklist else None,
                )
            else:
                said = [Say.from_json(reply) for reply in turn.already]
            return [_reply(reply, turn.case.language) for reply in said]


def _reply(reply: Say, language: str) -> dict[str, Any]:
    return {
        "text": catalogue().render(reply.response, language, reply.values),
        "buttons": [{"title": b.title, "payload": b.payload} for b in reply.buttons],
        "files": [],
        "response": reply.response,
    }
