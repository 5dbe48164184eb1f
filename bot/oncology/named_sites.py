"""Organs named without any word of spread ("liver and bone"), for a dialogue that knows the cancer.

What such a name means depends on the case, so this is no reader: beside a known cancer an organ
other than its own is where it has spread; its own organ, with "only", is where it has stayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from bot.oncology.context import context_of
from bot.oncology.lone_organs import complaint
from bot.oncology.spread import site_book, stage_file
from bot.oncology.text import Document, read_document
from bot.oncology.vocabulary import organ_book, organs

_REACH = 4  # tokens between a site and the word that makes it one
_ANYWHERE = "other"
_NODES = "nodes"


@dataclass(frozen=True, slots=True)
class NamedSites:
    """What organs a text names as places of the disease.

    `alone` are those that the text, or a part of it between commas, consists of; `cued` those with
    a word beside them that makes a place of them ("spots"). `only` says that nowhere else is.
    """

    alone: frozenset[str]
    cued: frozenset[str]
    said: frozenset[str]
    only: bool


def in_place(doc: Document, cancers: Collection[str]) -> bool:
    """Whether a part of a text says that one of these cancers is only in its organ ("only brain").

    For all of them to be open, each named organ must be one where every one of them may begin.
    """
    spoken = [(hit.first, hit.last, _begins(hit.value)) for hit in organ_book().find(doc)]
    spoken += [
        (hit.first, hit.last, frozenset(c for c in cancers if hit.value in own_sites(c)))
        for hit in site_book().find(doc)
    ]
    return bool(cancers) and any(
        _stays(doc, first, last, spoken, cancers) for first, last in parts(doc)
    )


def _stays(
    doc: Document,
    first: int,
    last: int,
    spoken: list[tuple[int, int, frozenset[str]]],
    cancers: Collection[str],
) -> bool:
    words = stage_file()
    texts = [doc.tokens[i].text for i in range(first, last)]
    if not words.only_there & set(texts):
        return False
    if texts[0] in words.nothing_there and texts[1] in words.only_there:
        first += 1
    here = [item for item in spoken if first <= item[0] and item[1] <= last]
    begun: dict[int, set[str]] = {}
    for low, high, may_be in here:
        for i in range(low, high):
            begun.setdefault(i, set()).update(may_be)
    rest = [i for i in range(first, last) if i not in begun and i not in _elsewhere(doc)]
    texts = [doc.tokens[i].text for i in rest if not doc.tokens[i].text.isdigit()]
    if not begun or any(text not in words.beside_site for text in texts):
        return False
    return all(set(cancers) <= may_be for may_be in begun.values())


def _begins(organ: str) -> frozenset[str]:
    """The cancers that may begin in an organ."""
    more = stage_file().begins_in.get(organ, frozenset())
    return more | frozenset((*organs()[organ].options, *organs()[organ].certain))


def _elsewhere(doc: Document) -> frozenset[int]:
    """The tokens of "nothing else", "nowhere else": they deny other places, not the one named."""
    words = stage_file()
    pairs = [i for i in range(len(doc.tokens) - 1) if doc.tokens[i + 1].text in words.elsewhere]
    return frozenset(
        i for at in pairs if doc.tokens[at].text in words.nothing_there for i in (at, at + 1)
    )


def named_sites(text: str) -> NamedSites:
    """The organs of a text that are not denied, doubted or only complained about."""
    doc = read_document(text)
    if doc.tokens and doc.tokens[0].text in stage_file().nothing_there and _protests(doc):
        doc = read_document(text[doc.tokens[0].end :])
    hits = [hit for hit in site_book().find(doc) if hit.value != _ANYWHERE]
    kept = [hit for hit in hits if _stated(doc, hit.first, hit.last) and not complaint(doc, hit)]
    inside = {i for hit in hits for i in range(hit.first, hit.last)} | _elsewhere(doc)
    alone: set[str] = set()
    for first, last in parts(doc):
        rest = [doc.tokens[i].text for i in range(first, last) if i not in inside]
        if all(word in stage_file().beside_site for word in rest):
            alone |= {hit.value for hit in kept if first <= hit.first < last}
    cued = {hit.value for hit in kept if _has_cue(doc, hit.first, hit.last)}
    denied = any(
        token.text in stage_file().nothing_there and i not in _elsewhere(doc)
        for i, token in enumerate(doc.tokens)
    )
    said = frozenset() if denied else frozenset(hit.value for hit in kept)
    only = any(token.text in stage_file().only_there for token in doc.tokens)
    return NamedSites(frozenset(alone), frozenset(cued), said, only)


def _protests(doc: Document) -> bool:
    """ "No, I told you ..." and "no, only ..." deny what was asked, not what follows."""
    if len(doc.tokens) > 1 and doc.tokens[1].text in stage_file().only_there:
        return True
    return any(token.text in stage_file().told_before for token in doc.tokens[1:4])


def _stated(doc: Document, first: int, last: int) -> bool:
    found = context_of(doc).assess(first, last)
    return found.present and not found.uncertain and not found.asked


def _has_cue(doc: Document, first: int, last: int) -> bool:
    around = (*range(max(0, first - _REACH), first), *range(last, last + _REACH))
    return any(doc.tokens[i].text in stage_file().site_cue for i in around if i < len(doc.tokens))


def parts(doc: Document) -> Iterator[tuple[int, int]]:
    """The stretches of tokens between sentence ends and commas."""
    context = context_of(doc)
    for sentence in context.sentences:
        start = sentence.first
        for at in range(sentence.first + 1, sentence.last):
            if at in context.commas:
                yield start, at
                start = at
        yield start, sentence.last


@cache
def own_sites(cancer: str) -> frozenset[str]:
    """The sites that are the organ of a cancer itself."""
    begins = frozenset(site for site, held in stage_file().begins_in.items() if cancer in held)
    return begins | frozenset(
        organ.site
        for organ in organs().values()
        if organ.site and cancer in (organ.certain or organ.options[:_REACH])
    )
