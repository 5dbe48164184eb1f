"""Reads how the disease stands now, from words, statements of change, abbreviations and trends.

Words come as set phrases of every language, as composed statements ("the nodes are smaller"), as
abbreviations of a response behind a treatment or a scan ("x4 - PR"), and as a marker that went
from one number to another. Of several the last one told counts: a course is told in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bot.oncology.biomarkers import results
from bot.oncology.cancers import findings
from bot.oncology.context import Timing, context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.spread import disease_words
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments, says_none, treatment_hits
from bot.oncology.vocabulary import Review

# What is read as absence by itself; a denial in it denies nothing further.
DENYING = frozenset({"stable", "remission", "localised", "progressed", "refractory"})
# An answer this short may use words that say too little elsewhere.
SHORT = 8
COMPOSED, INFERRED = 0.85, 0.75
# What a pattern may say besides a status: settled by the treatment told before.
FOUND_AGAIN = "found_again"


@dataclass(frozen=True)
class StatusFile:
    """knowledge/disease_status.yml"""

    source: str
    as_of: date
    review: Review
    status: dict[str, tuple[str, ...]]
    answers: dict[str, tuple[str, ...]]
    abbreviations: dict[str, str]
    beside_name: dict[str, str]
    abbreviation_after: frozenset[str]
    proof: frozenset[str]
    groups: dict[str, tuple[str, ...]]
    patterns: dict[str, tuple[str, ...]]
    other_subjects: frozenset[str]
    of_the_disease: frozenset[str]
    passed: frozenset[str]
    returning: frozenset[str]
    background: frozenset[str]
    trend_words: frozenset[str]
    fresh: frozenset[str]
    of_a_medicine_before: frozenset[str]
    of_a_medicine_after: frozenset[str]
    of_a_medicine: frozenset[str]
    not_status: tuple[str, ...]
    told_by: frozenset[str]
    told_of: frozenset[str]
    verbs: frozenset[str]
    modals: frozenset[str]
    begun: frozenset[str]
    supposed: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True)
class StatusWords:
    """knowledge/language/*/status.yml: set phrases of one language."""

    status: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def status_file() -> StatusFile:
    """The words of status."""
    return load(KNOWLEDGE / "disease_status.yml", StatusFile)


@cache
def _phrases() -> PhraseBook[str]:
    files = sorted((KNOWLEDGE / "language").glob("*/status.yml"))
    lists = [status_file().status, *(load(path, StatusWords).status for path in files)]
    return PhraseBook(
        (word, value) for words in lists for value, listed in words.items() for word in listed
    )


@cache
def _answers() -> PhraseBook[str]:
    lists = status_file().answers
    return PhraseBook(((word, v) for v, words in lists.items() for word in words), fuzzy=True)


@cache
def _statements() -> PatternBook[str]:
    file = status_file()
    return PatternBook(file.patterns.items(), file.groups)


