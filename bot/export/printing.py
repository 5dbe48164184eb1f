"""Prints the papers of ours that a message names, when somebody first needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.export.access_copy import access_document
from bot.export.documents import make_document
from bot.records.documents import MY_DATA
from bot.store.errors import NotFound
from bot.store.files import FileStore
from bot.store.messages import FileRef

if TYPE_CHECKING:
    from bot.store import Store


def print_file(store: Store, files: FileStore, conversation_id: str, file: FileRef) -> None:
    """Store a document under the key that its message names, unless it is there already.

    Raises NotFound, NoConsent, StoreUnavailable, OSError, and what a printing library raises.
    """
    if file.document is None or file.key is None or files.has(file.key):
        return
    if file.document == MY_DATA:  # of this chat, not of the others that share the case
        made = access_document(store, conversation_id)
    else:
        case = store.cases.by_conversation(conversation_id)
        if case is None:
            raise NotFound(conversation_id)
        made = make_document(store, case.number, file.document)
    files.put(made.data, key=file.key)
