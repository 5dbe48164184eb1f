"""Parts that live in the engine's environment: memory, models, and the code of Rasa we replace."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.engine

# Of the functions of Rasa 3.6.21 that bot/engine replaces or relies upon. When one of these
# changes, read Rasa's new code, adapt ours, and only then write the new value here.
KNOWN = {
    "RemoteAction._validate_action_result": "f8cdb4be68123961",
    "RemoteAction._action_call_format": "428795b944f22edb",
    "RemoteAction.run": "ccabf6f1160d527a",
    "EndpointConfig.request": "ccdb778aed8208e2",
    "DaskGraphRunner.run": "45f0f52f574f3aa9",
    "GraphNode.__call__": "66127a2bfb6fcf1e",
    "Domain.is_empty": "884be90ef485f1d2",
    "Event.resolve_by_type": "b5cf570fa7f286c7",
    "RulePolicy._predict": "f5182d8a10639e14",
    "RulePolicy._find_action_from_rules": "be6da6ee0f5429bd",
}


def test_the_code_of_rasa_that_we_replace_is_the_code_we_know(inside: dict[str, Any]) -> None:
    assert inside["fingerprints"] == KNOWN


def test_an_answer_that_rasa_would_refuse_is_refused(inside: dict[str, Any]) -> None:
    assert {name: ours for name, (ours, _) in inside["refused"].items()} == {
        name: theirs for name, (_, theirs) in inside["refused"].items()
    }
    assert sorted(set(map(tuple, inside["refused"].values()))) == [(False, False), (True, True)]


def test_what_never_changes_is_answered_as_rasa_answers_it(inside: dict[str, Any]) -> None:
    assert inside["answers"] == [True, True]


def test_rules_predict_what_rasa_would_predict(inside: dict[str, Any]) -> None:
    assert inside["rules"].pop("intents") > 20
    assert inside["rules"] == {"differing": [], "words": "refused"}


def test_components_run_as_rasa_would_run_them(inside: dict[str, Any]) -> None:
    assert inside["runs"] == [True, True]


def test_the_engine_does_without_tensorflow_and_says_so(inside: dict[str, Any]) -> None:
    assert inside["left_out"] == "[] True RulePolicy"


def test_only_the_last_turns_are_kept_but_all_slots(inside: dict[str, Any]) -> None:
    memory = inside["memory"]
    assert memory["user_messages"] == ["message 198", "message 199"]
    assert memory["events"] < 15
    assert memory["language"] == "bn"
    assert memory["last_action"] == "action_listen"


def test_conversations_unused_for_longest_are_forgotten(inside: dict[str, Any]) -> None:
    assert inside["memory"]["conversations"] == ["four", "three", "two"]
    assert inside["memory"]["forgotten"]


def test_an_erased_conversation_is_forgotten_at_once(inside: dict[str, Any]) -> None:
    assert inside["memory"]["erased"] == ["four", "three"]


def test_a_model_is_stored_as_plain_data_and_comes_back_the_same(inside: dict[str, Any]) -> None:
    assert inside["model"] == {"files": ["model.json", "model.npz"], "same": True, "best": "affirm"}


def test_text_is_normalised_and_bounded(inside: dict[str, Any]) -> None:
    normalised = inside["normalised"]
    assert normalised["stretched"] == "pleease help '"
    assert normalised["invisible"] == "cancer"
    assert normalised["bounded"] <= 801
    assert normalised["one_word"] <= 90
