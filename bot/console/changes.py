"""What a coordinator does to a case: hold it, reply, correct, note, assign, move it on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage, correction
from bot.console.correction import Form, Option, Unusable
from bot.console.frame import Visit
from bot.console.judging import judge
from bot.console.names import wording
from bot.console.opened import open_case
from bot.console.plain import DESK_STATES
from bot.console.transcript import shown
from bot.facts.case import Case, Fact, FactSource, FactStatus
from bot.store import console_queries
from bot.store.console_queries import Hold
from bot.store.desk import ITEM_STATES
from bot.store.errors import NotFound, TurnConflict

LONGEST_NOTE = 4000
LONGEST_TAG = 40
HINTS = {
    Form.NUMBER: "facts.hint_number",
    Form.LINES: "facts.hint_list",
    Form.PAIRS: "facts.hint_pairs",
    Form.TREATMENTS: "facts.hint_treatments",
    Form.TEXT: "facts.hint",
}


@dataclass(frozen=True, slots=True)
class Fix:
    """The form to correct one fact."""

    name: str
    label: str
    text: str
    choices: tuple[Option, ...]
    options: tuple[Option, ...]
    many: bool
    lines: bool
    draft: str
    hint: str
    seen: str
    reason: str = ""
    problem: str = ""
    problem_text: str = ""


def _number(visit: Visit) -> str:
    return open_case(visit).case.number


def _epoch(visit: Visit) -> int:
    given = visit.said("epoch")
    return int(given) if given.isdigit() else -1


def take_over(visit: Visit) -> Response:
    """Hold the conversation; the assistant stays quiet."""
    held = console_queries.take_over(visit.store, _number(visit), visit.me.name, _epoch(visit))
    return casepage.after_talk(visit, "take_over" if held is Hold.DONE else "take_over_late")


def hand_back(visit: Visit) -> Response:
    """Let the assistant go on."""
    held = console_queries.hand_back(visit.store, _number(visit), visit.me.name, _epoch(visit))
    return casepage.after_talk(visit, "hand_back" if held is Hold.DONE else "hand_back_late")


def retry(visit: Visit) -> Response:
    """Send a message that failed once more; only one of this conversation."""
    opened, message = open_case(visit), visit.said("message")
    if not any(visit.store.queries.message(chat, message) for chat in opened.chats):
        raise HTTPException(404)
    _with_case(lambda: visit.store.outbox.retry(message))
    visit.store.audit.write(visit.me.name, "case.retry", f"case:{opened.case.number}")
    return casepage.after_talk(visit, "retry")


def show_fix(visit: Visit) -> Response:
    """The form to correct a fact."""
    opened = open_case(visit)
    form = _fix(visit, opened.case, str(visit.request.path_params["fact"]))
    return visit.page("_fix.html" if visit.live else "fix.html", **_form_values(visit, form))


def choose_fix(visit: Visit) -> Response:
    """From the list of facts that are not there yet to the form of one."""
    fact = visit.asked("fact")
    if fact not in correction.correctable():
        raise HTTPException(404)
    return visit.go("fix", number=_number(visit), fact=fact)


def _form_values(visit: Visit, form: Fix) -> dict[str, Any]:
    opened = open_case(visit)
    return {"head": casepage.head(visit, opened), "fix": form}


def _fix(visit: Visit, case: Case, fact: str, **kept: str) -> Fix:
    if fact not in correction.correctable():
        raise HTTPException(404)
    words, held = wording(visit.texts), case.facts.get(fact)
    value = held.value if held else None
    form = correction.form_of(fact)
    answers = (
        correction.options(fact, value, words)
        if form in (Form.CHOICE, Form.MANY, Form.OPTIONS)
        else ()
    )
    draft = kept.pop("draft", None)
    return Fix(
        name=fact,
        label=words.label(fact),
        text=_said(case, fact, visit),
        choices=answers if form in (Form.CHOICE, Form.MANY) else (),
        options=answers if form is Form.OPTIONS else (),
        many=form is Form.MANY,
        lines=form in (Form.LINES, Form.PAIRS, Form.TREATMENTS),
        draft=shown(correction.draft(fact, value)) if draft is None else draft,
        hint=visit.texts(HINTS.get(form, "facts.hint_choice")),
        seen=kept.pop("seen", "") or _seal(held),
        **kept,
    )


def _said(case: Case, fact: str, visit: Visit) -> str:
    held = case.facts.get(fact)
    if held is None:
        return ""
    if held.status is not FactStatus.KNOWN:
        return visit.texts(f"facts.{held.status}")
    return shown(wording(visit.texts).text(fact, held.value))


def _seal(fact: Fact | None) -> str:
    """What the form was made from, to notice that somebody saved in between."""
    if fact is None:
        return "-"
    state = json.dumps([fact.value, fact.status, fact.source], sort_keys=True, default=str)
    return console_queries.seal(state)


class _Changed(Exception):
    """Somebody saved the fact after the form was made."""


def correct(visit: Visit) -> Response:
    """Save a corrected fact as a new version and make the assessment again."""
    opened = open_case(visit)
    fact = str(visit.request.path_params["fact"])
    if fact not in correction.correctable():
        raise HTTPException(404)
    try:
        new = _corrected(visit, opened.case, fact)
        _save(visit, opened.case.number, fact, new)
    except Unusable:
        return _again(visit, fact, "facts.refused", visit.texts("facts.refused_text"))
    except _Changed:
        now = _said(open_case(visit).case, fact, visit)
        return _again(visit, fact, "facts.changed", visit.texts("facts.changed_text", now=now))
    made = visit.store.cases.assessments(opened.case.number)
    fresh = bool(made) and made[0].created_at >= visit.now
    return casepage.after_change(visit, "correct" if fresh else "correct_only", f"fact-{fact}")


def _corrected(visit: Visit, case: Case, fact: str) -> Fact:
    held = case.facts.get(fact)
    known = visit.said("status") != "unknown"
    given = visit.form.get("value", [])
    return Fact(
        value=correction.parse(fact, given, held.value if held else None) if known else None,
        words=visit.said("reason")[:200],
        source=FactSource.COORDINATOR,
        status=FactStatus.KNOWN if known else FactStatus.UNKNOWN,
    )


def _save(visit: Visit, number: str, fact: str, new: Fact) -> None:
    def change(case: Case) -> None:
        if _seal(case.facts.get(fact)) != visit.said("seen"):
            raise _Changed
        case.facts[fact] = new
        if fact == "stage_group" and "stage_raw" in case.facts:
            case.facts["stage_raw"] = new  # the hospital reads this one

    _with_case(
        lambda: visit.store.desk.change(number, visit.me.name, "case.correct", change, assess=judge)
    )


def _again(visit: Visit, fact: str, problem: str, text: str) -> Response:
    """The form once more, with what was typed."""
    case = open_case(visit).case
    typed = visit.form.get("value", [""])[0]
    form = _fix(
        visit,
        case,
        fact,
        draft=typed,
        reason=visit.said("reason"),
        problem=visit.texts(problem),
        problem_text=text,
    )
    if not visit.live:
        return visit.page("fix.html", 409, **_form_values(visit, form))
    answer = visit.page("_fix.html", 409, **_form_values(visit, form))
    answer.headers["HX-Retarget"] = f"#fact-{fact}"
    return answer


def note(visit: Visit) -> Response:
    """Add a note."""
    number, text = _number(visit), visit.said("text").replace("\r\n", "\n")[:LONGEST_NOTE]
    if not text:
        return casepage.after_change(visit, "note_empty", "notes")
    _with_case(lambda: visit.store.desk.add_note(number, visit.me.name, text))
    return casepage.after_change(visit, "note", "notes")


def assign(visit: Visit) -> Response:
    """Give the case to somebody, unless somebody else did so meanwhile."""
    opened, to = open_case(visit), visit.said("value")
    account = visit.store.users.by_name(to) if to else None
    if to and (account is None or account.disabled):
        raise HTTPException(400)
    if (opened.line.assigned_to or "") != visit.said("seen"):
        return casepage.after_change(visit, "work_late", "work")
    _with_case(
        lambda: visit.store.desk.assign(
            opened.case.number, visit.me.name, to or None, version=opened.line.version
        )
    )
    return casepage.after_change(visit, "assign", "work")


def desk(visit: Visit) -> Response:
    """Move the case on."""
    opened, state = open_case(visit), visit.said("value")
    if state not in DESK_STATES:
        raise HTTPException(400)
    if opened.line.desk != visit.said("seen"):
        return casepage.after_change(visit, "work_late", "work")
    _with_case(
        lambda: visit.store.desk.set_state(
            opened.case.number, visit.me.name, state, version=opened.line.version
        )
    )
    return casepage.after_change(visit, "desk", "work")


def seen(visit: Visit) -> Response:
    """Somebody has seen to it, by telephone for one: nothing waits until something new comes."""
    number = _number(visit)
    _with_case(lambda: visit.store.desk.answered(number, visit.me.name))
    return casepage.after_change(visit, "seen", "work")


def tag(visit: Visit) -> Response:
    """Label a case, or take a label off."""
    number, store = _number(visit), visit.store.desk
    added, removed = (" ".join(visit.said(k).split())[:LONGEST_TAG] for k in ("add", "remove"))
    if added:
        _with_case(lambda: store.add_tag(number, visit.me.name, shown(added)))
    elif removed:
        _with_case(lambda: store.remove_tag(number, visit.me.name, removed))
    return casepage.after_change(visit, "tag", "work")


def paper(visit: Visit) -> Response:
    """Mark a record as received, or not."""
    number = _number(visit)
    said = [(state, visit.said(state)) for state in sorted(ITEM_STATES) if visit.said(state)]
    if len(said) != 1 or not said[0][1].isdigit():
        raise HTTPException(400)
    state, item = said[0]
    _with_case(lambda: visit.store.desk.check_item(number, visit.me.name, int(item), state))
    return casepage.after_change(visit, "paper", "checklist")


def answered(visit: Visit) -> Response:
    """Take a question off the list of open ones."""
    number, question = _number(visit), visit.said("question")

    def change(case: Case) -> None:
        case.open_questions = [
            q for q in case.open_questions if console_queries.seal(q) != question
        ]

    _with_case(lambda: visit.store.desk.change(number, visit.me.name, "case.question", change))
    return casepage.after_change(visit, "question", "questions")


def _with_case(change: Callable[[], Any]) -> None:
    """Run a change of the store; a case that is gone or changed under our hands is told."""
    try:
        change()
    except NotFound:
        raise HTTPException(404) from None
    except TurnConflict:
        raise HTTPException(409) from None
