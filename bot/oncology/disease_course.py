"""Reads how far the disease has spread, and when it came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.cancers import findings
from bot.oncology.context import context_of
from bot.oncology.cued_sites import own_cancers, radiated_at
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.named_sites import in_place, own_sites
from bot.oncology.numbers import Duration, durations
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.sites import patient_sites
from bot.oncology.spread import sites_of
from bot.oncology.status import DENYING, relapses
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review, cancers

HOURS_A_MONTH = 730.5
# A duration this many tokens from the word of relapse is the time until it.
NEAR, FAR = 5, 9
# Tokens between spots in the brain and what was done about them.
NEAR_THE_SPOTS = 3
# Nodes without a word of where: nearby ones are meant most often.
NODES_ALONE = 0.85
_TREATED = "treated_stable"


@dataclass(frozen=True)
class ExtentFile:
    """knowledge/disease_extent.yml"""

    source: str
    as_of: date
    review: Review
    extent: dict[str, tuple[str, ...]]
    brain: dict[str, tuple[str, ...]]
    brain_spots: dict[str, tuple[str, ...]]
    brain_spots_are: dict[str, tuple[str, ...]]
    relapse_links: frozenset[str]
    quiet: frozenset[str]
    doubt: frozenset[str]
    distant_nodes: frozenset[str]
    platinum_free: tuple[str, ...]
    held: frozenset[str]
    grown: frozenset[str]


@cache
def extent_file() -> ExtentFile:
    """The words of spread."""
    return load(KNOWLEDGE / "disease_extent.yml", ExtentFile)


@cache
def own_brain() -> frozenset[str]:
    """The cancers that begin in the brain."""
    return frozenset(cancer for cancer in cancers() if "brain" in own_sites(cancer))


@cache
def _book(kind: str) -> PhraseBook[str]:
    lists: dict[str, tuple[str, ...]] = getattr(extent_file(), kind)
    return PhraseBook((word, value) for value, words in lists.items() for word in words)


def read_relapse_time(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`months_to_relapse` beside a relapse, or as the answer to the question."""
    asked = asks == "months_to_relapse"
    said = relapses(doc)
    if not said and not asked:
        return
    spans = [s for s in durations(doc) if not s.ago or asked]
    best: tuple[int, Duration] | None = None
    for hit in said:
        for span in spans:
            distance = _until(doc, hit, span)
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, span)
    if best is None and asked and spans:
        best = (0, spans[0])
    if best is not None:
        span = best[1]
        start, end = doc.origin(span.nstart, span.nend)
        months = round(span.hours / HOURS_A_MONTH, 1)
        value = int(months) if months == int(months) else months
        yield Mention("months_to_relapse", value, doc.words(start, end), start, end)


def _until(doc: Document, hit: Hit[str], span: Duration) -> int | None:
    """How near a time stands to a relapse of which it tells the delay; None when it does not."""
    first, last = doc.token_span(span.nstart, span.nend)
    context = context_of(doc)
    if context.sentence_of[min(first, len(doc.tokens) - 1)] != context.sentence_of[hit.first]:
        return None
    if hit.first <= first and last <= hit.last:
        return 0
    before = last <= hit.first
    low, high = (last, hit.first) if before else (hit.last, first)
    if not 0 <= high - low <= (FAR if before else NEAR):
        return None
    words = extent_file()
    stop = hit.first if before else len(doc.tokens)
    linked = (*doc.tokens[max(0, first - 1) : first], *doc.tokens[last : min(last + 2, stop)])
    quiet = {t.text for t in doc.tokens[max(0, first - 4) : high]} & words.quiet
    broken = any(t.breaks for t in doc.tokens[low : high + 1])
    close = not before and high - low <= 2 and not broken
    if any(t.text in words.relapse_links for t in linked) or (before and quiet) or close:
        return high - low
    return None


