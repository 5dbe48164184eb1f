"""Says how a span of a message is meant: denied, doubted, asked about, someone else's, and when.

The words that decide this are data (`knowledge/language/<language>/context.yml`); the reach of a
word is decided here, after the ConText algorithm (Harkema 2009): a word reaches over its own
sentence up to a boundary word, a comma ends most reaches, and a fixed word never becomes another
("no response" is no negation).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bot.oncology.cues import Cue, cue_book, words_of
from bot.oncology.people_named import Owners, own
from bot.oncology.text import Document


class Timing(StrEnum):
    """When a treatment is, was or will be given."""

    PLANNED = "planned"
    ONGOING = "ongoing"
    DONE = "done"
    REFUSED = "refused"


# Word lists by the side on which they stand: anywhere, before, behind, or right beside.
_SIDES = ("", "_before", "_after", "_near")
_STOPPING = tuple(timing.value + side for timing in Timing for side in ("", "_before", "_after"))


@dataclass(frozen=True, slots=True)
class Assertion:
    """How a span is meant. `present` is the common case: stated, of the patient, not denied."""

    negated: bool = False
    unavailable: bool = False
    uncertain: bool = False
    asked: bool = False
    other_person: bool = False
    past: bool = False
    corrects: bool = False
    timing: Timing | None = None

    @property
    def present(self) -> bool:
        return not (self.negated or self.other_person)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens `first` to before `last`; `question` when it ends with a question mark."""

    first: int
    last: int
    question: bool


_ASKED_OF = frozenset(
    {"you", "u", "he", "she", "they", "we", "i", "it", "the", "this", "that", "anyone", "your"}
)


