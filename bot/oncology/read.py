"""Reads one message: runs every reader over it and settles overlaps by stated rules.

Rules. Of two mentions of the same fact with overlapping words the longer wins, then the surer,
then the first. A reader never sees what another found; what they share stands in the document.
A reader that fails takes only its own facts with it: what it would have heard is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeGuard

from bot.oncology.asked import read_asked
from bot.oncology.biomarkers import read_biomarkers
from bot.oncology.biopsies import read_biopsies
from bot.oncology.cancers import read_cancers
from bot.oncology.childhood import as_in_children
from bot.oncology.disease_course import read_extent, read_relapse_time
from bot.oncology.histories import read_radiation, read_transplants
from bot.oncology.person_readers import PERSON_READERS
from bot.oncology.place_words import place_names
from bot.oncology.plain_facts import read_counts, read_plain_facts
from bot.oncology.platinum import read_platinum_interval
from bot.oncology.reading import Ambiguity, FlagMention, Mention, Reading
from bot.oncology.refractory import read_refractory
from bot.oncology.relapse_dates import read_relapse_dates
from bot.oncology.sites import read_sites
from bot.oncology.stages import read_stages
from bot.oncology.status import read_status
from bot.oncology.text import Document, read_document
from bot.oncology.treatments import read_treatments
from bot.oncology.unstated import without_unstated
from bot.oncology.wanted import read_interests, read_main_question

_log = logging.getLogger(__name__)

Found = Mention | FlagMention | Ambiguity
Reader = Callable[[Document, str | None], Iterable[Found]]

# Every reader, in the order in which equal finds are preferred.
READERS: tuple[Reader, ...] = (
    read_cancers,
    read_sites,
    read_treatments,
    read_biomarkers,
    read_stages,
    read_status,
    read_relapse_time,
    read_platinum_interval,
    read_relapse_dates,
    read_extent,
    read_plain_facts,
    read_biopsies,
    read_counts,
    read_refractory,
    read_transplants,
    read_radiation,
    read_interests,
    read_main_question,
    *PERSON_READERS,
)


# What is said of spots in the brain, and what would be said of the whole disease.
BRAIN = "brain_mets_status"
OF_THE_WHOLE = frozenset({"treatments_none", "disease_status"})
LONGEST_CUE = 40
BIOPSY, EXTENT = "histology_confirmed", "extent"
IN_PLACE, REMISSION = (EXTENT, "localised"), ("disease_status", "remission")
PLACES = frozenset({"city", "country"})
# Facts whose words may contain the name of a treatment that is not meant as one.
WHOLES = frozenset({"told_inoperable", "transplant_fitness", "platinum_status", "organ_transplant"})


def read(text: str, *, asks: str | None = None) -> Reading:
    """Understand one message; `asks` is the fact the bot has just asked for, if any."""
    doc = read_document(text)
    found = _found_in(doc, asks)
    if named := _names_only(text, found):
        # "Bukhara" is a town and no fever: what else its letters sound like is not looked for.
        places = [item for item in found if _is_place(item)]
        rest = _found_in(read_document(_without_spans(text, named)), asks)
        found = [*places, *(item for item in rest if not _is_place(item))]
    found = without_unstated(doc, found)
    if asks is not None and not any(item.fact == asks for item in found if _is_heard(item)):
        found = _with_answer(found, _heard_by(_read_asked, doc, asks))
    return settle(found)


def _with_answer(found: list[Found], answered: list[Found]) -> list[Found]:
    """What was heard, and the short answer: "nothing seen on the scan" tells how far it is.

    That is no remission then; and "biopsy of the neck node" tells of no spread.
    """
    biopsies = [m for m in found if isinstance(m, Mention) and m.fact == BIOPSY]
    told = [
        a
        for a in answered
        if not (
            isinstance(a, Mention) and a.fact == EXTENT and any(_inside(a, b) for b in biopsies)
        )
    ]
    nowhere = [a for a in told if isinstance(a, Mention) and (a.fact, a.value) == IN_PLACE]
    kept = [
        item
        for item in found
        if not (
            isinstance(item, Mention)
            and (item.fact, item.value) == REMISSION
            and any(_overlap(item, a) for a in nowhere)
        )
    ]
    return [*kept, *told]


def _found_in(doc: Document, asks: str | None) -> list[Found]:
    return [item for reader in READERS for item in _heard_by(reader, doc, asks)]


def _heard_by(reader: Reader, doc: Document, asks: str | None) -> list[Found]:
    """What one reader found; nothing when it fails, and then only the kind of its error is kept."""
    try:
        return list(reader(doc, asks))
    except Exception as error:  # whatever goes wrong, the other readers go on
        _log.error("%s failed: %s", reader.__name__, type(error).__name__)
        return []


def _read_asked(doc: Document, asks: str | None) -> Iterable[Found]:
    return read_asked(doc, asks) if asks is not None else ()


def _is_place(item: Found) -> bool:
    return isinstance(item, Mention) and item.fact in PLACES


def _names_only(text: str, found: list[Found]) -> list[Found]:
    """Places written as names whose words somebody also took for something else."""
    places = [item for item in found if _is_place(item)]
    others = [item for item in found if not _is_place(item)]
    taken = [p for p in places if any(_overlap(o, p) and _inside(o, p) for o in others)]
    return [place for place in taken if _as_a_name(text, place)]


def _as_a_name(text: str, place: Found) -> bool:
    """With a capital letter, or behind a word that leads to places ("in", "from")."""
    before = " " + " ".join(text[max(0, place.start - LONGEST_CUE) : place.start].lower().split())
    return not text[place.start].islower() or before.endswith(_leading_to_places())


@cache
def _leading_to_places() -> tuple[str, ...]:
    cues = place_names().cues
    return tuple(f" {cue}" for kind in ("home", "from") for cue in cues[kind])


def _inside(item: Found, place: Found) -> bool:
    """A reader that took whole sentences (a red flag, a wish) may also hang on the name in them."""
    return isinstance(item, FlagMention) or (place.start <= item.start and item.end <= place.end)


def _without_spans(text: str, spans: Iterable[Found]) -> str:
    for span in spans:
        text = f"{text[: span.start]}{'·' * (span.end - span.start)}{text[span.end :]}"
    return text


def _is_heard(item: Found) -> TypeGuard[Mention | Ambiguity]:
    return isinstance(item, Mention | Ambiguity)


def settle(found: Iterable[Found]) -> Reading:
    """Resolve overlaps and bring everything into the order of the text."""
    mentions: list[Mention] = []
    flags: dict[str, FlagMention] = {}
    ambiguities: list[Ambiguity] = []
    for item in found:
        if isinstance(item, Mention):
            mentions.append(item)
        elif isinstance(item, FlagMention):
            known = flags.get(item.id)
            if known is None or (known.urgent_only and not item.urgent_only):
                flags[item.id] = item
        else:
            ambiguities.append(item)
    kept = as_in_children(_without_overlaps(_without_parts(mentions)))
    return Reading(
        mentions=tuple(kept),
        flags=tuple(sorted(flags.values(), key=lambda f: (f.start, f.id))),
        ambiguities=tuple(sorted(ambiguities, key=lambda a: (a.start, a.end, a.fact))),
    )


def _without_parts(mentions: list[Mention]) -> list[Mention]:
    """ "Surgery is not possible" names no operation: a treatment inside such words falls away.

    So does "not treated" of "brain metastases not treated": the rest of the cancer may well be.
    """
    wholes = [m for m in mentions if m.fact in WHOLES]
    brain = [m for m in mentions if m.fact == BRAIN]
    return [
        m
        for m in mentions
        if not (
            m.fact == "treatments" and any(w.start <= m.start and m.end <= w.end for w in wholes)
        )
        and not (m.fact in OF_THE_WHOLE and any(_overlap(m, b) for b in brain))
    ]


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def _without_overlaps(mentions: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    order = sorted(mentions, key=lambda m: (m.start - m.end, -m.confidence))
    for mention in order:
        if not any(_rivals(mention, other) for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: (m.start, m.end))


def _rivals(one: Mention, other: Mention) -> bool:
    """Two readings of the same words; the same span may hold several items of a list."""
    same_span = (one.start, one.end) == (other.start, other.end)
    return one.fact == other.fact and _overlap(one, other) and not same_span
