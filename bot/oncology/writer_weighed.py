"""Weighs what a message tells of the writer's own illness against what it tells of another's.

People speak of themselves all the time ("for me", "I have not given up") while the illness is
somebody else's, and of their families while it is their own. Where only one of the two is told of
as ill, that one is the patient.
"""

from __future__ import annotations

from dataclasses import replace

from bot.oncology.cancers import findings
from bot.oncology.context import Context
from bot.oncology.patient import is_ill
from bot.oncology.people_words import people_file, possessives
from bot.oncology.reading import Mention
from bot.oncology.treatments import treatment_hits
from bot.oncology.vocabulary import organ_book

_OUTRIGHT = 0.95  # "me:", "I am the patient" need no weighing
_OWNED = 3  # tokens from "my" to the thing that is owned
_ADVISING = frozenset(
    {"proposed", "said", "says", "suggested", "recommended", "advised", "offered", "wants", "told"}
    | {"prescribed", "referred", "explained", "asked", "thinks", "thought", "ordered", "mentioned"}
)
_SAID = 12  # tokens from "I" to what befell me
_SELF = 6  # tokens from "I am" to a word for oneself


def weighed(context: Context, mention: Mention | None) -> Mention | None:
    """The mention of who writes, with the other role where only that one's illness is told."""
    if mention is None or mention.value not in ("patient", "caregiver"):
        return mention
    story = _Story(context)
    if mention.value == "patient" and mention.confidence < _OUTRIGHT:
        another = story.they_are_ill() if mention.words.isdigit() else story.others_is_ill()
        if another and not story.own_is_ill():
            return replace(mention, value="caregiver", confidence=0.8)
    gone = bool(context.by_kind["died"])
    if mention.value == "caregiver" and story.own_is_ill() and (gone or not story.others_is_ill()):
        return replace(mention, value="patient", confidence=0.8)
    return mention


class _Story:
    """What is told of whom, by tokens."""

    def __init__(self, context: Context) -> None:
        self.context = context
        doc = context.doc
        self.words = [token.text for token in doc.tokens]
        self.clinical = {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
        self.clinical |= {
            i for found in findings(doc, None) for i in range(found.first, found.last)
        }
        self.clinical |= {i for i, word in enumerate(self.words) if word in people_file().befell}
        self.organs = {hit.first for hit in organ_book().find(doc)}
        self.people = {
            i
            for kind in ("kin", "stranger")
            for cue in context.by_kind[kind]
            for i in range(cue.first, cue.last)
        }

    def own_is_ill(self) -> bool:
        """ "I was diagnosed", "my oncologist", "I finished chemo"."""
        return any(self._owns(i) or self._says(i) for i in range(len(self.words)))

    def others_is_ill(self) -> bool:
        """ "My dad has ...", "she was diagnosed", "his cancer"."""
        context = self.context
        kin = [
            c
            for c in context.by_kind["kin"]
            if not context.owners.is_other(c.first) and not self._is_self(c.first)
        ]
        if any(is_ill(context, cue.last) for cue in kin):
            return True
        return self.they_are_ill()

    def they_are_ill(self) -> bool:
        """ "She was diagnosed", "his cancer"."""
        return any(self._third_is_ill(i) for i in range(len(self.words)))

    def _glued(self, index: int) -> bool:
        """The letters of "T315I", "I-131" and "HER2" are no words."""
        doc, token = self.context.doc, self.context.doc.tokens[index]
        before = doc.norm[max(0, token.nstart - 1) : token.nstart]
        behind = doc.norm[token.nend : token.nend + 2]
        return (
            before.isalnum() or behind[:1].isdigit() or (behind[:1] == "-" and behind[1:].isdigit())
        )

    def _is_self(self, index: int) -> bool:
        """ "I'm a 15 year old boy", "I'm 38, married, father of 2": words for oneself."""
        before = self.words[max(0, index - _SELF) : index]
        if "im" in before:
            between = before[before.index("im") + 1 :]
        elif "am" in before:
            between = before[before.index("am") + 1 :]
        else:
            return False
        named = bool(between) and (between[0] in ("a", "an") or between[0].isdigit())
        return named and not possessives().intersection(between)

    def _advises(self, index: int) -> bool:
        """ "He proposed TIP chemo": a doctor's word."""
        return self.words[index : index + 1] != [] and self.words[index] in _ADVISING

    def _owns(self, index: int) -> bool:
        if self.words[index] not in ("my", "mine"):
            return False
        for at in range(index + 1, min(index + 1 + _OWNED, len(self.words))):
            if at in self.people or self.context.doc.tokens[at].breaks:
                return False
            if self.words[at] in people_file().own_things or at in self.organs:
                return True
        return False

    def _says(self, index: int) -> bool:
        if self.words[index] not in ("i", "im", "ive") or self._glued(index):
            return False
        here = self.context.sentence(index)
        for at in range(index + 1, min(index + 1 + _SAID, here.last)):
            word = self.words[at]
            if self._is_self(at):
                continue
            if at in self.people or word in people_file().third | people_file().hearsay:
                return False
            if at in self.clinical:
                return not here.question
        return False

    def _third_is_ill(self, index: int) -> bool:
        word = self.words[index]
        if word not in people_file().third or self._glued(index):
            return False
        if self.context.owners.is_other(index) or self._advises(index + 1):
            return False
        here = self.context.sentence(index)
        if any(self.words[i] in people_file().staff for i in range(here.first, index)):
            return False
        near = range(index + 1, min(index + 1 + _OWNED + 2, here.last))
        return any(i in self.clinical or self.words[i] in people_file().own_things for i in near)
