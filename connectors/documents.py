"""Makes the documents that replies ask for, stores them, and puts them on the replies as files.

Guarantee: a reply whose document cannot be made goes out all the same, with words that say so, and
the log and the coordinators hear of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from bot.export.access_copy import access_document
from bot.export.documents import make_document
from bot.facts.case import Case
from bot.records.documents import MY_DATA
from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.files import FileStore
from bot.store.messages import FileRef, OutboundReply
from bot.wording import catalogue

log = logging.getLogger(__name__)

FAILED: Final = "utter_document_failed"


class Documents:
    """Fills the documents of replies in."""

    def __init__(self, store: Store, files: FileStore) -> None:
        self._store, self._files = store, files

    def attach(self, conversation_id: str, replies: Sequence[OutboundReply]) -> list[OutboundReply]:
        """The replies with their documents as files. Raises StoreUnavailable."""
        if not any(reply.documents for reply in replies):
            return list(replies)
        case = self._store.cases.by_conversation(conversation_id)
        if case is None:
            return [reply.model_copy(update={"documents": ()}) for reply in replies]
        return [
            self._complete(conversation_id, case, reply) if reply.documents else reply
            for reply in replies
        ]

    def discard(self, replies: Sequence[OutboundReply]) -> None:
        """Forget the files of replies that were never written."""
        for reply in replies:
            for file in reply.files:
                if file.key is not None:
                    self._files.remove(file.key)

    def _complete(self, conversation_id: str, case: Case, reply: OutboundReply) -> OutboundReply:
        made = tuple(self._make(conversation_id, case.number, kind) for kind in reply.documents)
        files = tuple(file for file in made if file is not None)
        text = reply.text
        if len(files) < len(made):
            sorry = catalogue().render(FAILED, case.language)
            text = sorry if not files else f"{text}\n\n{sorry}"
        return reply.model_copy(
            update={"text": text, "files": (*reply.files, *files), "documents": ()}
        )

    def _make(self, conversation_id: str, number: str, kind: str) -> FileRef | None:
        try:
            if kind == MY_DATA:  # of this chat, not of the others that share the case
                document = access_document(self._store, conversation_id)
            else:
                document = make_document(self._store, number, kind)
            key = self._files.put(document.data)
        except StoreUnavailable:
            raise
        except Exception as error:  # whatever a printing library raises must not cost the reply
            log.error("document %s of case %s not made: %s", kind, number, type(error).__name__)
            return None
        return FileRef(
            key=key,
            name=document.name,
            content_type=document.content_type,
            size=len(document.data),
        )
