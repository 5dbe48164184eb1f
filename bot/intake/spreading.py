"""Takes organs that are only named ("liver and bone") for where the known cancer is."""

from __future__ import annotations

from bot.facts.case import CaseState, FactSource
from bot.intake.choosing import ASKING
from bot.intake.learning import METASTATIC, SPREAD, put
from bot.intake.turn import Turn
from bot.oncology.named_sites import NamedSites, in_place, named_sites, own_sites
from bot.oncology.text import read_document

SHORT = 8  # words of an answer in which an organ can mean nothing else
LONG = 25
SITES, EXTENT = "metastatic_sites", "extent"
NODES, NEARBY, IN_PLACE = "nodes", "locally_advanced", "localised"
LIKELY_QUESTION = 0.5


def where_it_is(turn: Turn) -> None:
    """Note organs other than the cancer's own as spread; its own, with "only", as in place."""
    cancers = _cancers(turn)
    if not cancers or not _tells(turn):
        return
    found = named_sites(turn.heard.text)
    if in_place(read_document(turn.heard.text), cancers) and _may_stay(turn, cancers):
        _take(turn, EXTENT, IN_PLACE)
        return
    named = _meant(turn, found)
    own = frozenset.intersection(*(own_sites(cancer) for cancer in cancers))
    if named and named <= own:
        if found.only and EXTENT not in turn.case.facts:
            _take(turn, EXTENT, IN_PLACE)
        return
    known = turn.case.wire().get(SITES) or []
    fresh = sorted(named - own - {NODES} - set(known))
    if fresh and turn.cancer:
        _take(turn, SITES, [*known, *fresh])
        _take(turn, EXTENT, METASTATIC)
    elif named == {NODES} and EXTENT not in turn.case.facts:
        _take(turn, EXTENT, NEARBY)


def _may_stay(turn: Turn, cancers: list[str]) -> bool:
    """Whether "only there" says how far it is: the question, or no other organ told before."""
    known = set(turn.case.wire().get(SITES) or ())
    return EXTENT not in turn.case.facts or not any(known - own_sites(c) for c in cancers)


def _cancers(turn: Turn) -> list[str]:
    """The cancer, or those that its words leave open; none of the blood, which is everywhere."""
    open_choice = turn.case.memory.get("cancer_options") or []
    possible = [turn.cancer] if turn.cancer else [c for c in open_choice if c != SPREAD]
    blood = any(turn.desk.knowledge.is_blood_cancer(cancer) for cancer in possible)
    return [] if blood else possible


def _tells(turn: Turn) -> bool:
    heard = turn.heard
    asking = heard.intent in ASKING and heard.confidence >= LIKELY_QUESTION
    typed = heard.kind == "text" and turn.move is None and not turn.opens_a_question
    paused = turn.case.state in (CaseState.EMERGENCY, CaseState.HUMAN)
    return typed and not asking and not paused and len(heard.text.split()) <= LONG


def _meant(turn: Turn, found: NamedSites) -> frozenset[str]:
    """What is named as a place of the disease: more loosely where that is the question."""
    asked = turn.asked in (EXTENT, SITES) and len(turn.heard.text.split()) <= SHORT
    return found.alone | found.cued | (found.said if asked else frozenset())


def _take(turn: Turn, fact: str, value: object) -> None:
    case = turn.case
    held = case.facts.get(fact)
    if held and (held.source is FactSource.COORDINATOR or held.value == value):
        return
    changed = held is not None and held.value is not None and fact == EXTENT
    put(case, fact, value, words=turn.heard.text, message_id=turn.heard.message_id)
    told = turn.learned.changed if changed else turn.learned.new
    if fact not in (*turn.learned.new, *turn.learned.changed):
        told.append(fact)
