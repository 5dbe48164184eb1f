"""Runs in the engine's environment and reports as JSON what the tests outside cannot import."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.fast_actions import fingerprints
from bot.engine.text_model import TextModel, normalise
from bot.engine.tracker_store import RecentTurns

SLOT = """
slots:
  language:
    type: any
    influence_conversation: false
    mappings:
      - type: custom
"""


def long_conversation(domain: Domain, turns: int, name: str = "one") -> DialogueStateTracker:
    """A tracker of many turns whose slot was set in the first one."""
    tracker = DialogueStateTracker(name, domain.slots)
    tracker.update(ActionExecuted("action_listen"))
    for number in range(turns):
        tracker.update(UserUttered(f"message {number}", intent={"name": "inform"}))
        tracker.update(ActionExecuted("action_take_turn"))
        tracker.update(BotUttered(f"reply {number}"))
        if number == 0:
            tracker.update(SlotSet("language", "bn"))
        tracker.update(ActionExecuted("action_listen"))
    return tracker


async def short_memory() -> dict[str, Any]:
    """What the tracker store keeps of long and of many conversations."""
    domain = Domain.from_yaml(SLOT)
    store = RecentTurns(domain, conversations=3, turns=2)
    await store.save(long_conversation(domain, 200))
    kept = await store.retrieve("one")
    for name in ("two", "three", "four"):
        await store.save(long_conversation(domain, 1, name))
    return {
        "events": len(kept.events),
        "user_messages": [e.text for e in kept.events if isinstance(e, UserUttered)],
        "language": kept.get_slot("language"),
        "last_action": kept.latest_action_name,
        "conversations": sorted(await store.keys()),
        "forgotten": await store.retrieve("one") is None,
        "erased": await erased(store, domain),
    }


async def erased(store: RecentTurns, domain: Domain) -> list[str]:
    """What is left when an empty tracker is saved in the place of one."""
    await store.save(DialogueStateTracker("two", domain.slots))
    return sorted(await store.keys())


def model_round_trip() -> dict[str, Any]:
    """Whether a stored model ranks as the one that was trained."""
    texts = [normalise(t) for t in ("yes please", "yes ok", "no never", "no thanks", "go back")]
    labels = ["affirm", "affirm", "deny", "deny", "go_back"]
    model = TextModel.fit([*texts, *texts], [*labels, *labels], 10.0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        names = sorted(p.name for p in Path(folder).iterdir())
        again = TextModel.load(Path(folder))
    asked = normalise("yes")
    pairs = zip(model.rank(asked), again.rank(asked), strict=True)
    return {
        "files": names,
        "same": all(a[0] == b[0] and abs(a[1] - b[1]) < 1e-5 for a, b in pairs),
        "best": again.rank(asked)[0][0],
    }


def main() -> None:
    """Print the report as the last line."""
    report = {
        "fingerprints": fingerprints(),
        "memory": asyncio.run(short_memory()),
        "model": model_round_trip(),
        "normalised": {
            "stretched": normalise("Pleeeeease HELP ’"),
            "invisible": normalise("ca\u200bn\u202ecer"),
            "bounded": len(normalise("word " * 5000)),
            "one_word": len(normalise("x" * 4000)),
        },
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
