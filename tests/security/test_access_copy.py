"""A person gets a copy of everything that is kept about them, and of nobody else."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from bot.export.access_copy import access_document, access_json
from bot.records.documents import MY_DATA
from bot.store import NotFound, Store
from bot.store.files import open_files
from bot.store.messages import OutboundReply
from connectors.documents import Documents
from tests.conftest import KEY
from tests.store.people import answered, intake, message, says


def test_the_copy_holds_what_was_said_heard_and_answered(store: Store) -> None:
    heard = store.inbox.receive(message("she has ovarian cancer", profile_name="Rina Akter"))
    number = intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    answered(store, "How is she?")
    says(store, "nobody else's business", person="+4911")
    store.desk.add_note(number, "ada", "coordinator's own note")

    for found in (store.conversations.find(number), store.conversations.get(heard.conversation_id)):
        assert found is not None
        data = access_json(store, found.id, "ada")
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
    copy = json.loads(access_json(store, heard.conversation_id, "patient"))
    assert [m["text"] for m in copy["messages"]] == ["what do you keep?"]


def test_a_copy_is_noted_without_health_data(store: Store) -> None:
    heard = says(store, "she has ovarian cancer")
    access_json(store, heard.conversation_id, "patient")
    entry = store.audit.entries(limit=1)[0]
    assert (entry.action, entry.object, entry.reason) == (
        "conversation.access",
        f"conversation:{heard.conversation_id}",
        None,
    )


def test_nobody_of_that_name_is_said(store: Store) -> None:
    with pytest.raises(NotFound):
        access_json(store, "nobody", "ada")


def test_the_chat_gets_the_copy_as_a_paper_to_read(store: Store, tmp_path: Path) -> None:
    heard = store.inbox.receive(message("she has ovarian cancer", profile_name="Rina Akter"))
    intake(store, heard.conversation_id, heard.message_id, cancer_type="ovarian")
    says(store, "nobody else's business", person="+4911")
    files = open_files(f"file://{tmp_path}/files", [KEY])
    asked = OutboundReply(text="Here it is", documents=(MY_DATA,))
    documents = Documents(store, files)
    (told,) = documents.attach(heard.conversation_id, [asked])
    (file,) = told.files
    assert documents.printed(heard.conversation_id, file)
    assert file.name == "my-data.pdf"
    assert file.key is not None
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(files.get(file.key))).pages
    )
    for kept in ("Rina Akter", "+8801700000001", "she has ovarian cancer", "keeping: yes"):
        assert kept in text
    assert "business" not in text
    assert store.audit.entries(limit=1)[0].action == "conversation.access"


def test_every_script_can_stand_in_the_copy(store: Store) -> None:
    for number, words in enumerate(("মায়ের ক্যান্সার", "أمي مريضة", "妈妈生病了", "😭 <script>")):
        heard = says(store, words, person=f"+88{number}")
        made = access_document(store, heard.conversation_id)
        assert PdfReader(io.BytesIO(made.data)).pages
