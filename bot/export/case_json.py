"""A case as one JSON object, for the hospital and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.facts.case import Case, Consent, Fact, FactStatus, Purpose
from bot.store.errors import NotFound
from bot.store.records import ChecklistItem, TranscriptLine

if TYPE_CHECKING:
    from bot.store import Store

PAGE = 200


def export_case(store: Store, number: str) -> dict[str, Any]:
    """The case with its facts, assessment, checklist and messages; raises NotFound.

    Known facts are objects of value, words and source; times are ISO 8601 in UTC. Without consent
    nothing of what was said leaves; only the ids of warning signs stay. What is the desk's own
    (notes, tags, names of coordinators, how sure the bot was) is never part of it.
    """
    case = store.cases.by_number(number)
    conversation = store.conversations.get(case.conversation_id) if case else None
    if case is None or conversation is None:
        raise NotFound(number)
    agreed = case.consent is not None and case.consent.given
    latest = store.cases.assessments(case.number) if agreed else []
    facts = case.facts.items() if agreed else ()
    return {
        "case": case.number,
        "conversation": conversation.public_id,
        "channel": case.channel,
        "language": case.language,
        "state": case.state.value,
        "consent": _consent(case.consent),
        "permissions": {p.value: _consent(case.permissions.get(p)) for p in Purpose},
        "facts": {name: _fact(fact) for name, fact in facts if fact.status is FactStatus.KNOWN},
        "flags": list(case.flags),
        "assessment": latest[0].result if latest else None,
        "checklist": _checklist(store.cases.checklist(case.number)) if agreed else None,
        "open_questions": list(case.open_questions) if agreed else [],
        "messages": _messages(store, case) if agreed else [],
    }


def _consent(consent: Consent | None) -> dict[str, Any] | None:
    if consent is None:
        return None
    return {
        "given": consent.given,
        "version": consent.version,
        "language": consent.language,
        "channel": consent.channel,
        "at": consent.at.isoformat(),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "value": fact.value,
        "words": fact.words,
        "source": fact.source.value,
        "message": fact.message_id,
    }


def _checklist(items: list[ChecklistItem]) -> dict[str, Any] | None:
    """As the checklist command prints it, each record with what became of it."""
    if not items:
        return None
    records = [i for i in items if i.kind == "record"]
    return {
        "items": [_item(i) | {"state": i.state} for i in records],
        "missing_tests": [i.body for i in items if i.kind == "test"],
    }


def _item(item: ChecklistItem) -> dict[str, Any]:
    return dict(item.body) if isinstance(item.body, dict) else {"id": str(item.body)}


def _messages(store: Store, case: Case) -> list[dict[str, Any]]:
    """Every message, oldest first."""
    newest_first: list[TranscriptLine] = []
    before: int | None = None
    while True:
        page = store.transcript(case.conversation_id, before, PAGE)
        newest_first += page
        if len(page) < PAGE:
            break
        before = page[-1].seq
    return [_message(line) for line in reversed(newest_first)]


def _message(line: TranscriptLine) -> dict[str, Any]:
    files = line.incoming.files if line.incoming else line.outgoing.files if line.outgoing else ()
    buttons = line.outgoing.buttons if line.outgoing else ()
    return {
        "id": line.message_id,
        "at": line.created_at.isoformat(),
        "author": line.author.value,
        "kind": line.kind.value,
        "text": line.text,
        "buttons": [b.title for b in buttons],
        "files": [{"name": f.name, "content_type": f.content_type, "size": f.size} for f in files],
        "state": line.state.value,
    }