def read_status(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`disease_status` as last said, or as it follows from a diagnosis without treatment."""
    asked = asks == "disease_status"
    said = [h for h in status_hits(doc) if asked or _of_a_disease(doc, h)]
    if not said and asks == "disease_status" and len(doc.tokens) <= SHORT:
        said = [h for h in _answers().find(doc) if not context_of(doc).owners.is_other(h.first)]
    if said:
        yield _mention(doc, _standing(doc, said))
        return
    yield from _working(doc) or _untreated(doc)


def _of_a_disease(doc: Document, hit: Hit[str]) -> bool:
    """ "He is not responding" alone may be anything: something must speak of the disease."""
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if hit.value == "relapsed" and own & status_file().returning:
        return True
    if own & status_file().of_the_disease or _things(doc) or findings(doc, None):
        return True
    kinds = {"malignant", "generic", "spread", "mass", "tumour"}
    return any(kinds & h.value for h in disease_words(doc)) or bool(results(doc))


def status_hits(doc: Document) -> list[Hit[str]]:
    """Everything said of the patient's status, in order, once."""
    found = doc.memory.get("status")
    if not isinstance(found, list):
        hits = _found(doc)
        found = doc.memory["status"] = [
            h for h in hits if _meant(doc, h) and not _of_something_else(doc, h)
        ]
    return found


def _found(doc: Document) -> list[Hit[str]]:
    other = {i for h in _not_status().find(doc) for i in range(h.first, h.last)}
    phrases = [
        h for h in _phrases().find(doc) if h.first not in other and not _before_score(doc, h)
    ]
    hits = [resolved for h in phrases if (resolved := _resolved(doc, h)) is not None]
    taken = {i for hit in hits for i in range(hit.first, hit.last)}
    more = [
        *_abbreviations(doc),
        *_beside_names(doc),
        *(_hit(doc, p.value, p.first, p.last) for p in _statements().find(doc)),
        *_trends(doc),
    ]
    more = [resolved for hit in more if (resolved := _resolved(doc, hit)) is not None]
    for hit in more:
        if taken.isdisjoint(range(hit.first, hit.last)):
            hits.append(hit)
            taken.update(range(hit.first, hit.last))
    return sorted(hits, key=lambda hit: hit.first)


def _hit(doc: Document, value: str, first: int, last: int) -> Hit[str]:
    tokens = doc.tokens
    return Hit(value, first, last, tokens[first].start, tokens[last - 1].end, COMPOSED)


def _resolved(doc: Document, hit: Hit[str]) -> Hit[str] | None:
    """Spots found after treatment are a relapse when time passed since, else progression."""
    if hit.value == "progressed" and hit.first and doc.tokens[hit.first].text in _growing():
        denied = doc.tokens[hit.first - 1].text in status_file().denied
        return _hit(doc, "stable", hit.first - 1, hit.last) if denied else hit
    if hit.value != FOUND_AGAIN:
        return hit
    if not any(
        one.last <= hit.first and one.status is not Timing.PLANNED for one in given_treatments(doc)
    ):
        return None
    around = {
        t.text for t in doc.tokens[max(0, hit.first - 4) : min(hit.last + 4, len(doc.tokens))]
    }
    value = "relapsed" if around & status_file().passed else "progressed"
    return _hit(doc, value, hit.first, hit.last)


@cache
def _growing() -> frozenset[str]:
    words = (*status_file().groups["more"], "growing", "grown", "grow", "progressed", "increase")
    return frozenset(word for phrase in words for word in phrase.split())


def _standing(doc: Document, said: list[Hit[str]]) -> Hit[str]:
    """The last one told of the present; newly found only when nothing else is told."""
    later = [h for h in said if h.value != "newly_diagnosed"] or said
    return ([h for h in later if not _background(doc, h)] or later)[-1]


def _background(doc: Document, hit: Hit[str]) -> bool:
    """ "Back after a good response": what stands behind such a word came before."""
    before = {t.text for t in doc.tokens[max(0, hit.first - 2) : hit.first]}
    return bool(before & status_file().background)


def _meant(doc: Document, hit: Hit[str]) -> bool:
    context = context_of(doc)
    found = context.assess(hit.first, hit.last)
    if found.other_person or found.uncertain or (found.asked and not _told_in_passing(doc, hit)):
        return False
    if _only_thought_of(doc, hit):
        return False
    if hit.value == "progressed" and doc.tokens[hit.first].text in status_file().fresh:
        return not found.negated  # "no new lesions"
    return hit.value in DENYING or not found.negated


def _told_in_passing(doc: Document, hit: Hit[str]) -> bool:
    """ "Is it worth it now that it progressed": a question that tells of the change."""
    words = status_file()
    before = {t.text for t in doc.tokens[max(0, hit.first - 3) : hit.first]}
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    return bool(before & words.told_by) or bool(before & words.told_of and own & words.verbs)


def _only_thought_of(doc: Document, hit: Hit[str]) -> bool:
    """ "If it comes back", "it may grow"; but "it started to grow" tells of a change."""
    words = status_file()
    low = max(context_of(doc).sentence(hit.first).first, hit.first - 4)
    before = [t.text for t in doc.tokens[low : hit.first]]
    if words.supposed.intersection(before):
        return True
    last = before[-1] if before else ""
    return last in words.modals and not words.begun.intersection(before)


@cache
def _not_status() -> PhraseBook[bool]:
    return PhraseBook((phrase, True) for phrase in status_file().not_status)


def _of_something_else(doc: Document, hit: Hit[str]) -> bool:
    """ "Pain is getting worse", "her stable job", "resistant to cisplatin": not the disease."""
    words = status_file()
    before = {t.text for t in doc.tokens[max(0, hit.first - 1) : hit.first]}
    after = {t.text for t in doc.tokens[hit.last : hit.last + 1]}
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if own & words.of_a_medicine and (
        before & words.of_a_medicine_before or after & words.of_a_medicine_after
    ):
        return True
    if own & words.of_the_disease:
        return False
    here = context_of(doc).sentence(hit.first)
    things = _things(doc)
    for index in range(hit.first - 1, max(here.first, hit.first - 6) - 1, -1):
        if index in things:
            break
        if doc.tokens[index].text in words.other_subjects:
            return True
    for index in range(hit.last, min(hit.last + 4, here.last)):
        paused = doc.tokens[index].breaks and ".." not in _gap(doc, index)
        if paused or index in things:
            return False
        if doc.tokens[index].text in words.other_subjects:
            return True
    return bool(own & words.other_subjects)


def _gap(doc: Document, index: int) -> str:
    return doc.norm[doc.tokens[index - 1].nend : doc.tokens[index].nstart]


def _things(doc: Document) -> set[int]:
    """Tokens that name the disease, a scan or a treatment."""
    found = doc.memory.get("things")
    if not isinstance(found, set):
        names = {word for phrase in status_file().groups["thing"] for word in phrase.split()}
        found = {i for i, token in enumerate(doc.tokens) if token.text in names}
        found |= {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
        doc.memory["things"] = found
    return found


_TIME = re.compile(
    r"\s*(?:x\s*)?\d+\s*(?:mo|m|mos|mths?|months?|wks?|weeks?|yrs?|y|years?|cycles?)\b"
)
_RESULT = re.compile(r"\s?[:=(]*\s?(?:[+\-]|\d|pos|neg|%)")


def _before_score(doc: Document, hit: Hit[str]) -> bool:
    """ "MSI stable", "vitals stable": a word of a result or of the body's state stands before."""
    before = doc.tokens[hit.first - 1].text if hit.first else ""
    return hit.value == "stable" and before in status_file().other_subjects


@cache
def _shortened() -> frozenset[str]:
    return frozenset(form.casefold() for form in status_file().abbreviations)


def _abbreviations(doc: Document) -> Iterator[Hit[str]]:
    """CR, PR, SD, PD as written in capitals, where a treatment or a scan stands before them."""
    words = status_file()
    short = _shortened()
    places = [index for index, token in enumerate(doc.tokens) if token.text in short]
    if not places:
        return
    treated = [h.last for h in treatment_hits(doc)]
    marked = {r.first for r in results(doc) if r.marker in ("ER", "HER2")}
    for index in places:
        token = doc.tokens[index]
        written = doc.words(token.start, token.end)
        value = words.abbreviations.get(written) or (
            words.abbreviations.get(written.upper()) if _behind(doc, index, words) else None
        )
        if value is None:
            continue
        after = doc.norm[token.nend : token.nend + 14]
        if _RESULT.match(after) and not _TIME.match(after) and not after.startswith(" - "):
            continue
        if written == "PR" and any(abs(i - index) <= 4 for i in marked):
            continue
        near = any(0 <= index - last <= 14 for last in treated)
        if near or _behind(doc, index, words) or len(doc.tokens) <= 3:
            yield _hit(doc, value, index, index + 1)


def _beside_names(doc: Document) -> Iterator[Hit[str]]:
    """ "FL rel x3", "tepotinib pd": right behind a cancer, or a treatment and its cycles."""
    words = status_file().beside_name
    ends = {f.last for f in findings(doc, None)} | {h.last for h in treatment_hits(doc)}
    for end in ends:
        at = end
        while at < len(doc.tokens) and at - end < 4 and doc.tokens[at].text in _COUNTING:
            at += 1
        if at < len(doc.tokens) and doc.tokens[at].text in words:
            after = doc.norm[doc.tokens[at].nend : doc.tokens[at].nend + 14]
            if not _RESULT.match(after) or _TIME.match(after):
                yield _hit(doc, words[doc.tokens[at].text], at, at + 1)


_COUNTING = frozenset({"x", "cycles", "cycle", "times", "done", *(str(n) for n in range(1, 31))})


def _behind(doc: Document, index: int, words: StatusFile) -> bool:
    """Whether a word of response or of a scan stands right before."""
    before = [t.text for t in doc.tokens[max(0, index - 3) : index]]
    return any(word in words.abbreviation_after for word in before)


_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?)"
_UNIT = r"(?:\s?(?:[a-z]{1,4}/[a-z]{1,3}|%|cm|mm|copies|x))?"
_FROM_TO = re.compile(
    rf"(?:from|was|were|is|at|:|=|-)?\s*{_NUMBER}{_UNIT}\s*"
    rf"(?:->|-->|=>|>|to|down to|up to|now|and now|then)\s*{_NUMBER}"
)
_NOW_FROM = re.compile(
    rf"{_NUMBER}{_UNIT}\s*\(?(?:up|down|now|rising|fallen|falling)?\s*from\s*{_NUMBER}"
)
_BRACKETS = re.compile(
    rf"{_NUMBER}{_UNIT}\s*\((?:prev|previous|previously|was|prior|earlier)\.?\s*{_NUMBER}"
)
MORE, LESS = 1.3, 0.7


def _trends(doc: Document) -> Iterator[Hit[str]]:
    """A marker or a size that went from one number to another by a third or more."""
    words = status_file().trend_words if treatment_hits(doc) else frozenset()
    used = -1
    for index, token in enumerate(doc.tokens):
        if token.text not in words or index <= used:
            continue
        text = doc.norm[token.nend : token.nend + 60]
        stop = re.search(r"[.!?;\n](?!\d)", text)
        text = text[: stop.start()] if stop else text
        change = _change(text)
        if change is None:
            continue
        ratio, end = change
        last = doc.token_span(token.nstart, token.nend + end)[1]
        used = last - 1
        if ratio >= MORE:
            yield _hit(doc, "progressed", index, last)
        elif ratio <= LESS:
            yield _hit(doc, "on_treatment_responding", index, last)


def _change(text: str) -> tuple[float, int] | None:
    for pattern, backwards in ((_NOW_FROM, True), (_BRACKETS, True), (_FROM_TO, False)):
        match = pattern.search(text)
        if match is None:
            continue
        one, other = (float(match[n].replace(",", "").replace(" ", "")) for n in (1, 2))
        before, now = (other, one) if backwards else (one, other)
        if before > 0 and 1990 < now < 2100 and now == int(now):
            continue
        return (now / before, match.end()) if before > 0 else None
    return None


def _working(doc: Document) -> list[Mention]:
    """A treatment that is being taken and said to work."""
    for one in given_treatments(doc):
        if one.status is Timing.ONGOING and one.response == "responded":
            words = doc.words(one.start, one.end)
            value = "on_treatment_responding"
            return [Mention("disease_status", value, words, one.start, one.end, INFERRED)]
    return []


def _untreated(doc: Document) -> Iterator[Mention]:
    """A diagnosis of which no treatment has been given yet is a new one."""
    own = [f for f in findings(doc, None) if not context_of(doc).owners.is_other(f.first)]
    if not own:
        return
    given = given_treatments(doc)
    none = says_none(doc) if not given else None
    planned = given and all(one.status is Timing.PLANNED for one in given)
    proof = _proof().find(doc) if planned else []
    for hit in (none, proof[0] if proof else None):
        if hit is not None and context_of(doc).assess(own[0].first, own[0].last).present:
            words = doc.words(hit.start, hit.end)
            yield Mention("disease_status", "newly_diagnosed", words, hit.start, hit.end, INFERRED)
            return


@cache
def _proof() -> PhraseBook[bool]:
    return PhraseBook((word, True) for word in status_file().proof)


def _mention(doc: Document, hit: Hit[str]) -> Mention:
    corrects = context_of(doc).assess(hit.first, hit.last).corrects
    words = doc.words(hit.start, hit.end)
    return Mention("disease_status", hit.value, words, hit.start, hit.end, hit.score, corrects)


def relapses(doc: Document) -> Iterable[Hit[str]]:
    """Where it is said that the disease came back."""
    return [hit for hit in status_hits(doc) if hit.value == "relapsed"]
