"""How a treatment went: how many cycles, with what result, and why it was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.text import Document
from bot.oncology.vocabulary import Review

MAX_CYCLES = 99
MOST_BARE = 12


@dataclass(frozen=True)
class CourseFile:
    """knowledge/treatments/course.yml"""

    source: str
    as_of: date
    review: Review
    cycle_units: frozenset[str]
    cycle_links: frozenset[str]
    times: dict[str, int]
    numbers: dict[str, int]
    ordinals: dict[str, int]
    progressed: tuple[str, ...]
    responded: tuple[str, ...]
    toxicity: tuple[str, ...]
    stopped: tuple[str, ...]
    ended: tuple[str, ...]
    refractory: tuple[str, ...]
    line_words: tuple[str, ...]
    none: tuple[str, ...]
    none_clear: frozenset[str]
    beside_transplant: frozenset[str]
    relapse_words: tuple[str, ...]
    month_units: dict[str, float]
    ago: frozenset[str]
    not_treatments: tuple[str, ...]
    also_scores: frozenset[str]
    before_margin: frozenset[str]
    taking_out: frozenset[str]
    growths: frozenset[str]
    completed: frozenset[str]
    given_inside: frozenset[str]
    of_all: frozenset[str]


@cache
def course() -> CourseFile:
    """The words of how treatments went."""
    return load(KNOWLEDGE / "treatments" / "course.yml", CourseFile)


@cache
def course_book() -> PhraseBook[frozenset[str]]:
    """Phrases of outcome -> progressed, responded, toxicity, stopped, refractory, relapse."""
    words = course()
    kinds: dict[str, set[str]] = {}
    for kind in ("progressed", "responded", "toxicity", "stopped", "refractory", "relapse_words"):
        for phrase in getattr(words, kind):
            kinds.setdefault(phrase, set()).add(kind)
    return PhraseBook((phrase, frozenset(found)) for phrase, found in kinds.items())


def course_words(doc: Document) -> list[Hit[frozenset[str]]]:
    """Words of outcome in a document, once."""
    found = doc.memory.get("course")
    if not isinstance(found, list):
        found = doc.memory["course"] = course_book().find(doc)
    return found


def number_at(doc: Document, index: int) -> int | None:
    """The number a token stands for, in digits or in words."""
    if not 0 <= index < len(doc.tokens):
        return None
    text = doc.tokens[index].text
    if text.isdigit():
        return int(text) if len(text) <= 3 else None
    return course().numbers.get(text)


def cycles(
    doc: Document, first: int, last: int, *, counted: bool, chemo: bool = False
) -> int | None:
    """How many cycles the words around a treatment say ("x6", "6 cycles of", "25 sikai").

    `counted` allows a bare number right before the name, as in "6 chemo", `chemo` one right
    behind it, as in "ABVD 6 done".
    """
    found = _cycles_after(doc, last) or _cycles_before(doc, first, counted=counted)
    if found is None and chemo:
        found = _bare_number(doc, last)
    return found if found and 0 < found <= MAX_CYCLES else None


def _cycles_after(doc: Document, last: int) -> int | None:
    words = course()
    texts = [t.text for t in doc.tokens[last : last + 7]]
    limit = next((i for i, t in enumerate(doc.tokens[last : last + 7]) if i and t.breaks), 7)
    for i, text in enumerate(texts[: min(5, limit)]):
        if text in words.times:
            return words.times[text]
        number = number_at(doc, last + i)
        if number is None:
            if text not in words.cycle_links and text != "x":
                return None
            continue
        following = texts[i + 1] if i + 1 < len(texts) else ""
        if following in words.cycle_units or (i and texts[i - 1] == "x") or following == "x":
            return number
        return None
    if texts and texts[0] in words.cycle_units:  # "FOLFOX 6 cycles", where 6 may be in the name
        return number_at(doc, last - 1)
    return None


def _bare_number(doc: Document, last: int) -> int | None:
    """A small number right behind the name that ends its part or is said to be done."""
    number = number_at(doc, last)
    if number is None or not 0 < number <= MOST_BARE or doc.tokens[last].breaks:
        return None
    if last in context_of(doc).commas:
        return None
    after = last + 1
    if after == len(doc.tokens) or doc.tokens[after].breaks or after in context_of(doc).commas:
        return number
    return number if doc.tokens[after].text in course().completed else None


def _cycles_before(doc: Document, first: int, *, counted: bool) -> int | None:
    words = course()
    for back in range(1, 5):
        at = first - back
        if at < 0 or doc.tokens[at + 1].breaks:
            return None
        text = doc.tokens[at].text
        if text in words.cycle_units:
            for more in (1, 2):  # "6 cycles of", "6 x cycles", "6th cycle of"
                number = number_at(doc, at - more)
                if number is not None:
                    return number
            return None
        if back == 1 and counted and number_at(doc, at) is not None:
            return None if is_age_or_stage(doc, at) else number_at(doc, at)
        if text not in words.cycle_links and text != "x":
            return None
        if text == "x" and number_at(doc, at - 1) is not None:
            return number_at(doc, at - 1)
    return None


def is_age_or_stage(doc: Document, at: int) -> bool:
    before = doc.tokens[at - 1].text if at else ""
    return before in ("stage", "grade", "st", "age", "aged", "t", "n", "m", "line", "ecog", ".")


def outcome(doc: Document, first: int, last: int, others: Iterable[tuple[int, int]]) -> str | None:
    """`progressed` or `responded` when words near a treatment say so."""
    cue = nearest(doc, first, last, ("progressed", "responded"), others)
    if cue is None:
        return None
    return "progressed" if "progressed" in cue.value else "responded"


def stop_reason(doc: Document, first: int, last: int) -> str | None:
    """`toxicity` or `progression` when the words say why a treatment was stopped."""
    here = context_of(doc).sentence(first)
    inside = [h for h in course_words(doc) if last <= h.first and h.last <= here.last]
    stopped = next((h for h in inside if "stopped" in h.value and h.first - last <= 6), None)
    if stopped is None:
        return None
    for hit in inside:
        if 0 <= hit.first - stopped.last <= 6:
            if "toxicity" in hit.value:
                return "toxicity"
            if {"progressed", "relapse_words"} & hit.value:
                return "progression"
    return None


def nearest(
    doc: Document,
    first: int,
    last: int,
    kinds: Iterable[str],
    others: Iterable[tuple[int, int]] = (),
) -> Hit[frozenset[str]] | None:
    """The nearest word of these kinds that belongs to a span: no other treatment stands between."""
    context = context_of(doc)
    here = context.sentence(first)
    spans = list(others)
    best: tuple[int, Hit[frozenset[str]]] | None = None
    for cue in course_words(doc):
        if not set(kinds) & cue.value or cue.first < here.first or cue.last > here.last:
            continue
        if cue.last <= first:
            low, high = cue.last, first
        elif cue.first >= last:
            low, high = last, cue.first
        else:
            continue
        if high - low > 6 or _parted(doc, low, high, spans):
            continue
        if best is None or high - low < best[0]:
            best = (high - low, cue)
    return best[1] if best else None


def _parted(doc: Document, low: int, high: int, spans: list[tuple[int, int]]) -> bool:
    context = context_of(doc)
    if context.cues_in(low, high, "boundary"):
        return True
    if any(low < place <= high for place in context.commas):
        return True
    return any(low <= a and b <= high for a, b in spans)
