"""Whole dialogues, as people write them, against the trained model, real actions and real store.

Each dialogue is data: what the person says first, how they answer what is asked, and what must be
true of the case in the end. A failure prints the conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.export.case_json import export_case
from tests.connectors.waiting import until
from tests.conversations.talk import Talk, read_document
from tests.service import Service

EVER = datetime.min.replace(tzinfo=UTC)
FOLDER = Path(__file__).parent / "dialogues"
pytestmark = pytest.mark.engine


def _dialogues() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(row, id=f"{path.stem}: {row['name']}")


@pytest.mark.parametrize("dialogue", list(_dialogues()))
def test_dialogue(service: Service, dialogue: dict[str, Any]) -> None:
    with service.client() as client:
        talk = Talk(client)
        for step in dialogue["says"]:
            _step(service, talk, step)
        if "answers" in dialogue:
            talk.answer_until_assessed(dialogue["answers"])
            if dialogue.get("to_the_end"):
                talk.answer_all(dialogue["answers"])
        _check(service, talk, dialogue.get("then", {}))


def _step(service: Service, talk: Talk, step: Any) -> None:
    """A text to type, or {"say"/"tap"/"file"/"long", "expect": what must hold right after}."""
    if isinstance(step, str):
        talk.say(step)
        return
    if "tap" in step:
        talk.tap(step["tap"])
    elif "say" in step:
        talk.say(step["say"])
    elif "file" in step:
        talk.send_file(step["file"])
        # On a busy machine a file may still be looked at when its turn is over.
        until(lambda: not service.store.received_files.awaited(EVER).files)
    elif "long" in step:
        talk.say(("word " * step["long"])[: step["long"]])
    assert talk.last["replies"] or talk.last["state"] == "human", f"silent\n{talk.transcript}"
    for name in ("state", "asks"):
        if name in step.get("expect", {}):
            wanted = step["expect"][name]
            allowed = wanted if isinstance(wanted, list) else [wanted]
            assert talk.last[name] in allowed, f"{name}\n{talk.transcript}"
    for words in step.get("expect", {}).get("text_has", ()):
        assert words.casefold() in talk.text.casefold(), f"{words!r}\n{talk.transcript}"
    for words in step.get("expect", {}).get("text_lacks", ()):
        assert words.casefold() not in talk.text.casefold(), f"{words!r}\n{talk.transcript}"
    if "files" in step.get("expect", {}):
        _files(talk, step["expect"]["files"])


def _files(talk: Talk, wanted: list[dict[str, Any]]) -> None:
    """The files of the answer are downloaded and read."""
    got = [file for reply in talk.last["replies"] for file in reply["files"]]
    assert len(got) == len(wanted), f"{[f['name'] for f in got]}\n{talk.transcript}"
    for file, want in zip(got, wanted, strict=True):
        assert file["name"].startswith(want["name"]), file["name"]
        text = read_document(talk.download(file["url"]))
        for words in want["has"]:
            assert words.casefold() in text.casefold(), f"{words!r} not in {file['name']}\n{text}"


def _check(service: Service, talk: Talk, then: dict[str, Any]) -> None:
    case = _export(service, talk)
    facts = {name: fact["value"] for name, fact in case["facts"].items()}
    seen = f"\n{talk.transcript}\n{json.dumps(facts, ensure_ascii=False)}"
    for name, wanted in then.get("facts", {}).items():
        assert facts.get(name) == wanted, f"{name}: {facts.get(name)!r}, not {wanted!r}{seen}"
    for name in then.get("no_facts", ()):
        assert facts.get(name) in (None, []), f"{name} should be empty{seen}"
    named = {t["name"] for t in facts.get("treatments") or ()}
    for name in then.get("treatments", ()):
        assert name in named, f"treatment {name} not among {named}{seen}"
    for name in then.get("no_treatments", ()):
        assert name not in named, f"treatment {name} was never given{seen}"
    for name, wanted in then.get("biomarkers", {}).items():
        assert (facts.get("biomarkers") or {}).get(name) == wanted, f"{name}{seen}"
    statuses = {p["id"]: p["status"] for p in (case["assessment"] or {}).get("pathways", ())}
    for name, wanted in then.get("statuses", {}).items():
        allowed = wanted if isinstance(wanted, list) else [wanted]
        assert statuses.get(name) in allowed, f"{name}: {statuses.get(name)}{seen}"
    items = {i["id"] for i in (case["checklist"] or {}).get("items", ())}
    for name in then.get("checklist", ()):
        assert name in items, f"checklist item {name} not among {sorted(items)}{seen}"
    if "flags" in then:
        assert set(case["flags"]) == set(then["flags"]), f"{case['flags']}{seen}"
    for reason in then.get("alerts", ()):
        assert reason in _alerts(service, talk), f"no alert {reason}{seen}"
    if "state" in then:
        assert talk.last["state"] == then["state"], seen
    if "most_turns" in then:
        assert talk.turns <= then["most_turns"], f"{talk.turns} turns{seen}"
    for fact in then.get("never_asked", ()):
        assert fact not in talk.asked, f"{fact} was asked{seen}"


def _alerts(service: Service, talk: Talk) -> Any:
    found = service.store.conversations.find(talk.conversation)
    assert found is not None
    case = service.store.cases.by_conversation(found.id)
    assert case is not None
    return case.memory.get("alerts") or ()


def _export(service: Service, talk: Talk) -> dict[str, Any]:
    found = service.store.conversations.find(talk.conversation)
    assert found is not None, talk.transcript
    case = service.store.cases.by_conversation(found.id)
    assert case is not None, talk.transcript
    return export_case(service.store, case.number)
