"""A person gets a copy of everything that is kept about them, and of nobody else."""

from __future__ import annotations

import json

import pytest

from bot.operations.access import access_copy
from bot.operations.cases import UnknownCase
from bot.store import Store
from tests.store.people import answered, intake, message, says


def test_the_copy_holds_what_was_said_heard_and_answered(store: Store) -> None:
    heard = store.inbox.receive(message("she has ovarian cancer", profile_name="Rina Akter"))
    number = intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    answered(store, "How is she?")
    says(store, "nobody else's business", person="+4911")
    store.desk.add_note(number, "ada", "coordinator's own note")

    for name in (number, heard.conversation_id):
        data = access_copy(store, name)
        copy = json.loads(data)
        assert [m["text"] for m in copy["messages"]] == ["she has ovarian cancer", "How is she?"]
        assert copy["person"]["address"] == "+8801700000001"
        assert copy["person"]["name"] == "Rina Akter"
        assert copy["case"]["consent"]["given"] is True
        assert copy["case"]["facts"]["cancer_type"]["value"] == "ovarian"
        assert copy["facts_history"][0]["words"] == "words about cancer_type"
        assert b"business" not in data
        assert b"own note" not in data


def test_who_never_agreed_gets_a_copy_too(store: Store) -> None:
    heard = says(store, "what do you keep?")
    copy = json.loads(access_copy(store, heard.conversation_id))
    assert [m["text"] for m in copy["messages"]] == ["what do you keep?"]


def test_a_copy_is_noted_without_health_data(store: Store) -> None:
    heard = says(store, "she has ovarian cancer")
    access_copy(store, heard.conversation_id)
    entry = store.audit.entries(limit=1)[0]
    assert (entry.action, entry.object, entry.reason) == (
        "conversation.access",
        f"conversation:{heard.conversation_id}",
        None,
    )


def test_nobody_of_that_name_is_said(store: Store) -> None:
    with pytest.raises(UnknownCase):
        access_copy(store, "C-0000-00")
