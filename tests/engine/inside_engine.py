"""Runs in the engine's environment and reports as JSON what the tests outside cannot import."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot.engine import answered_once, fast_actions, graph_runner
from bot.engine.intent_rules import IntentRules, RuleInWords
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


SLOT_SET = {"event": "slot", "name": "language", "value": "bn", "timestamp": None}
ANSWERS: dict[str, Any] = {
    "a slot, and what follows": {
        "events": [SLOT_SET, {"event": "followup", "name": "action_listen"}],
        "responses": [{"response": "utter_ok"}],
    },
    "another kind of event": {"events": [{"event": "restart"}], "responses": []},
    "nothing": {},
    "a slot without a value": {"events": [{"event": "slot", "name": "language"}]},
    "an event that is none": {"events": ["slot"]},
    "events that are no list": {"events": {"event": "restart"}},
    "a response that is none": {"events": [], "responses": ["hello"]},
    "a list": [],
}


def refused() -> dict[str, list[bool]]:
    """Whether ours, then Rasa's own check, refuses each answer of an action server."""
    action = RemoteAction("action_take_turn", None)
    checks = (fast_actions._validate, fast_actions.REPLACED["RemoteAction._validate_action_result"])

    def refuses(check: Any, answer: Any) -> bool:
        try:
            check(action, answer)
        except jsonschema.ValidationError:
            return True
        return False

    return {name: [refuses(c, answer) for c in checks] for name, answer in ANSWERS.items()}


class Step(GraphComponent):
    """Says what came in, in brackets; a word of its own breaks it."""

    @classmethod
    def create(
        cls, config: object, model_storage: object, resource: object, execution_context: object
    ) -> Step:
        return cls()

    def run(self, **given: Any) -> str:
        if "broken" in given.values():
            raise RuntimeError("broken")
        return f"({' '.join(given[name] for name in sorted(given))})"


def step(**needs: str) -> SchemaNode:
    return SchemaNode(needs, Step, "create", "run", {}, eager=True)


# The last needs both of those before it and the input itself, and is named first.
SCHEMA = GraphSchema(
    {
        "last": step(a="left", b="right", c="heard"),
        "right": step(a="left"),
        "left": step(a="heard"),
        "aside": step(a="heard"),
    }
)


def runner(kind: type[DaskGraphRunner]) -> DaskGraphRunner:
    return kind.create(SCHEMA, None, ExecutionContext(SCHEMA))


def runs_in_order() -> bool:
    """Whether ours gives what Rasa's own runner gives, for several targets and messages."""
    ours, theirs = runner(graph_runner.InOrder), runner(DaskGraphRunner)
    asked = [(word, targets) for word in ("a", "b") for targets in (["last"], ["aside", "right"])]
    return all(
        ours.run({"heard": word}, targets) == theirs.run({"heard": word}, targets)
        for word, targets in asked
    )


def lets_errors_through() -> bool:
    """Whether an error of a component comes out as it does of Rasa's own runner."""
    seen = []
    for kind in (graph_runner.InOrder, DaskGraphRunner):
        try:
            runner(kind).run({"heard": "broken"}, ["last"])
        except Exception as error:
            seen.append((type(error), type(error.__cause__)))
    return len(seen) == 2 and seen[0] == seen[1]


LEAN = """
import sys
from bot.engine import lean_start
lean_start.install()
import rasa.__main__, rasa.core.agent, rasa.engine.recipes.default_recipe
from rasa.nlu.classifiers.diet_classifier import DIET
from rasa.core.policies.rule_policy import RulePolicy
real = [n for n, m in sys.modules.items() if n.partition(".")[0] in lean_start.ABSENT
        and getattr(m, "__file__", None)]
try:
    DIET()
except lean_start.LeftOut as error:
    print(real, "TensorFlow" in str(error), RulePolicy.__name__)
"""


def left_out() -> str:
    """What a lean process says: real modules of it, whether a component misses them, another."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LEAN],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout.strip().splitlines() or [done.stderr])[-1]


# What ours calls or passes by, though it does not replace it.
RELIED_UPON = {
    "RulePolicy._predict": RulePolicy._predict,
    "RulePolicy._find_action_from_rules": RulePolicy._find_action_from_rules,
}


def answered_alike() -> list[bool]:
    """Whether ours answer what Rasa's own answer: an empty domain, one that is not, all events."""
    empty, ours = Domain.empty(), Domain.load(str(ROOT / "domain.yml"))
    own = Event.resolve_by_type, Domain.is_empty
    answered_once.install()
    try:
        names = {kind.type_name for kind in all_subclasses(Event)} - {None}
        return [
            [domain.is_empty() for domain in (empty, ours, empty, ours)] == [True, False] * 2,
            all(Event.resolve_by_type(name) is own[0](name) for name in names),
        ]
    finally:
        Event.resolve_by_type, Domain.is_empty = staticmethod(own[0]), own[1]


ROOT = Path(__file__).parents[2]


def rules_alike() -> dict[str, Any]:
    """Whether our rules predict what Rasa's do after each intent, and what they say to words."""
    domain = Domain.load(str(ROOT / "domain.yml"))
    told = load_data(str(ROOT / "data" / "rules"), domain)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (trained(kind, folder, domain, told) for kind in (IntentRules, RulePolicy))
        differing = [
            intent
            for intent in domain.intents
            if best(ours, domain, intent) != best(theirs, domain, intent)
        ]
        quoted = DialogueStateTracker("words", domain.slots)
        quoted.update(UserUttered("I need help"))
        try:
            trained(IntentRules, folder, domain, [quoted])
        except RuleInWords:
            return {"intents": len(domain.intents), "differing": differing, "words": "refused"}
    return {"words": "taken"}


def trained(
    kind: type[RulePolicy], folder: str, domain: Domain, told: list[DialogueStateTracker]
) -> RulePolicy:
    name = kind.__name__
    policy = kind.create(
        kind.get_default_config() | {"core_fallback_action_name": "action_take_turn"},
        LocalModelStorage.create(Path(folder)),
        Resource(name),
        ExecutionContext(GraphSchema({}), name),
    )
    policy.train(told, domain)
    return policy


def best(policy: RulePolicy, domain: Domain, intent: str) -> tuple[list[float], bool]:
    """What a policy predicts after a message with an intent."""
    tracker = DialogueStateTracker("one", domain.slots)
    tracker.update(ActionExecuted("action_listen"))
    tracker.update(UserUttered("words", intent={"name": intent, "confidence": 0.9}), domain)
    found = policy.predict_action_probabilities(tracker, domain)
    return found.probabilities, found.is_end_to_end_prediction


def main() -> None:
    """Print the report as the last line."""
    report = {
        "fingerprints": fast_actions.fingerprints(
            fast_actions.REPLACED | graph_runner.REPLACED | answered_once.REPLACED | RELIED_UPON
        ),
        "answers": answered_alike(),
        "rules": rules_alike(),
        "refused": refused(),
        "runs": [runs_in_order(), lets_errors_through()],
        "left_out": left_out(),
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
