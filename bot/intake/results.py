"""The result in the person's words: routes, records, what happens next, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.eligibility.engine import Assessment, PathwayResult
from bot.facts.marker_ids import known_markers
from bot.facts.vocabulary import group
from bot.intake import collecting
from bot.intake.judging import judge_case
from bot.intake.speech import Button
from bot.intake.turn import Turn

# C10: at most four in the first message; the second opinion is named in its opening sentence.
SHOWN_AT_ONCE = 3
# C10: what is shown first, and what counts as worth showing at all before "other routes".
RANK = ("CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO", "TRIAL_ONLY", "NOT_YET", "NO_MATCH")
SHOWN_FIRST = frozenset({"CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO", "TRIAL_ONLY"})
# Routes that say the same but for their names share a message.
SHARED = frozenset({"DEFER", "NEEDS_INFO", "TRIAL_ONLY", "NOT_YET", "NO_MATCH"})
SECOND_OPINION, SUPPORTIVE = "second_opinion", "supportive_care"
SERVICES = (SECOND_OPINION, SUPPORTIVE)
CONFIRMED = frozenset({"biopsy_yes", "fnac_only"})
MOSTLY_IN_BED = 3  # ECOG (SC-1)
LONGEST_MESSAGE = 350  # characters; what is still read on a phone
MISSING_NAMED, MISSING_SHARED = 3, 2


def assess(turn: Turn) -> Assessment:
    """Judge the facts anew and keep the result with the turn."""
    turn.assessment, turn.checklist = judge_case(
        turn.case, turn.desk.knowledge, turn.heard.at.date()
    )
    return turn.assessment


def say_result(turn: Turn) -> None:
    """Routes and records, after the summary was confirmed."""
    assessment = assess(turn)
    ranked = rank(turn, assessment)
    treatments = [p for p in ranked if p.id not in SERVICES and p.status in SHOWN_FIRST]
    shown = _shown(turn, ranked)
    more = turn.button("utter_button_more_routes", "more_routes")
    why = turn.button("utter_button_why_routes", "why_routes")
    if assessment.triage != "ROUTINE":
        turn.say("utter_result_urgent", number=turn.emergency_number)
    elif assessment.travel == "HOLD":
        turn.say("utter_result_no_travel")
    if _waits_for_biopsy(turn, shown):
        shown = [p for p in shown if p.id in (turn.case.wire().get("pathway_interest") or ())]
        turn.say(_without_biopsy(turn), *(() if shown else (more,)))
    else:
        turn.say(
            "utter_result_intro" if treatments and shown else "utter_result_intro_none",
            *(() if shown else (more,)),
        )
    _say_routes(turn, shown, why, more)
    collecting.say_first_list(turn)
    _remember(turn, assessment)


def _waits_for_biopsy(turn: Turn, shown: list[PathwayResult]) -> bool:
    """Whether no route can be named before there is a biopsy; a list of unlikely ones misleads."""
    confirmed = turn.case.wire().get("histology_confirmed") in CONFIRMED
    named = [p for p in shown if p.id not in SERVICES]
    return bool(named) and not confirmed and all(p.status == "NEEDS_INFO" for p in named)


def _without_biopsy(turn: Turn) -> str:
    """What to say of the biopsy: it is awaited, not the way for this tumour, or to be asked for."""
    if turn.cancer in group("seen_without_biopsy"):
        return "utter_result_seen_without_biopsy"
    waits = turn.case.wire().get("histology_confirmed") == "pending"
    return "utter_result_biopsy_awaited" if waits else "utter_result_no_biopsy"


def say_next_steps(turn: Turn, *, more_questions: bool) -> None:
    """The case number, what happens when, and how to end it."""
    more = turn.word("utter_word_more_questions") if more_questions else ""
    turn.say("utter_next_steps", more=more)


def _shown(turn: Turn, ranked: list[PathwayResult]) -> list[PathwayResult]:
    """The first routes to show; without a known cancer, only those that can be judged without.

    The opening sentence names the services, so they take no place unless they come first (C10).
    """
    wished = set(turn.case.wire().get("pathway_interest") or ())
    first = [p for p in ranked if p.id != SECOND_OPINION]
    first = first[:1] + [p for p in first[1:] if p.id not in SERVICES]
    if first and first[0].id == SUPPORTIVE and not _supportive_first(turn, assess(turn)):
        first = first[1:]
    return [p for p in first[:SHOWN_AT_ONCE] if "cancer_type" not in p.missing or p.id in wished]


def say_update(turn: Turn) -> None:
    """After a further answer: what it changed in routes and records, or that it changed nothing."""
    before = turn.case.memory.get("statuses", {})
    assessment = assess(turn)
    if assessment.triage != "ROUTINE" and "utter_urgent" in _said(turn):
        return  # help comes first; what it changes is looked at with the next answer
    changed = [p for p in rank(turn, assessment) if before.get(p.id) not in (None, p.status)]
    if not changed:
        turn.say("utter_result_update_none")
    else:
        turn.say("utter_result_update")
        _say_routes(turn, changed)
    collecting.say_changes(turn)
    _remember(turn, assessment)


def _said(turn: Turn) -> set[str]:
    return {said.response for said in turn.replies}


def say_other_routes(turn: Turn) -> None:
    """Every route that the result left out; those that stand alike share a message."""
    ranked = rank(turn, assess(turn))
    shown = {*SERVICES, *(p.id for p in _shown(turn, ranked))}
    _say_routes(turn, [p for p in ranked if p.id not in shown])


def say_routes(turn: Turn, names: Sequence[str]) -> bool:
    """One message for each route asked about, with its reason; False when none is known."""
    found = [p for p in assess(turn).pathways if p.id in names]
    for result in found:
        response, values = _one_route(turn, result)
        turn.say(response, **values)
    return bool(found)


def say_why(turn: Turn) -> None:
    """All reasons and cautions of the routes that were shown, and how sure they are."""
    ranked = rank(turn, assess(turn))
    for result in _shown(turn, ranked):
        sentences = [_sentence(r) for r in (*result.reasons, *result.cautions)]
        sentences.append(_evidence(turn, result))
        name = turn.word(f"utter_name_{result.id}")
        room = LONGEST_MESSAGE - len(name) - len("• : ")
        turn.say("utter_route_why", pathway=name, reasons=_fitting(sentences, room))
    turn.say("utter_pending_note")


def _fitting(sentences: list[str], room: int) -> str:
    """As many whole sentences as fit, the first in any case."""
    said = sentences[0]
    for sentence in sentences[1:]:
        if sentence and len(said) + 1 + len(sentence) <= room:
            said = f"{said} {sentence}"
    return said


def rank(turn: Turn, assessment: Assessment) -> list[PathwayResult]:
    """Order on screen (C10): flagged supportive care, second opinion, then by status."""
    first = {"supportive_care": 0, "second_opinion": 1}
    if not _supportive_first(turn, assessment):
        first = {"second_opinion": 0}

    wished = set(turn.case.wire().get("pathway_interest") or ())

    def key(result: PathwayResult) -> tuple[int, int]:
        if result.id in first:
            return (0, first[result.id])
        standing = _standing(result)
        if result.id in wished:  # what they asked about is answered among the first
            return (1, standing)
        service = result.id in SERVICES and result.status == "CONSIDER"
        return (3, standing) if service else (2, standing)

    return sorted(assessment.pathways, key=key)


def _standing(result: PathwayResult) -> int:
    """Place among the routes: by status, and within one what was written for this cancer first.

    "Later" for this cancer says more than "in research studies" for every cancer alike.
    """
    if result.awaited:  # only the biopsy is missing
        return 2 * RANK.index("NEEDS_INFO") + RANK.index(result.awaited)
    if result.status == "TRIAL_ONLY" and not result.own:
        return 2 * RANK.index("NOT_YET") + 1
    return 2 * RANK.index(result.status) + (0 if result.own else 1)


def _supportive_first(turn: Turn, assessment: Assessment) -> bool:
    facts = turn.case.wire()
    weak = (facts.get("ecog") or 0) >= MOSTLY_IN_BED
    return weak or bool(facts.get("told_palliative_only")) or assessment.triage != "ROUTINE"


def _say_routes(turn: Turn, results: Sequence[PathwayResult], *buttons: Button) -> None:
    """Say routes in their order; what was asked about keeps a message with its reason."""
    wished = set(turn.case.wire().get("pathway_interest") or ())
    alike: dict[tuple[str, ...], list[PathwayResult]] = {}
    for result in results:
        apart = result.id in wished or result.status not in SHARED
        # Safety comes first for one reason; the routes it holds back are named together.
        reason = result.reasons[0] if result.status == "DEFER" and result.reasons else ""
        alike.setdefault((result.status, reason, result.id if apart else ""), []).append(result)
    says = [said for group in alike.values() for said in _said_of(turn, group)]
    for number, (response, values) in enumerate(says, 1):
        turn.say(response, *(buttons if number == len(says) else ()), **values)


def _said_of(turn: Turn, group: list[PathwayResult]) -> list[tuple[str, dict[str, Any]]]:
    return [_one_route(turn, group[0])] if len(group) == 1 else _shared(turn, group)


def _one_route(turn: Turn, result: PathwayResult) -> tuple[str, dict[str, Any]]:
    service = result.id in SERVICES and result.status == "CONSIDER"
    kind = "service" if service else result.status.lower()
    response, values = f"utter_pathway_{kind}", _route_values(turn, result)
    for least in ("evidence", "missing"):  # the first to go when it gets too long to be read
        if len(turn.word(response, **values)) > LONGEST_MESSAGE:
            values[least] = ""
    return response, values


def _shared(turn: Turn, results: list[PathwayResult]) -> list[tuple[str, dict[str, Any]]]:
    """Messages that name several routes of one status, each short enough."""
    status = results[0].status
    response = f"utter_pathways_{status.lower()}"
    reason = _sentence(" ".join(results[0].reasons[:1]))
    pages: list[list[str]] = [[]]
    for result in results:
        line = f"• {turn.word(f'utter_name_{result.id}')}"
        missing = _missing_words(turn, result)[:MISSING_SHARED]
        if status == "NEEDS_INFO" and missing:
            line = f"{line}: {', '.join(missing)}"
        text = turn.word(response, reason=reason, lines="\n".join([*pages[-1], line]))
        if len(text) > LONGEST_MESSAGE:
            pages.append([])
        pages[-1].append(line)
    return [(response, {"reason": reason, "lines": "\n".join(page)}) for page in pages if page]


def _route_values(turn: Turn, result: PathwayResult) -> dict[str, Any]:
    missing = _missing_words(turn, result)[:MISSING_NAMED]
    return {
        "pathway": turn.word(f"utter_name_{result.id}"),
        "reason": _sentence(" ".join(result.reasons[:1])),
        "caution": "; ".join(c.rstrip(".") for c in result.cautions[:1]),
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
    """Where the treatment is approved, as countries."""
    if (
        not result.evidence.regions
        or result.evidence.kind != "approved"
        or result.status not in ("CONSIDER", "CAUTION")
    ):
        return ""
    places = (turn.describe.value("country", region) for region in result.evidence.regions)
    return turn.word("utter_word_evidence_approved", places=", ".join(places))


def _missing_words(turn: Turn, result: PathwayResult) -> list[str]:
    """What a person is told to be missing: one gene test rather than the list of its genes."""
    names = [m for m in result.missing if m not in result.helpful]
    if not names and result.status == "NEEDS_INFO":
        names = list(result.missing)
    if "ngs_done" in names:
        genes = known_markers()
        names = ["ngs_done", *(n for n in names if n not in genes and n != "ngs_done")]
    return list(dict.fromkeys(turn.describe.missing(n) for n in names))


def _remember(turn: Turn, assessment: Assessment) -> None:
    turn.case.memory["statuses"] = {p.id: p.status for p in assessment.pathways}