class Context:
    """Everything about one document that decides how its spans are meant."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.cues: list[Cue] = cue_book().find(doc)
        self.by_kind: dict[str, list[Cue]] = defaultdict(list)
        for cue in self.cues:
            for kind in () if _addressed(doc, cue) else cue.value:
                self.by_kind[kind].append(cue)
        self.sentences, self.sentence_of = _sentences(doc)
        self.commas = _commas(doc)
        self._timed = [
            (cue, timing, side)
            for timing in Timing
            for side in _SIDES
            for cue in self.by_kind.get(timing.value + side, ())
        ]
        self._assessed: dict[tuple[int, int], Assertion] = {}
        self.owners: Owners = own(doc, self.by_kind, self.sentence_of)

    def sentence(self, token: int) -> Sentence:
        """The sentence a token stands in."""
        return self.sentences[self.sentence_of[token]]

    def cues_in(self, first: int, last: int, *kinds: str) -> list[Cue]:
        """Cue words of these kinds inside a range of tokens, in order."""
        return sorted(
            (
                c
                for kind in kinds
                for c in self.by_kind[kind]
                if first <= c.first and c.last <= last
            ),
            key=lambda c: c.first,
        )

    def assess(self, first: int, last: int) -> Assertion:
        """How the tokens `first` to before `last` are meant."""
        known = self._assessed.get((first, last))
        if known is None:
            known = self._assessed[first, last] = self._assess(first, last)
        return known

    def _assess(self, first: int, last: int) -> Assertion:
        if not self.sentences or first >= len(self.doc.tokens):
            return Assertion()
        here = self.sentence(first)
        return Assertion(
            negated=self.negated(first, last),
            unavailable=self._unavailable(first, last, here),
            uncertain=self._uncertain(first, last, here),
            asked=self._asked(first, last, here),
            other_person=self.owners.is_other(first),
            past=bool(self.cues_in(here.first, here.last, "past")),
            corrects=self._corrects(here),
            timing=self.timing(first, last),
        )

    def negated(self, first: int, last: int) -> bool:
        """Whether the span is denied ("no mets", "HBV ruled out")."""
        here = self.sentence(first)
        for cue in self._before(first, here, "negation_before", reach=9):
            if first > cue.last and self.doc.tokens[cue.first].text in words_of("negates_next"):
                continue
            if not self._stopped(cue.last, first, listing=True):
                return True
        if self._answered_no(last, here):
            return True
        for cue in self._after(last, here, "negation_after", reach=5):
            if not self._comma(last, cue.first) and not self._between(last, cue.first, "boundary"):
                return True
        return False

    def _unavailable(self, first: int, last: int, here: Sentence) -> bool:
        """Whether the span is said to be out of reach ("not sold here", "insurance denied")."""
        for cue in self._before(first, here, "unavailable_before", reach=4):
            if not self._comma(cue.last, first) and not self._between(cue.last, first, "boundary"):
                return True
        for cue in self._after(last, here, "unavailable_after", reach=6):
            turns = [
                c
                for c in self.cues_in(last, cue.first, "boundary")
                if self.doc.tokens[c.first].text not in words_of("still_reaches")
            ]
            if not turns and not self._comma(last, cue.first):
                return True
        return False

    def _answered_no(self, last: int, here: Sentence) -> bool:
        """ "GIST? No.", "mieloma no, es linfoma"."""
        tokens = self.doc.tokens
        if last >= len(tokens) or tokens[last].text not in words_of("answer_no"):
            return False
        gap = self.doc.norm[tokens[last - 1].nend : tokens[last].nstart]
        ends = last + 1 == len(tokens) or last + 1 in self.commas
        return "?" in gap or (gap == " " and ends and tokens[last].text == "no")

    def timing(self, first: int, last: int) -> Timing | None:
        """Planned, ongoing, done or refused, by the nearest word that says so."""
        here = self.sentence(first)
        best: tuple[float, Timing] | None = None
        for cue, timing, side in self._timed:
            if here.first <= cue.first and cue.last <= here.last:
                distance = self._distance(cue, first, last, side)
                if distance is not None and (best is None or distance < best[0]):
                    best = (distance, timing)
        return best[1] if best else None

    def _distance(self, cue: Cue, first: int, last: int, side: str) -> float | None:
        """How far a word is from the span, None when it cannot reach it."""
        behind = cue.first >= last
        if behind:
            gap, low, high = cue.first - last, last, cue.first
        elif cue.last <= first:
            gap, low, high = first - cue.last, cue.last, first
        else:
            return None
        if (side == "_before" and behind) or (side == "_after" and not behind):
            return None
        commas = sum(1 for place in self.commas if low <= place <= high)
        boundaries = len(self.cues_in(low, high, "boundary"))
        if side == "_near" and (gap > 1 or commas):
            return None
        if gap > 14 or boundaries > 1:
            return None
        return gap + 2.5 * commas + 6 * boundaries + (0 if behind else 0.4)

    def _uncertain(self, first: int, last: int, here: Sentence) -> bool:
        if _QUERY.search(self.doc.norm, 0, self.doc.tokens[first].nstart) and self._queried(first):
            return True
        for cue in self._before(first, here, "uncertain_before", reach=6):
            if not self._stopped(cue.last, first):
                return True
        return any(
            not self._comma(last, cue.first)
            for cue in self._after(last, here, "uncertain_after", reach=4)
        )

    def _queried(self, first: int) -> bool:
        """A question mark right before the words, as doctors write ("?ca lung")."""
        start = self.doc.tokens[first].nstart
        match = _QUERY.search(self.doc.norm, max(0, start - 4), start)
        return match is not None and match.end() == start

    def _asked(self, first: int, last: int, here: Sentence) -> bool:
        for cue in self._before(first, here, "asked_before", reach=25):
            blocked = self._between(cue.last, first, "boundary")
            if not blocked and not self._statement_between(cue.last, first):
                return True
        for cue in self._after(last, here, "asked_after", reach=6):
            listed = here.question or not self._comma(last, cue.first)
            listed = listed or self.doc.tokens[cue.first].text in words_of("explains")
            if listed and not self._between(last, cue.first, "boundary"):
                return True
        if self._hearsay(first, here):
            return True
        opens = self.doc.tokens[here.first].text
        if not here.question:
            return self._opens_question(here) and not self._statement_between(here.first, first)
        if opens in words_of("question_start"):
            return not self._statement_between(here.first, first)
        tail = max((place for place in self.commas if here.first < place < here.last), default=0)
        short = here.last - max(tail, here.first) <= 4
        return short and first >= tail

    def _hearsay(self, first: int, here: Sentence) -> bool:
        """ "My sister in Rotterdam says everybody gets it": what people say was not given."""
        for cue in self.cues_in(here.first, first, "kin", "stranger"):
            for index in range(cue.last, min(cue.last + 5, first)):
                told = self.doc.tokens[index].text in words_of("speech")
                if told and not self._statement_between(index, first):
                    return not self._between(index, first, "boundary")
        return False

    def _opens_question(self, here: Sentence) -> bool:
        """A question without its mark ("can my mother take it"), unless a subject is left out."""
        words = [
            token.text for token in self.doc.tokens[here.first : min(here.first + 4, here.last)]
        ]
        if len(words) < 2 or words_of("told_as_normal").intersection(words):
            return False
        if words[0] == "did" and not self._asks_of_somebody(here.first + 1):
            return False  # "did chemo 6 times"
        opens = words[0] in words_of("question_always") or words[0] in words_of("question_start")
        return opens and words[1] not in words_of("question_not")

    def _asks_of_somebody(self, index: int) -> bool:
        """Whether somebody or something stands here, of whom a question could ask."""
        people = self.cues_in(
            index, index + 1, "subject", "kin", "patient", "self", "pronoun", "stranger"
        )
        return bool(people) or self.doc.tokens[index].text in _ASKED_OF

    def _statement_between(self, low: int, high: int) -> bool:
        """A comma followed by a new statement takes the words out of the question."""
        for place in self.commas:
            if low < place <= high and self.cues_in(
                place, min(place + 4, high), "subject", "kin", "patient"
            ):
                return True
        return False

    def _corrects(self, here: Sentence) -> bool:
        return bool(self.cues_in(here.first, here.last, "correction"))

    def _before(self, first: int, here: Sentence, kind: str, reach: int) -> list[Cue]:
        return [
            c
            for c in self.by_kind[kind]
            if here.first <= c.first and c.last <= first and first - c.last <= reach
        ]

    def _after(self, last: int, here: Sentence, kind: str, reach: int) -> list[Cue]:
        return [
            c
            for c in self.by_kind[kind]
            if c.first >= last and c.last <= here.last and c.first - last <= reach
        ]

    def _between(self, low: int, high: int, *kinds: str) -> bool:
        return bool(self.cues_in(low, high, *kinds))

    def _comma(self, low: int, high: int) -> bool:
        return any(low <= place <= high for place in self.commas)

    def _stopped(self, low: int, high: int, *, listing: bool = False) -> bool:
        """Whether the reach of a word that ends at `low` stops before `high`."""
        if self._between(low, high, "boundary", "subject", "kin", *_STOPPING):
            return True
        commas = [place for place in self.commas if low <= place <= high]
        if not commas:
            return high - low > 6
        if not listing or commas[0] <= low:
            return True
        # "no mets in liver, lungs or bones": a list of short items stays denied.
        steps = [low, *commas, high]
        short = all(b - a <= 4 for a, b in pairwise(steps))
        end = min(high + 4, self.sentence(high).last)
        rest = (token.text for token in self.doc.tokens[commas[0] : end])
        ends_with_or = any(text in words_of("alternative") for text in rest)
        return not (short and ends_with_or)


def _addressed(doc: Document, cue: Cue) -> bool:
    """ "Bhaiya main Raipur se": a polite word for the reader is no relative."""
    if cue.first > 1 or cue.last >= len(doc.tokens) or "kin" not in cue.value:
        return False
    if not {t.text for t in doc.tokens[cue.first : cue.last]} <= words_of("addressed"):
        return False
    following = doc.tokens[cue.last].text
    return following in words_of("addressing") or following in words_of("self_pronoun")


_QUERY = re.compile(r"\?\s?$")


def context_of(doc: Document) -> Context:
    """The context of a document, worked out once."""
    found = doc.memory.get("context")
    if not isinstance(found, Context):
        found = doc.memory["context"] = Context(doc)
    return found


def assess(doc: Document, first: int, last: int) -> Assertion:
    """How the tokens `first` to before `last` of a document are meant."""
    return context_of(doc).assess(first, last)


_SENTENCE_END = re.compile(r"[.!?\n]")


def _sentences(doc: Document) -> tuple[list[Sentence], list[int]]:
    sentences: list[Sentence] = []
    of: list[int] = []
    first = 0
    for index, token in enumerate(doc.tokens):
        if index and token.breaks:
            gap = doc.norm[doc.tokens[index - 1].nend : token.nstart]
            if _SENTENCE_END.search(gap) and not gap.endswith("?"):
                sentences.append(Sentence(first, index, "?" in gap))
                first = index
        of.append(len(sentences))
    if doc.tokens:
        tail = doc.norm[doc.tokens[-1].nend :]
        sentences.append(Sentence(first, len(doc.tokens), "?" in tail))
    return sentences, of


def _commas(doc: Document) -> list[int]:
    """Indices of tokens that follow a comma, a semicolon or a spaced dash."""
    return [
        index
        for index, token in enumerate(doc.tokens)
        if index and _COMMA.search(doc.norm, doc.tokens[index - 1].nend, token.nstart)
    ]


_COMMA = re.compile(r"[,;]|\s-\s|\.\.|\|")
