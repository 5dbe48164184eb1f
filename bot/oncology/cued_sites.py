"""Finds sites of spread that no word of spread names: "lung nodules", "back in the groin nodes".

Such an organ is a site only beside the patient's own cancer, when it is not that cancer's organ,
and when a word right beside it makes a place of the disease of it. Blood cancers have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.cancers import findings
from bot.oncology.context import context_of
from bot.oncology.courses import number_at
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.lone_organs import complaint
from bot.oncology.named_sites import own_sites, parts
from bot.oncology.phrases import Hit
from bot.oncology.spread import disease_words, site_book, sites_of, stage_file
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits
from bot.oncology.vocabulary import Review, cancers

# Where an organ beside a weak word says too little: "chest wall" may be the scar.
_UNSURE = frozenset({"other", "skin"})
_NODES = "nodes"
_BRAIN = "brain"
_LAST_STAGE = frozenset({"4", "iv", "4a", "4b", "iva", "ivb"})
_REACH = 5  # tokens between a word and its organ, all of them joining words
_LIST = 3


@dataclass(frozen=True)
class CuedFile:
    """knowledge/cued_sites.yml"""

    source: str
    as_of: date
    review: Review
    led_by: frozenset[str]
    the_disease: frozenset[str]
    inside: frozenset[str]
    with_nodes: frozenset[str]
    followed_by: frozenset[str]
    joining: frozenset[str]
    nothing: frozenset[str]
    looked_at: frozenset[str]
    along_the_canal: frozenset[str]


@cache
def cued_file() -> CuedFile:
    """The words beside an organ."""
    return load(KNOWLEDGE / "cued_sites.yml", CuedFile)


def cued_sites(doc: Document, asks: str | None) -> list[Hit[str]]:
    """Sites beside the patient's cancer, in order."""
    own = own_organs(doc, asks)
    known = sites_of(doc).tokens
    taken = known | {i for f in findings(doc, asks) for i in range(f.first, f.last)}
    places = [h for h in site_book().find(doc) if h.first not in taken and _may_be(doc, h, own)]
    listed = _lists(doc, places) if own is not None else frozenset()
    kept = [
        h
        for h in places
        if _brain_met(doc, h) or h.first in listed or (own is not None and _is_cued(doc, h))
    ]
    begun = {*known, *(i for h in kept for i in range(h.first, h.last))}
    return sorted([*kept, *_listed(doc, places, begun)], key=lambda h: h.first)


def own_cancers(doc: Document, asks: str | None) -> frozenset[str]:
    """The cancers named in a document that are not denied and not another person's."""
    context = context_of(doc)
    own = (f for f in findings(doc, asks) if context.assess(f.first, f.last).present)
    return frozenset(option for f in own for option in f.options if option in cancers())


def own_organs(doc: Document, asks: str | None) -> frozenset[str] | None:
    """The sites that are the organs of these cancers; None where none has an organ."""
    own = own_cancers(doc, asks)
    if not own or any(cancers()[cancer].blood for cancer in own):
        return None
    return frozenset(site for cancer in own for site in own_sites(cancer))


def _may_be(doc: Document, hit: Hit[str], own: frozenset[str] | None) -> bool:
    quiet = {t.text for t in doc.tokens[hit.last : hit.last + 2]} & cued_file().nothing
    called = any(
        {"malignant", "generic"} & word.value and 0 <= word.first - hit.last <= 1
        for word in disease_words(doc)
    )
    own_organ = hit.value in _UNSURE or hit.value in (own or ())
    return not (own_organ or quiet or called or complaint(doc, hit))


def _brain_met(doc: Document, hit: Hit[str]) -> bool:
    """ "The brain met": a short form that only an organ before it makes clear."""
    return hit.last < len(doc.tokens) and doc.tokens[hit.last].text == "met"


def _is_cued(doc: Document, hit: Hit[str]) -> bool:
    return _led(doc, hit) or _followed(doc, hit)


