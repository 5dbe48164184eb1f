"""A copy of all that is kept about one person, for that person: JSON to carry on, PDF to read.

A person may see what is kept of them whether or not they agreed to anything, so messages are in it
without consent too. What the desk wrote for itself (notes, tags) is not: a coordinator goes through
it first. Every copy is noted in the audit log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bot.export.case_json import export_case
from bot.export.documents import PDF, Document
from bot.records.letter_texts import CopyTexts, texts
from bot.records.page import Page
from bot.store.errors import NotFound
from bot.store.records import ConversationInfo, TranscriptLine

if TYPE_CHECKING:
    from bot.store import Store

PAGE: Final = 200
_SMALL: Final = 9.0
PATIENT: Final = "patient"
NAME: Final = "my-data.pdf"


def access_copy(store: Store, conversation_id: str, actor: str) -> dict[str, Any]:
    """The copy as a JSON object. Raises NotFound."""
    found = store.conversations.get(conversation_id)
    if found is None:
        raise NotFound(conversation_id)
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
    return copy


def access_json(store: Store, conversation_id: str, actor: str) -> bytes:
    """The copy as JSON text. Raises NotFound."""
    copy = access_copy(store, conversation_id, actor)
    return json.dumps(copy, ensure_ascii=False, indent=2).encode() + b"\n"


def access_document(store: Store, conversation_id: str, actor: str = PATIENT) -> Document:
    """The copy as a PDF, for the chat. Raises NotFound.

    Its name says nothing of health, and nothing of the person.
    """
    copy = access_copy(store, conversation_id, actor)
    return Document(NAME, PDF, _pdf(copy))


def _pdf(copy: Mapping[str, Any]) -> bytes:
    words = texts()
    say: CopyTexts = words.copy
    lines = list(_lines(copy, say))
    page = Page(
        (text for _, text in lines), footer=say.closing, number=words.checklist.page, rtl=False
    )
    page.set_title(say.title)
    for heading, text in lines:
        if heading:
            page.ln(2)
            page.write_block(text, size=13 if heading == 2 else 17, bold=True)
        else:
            page.write_block(text, size=_SMALL)
    return bytes(page.output())


def _lines(copy: Mapping[str, Any], say: CopyTexts) -> Iterator[tuple[int, str]]:
    """What stands in the document: the level of the heading (0: none) and the text."""
    case: Mapping[str, Any] = copy["case"] or {}
    yield 1, say.title
    yield 0, say.made.format(date=copy["made_at"][:10])
    yield 2, say.person
    yield from ((0, f"{key.replace('_', ' ')}: {value}") for key, value in copy["person"].items())
    yield 2, say.consents
    consents = {"keeping": case.get("consent")} | (case.get("permissions") or {})
    yield from ((0, _consent(purpose, given, say)) for purpose, given in consents.items())
    yield 2, say.facts
    for fact in copy["facts_history"]:
        ended = say.until.format(date=fact["until"][:10]) if fact["until"] else ""
        said = f" ({fact['words']})" if fact["words"] else ""
        value = json.dumps(fact["value"], ensure_ascii=False)
        yield 0, f"{fact['name'].replace('_', ' ')}: {value}{said} {ended}".rstrip()
    assessment = case.get("assessment") or {}
    yield 2, say.assessment
    for pathway in assessment.get("pathways", ()):
        yield 0, f"{pathway['id'].replace('_', ' ')}: {pathway['status']}"
    yield 2, say.records
    for item in (case.get("checklist") or {}).get("items", ()):
        yield 0, f"{item.get('title', item.get('id'))}: {item.get('state', '')}"
    yield 2, say.messages
    for message in copy["messages"]:
        files = ", ".join(str(file["name"]) for file in message["files"])
        text = " ".join(filter(None, (message["text"], f"[{files}]" if files else "")))
        yield 0, f"{message['at'][:16].replace('T', ' ')} {message['author']}: {text}"


def _consent(purpose: str, given: Mapping[str, Any] | None, say: CopyTexts) -> str:
    if not given:
        return f"{purpose}: {say.not_asked}"
    answer = say.yes if given["given"] else say.no
    return f"{purpose}: {answer}, {given['at'][:10]}, {given['version']}, {given['channel']}"


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
