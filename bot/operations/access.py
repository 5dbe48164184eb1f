"""`intake access`: a readable copy of all that is kept about one person, for that person."""

from __future__ import annotations

import json
from typing import Any

from bot.export.case_json import export_case
from bot.operations.cases import UnknownCase
from bot.store import Store
from bot.store.records import ConversationInfo, TranscriptLine

PAGE = 200


def access_copy(store: Store, name: str, actor: str = "command line") -> bytes:
    """The copy as JSON; `name` is a conversation's id, public id or case number.

    A person may see what is kept of them whether or not they agreed to anything, so messages are in
    it without consent too. What the desk wrote for itself (notes, tags) is not in the copy: a
    coordinator goes through it first. Raises UnknownCase; the copy is noted in the audit log.
    """
    found = store.conversations.find(name)
    if found is None:
        raise UnknownCase(f"no conversation {name}")
    held = store.cases.by_conversation(found.id)
    case = export_case(store, held.number) if held else None
    copy = {
        "made_at": store.database.now().isoformat(),
        "person": _person(found),
        "case": {k: v for k, v in case.items() if k != "messages"} if case else None,
        "facts_history": _history(store, held.number) if held else [],
        "messages": _messages(store, found.id),
    }
    store.audit.write(actor, "conversation.access", f"conversation:{found.id}")
    return json.dumps(copy, ensure_ascii=False, indent=2).encode() + b"\n"


def _person(found: ConversationInfo) -> dict[str, Any]:
    return {
        "conversation": found.public_id,
        "channel": found.channel,
        "address": found.address,
        "other_address": found.alt_address,
        "name": found.profile_name,
        "first_seen": found.created_at.isoformat(),
    }


def _history(store: Store, number: str) -> list[dict[str, Any]]:
    """Every version of every fact, the corrected ones too."""
    return [
        {
            "name": version.name,
            "value": version.value,
            "words": version.words,
            "source": version.source,
            "from": version.created_at.isoformat(),
            "until": version.superseded_at.isoformat() if version.superseded_at else None,
        }
        for version in store.cases.history(number)
    ]


def _messages(store: Store, conversation_id: str) -> list[dict[str, Any]]:
    lines: list[TranscriptLine] = []
    before: int | None = None
    while page := store.transcript(conversation_id, before, PAGE):
        lines += page
        before = page[-1].seq
    return [_message(line) for line in reversed(lines)]


def _message(line: TranscriptLine) -> dict[str, Any]:
    carried = line.incoming or line.outgoing
    return {
        "at": line.created_at.isoformat(),
        "author": line.author.value,
        "text": line.text,
        "files": [{"name": f.name, "size": f.size} for f in (carried.files if carried else ())],
    }
