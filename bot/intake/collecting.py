"""The records in the person's words: what to collect, what is missing and why, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.intake.judging import judge_case
from bot.intake.speech import Button
from bot.intake.turn import Turn
from bot.records.catalogue import catalogue
from bot.records.documents import PRINTED_LIST
from bot.records.model import Checklist, ChecklistChange, ChecklistItem, Mark, Snapshot

# Items in one message: what fits every channel and is still read.
AT_ONCE = 4
MORE_AT_ONCE = 6
# Papers that one message names without their format and freshness.
NAMED_AT_ONCE = 8
LONGEST_DETAILS = 90  # characters
NOTES = {
    Mark.FIRST_LOOK: "utter_word_first_look",
    Mark.OUTDATED: "utter_word_outdated",
    Mark.WAIVED: "utter_word_waived",
}


def listed(turn: Turn) -> Checklist:
    """The checklist of this turn, made when it is first needed."""
    if turn.checklist is None:
        turn.assessment, turn.checklist = judge_case(
            turn.case, turn.desk.knowledge, turn.heard.at.date()
        )
    return turn.checklist


def say_first_list(turn: Turn) -> None:
    """The records to collect first, a line each; how each should come stands in the document."""
    found = listed(turn)
    name = turn.describe.line_value(turn.case, "cancer_type") or turn.word("utter_word_illness")
    lines = "\n".join(
        f"{_box(i)} {i.name}{_seen(i)}{_note(turn, i)}\n{_why_now(i)}" for i in found.first()
    )
    turn.say("utter_checklist_first", cancer=name, lines=lines)
    turn.say("utter_checklist_how", *_ways_on(turn, found), documents=(PRINTED_LIST,))
    remember(turn)


def _seen(item: ChecklistItem) -> str:
    """What this cancer wants to see on a paper, as long as a line can be read."""
    seen = ", ".join(item.of_cancer)
    return f" ({seen})" if seen and len(seen) <= LONGEST_DETAILS else ""


def _why_now(item: ChecklistItem) -> str:
    """Why a paper is needed, and how fresh where it must be."""
    return f"{item.why} {item.recency}" if item.recency_days is not None else item.why


def _ways_on(turn: Turn, found: Checklist) -> tuple[Button, ...]:
    more = turn.button("utter_button_more_records", "more_records")
    letter = turn.button("utter_button_letter", "request_letter")
    return (more, letter) if found.rest() or found.missing_tests else (letter,)


def say_checklist(turn: Turn) -> None:
    """The records to collect first, and the whole list as a document to keep."""
    found = listed(turn)
    name = turn.describe.line_value(turn.case, "cancer_type") or turn.word("utter_word_illness")
    turn.say("utter_checklist", cancer=name)
    for lines in _pages(turn, found.first(), AT_ONCE):
        turn.say("utter_checklist_items", lines=lines)
    turn.say("utter_checklist_note")
    turn.say("utter_checklist_document", *_ways_on(turn, found), documents=(PRINTED_LIST,))
    remember(turn)


def say_full_checklist(turn: Turn) -> None:
    """The rest of the list, and the tests to ask the doctor about."""
    found = listed(turn)
    if found.rest():
        turn.say("utter_checklist_more")
    for lines in _pages(turn, found.rest(), MORE_AT_ONCE):
        turn.say("utter_checklist_items", lines=lines)
    if found.missing_tests:
        tests = "\n".join(f"• {test.ask}" for test in found.missing_tests)
        turn.say("utter_checklist_tests", lines=tests)
    remember(turn)


def say_missing(turn: Turn) -> None:
    """How complete the records are, what is missing, and why it matters."""
    found = listed(turn)
    turn.say("utter_completeness", **completeness(found))
    missing = [item for item in found.open_items if item.level == "C"]
    if missing:
        turn.say("utter_missing_list", lines=_named(turn, missing[:NAMED_AT_ONCE]))
        turn.say(
            "utter_missing_rest",
            *(
                turn.button("utter_button_more_records", "more_records"),
                turn.button("utter_button_letter", "request_letter"),
            ),
        )
    else:
        turn.say("utter_missing_nothing")
    remember(turn)


def completeness(found: Checklist) -> dict[str, Any]:
    """The figures of `utter_completeness`."""
    done = found.completeness()
    return {
        "critical_held": done.critical_held,
        "critical": done.critical,
        "critical_percent": done.critical_percent,
        "held": done.held,
        "total": done.total,
        "percent": done.percent,
    }


def say_changes(turn: Turn) -> None:
    """What a new answer changed on the list, if the person has seen a list before."""
    before = _remembered(turn)
    if before is None:
        return
    change = listed(turn).changed_since(before)
    if change:
        _say_change(turn, change)
    remember(turn)


def _say_change(turn: Turn, change: ChecklistChange) -> None:
    critical = [item for item in change.added if item.level == "C"]
    if critical:
        turn.say("utter_checklist_added", lines=_named(turn, critical[:NAMED_AT_ONCE]))
    raised = [item for item in change.raised if item.level == "C" and not item.held]
    if raised:
        turn.say("utter_checklist_raised", lines=_fresh(turn, raised[:NAMED_AT_ONCE]))
    papers = catalogue(turn.case.language).papers
    gone = [papers[key].title for key in change.removed if key in papers]
    if gone:
        turn.say("utter_checklist_removed", lines="\n".join(f"• {t}" for t in gone))
    helpful = len(change.added) - len(critical[:NAMED_AT_ONCE])
    if critical or raised or gone or helpful:
        turn.say(
            "utter_checklist_renewed" if not helpful else "utter_checklist_renewed_more",
            turn.button("utter_button_checklist", "request_checklist"),
            count=helpful,
        )


def remember(turn: Turn) -> None:
    """Keep what the list was, to say later what changed."""
    turn.case.memory["records"] = {
        key: list(state) for key, state in listed(turn).snapshot().items()
    }


def _remembered(turn: Turn) -> Snapshot | None:
    kept = turn.case.memory.get("records")
    if not isinstance(kept, dict):
        return None
    return {key: (level, days, held) for key, (level, days, held) in kept.items()}


def _pages(turn: Turn, items: Sequence[ChecklistItem], size: int) -> Iterator[str]:
    for start in range(0, len(items), size):
        yield "\n\n".join(_full(turn, item) for item in items[start : start + size])


def _full(turn: Turn, item: ChecklistItem) -> str:
    return turn.word(
        "utter_word_paper",
        box=_box(item),
        name=item.title,
        note=_note(turn, item),
        why=item.why,
        format=item.format,
        recency=item.recency,
    )


def _named(turn: Turn, items: Sequence[ChecklistItem]) -> str:
    return "\n".join(f"{_box(i)} {i.name}{_note(turn, i)}: {i.why}" for i in items)


def _fresh(turn: Turn, items: Sequence[ChecklistItem]) -> str:
    return "\n".join(f"{_box(i)} {i.name}{_note(turn, i)}: {i.recency}" for i in items)


def _box(item: ChecklistItem) -> str:
    return "☑" if item.settled else "☐"


def _note(turn: Turn, item: ChecklistItem) -> str:
    note = NOTES.get(item.mark)
    return f" ({turn.word(note)})" if note else ""
