"""Papers of ours that replies ask for: named in the turn, printed when they are first needed.

Printing takes longer than a whole turn, so it waits until a provider is to be handed the file or
somebody follows its link. Guarantee: from then on the file stays as it is; killed at any moment,
the next who needs it prints it. A reply whose document cannot be made goes out all the same, with
words that say so, and the log and the coordinators hear of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.export.access_copy import NAME
from bot.export.documents import PDF, described
from bot.export.printing import print_file
from bot.facts.case import Case, CaseNumber, ConversationId
from bot.intake.desk import desk
from bot.intake.judging import judge_case
from bot.records.documents import MY_DATA
from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.files import FileStore, unused_key
from bot.store.messages import FileRef, OutboundReply
from bot.wording import catalogue

log = logging.getLogger(__name__)

FAILED: Final = "utter_document_failed"


class Documents:
    """Names the documents of replies, and prints them."""

    def __init__(self, store: Store, files: FileStore) -> None:
        self._store, self._files = store, files

    def warm(self) -> None:
        """Reads rules and records now: with the first paper it would hold everybody up."""
        nobody = Case(ConversationId(""), CaseNumber(""), "")
        judge_case(nobody, desk().knowledge, datetime.now(UTC).date())

    def attach(self, conversation_id: str, replies: Sequence[OutboundReply]) -> list[OutboundReply]:
        """The replies with their documents as files still to be made. Raises StoreUnavailable."""
        if not any(reply.documents for reply in replies):
            return list(replies)
        case = self._store.cases.by_conversation(conversation_id)
        if case is None:
            return [reply.model_copy(update={"documents": ()}) for reply in replies]
        return [_complete(case, reply) if reply.documents else reply for reply in replies]

    def printed(self, conversation_id: str, file: FileRef) -> bool:
        """Print a file of `attach` unless that was done; whether it is there. StoreUnavailable.

        The first who fails tells the person.
        """
        if file.key is None:  # kept for its time, and gone
            return False
        try:
            print_file(self._store, self._files, conversation_id, file)
        except StoreUnavailable:
            raise
        except Exception as error:  # whatever a printing library raises
            log.error("document %s not made: %s", file.name, type(error).__name__)
            self._tell(conversation_id, file.key)
            return False
        return True

    def _tell(self, conversation_id: str, key: str) -> None:
        case = self._store.cases.by_conversation(conversation_id)
        if case is None:
            return
        text = catalogue().render(FAILED, case.language)
        sorry = OutboundReply(text=text, response=FAILED)
        self._store.outbox.enqueue(conversation_id, [sorry], once=f"document {key}")


def _complete(case: Case, reply: OutboundReply) -> OutboundReply:
    named = tuple(_named(case, kind) for kind in reply.documents)
    files = tuple(file for file in named if file is not None)
    text = reply.text
    if len(files) < len(named):
        sorry = catalogue().render(FAILED, case.language)
        text = sorry if not files else f"{text}\n\n{sorry}"
    return reply.model_copy(update={"text": text, "files": (*reply.files, *files), "documents": ()})


def _named(case: Case, kind: str) -> FileRef | None:
    """The file of a document, or None for one that cannot be made of this case."""
    try:
        name, content_type = (NAME, PDF) if kind == MY_DATA else described(kind, case.number)
    except KeyError:
        log.error("document %s of case %s is none of ours", kind, case.number)
        return None
    if kind != MY_DATA and (case.consent is None or not case.consent.given):
        log.error("document %s of case %s not made: no consent", kind, case.number)
        return None
    return FileRef(key=unused_key(), name=name, content_type=content_type, document=kind)