def _led(doc: Document, hit: Hit[str]) -> bool:
    """A word before it that makes a place of it ("recurrence in", "it's in her")."""
    words, inside = cued_file(), False
    for index in range(hit.first - 1, max(hit.first - 2 - _REACH, -1), -1):
        if doc.tokens[index + 1].breaks:
            return False
        word = doc.tokens[index].text
        if index == hit.first - 1 and _is_last_stage(doc, index):
            return True
        if word in words.led_by or (hit.value == _NODES and word in words.with_nodes):
            return True
        if word in words.the_disease:
            return inside
        if word not in words.joining:
            return False
        inside = inside or word in words.inside
    return False


def _is_last_stage(doc: Document, index: int) -> bool:
    """ "Stage 4 bone"."""
    before = doc.tokens[index - 1].text if index else ""
    return doc.tokens[index].text in _LAST_STAGE and before in stage_file().stage_words


def _followed(doc: Document, hit: Hit[str]) -> bool:
    """A word of what was seen there right behind it ("lung nodules", "nodes positive")."""
    behind = hit.last
    if behind < len(doc.tokens) and number_at(doc, behind) is not None:
        behind += 1  # "liver 3 spots"
    if behind >= len(doc.tokens) or doc.tokens[behind].breaks:
        return False
    if hit.value == _BRAIN and radiated_at(doc, hit):
        return True
    return doc.tokens[behind].text in cued_file().followed_by


def radiated_at(doc: Document, hit: Hit[str]) -> bool:
    """ "Brain (gamma knife ...)": radiation named right behind the organ."""
    return any(
        given.first == hit.last and given.value.modality == "radiation"
        for given in treatment_hits(doc)
    )


def _listed(doc: Document, places: list[Hit[str]], begun: set[int]) -> Iterator[Hit[str]]:
    """Organs joined to a site in one list ("liver and bone spots")."""
    reached = set(begun)
    for hit in (*places, *reversed(places)):
        if hit.first in reached or not any(
            _joined(doc, min(hit.last, at + 1), max(hit.first, at)) for at in reached
        ):
            continue
        reached.update(range(hit.first, hit.last))
        yield hit


def _lists(doc: Document, places: list[Hit[str]]) -> frozenset[int]:
    """Where organs stand with no word of spread: a part of its own, or two at the end of one.

    "Colon cancer, liver" and "... her brother in Yerevan, liver and peritoneum".
    """
    found: set[int] = set()
    context = context_of(doc)
    for first, last in parts(doc):
        if first == last or context.sentence(first).question:
            continue
        here = [h for h in places if first <= h.first and h.last <= last]
        inside = {i for h in here for i in range(h.first, h.last)}
        if all(
            i in inside or doc.tokens[i].text in stage_file().beside_site
            for i in range(first, last)
        ):
            found |= {h.first for h in here}
            continue
        while (
            last > first
            and doc.tokens[last - 1].text in stage_file().beside_site
            and last - 1 not in inside
        ):
            last -= 1
        tail = _tail(doc, here, last)
        led = doc.tokens[tail[0].first - 1].text if tail and tail[0].first > first else ""
        if len({h.value for h in tail}) > 1 and led not in cued_file().looked_at:
            found |= {h.first for h in tail}
    return frozenset(found)


def _tail(doc: Document, here: list[Hit[str]], last: int) -> list[Hit[str]]:
    """The organs that end a part, joined by nothing but joining words, in order."""
    tail: list[Hit[str]] = []
    for hit in sorted(here, key=lambda h: -h.first):
        if hit.last != last and not (tail and _joined(doc, hit.last, last)):
            break
        tail.insert(0, hit)
        last = hit.first
    return tail


def _joined(doc: Document, low: int, high: int) -> bool:
    between = [t.text for t in doc.tokens[low:high]]
    return 0 < len(between) <= _LIST and all(word in cued_file().joining for word in between)