def read_extent(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`extent` in words, or from a site of spread; `brain_mets_status`."""
    hits = [h for h in _book("extent").find(doc) if _meant(doc, h) and not _doubted(doc, h)]
    sites = patient_sites(doc, asks)
    far = [h for h in sites if h.value != "nodes"]
    metastatic = [h for h in hits if h.value == "metastatic" and _says_where(doc, h)]
    others = [h for h in hits if h.value != "metastatic"]
    if others and not far:
        yield _mention(doc, "extent", others[-1])
    elif any(h.value == "oligometastatic" for h in others):
        yield _mention(doc, "extent", next(h for h in others if h.value == "oligometastatic"))
    elif far:
        words = doc.words(far[0].start, far[0].end)
        yield Mention("extent", "metastatic", words, far[0].start, far[0].end, 0.9)
    elif metastatic:
        yield _mention(doc, "extent", metastatic[-1])
    elif sites and not any(_distant(doc, h) for h in sites) and not _of_blood(doc, asks):
        words = doc.words(sites[0].start, sites[0].end)
        yield Mention(
            "extent", "locally_advanced", words, sites[0].start, sites[0].end, NODES_ALONE
        )
    elif not hits and in_place(doc, own_cancers(doc, asks)):
        yield Mention("extent", "localised", doc.original, 0, len(doc.original), 0.9)
    if any(f.certain and f.options[0] in own_brain() for f in findings(doc, asks)):
        return  # a tumour of the brain itself is no spread to it
    for hit in (*_book("brain").find(doc), *_spots_in_the_brain(doc), *_radiated(doc, sites)):
        if _meant(doc, hit) and not _grown_since(doc, hit):
            yield _mention(doc, "brain_mets_status", hit)


def _spots_in_the_brain(doc: Document) -> Iterator[Hit[str]]:
    """ "Brain metastases, not treated yet": spots and, close by, what was done about them."""
    said = list(_book("brain_spots_are").find(doc))
    for spots in _book("brain_spots").find(doc):
        for hit in said:
            low, high = sorted((spots, hit), key=lambda h: h.first)
            if high.first - low.last <= NEAR_THE_SPOTS:
                yield Hit(hit.value, low.first, high.last, low.start, high.end, hit.score)


def _radiated(doc: Document, sites: list[Hit[str]]) -> Iterator[Hit[str]]:
    """ "Then brain (gamma knife, stable now)"."""
    for hit in sites:
        behind = {t.text for t in doc.tokens[hit.last : hit.last + FAR]}
        if hit.value == "brain" and radiated_at(doc, hit) and behind & extent_file().held:
            yield Hit(_TREATED, hit.first, hit.last, hit.start, hit.end, hit.score)


def _grown_since(doc: Document, hit: Hit[str]) -> bool:
    """ "WBRT done, now growing": whether the brain is stable has to be asked then."""
    behind = {t.text for t in doc.tokens[hit.first : hit.last + FAR]}
    words = extent_file()
    return hit.value == _TREATED and bool(behind & words.grown) and not behind & words.held


def _distant(doc: Document, hit: Hit[str]) -> bool:
    """Whether nodes may be far from the cancer; how far is asked then."""
    around = {t.text for t in doc.tokens[max(0, hit.first - 1) : hit.last + 1]}
    return bool(around & extent_file().distant_nodes)


def _of_blood(doc: Document, asks: str | None) -> bool:
    """Nodes say nothing of a disease that is everywhere from the start."""
    return any(cancers()[cancer].blood for cancer in own_cancers(doc, asks))


def _doubted(doc: Document, hit: Hit[str]) -> bool:
    before = {t.text for t in doc.tokens[max(0, hit.first - NEAR) : hit.first]}
    return bool(before & extent_file().doubt)


def _says_where(doc: Document, hit: Hit[str]) -> bool:
    """ "Spread to the nodes" is no spread to other organs."""
    nodes = [h for h in sites_of(doc).hits if h.value == "nodes" and 0 <= h.first - hit.last <= 3]
    return not nodes


def _meant(doc: Document, hit: Hit[str]) -> bool:
    found = context_of(doc).assess(hit.first, hit.last)
    if found.other_person or found.asked or found.uncertain:
        return False
    return hit.value in DENYING or not found.negated


def _mention(doc: Document, fact: str, hit: Hit[str]) -> Mention:
    corrects = context_of(doc).assess(hit.first, hit.last).corrects
    words = doc.words(hit.start, hit.end)
    return Mention(fact, hit.value, words, hit.start, hit.end, hit.score, corrects)
