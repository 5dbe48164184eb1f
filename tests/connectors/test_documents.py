"""A reply that asks for a document gets it as a file, or says plainly that it could not be made."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from bot.records.documents import LETTER, PRINTED_LIST
from bot.store import Store
from bot.store.files import FileStore, open_files
from bot.store.messages import Author, FileRef, OutboundReply, State
from bot.store.records import Received
from connectors.capabilities import CAPABILITIES
from connectors.documents import Documents
from connectors.engine_client import _reply
from connectors.rendering import fitted
from tests.conftest import KEY
from tests.connectors.conftest import Service
from tests.connectors.waiting import until
from tests.export.cases import assess, assessed_case
from tests.store.people import says


def opened(folder: Path) -> FileStore:
    return open_files(f"file://{folder}/files", [KEY])


def listed(store: Store, files: FileStore, conversation: str) -> FileRef:
    """The printed list as a turn names it."""
    asked = OutboundReply(text="Here it is.", documents=(PRINTED_LIST,))
    [reply] = Documents(store, files).attach(conversation, [asked])
    [file] = reply.files
    return file


def words(pdf: bytes) -> str:
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_a_reply_of_the_engine_becomes_a_message_with_its_files(
    sqlite_store: Store, tmp_path: Path
) -> None:
    conversation, number = assessed_case(sqlite_store)
    told = _reply({"text": "Here it is.", "files": [{"document": name} for name in LETTER]})
    assert told.documents == LETTER
    (made,) = Documents(sqlite_store, opened(tmp_path)).attach(conversation, [told])
    assert made.documents == ()
    assert [f.name for f in made.files] == [
        f"records-letter-{number}.pdf",
        f"records-letter-{number}.docx",
    ]
    parts = fitted([made], CAPABILITIES["whatsapp"])
    assert [len(part.files) for part in parts] == [0, 1, 1], "WhatsApp takes one file a message"


def test_a_document_is_printed_when_it_is_needed_and_stays_as_it_was_then(
    sqlite_store: Store, tmp_path: Path
) -> None:
    conversation, number = assessed_case(sqlite_store)
    files = opened(tmp_path)
    file = listed(sqlite_store, files, conversation)
    key = file.key or ""
    assert not files.has(key), "a turn does not wait for printing"
    assert Documents(sqlite_store, files).printed(conversation, file)
    first = files.get(key)
    assert number in words(first)
    assess(sqlite_store, says(sqlite_store, "she has leukaemia"), {"cancer_type": "aml"})
    assert Documents(sqlite_store, files).printed(conversation, file)
    assert files.get(key) == first


@pytest.mark.parametrize("first", ["after the file", "before the file"])
def test_who_died_while_printing_is_stood_in_for(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    conversation, number = assessed_case(sqlite_store)
    files = opened(tmp_path)
    file = listed(sqlite_store, files, conversation)
    plain = FileStore.put

    def dies(self: FileStore, data: bytes, scope: str | None = None, key: str | None = None) -> str:
        if first == "after the file":
            plain(self, data, scope, key)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "put", dies)
        with pytest.raises(KeyboardInterrupt):
            Documents(sqlite_store, files).printed(conversation, file)
    assert Documents(sqlite_store, files).printed(conversation, file)
    assert number in words(files.get(file.key or ""))


@pytest.mark.parametrize(
    ("documents", "consent"), [(("no_such_document",), True), ((PRINTED_LIST,), False)]
)
def test_a_document_that_cannot_be_made_is_told_and_does_not_cost_the_reply(
    sqlite_store: Store,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    documents: tuple[str, ...],
    consent: bool,
) -> None:
    conversation, number = assessed_case(sqlite_store, consent=consent)
    files = open_files(f"file://{tmp_path}/files", [KEY])
    asked = OutboundReply(text="Here it is.", documents=documents)
    (made,) = Documents(sqlite_store, files).attach(conversation, [asked])
    assert made.files == ()
    assert "could not make the file" in (made.text or "")
    assert number in caplog.text
    assert "ovarian" not in caplog.text


def test_a_document_that_cannot_be_printed_is_told_once(
    sqlite_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    conversation, number = assessed_case(sqlite_store)
    (tmp_path / "files").write_text("no folder")
    files = opened(tmp_path)
    file = listed(sqlite_store, files, conversation)
    for _ in range(2):
        assert not Documents(sqlite_store, files).printed(conversation, file)
    told = [line.text or "" for line in sqlite_store.transcript(conversation)]
    assert len([text for text in told if "could not make the file" in text]) == 1
    assert number in caplog.text


def test_the_file_of_a_message_past_its_keeping_is_not_printed_again(
    sqlite_store: Store, tmp_path: Path
) -> None:
    conversation, _ = assessed_case(sqlite_store)
    files = opened(tmp_path)
    file = listed(sqlite_store, files, conversation).model_copy(update={"key": None})
    assert not Documents(sqlite_store, files).printed(conversation, file)


def test_a_link_in_the_browser_opens_the_printed_list(service: Service) -> None:
    service.say("hello", "mine")
    store = service.store
    found = store.conversations.by_address("webchat", "mine")
    assert found is not None
    [line] = [line for line in store.transcript(found.id) if line.author is Author.PATIENT]
    number = assess(store, Received(found.id, line.message_id))
    files = open_files(service.settings.files_url, service.settings.keys)
    reply = OutboundReply(text="Here.", files=(listed(store, files, found.id),))
    store.outbox.enqueue(found.id, [reply])
    [file] = service.client.get("/webchat/mine/messages").json()["messages"][-1]["files"]
    assert file["name"] == f"records-list-{number}.pdf"
    assert number in words(service.client.get(file["url"]).content)
    assert service.client.get(file["url"].replace("/mine/", "/other/")).status_code == 404


def test_the_sender_hands_over_what_is_printed_and_reports_what_is_not(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.push_telegram(service.telegram.message(text="hello"))
    until(lambda: service.telegram.sent)
    store = service.store
    found = store.conversations.by_address("telegram", "42", "123456")
    assert found is not None
    [line] = [line for line in store.transcript(found.id) if line.author is Author.PATIENT]
    number = assess(store, Received(found.id, line.message_id))
    files = open_files(service.settings.files_url, service.settings.keys)
    reply = OutboundReply(files=(listed(store, files, found.id),))
    store.outbox.enqueue(found.id, [reply])
    sent = until(lambda: [m for m in service.telegram.sent if "document" in m])
    assert number in words(service.telegram.files[sent[0]["document"]["file_id"]])

    def broken(*_values: object) -> None:
        raise RuntimeError("the printer")

    monkeypatch.setattr("connectors.documents.print_file", broken)
    reply = OutboundReply(files=(listed(store, files, found.id),))
    store.outbox.enqueue(found.id, [reply])
    until(lambda: State.FAILED in {line.state for line in store.transcript(found.id)})
    until(lambda: "could not make the file" in (service.telegram.sent[-1].get("text") or ""))


def test_a_reply_without_documents_is_left_alone(sqlite_store: Store, tmp_path: Path) -> None:
    files = open_files(f"file://{tmp_path}/files", [KEY])
    plain = [OutboundReply(text="hello")]
    assert Documents(sqlite_store, files).attach("nobody", plain) == plain
