"""Rasa's rules, looked up once a turn.

Rasa looks each turn up twice: by the words of the message, for rules that quote them, and then by
its intent. No rule of ours quotes a message (`train` refuses one that does), so the first look
finds nothing, at the price of the second.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class RuleInWords(ValueError):
    """A rule quotes what a person says; rules here name intents."""


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class IntentRules(RulePolicy):
    """Rules over intents alone."""

    def train(self, training_trackers: list[Any], domain: Domain, **kwargs: Any) -> Resource:
        """As Rasa does. Raises RuleInWords when a rule could never be found."""
        said = (e for tracker in training_trackers for e in tracker.events)
        if any(isinstance(e, UserUttered) and not e.intent_name for e in said):
            raise RuleInWords("a rule in data/rules or data/stories quotes words, not an intent")
        return super().train(training_trackers, domain, **kwargs)

    def _find_action_from_rules(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)
