"""Decides whether a sign of illness is there now, in the patient: not denied, past, or asked about.

Stricter than the general context in one direction and looser in another, because missing an
emergency is worse than asking once too often: a "no" reaches a sign only over words that belong
to a list of symptoms, and a treatment date between a sign and "ago" keeps the date to itself.
"""

from __future__ import annotations

import re
from functools import cache

from bot.oncology.context import Context, context_of
from bot.oncology.phrases import Hit, PhraseBook
from bot.oncology.signs import Sign, presence_words, sign_file, signs_of
from bot.oncology.stories import at_a_loss, told_as_past
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

Cue = Hit[frozenset[str]]

_SINGLE_WORDS = "w_"  # signs that are nothing alone
_YEAR = re.compile(r"(?:19|20)\d\d")


class Presence:
    """What one document says about the presence of its signs."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.context: Context = context_of(doc)
        self.cues: dict[str, list[Cue]] = {}
        for cue in _book().find_all(doc):
            for kind in cue.value:
                self.cues.setdefault(kind, []).append(cue)
        self.signs = signs_of(doc)
        masks = sign_file().masks
        self._covered = {
            i
            for s in self.signs
            if s.name not in masks and not s.name.startswith(_SINGLE_WORDS)
            for i in range(s.first, s.last)
        }
        self._operated = {
            i
            for hit in treatment_hits(doc)
            if hit.value.modality == "surgery"
            for i in range(hit.first, hit.last)
        }
        self._treated = {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
        told = {name for names in sign_file().symptoms.values() for name in names}
        self._complaints = sorted(s.first for s in self.signs if s.name in told)
        self._years = [i for i, t in enumerate(doc.tokens) if _YEAR.fullmatch(t.text)]
        self._known: dict[Sign, bool] = {}

    def now(self, sign: Sign) -> bool:
        """Whether the patient has this sign now."""
        if sign not in self._known:
            self._known[sign] = not (
                self._is_other(sign)
                or self.is_denied(sign)
                or self._hypothetical(sign)
                or self.is_asked(sign)
                or self._past(sign)
                or told_as_past(self.context, sign)
                or at_a_loss(self.context, sign)
                or self._led_to_operation(sign)
                or self._of_the_disease(sign)
                or self.is_resolved(sign)
            )
        return self._known[sign]

    def _is_other(self, sign: Sign) -> bool:
        """Another person's sign; words of dying inside a sign ("nahi rahe") make nobody dead."""
        cues = self.context.by_kind
        here = self.context.sentence(sign.first)
        if self._inside("outsiders", here.first, sign.last):
            return True
        if self.context.owners.is_other(sign.first):
            died = [
                c
                for c in cues["died"]
                if not any(i in self._covered for i in range(c.first, c.last))
            ]
            return bool(died or cues["stranger"] or cues["history"] or not cues["died"])
        kin = [c for c in cues["kin"] if here.first <= c.first and c.last <= sign.first]
        if not kin:
            return False
        # "my neighbour's mother" is no more the patient than the neighbour.
        owner = self._text(kin[-1].first - 1) if kin[-1].first else ""
        return owner in presence_words("acquaintances") or any(
            c.last == kin[-1].first for c in cues["stranger"]
        )

    def _inside(self, kind: str, low: int, high: int) -> list[Cue]:
        return [c for c in self.cues.get(kind, ()) if c.first >= low and c.last <= high]

    def _text(self, index: int) -> str:
        return self.doc.tokens[index].text

    def segment(self, sign: Sign) -> tuple[int, int]:
        """The stretch between commas or turning words that holds the sign."""
        here = self.context.sentence(sign.first)
        edges = [p for p in self.context.commas if here.first < p < here.last]
        edges += [c.first for c in self.context.cues_in(here.first, here.last, "boundary")]
        edges += [i for i in range(here.first + 1, here.last) if self.doc.tokens[i].breaks]
        low = max((e for e in edges if e <= sign.first), default=here.first)
        high = min((e for e in edges if e >= sign.last), default=here.last)
        return low, high

    def is_denied(self, sign: Sign) -> bool:
        here = self.context.sentence(sign.first)
        if self._answered_no(sign.last):
            return True
        adjacent = [c for c in self.context.by_kind["negation_before"] if c.last == sign.first]
        if any(self._is_free(c) for c in adjacent) and not self.doc.tokens[sign.first].breaks:
            return True
        for cue in self._inside("negation", here.first, sign.first):
            if self._is_free(cue) and self._reaches(cue, sign):
                return True
        for cue in self._inside("negation_after", sign.last, min(sign.last + 4, here.last)):
            between = [self._text(i) for i in range(sign.last, cue.first)]
            if any(self.doc.tokens[i].breaks for i in range(sign.last, cue.last)):
                continue
            if all(w in presence_words("fillers") for w in between) and not self._goes_on(cue.last):
                return True
        return False

    def _answered_no(self, index: int) -> bool:
        """ "Fever? No." """
        tokens = self.doc.tokens
        for later in range(index, min(index + 4, len(tokens))):
            if tokens[later].breaks:
                index = later
                break
        if index >= len(tokens) or self._text(index) not in ("no", "none", "nil", "nope", "nahi"):
            return False
        following = tokens[index + 1].nstart if index + 1 < len(tokens) else len(self.doc.norm)
        after = self.doc.norm[tokens[index].nend : following]
        twice = index + 1 < len(tokens) and self._text(index + 1) == self._text(index)
        alone = twice or index + 1 == len(tokens) or bool(set(after) & set(".,;!?\n"))
        gap = self.doc.norm[tokens[index - 1].nend : tokens[index].nstart]
        return alone and bool(set(gap) & set("?:=-"))

    def _is_free(self, cue: Cue) -> bool:
        """A "no" inside a sign belongs to the sign ("no urine"), not to what follows."""
        return not all(i in self._covered for i in range(cue.first, cue.last))

    def _goes_on(self, index: int) -> bool:
        """ "bukhar nahi utar raha" does not deny the fever; "fever no vomiting" neither."""
        if index >= len(self.doc.tokens):
            return False
        if self._text(index) in presence_words("goes_on"):
            return True
        negation_is_next = not self.doc.tokens[index].breaks and index in self._covered
        return negation_is_next and self._text(index - 1) == "no"

    def _reaches(self, cue: Cue, sign: Sign) -> bool:
        between = range(cue.last, sign.first)
        fillers = presence_words("fillers")
        if any(self._text(i) not in fillers and i not in self._covered for i in between):
            return False
        commas = [p for p in self.context.commas if cue.last <= p <= sign.first]
        if not commas:
            return True
        rest = range(commas[0], min(sign.last + 6, self.context.sentence(sign.first).last))
        return len(commas) >= 2 or any(self._text(i) in presence_words("list_end") for i in rest)

    def _statement_between(self, low: int, high: int) -> bool:
        """A person with a verb ("he has") between a cue and a sign starts a new statement."""
        return any(
            self._text(i) in presence_words("speaks")
            and i + 1 < len(self.doc.tokens)
            and self._text(i + 1) in presence_words("speaks_verb")
            for i in range(low, high)
        )

    def _hypothetical(self, sign: Sign) -> bool:
        here = self.context.sentence(sign.first)
        if sign.first > here.first and self._text(sign.first - 1) in presence_words("modal"):
            return True
        if sign.name in presence_words("always_meant"):
            return False
        for cue in self._inside("hypothetical", here.first, sign.first):
            if cue.first and self._text(cue.first - 1) in presence_words("before_if"):
                continue
            comma = any(cue.last < p <= sign.first for p in self.context.commas)
            if sign.first - cue.last > 9 or (comma and sign.first - cue.last > 1):
                continue
            if not self._statement_between(cue.last + 2, sign.first):
                return True
        return False

    def is_asked(self, sign: Sign) -> bool:
        here = self.context.sentence(sign.first)
        for cue in self._inside("asked", here.first, sign.first):
            if sign.first - cue.last > 6 or not self._is_free(cue):
                continue
            own = cue.last < len(self.doc.tokens) and self._text(cue.last) in presence_words("own")
            comma = any(cue.last < p <= sign.first for p in self.context.commas)
            listed = all(
                i in self._covered or self._text(i) in presence_words("fillers")
                for i in range(cue.last, sign.first)
            )
            if (
                not own
                and (listed or not comma)
                and not self._statement_between(cue.last, sign.first)
            ):
                return True
        if self._text(here.first) not in presence_words("question_start"):
            return False
        if (
            self._text(here.first) in presence_words("question_modal")
            and here.first + 1 < here.last
            and self._text(here.first + 1) not in presence_words("not_a_subject")
            and not self._statement_between(here.first, sign.first)
        ):
            return True
        after = self._inside("asked_after", sign.last, min(here.last, sign.last + 8))
        return bool(after) and not self._statement_between(here.first, sign.first)

    def _past(self, sign: Sign) -> bool:
        low, high = self.segment(sign)
        if self._inside("not_past", low, high):
            return False
        if self._dated_behind(high, self.context.sentence(sign.first).last):
            return True
        for cue in self._inside("past", low, high):
            if cue.first < sign.last and sign.first < cue.last <= sign.last:
                continue
            between = (
                range(cue.last, sign.first)
                if cue.last <= sign.first
                else range(sign.last, cue.first)
            )
            if len(between) <= 8 and not self._anchored(between):
                return True
        for index in self._years:
            since = index > low and self._text(index - 1) == "since"
            if not low <= index < high or since or sign.first <= index < sign.last:
                continue
            between = range(index, sign.first) if index < sign.first else range(sign.last, index)
            if len(between) <= 7 and not self._anchored(between):
                return True
        return False

    def _led_to_operation(self, sign: Sign) -> bool:
        """ "Blood in the urine for months, then the kidney was removed": how it began."""
        here = self.context.sentence(sign.first)
        if any(self._text(i) in presence_words("nowadays") for i in range(here.first, here.last)):
            return False
        for index in range(sign.last, min(sign.last + 6, here.last - 1)):
            if self._text(index) in presence_words("afterwards"):
                follow = range(index + 1, min(index + 7, here.last))
                return any(i in self._operated for i in follow)
        return False

    def _of_the_disease(self, sign: Sign) -> bool:
        """ "Blasts 40 %, so they call it not responding": the disease is, not the person."""
        own = {self._text(i) for i in range(sign.first, sign.last)}
        if not own & presence_words("answering"):
            return False
        here = self.context.sentence(sign.first)
        around = range(here.first, here.last)
        named = {self._text(i) for i in around} & presence_words("of_the_disease")
        return bool(named) or any(i in self._treated for i in around)

    def _dated_behind(self, low: int, last: int) -> bool:
        """A stretch of its own that is only a date of the past ("..., march last year")."""
        commas = self.context.commas
        high = min((p for p in commas if p > low), default=last)
        return low in commas and any(
            c.last == high and c.first <= low + 1 for c in self._inside("past", low, high)
        )

    def _anchored(self, between: range) -> bool:
        return any(self._text(i) in presence_words("anchors") for i in between)

    def is_resolved(self, sign: Sign) -> bool:
        here = self.context.sentence(sign.first)
        reach = min(here.last, sign.last + 12)
        for cue in self._inside("resolved", sign.last, reach):
            between = [self._text(i) for i in range(sign.last, cue.first)]
            # "Once" before a comma tells of the past, before a verb of a condition.
            waiting = [
                word
                for i, word in enumerate(between, sign.last)
                if not (word == "once" and i + 1 in self.context.commas)
            ]
            goes_to = cue.last < here.last and self._text(cue.last) in presence_words("gone_to")
            if goes_to or any(word in presence_words("unresolved") for word in waiting):
                continue
            again = self._inside("not_past", sign.last, cue.first)
            if any(c.last < cue.first for c in again) or any(
                sign.last <= first < cue.first for first in self._complaints
            ):
                continue
            plain = any(self._text(i) in presence_words("fine") for i in range(cue.first, cue.last))
            if plain or not any(w in presence_words("anchors") for w in between):
                return True
        return False


def presence_of(doc: Document) -> Presence:
    """The presence of a document's signs, worked out once."""
    found = doc.memory.get("presence")
    if not isinstance(found, Presence):
        found = doc.memory["presence"] = Presence(doc)
    return found


_PHRASES = (
    "negation",
    "negation_after",
    "hypothetical",
    "asked",
    "asked_after",
    "resolved",
    "past",
    "not_past",
    "outsiders",
)


@cache
def _book() -> PhraseBook[frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for kind in _PHRASES:
        for phrase in sign_file().presence[kind]:
            kinds.setdefault(phrase, set()).add(kind)
    return PhraseBook((phrase, frozenset(names)) for phrase, names in kinds.items())
