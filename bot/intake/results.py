"""The result in the person's words: routes, records, what happens next, what changed."""

from __future__ import annotations

from typing import Any

from bot.eligibility.engine import Assessment, PathwayResult
from bot.intake import collecting
from bot.intake.judging import judge_case
from bot.intake.speech import Button
from bot.intake.turn import Turn
from bot.records.catalogue import catalogue

SHOWN_AT_ONCE = 4
# C10: what is shown first, and what counts as worth showing at all before "other routes".
RANK = ("CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO", "TRIAL_ONLY", "NOT_YET", "NO_MATCH")
SHOWN_FIRST = frozenset({"CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO", "TRIAL_ONLY"})
SERVICES = ("second_opinion", "supportive_care")
MOSTLY_IN_BED = 3  # ECOG (SC-1)


def assess(turn: Turn) -> Assessment:
    """Judge the facts anew and keep the result with the turn."""
    turn.assessment, turn.checklist = judge_case(
        turn.case, turn.desk.knowledge, turn.heard.at.date()
    )
    return turn.assessment


def say_result(turn: Turn) -> None:
    """Routes, records and next steps, after the summary was confirmed."""
    assessment = assess(turn)
    ranked = rank(turn, assessment)
    treatments = [p for p in ranked if p.id not in SERVICES and p.status in SHOWN_FIRST]
    turn.say("utter_result_intro" if treatments else "utter_result_intro_none")
    shown = _shown(turn, ranked)
    for result in shown[:-1]:
        _say_route(turn, result)
    if shown:
        _say_route(turn, shown[-1], turn.button("utter_button_more_routes", "more_routes"))
    turn.say("utter_pending_note")
    collecting.say_checklist(turn)
    turn.say("utter_next_steps")
    _remember(turn, assessment)


def _shown(turn: Turn, ranked: list[PathwayResult]) -> list[PathwayResult]:
    """The first routes to show; without a known cancer, only those that can be judged without."""
    wished = set(turn.case.wire().get("pathway_interest") or ())
    first = ranked[:SHOWN_AT_ONCE]
    return [p for p in first if "cancer_type" not in p.missing or p.id in wished]


def say_update(turn: Turn) -> None:
    """After a further answer: what it changed in routes and records, or that it changed nothing."""
    before = turn.case.memory.get("statuses", {})
    assessment = assess(turn)
    changed = [p for p in rank(turn, assessment) if before.get(p.id) not in (None, p.status)]
    if not changed:
        turn.say("utter_result_update_none")
    else:
        turn.say("utter_result_update")
        for result in changed[:SHOWN_AT_ONCE]:
            _say_route(turn, result)
    collecting.say_changes(turn)
    _remember(turn, assessment)


def say_other_routes(turn: Turn) -> None:
    """Every route that the first message left out, one line each."""
    assessment = assess(turn)
    ranked = rank(turn, assessment)
    shown = _shown(turn, ranked)
    for result in (p for p in ranked if p not in shown):
        _say_route(turn, result)


def rank(turn: Turn, assessment: Assessment) -> list[PathwayResult]:
    """Order on screen (C10): flagged supportive care, second opinion, then by status."""
    first = {"supportive_care": 0, "second_opinion": 1}
    if not _supportive_first(turn, assessment):
        first = {"second_opinion": 0}

    wished = set(turn.case.wire().get("pathway_interest") or ())

    def key(result: PathwayResult) -> tuple[int, int]:
        status = RANK.index(result.status)
        if result.id in first:
            return (0, first[result.id])
        if result.id in wished:  # what they asked about is answered among the first
            return (1, status)
        return (3, status) if result.id in SERVICES and status == 0 else (2, status)

    return sorted(assessment.pathways, key=key)


def _supportive_first(turn: Turn, assessment: Assessment) -> bool:
    facts = turn.case.wire()
    weak = (facts.get("ecog") or 0) >= MOSTLY_IN_BED
    return weak or bool(facts.get("told_palliative_only")) or assessment.triage != "ROUTINE"


def _say_route(turn: Turn, result: PathwayResult, *buttons: Button) -> None:
    service = result.id in SERVICES and result.status == "CONSIDER"
    kind = "service" if service else result.status.lower()
    turn.say(f"utter_pathway_{kind}", *buttons, **_route_values(turn, result))


def _route_values(turn: Turn, result: PathwayResult) -> dict[str, Any]:
    missing = [missing_word(turn, m) for m in result.missing[:3]]
    return {
        "pathway": turn.word(f"utter_name_{result.id}"),
        "reason": _sentence(" ".join(result.reasons[:1])),
        "caution": "; ".join(c.rstrip(".") for c in result.cautions[:2]),
        "missing_list": ", ".join(missing) or turn.word("utter_word_more_facts"),
        "missing": turn.word("utter_word_still_missing", missing=", ".join(missing))
        if missing
        else "",
        "evidence": _evidence(turn, result),
    }


def _sentence(text: str) -> str:
    """Capital letter first, a full stop at the end."""
    text = text.strip()
    ended = not text or text[-1] in ".!?。।؟"
    return text[:1].upper() + text[1:] + ("" if ended else ".")


def _evidence(turn: Turn, result: PathwayResult) -> str:
    if (
        not result.evidence.regulators
        or result.evidence.kind != "approved"
        or result.status not in ("CONSIDER", "CAUTION")
    ):
        return ""
    return turn.word(
        "utter_word_evidence_approved", regulators=", ".join(result.evidence.regulators)
    )


def missing_word(turn: Turn, name: str) -> str:
    """What a missing fact or test is called."""
    key = f"utter_missing_{name}"
    if key in turn.desk.say.names():
        return turn.word(key)
    if name in turn.questions:
        label = turn.questions[name].label
        return label[0].lower() + label[1:]
    paper = catalogue(turn.case.language).paper(name)
    if paper is not None:
        return paper.title[0].lower() + paper.title[1:]
    if name[:2].isupper():  # marker ids are written in capitals
        return turn.word("utter_missing_marker", marker=name.replace("_", " "))
    return name.replace("_", " ")


def _remember(turn: Turn, assessment: Assessment) -> None:
    turn.case.memory["statuses"] = {p.id: p.status for p in assessment.pathways}
