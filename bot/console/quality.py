"""Marking what went wrong: messages misunderstood, assessments objected to; lists, exports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import yaml
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage, correction
from bot.console.anonymous import LONGEST, anonymous, one_line
from bot.console.correction import Unusable
from bot.console.frame import Visit
from bot.console.names import wording
from bot.console.opened import Opened, open_case
from bot.console.panels import Choice
from bot.console.transcript import shown
from bot.settings import ROOT
from bot.store.errors import NotFound
from bot.store.messages import Author
from bot.store.quality import Misread
from bot.store.records import TranscriptLine

LONGEST_REASON = 2000
WHOLE = "-"  # an objection to the assessment as a whole, in a form


@dataclass(frozen=True, slots=True)
class Marking:
    """The form to mark a message as misunderstood."""

    message_id: str
    said: str
    text: str
    intents: tuple[Choice, ...]
    facts: tuple[Choice, ...]
    value: str
    marked: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """One line of the list of misunderstood messages."""

    text: str
    intent: str
    facts: str
    href: str
    case: str
    author: str
    at: datetime
    agreed: bool  # the person lets the service learn from it


@dataclass(frozen=True, slots=True)
class Objection:
    """One line of the list of objections."""

    pathway: str
    reason: str
    href: str
    case: str
    author: str
    at: datetime
    rule_set: str


@cache
def intents() -> tuple[str, ...]:
    """What the language model tells apart, as its training data names it."""
    domain = yaml.load((ROOT / "domain.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tuple(i if isinstance(i, str) else next(iter(i)) for i in domain["intents"])


def show_marking(visit: Visit) -> Response:
    """The form for one message."""
    opened = open_case(visit)
    return _form(visit, opened, _message(visit, opened))


def mark(visit: Visit) -> Response:
    """Keep the right reading, or take the mark off."""
    opened = open_case(visit)
    message, number = _message(visit, opened), opened.case.number
    anchor, quality = f"#m-{message.message_id}", visit.store.quality
    if visit.said("act") == "clear":
        quality.read_rightly(number, visit.me.name, message.message_id)
        return visit.go("case", anchor, number=number, query={"done": "read_rightly"})
    text, intent, fact = one_line(visit.said("text")), visit.said("intent"), visit.said("fact")
    if intent not in ("", *intents()) or (fact and fact not in correction.correctable()):
        raise HTTPException(400)
    if not text or not (intent or fact):
        return _form(visit, opened, message, visit.texts("marking.incomplete"))
    try:
        value = _value(visit, fact) if fact else None
    except Unusable:
        return _form(visit, opened, message, visit.texts("facts.refused"))
    reading = {"intent": intent, "facts": {fact: value} if fact else {}}
    quality.misread(number, visit.me.name, message.message_id, text, reading)
    return visit.go("case", anchor, number=number, query={"done": "misread"})


def _value(visit: Visit, fact: str) -> Any:
    """The value as typed: in the form of the wire, or by the name people know."""
    text = visit.said("value")
    named = correction.options(fact, None, wording(visit.texts))
    known = {o.text.casefold(): o.value for o in named if o.value}
    return correction.parse(fact, [known.get(text.casefold(), text)], None)


def _message(visit: Visit, opened: Opened) -> TranscriptLine:
    """The message of the address: one that the person of this case wrote."""
    wanted = str(visit.request.path_params["message"])
    found = (visit.store.queries.message(chat, wanted) for chat in opened.chats)
    line = next(filter(None, found), None)
    if line is None or line.author is not Author.PATIENT or not line.text:
        raise HTTPException(404)
    return line


def _form(visit: Visit, opened: Opened, message: TranscriptLine, problem: str = "") -> Response:
    held = visit.store.quality.misread_of(opened.case.number).get(message.message_id)
    reading: dict[str, Any] = dict(held.reading) if held else {}
    fact, value = next(iter(reading.get("facts", {}).items()), ("", None))
    names = [opened.conversation.profile_name or ""]
    cleaned = held.text if held else anonymous(shown(message.text or ""), names)
    typed = bool(problem)
    words = wording(visit.texts)
    intent = visit.said("intent") if typed else reading.get("intent", "")
    fact = visit.said("fact") if typed else fact
    form = Marking(
        message_id=message.message_id,
        said=shown(message.text or ""),
        text=one_line(visit.said("text")) if typed else cleaned,
        intents=tuple(Choice(i, visit.texts.named("intent", i), i == intent) for i in intents()),
        facts=tuple(
            Choice(f, words.label(f), f == fact)
            for f in sorted(correction.correctable(), key=words.label)
        ),
        value=visit.said("value") if typed else correction.draft(fact, value) if fact else "",
        marked=held is not None,
        problem=problem,
    )
    status = 422 if problem else 200
    head = casepage.head(visit, opened)
    return visit.page("marking.html", status, head=head, form=form, longest=LONGEST)


def object_to(visit: Visit) -> Response:
    """Hold the assessment, or one pathway of it, to be wrong."""
    number, given = open_case(visit).case.number, visit.said("assessment")
    reason = visit.said("reason").replace("\r\n", "\n")[:LONGEST_REASON]
    pathway = visit.said("pathway")
    known = pathway == WHOLE or visit.texts.has(f"pathway.{pathway}")
    if not given.isdigit() or not known:
        raise HTTPException(400)
    if not reason:
        return casepage.after_change(visit, "objection_empty", "assessment")
    meant = "" if pathway == WHOLE else pathway
    try:
        visit.store.quality.object(number, visit.me.name, int(given), meant, reason)
    except NotFound:
        raise HTTPException(404) from None
    return casepage.after_change(visit, "objection", "assessment")


def show_lists(visit: Visit) -> Response:
    """Everything marked, newest first."""
    visit.store.audit.write(visit.me.name, "quality.view", "quality")
    words = wording(visit.texts)
    marked = [
        Marked(
            text=shown(m.text),
            intent=visit.texts.named("intent", m.reading["intent"]) if m.reading["intent"] else "",
            facts=", ".join(
                f"{words.label(f)}: {shown(words.text(f, v))}"
                for f, v in m.reading["facts"].items()
            ),
            href=visit.link("case", number=m.case) + f"#m-{m.message_id}",
            case=m.case,
            author=m.author,
            at=m.at,
            agreed=m.agreed,
        )
        for m in visit.store.quality.misread_all()
    ]
    objections = [
        Objection(
            pathway=visit.texts.named("pathway", o.pathway)
            if o.pathway
            else visit.texts("objection.whole"),
            reason=shown(o.reason),
            href=visit.link("case", number=o.case) + "#assessment",
            case=o.case,
            author=o.author,
            at=o.at,
            rule_set=o.rule_set[:24],
        )
        for o in visit.store.quality.objections()
    ]
    return visit.page("quality.html", marked=marked, objections=objections)


def export_intents(visit: Visit) -> Response:
    """The marked messages as Rasa training data, by intent."""
    return _download(visit, intent_examples(_to_learn_from(visit)), "misread-nlu.yml")


def export_facts(visit: Visit) -> Response:
    """The marked messages whose facts were misread, as JSON lines for the vocabulary's tests."""
    lines = [
        json.dumps(
            {"text": m.text, "language": m.language, "facts": m.reading["facts"]},
            ensure_ascii=False,
        )
        for m in _to_learn_from(visit)
        if m.reading["facts"]
    ]
    return _download(visit, "".join(f"{line}\n" for line in lines), "misread-facts.jsonl")


def _to_learn_from(visit: Visit) -> list[Misread]:
    """Only messages of people who agreed to that; who took it back is left out from then on."""
    return [m for m in visit.store.quality.misread_all() if m.agreed]


def intent_examples(marked: Iterable[Misread]) -> str:
    """Rasa 3 training data: each text once under its intent."""
    by_intent: dict[str, dict[str, None]] = {}
    for m in marked:
        if m.reading["intent"]:
            by_intent.setdefault(m.reading["intent"], {})[one_line(m.text)] = None
    parts = ['version: "3.1"\n', "nlu:" if by_intent else "nlu: []"]
    for intent in sorted(by_intent):
        parts += [f"  - intent: {intent}", "    examples: |"]
        parts += [f"      - {text}" for text in by_intent[intent] if text]
    return "\n".join(parts) + "\n"


def _download(visit: Visit, text: str, name: str) -> Response:
    visit.store.audit.write(visit.me.name, "quality.export", "quality", name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)
