"""The one custom action: a turn of Rasa's dialogue becomes a turn of the case.

Thin on purpose: it translates the tracker into `Heard`, opens the store's turn (idempotent by
message id, so a turn that is asked for twice is taken once), and dispatches the replies.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.facts.case import Case, CaseNumber, ConversationId, FactStatus
from bot.intake.desk import desk
from bot.intake.speech import Heard, Say
from bot.intake.turn import TurnResult, take_turn
from bot.oncology.knowledge_files import load, set_apart
from bot.oncology.read import read
from bot.oncology.reading import Reading
from bot.settings import settings
from bot.store import Store

ACTION_LISTEN = "action_listen"
BUTTON_INTENTS = frozenset({"answer", "move"})


@dataclass(frozen=True)
class MadeUp:
    """A message of the conversation in made_up.yml."""

    says: str
    intent: str


class ActionTakeTurn(Action):  # type: ignore[misc]
    """Take one turn of the conversation."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_take_turn"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer the latest message; slots carry what steers the dialogue."""
        heard = heard_from(tracker.latest_message)
        replies, slots = await asyncio.to_thread(_take, tracker.sender_id, heard)
        for reply in replies:
            dispatcher.utter_message(
                response=reply.response,
                values=dict(reply.values),
                language=slots["language"],
                buttons=[{"title": b.title, "payload": b.payload} for b in reply.buttons],
                json_message=_documents(reply),
            )
        changed = [SlotSet(n, v) for n, v in slots.items() if tracker.slots.get(n) != v]
        # One action is the whole turn, so nothing needs to be predicted after it.
        return [*changed, FollowupAction(ACTION_LISTEN)]


def _documents(reply: Say) -> dict[str, Any] | None:
    """Documents to go with a reply, in the form in which a channel carries files."""
    return {"files": [{"document": name} for name in reply.documents]} if reply.documents else None


def heard_from(message: dict[str, Any]) -> Heard:
    """The latest message of a tracker as the dialogue takes it."""
    metadata = message.get("metadata") or {}
    intent = (message.get("intent") or {}).get("name") or "nlu_fallback"
    tapped = intent in BUTTON_INTENTS
    entities = {e["entity"]: e["value"] for e in message.get("entities") or () if "value" in e}
    return Heard(
        message_id=message["message_id"],
        text=_typed(message, metadata),
        intent=intent,
        confidence=(message.get("intent") or {}).get("confidence") or 0.0,
        reading=Reading() if tapped else Reading.from_json(message.get("reading") or {}),
        topic=message.get("topic"),
        payload=entities if tapped else None,
        at=datetime.now(UTC),
        kind=metadata.get("kind") or "text",
        channel=metadata.get("channel") or "webchat",
        metadata=metadata,
    )


def _typed(message: dict[str, Any], metadata: dict[str, Any]) -> str:
    """What the person typed or tapped; a payload is ours and no text of theirs."""
    text = message.get("text") or ""
    return str(metadata.get("title") or "") if text.startswith("/") else text.lstrip("\u200b")


def _take(conversation_id: str, heard: Heard) -> tuple[list[Say], dict[str, Any]]:
    with _store().turns.begin(conversation_id, heard.message_id) as turn:
        case = turn.case
        if turn.already is not None:
            return [Say.from_json(r) for r in turn.already], slots_of(case)
        result = take_turn(case, heard, desk())
        turn.finish(
            replies=[r.to_json() for r in result.replies],
            assessment=_assessment(result),
            checklist=result.checklist.as_wire() if result.checklist else None,
        )
        return list(result.replies), slots_of(case)


def _assessment(result: TurnResult) -> dict[str, Any] | None:
    made = result.assessment
    return made.as_wire() | {"rule_set": made.version} if made else None


def slots_of(case: Case) -> dict[str, Any]:
    """What Rasa needs to know of the case."""

    def value(name: str) -> Any:
        held = case.facts.get(name)
        return held.value if held and held.status is FactStatus.KNOWN else None

    return {
        "diagnosis": value("cancer_type"),
        "treatment_history": value("treatments"),
        "location": value("country"),
        "open_question": case.asks,
        "state": case.state.value,
        "language": case.language,
        "user_role": value("user_role"),
    }


def warm() -> None:
    """Read what turns need, so that the first person who writes does not wait for it.

    Held is a conversation of nobody that goes through question, summary and result.
    """
    case = Case(ConversationId("nobody"), CaseNumber("nobody"), channel="webchat")
    for said in load(Path(__file__).with_name("made_up.yml"), tuple[MadeUp, ...]):
        heard = Heard(
            message_id=said.says,
            text=said.says,
            intent=said.intent,
            reading=read(said.says),
            at=datetime.now(UTC),
        )
        take_turn(case, heard, desk())
    set_apart()


@cache
def _store() -> Store:
    """The store of this process, opened at the first turn."""
    configuration = settings()
    return Store.open(configuration.database_url, configuration.keys)
