"""A reply that asks for a document gets it as a file, or says plainly that it could not be made."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from bot.records.documents import LETTER, PRINTED_LIST
from bot.store import Store
from bot.store.errors import NotFound
from bot.store.files import open_files
from bot.store.messages import OutboundReply
from connectors.capabilities import CAPABILITIES
from connectors.documents import Documents
from connectors.engine_client import _reply
from connectors.rendering import fitted
from tests.conftest import KEY
from tests.export.cases import assessed_case


def test_a_reply_of_the_engine_becomes_a_message_with_its_files(
    sqlite_store: Store, tmp_path: Path
) -> None:
    conversation, number = assessed_case(sqlite_store)
    files = open_files(f"file://{tmp_path}/files", [KEY])
    told = _reply({"text": "Here it is.", "files": [{"document": name} for name in LETTER]})
    assert told.documents == LETTER
    (made,) = Documents(sqlite_store, files).attach(conversation, [told])
    assert made.documents == ()
    assert [f.name for f in made.files] == [
        f"records-letter-{number}.pdf",
        f"records-letter-{number}.docx",
    ]
    assert made.files[0].key is not None
    read = PdfReader(io.BytesIO(files.get(made.files[0].key)))
    assert number in read.pages[0].extract_text()
    parts = fitted([made], CAPABILITIES["whatsapp"])
    assert [len(part.files) for part in parts] == [0, 1, 1], "WhatsApp takes one file a message"


def test_files_of_a_reply_that_was_never_written_are_removed(
    sqlite_store: Store, tmp_path: Path
) -> None:
    conversation, _ = assessed_case(sqlite_store)
    files = open_files(f"file://{tmp_path}/files", [KEY])
    documents = Documents(sqlite_store, files)
    made = documents.attach(conversation, [OutboundReply(text="x", documents=(PRINTED_LIST,))])
    key = made[0].files[0].key
    assert key is not None
    documents.discard(made)
    with pytest.raises(NotFound):
        files.get(key)


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


def test_a_full_disk_is_told(sqlite_store: Store, tmp_path: Path) -> None:
    conversation, _ = assessed_case(sqlite_store)
    (tmp_path / "files").write_text("no folder")
    files = open_files(f"file://{tmp_path}/files", [KEY])
    asked = OutboundReply(text="Here it is.", documents=(PRINTED_LIST,))
    (made,) = Documents(sqlite_store, files).attach(conversation, [asked])
    assert "could not make the file" in (made.text or "")


def test_a_reply_without_documents_is_left_alone(sqlite_store: Store, tmp_path: Path) -> None:
    files = open_files(f"file://{tmp_path}/files", [KEY])
    plain = [OutboundReply(text="hello")]
    assert Documents(sqlite_store, files).attach("nobody", plain) == plain
