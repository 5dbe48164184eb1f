"""Decides whose disease a part of a message is about: the patient's or another person's.

Rules, in this order. A stranger ("my neighbour", "someone on YouTube") is never the patient. A
person who died is not the patient. Family history is not the patient's. A relative who "had" or
"also had" something is another person when the message speaks of someone else who has a disease
now, or of a test that found none. So is an aunt or a friend who takes something, in a sentence or
brackets of their own, once somebody else's illness was told. Everybody else is the patient. A
pronoun goes on with the person named before. A sentence without a person goes on with the patient;
with somebody else only where the message names no patient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.oncology.cues import Cue, words_of
from bot.oncology.people_words import people_file, possessives
from bot.oncology.text import Document
from bot.oncology.vocabulary import cancer_book, disease_book


@dataclass(frozen=True, slots=True)
class Owners:
    """For each token, whether it speaks of another person than the patient."""

    others: tuple[bool, ...]

    def is_other(self, token: int) -> bool:
        return token < len(self.others) and self.others[token]


@dataclass(slots=True)
class _Stretch:
    """Tokens that speak of one person."""

    first: int
    last: int
    kind: str  # nobody, self, patient, kin, stranger, history
    name: str
    died: bool = False
    survived: bool = False
    had: bool = False
    has: bool = False
    well: bool = False
    ill: bool = False
    aside: bool = False
    only_told_us: bool = False  # "our pastor gave your number": of their illness is no word

    @property
    def other(self) -> bool:
        return self.kind in ("stranger", "history") or self.died or self.survived or self.aside


def own(doc: Document, cues: Mapping[str, list[Cue]], sentence_of: Sequence[int]) -> Owners:
    """Work out the owners of every token, from the cue words found."""
    if not doc.tokens:
        return Owners(())
    stretches = _stretches(doc, cues, sentence_of)
    _mark(stretches, doc, cues, sentence_of)
    for number, stretch in enumerate(stretches):
        known = [
            s
            for at, s in enumerate(stretches)
            if s.ill and not s.other and s.name != stretch.name
            if at < number or s.kind in _PERSONS
        ]
        stretch.aside &= bool(known)
    others = [False] * len(doc.tokens)
    someone = any(s.has and not s.other for s in stretches)
    spared = bool(words_of("spared").intersection(token.text for token in doc.tokens))
    named = any(s.kind in ("kin", "patient", "self") and not s.other for s in stretches)
    for stretch in stretches:
        rival = any(s.has and not s.other and s.name != stretch.name for s in stretches)
        before = stretch.kind == "kin" and stretch.had and (stretch.well or not stretch.has)
        if (stretch.other and (someone or stretch.kind != "nobody")) or (
            before and (rival or spared)
        ):
            ends = named or spared or stretch.first > _OPENING or stretch.only_told_us
            last = _reach(doc, stretch, sentence_of, cues) if ends else stretch.last
            others[stretch.first : last] = [True] * (last - stretch.first)
    return Owners(tuple(others))


# A message that begins with somebody else goes on about them.
_OPENING = 3


def _reach(
    doc: Document, stretch: _Stretch, sentence_of: Sequence[int], cues: Mapping[str, list[Cue]]
) -> int:
    """Where the words about another person end: with the sentence, unless a pronoun goes on."""
    goes_on = {cue.first for cue in cues.get("pronoun", ())}
    opening = stretch.first
    for index in range(stretch.first, stretch.last):
        if sentence_of[index] == sentence_of[opening]:
            continue
        # "She had it too. She died of it."
        if not goes_on.intersection(range(index, index + 2)):
            return index
        opening = index
    return stretch.last


def _turns(doc: Document, cues: Mapping[str, list[Cue]]) -> list[tuple[int, int, str, str]]:
    """Tokens, kind and name of everybody spoken of, in order."""
    turns: list[tuple[int, int, str, str]] = []
    for kind in ("stranger", "history", "kin", "patient", "self", "pronoun"):
        for cue in cues.get(kind, ()):
            name = " ".join(doc.tokens[i].text for i in range(cue.first, cue.last))
            turns.append((cue.first, cue.last, kind, "self" if kind == "self" else name))
    return sorted(turns)


def _stretches(
    doc: Document, cues: Mapping[str, list[Cue]], sentence_of: Sequence[int]
) -> list[_Stretch]:
    told = {cue.first for cue in cues.get("self_told", ())}
    stretches = [_Stretch(0, len(doc.tokens), "nobody", "")]
    for first, behind, kind, name in _turns(doc, cues):
        last = stretches[-1]
        if kind == "pronoun":
            back = _back_to(stretches, first, cues.get("boundary", ()))
            if back is not None:
                stretches[-1].last = min(stretches[-1].last, first)
                stretches.append(_Stretch(first, len(doc.tokens), back.kind, back.name))
            continue
        if kind == "self" and first not in told and not _speaks_of_self(doc, first):
            continue
        if first and doc.tokens[first - 1].text in words_of("donor"):
            continue
        if kind == "stranger" and first and doc.tokens[first - 1].text in words_of("pastime"):
            continue
        if kind == "stranger" and _only_says(doc, name, behind):
            continue
        if kind == "stranger" and (
            _written_for(doc, first) or _only_acquaintance(doc, cues, name, first)
        ):
            kind = "kin"
        if kind == "kin" and (
            _of_acquaintance(doc, cues, first)
            or _belongs_to_stranger(doc, cues, first)
            or _in_a_story(doc, last, sentence_of, first)
        ):
            kind = "stranger"
        start = _start(first, kind, last, sentence_of, doc)
        if (kind, name) == (last.kind, last.name) and last.last > first:
            continue
        last.last = min(last.last, start)
        end = len(doc.tokens)
        if kind == "history":
            end = next((i for i in range(first, end) if sentence_of[i] != sentence_of[first]), end)
        stretches.append(_Stretch(start, end, kind, name))
    return [s for s in stretches if s.last > s.first]


def _back_to(stretches: list[_Stretch], first: int, boundaries: Sequence[Cue]) -> _Stretch | None:
    """ "His father had it too, now he has it": after a turn the pronoun means the one before."""
    if stretches[-1].kind not in ("stranger", "history") or first >= stretches[-1].last:
        return None
    if not any(cue.last == first or cue.first == first for cue in boundaries):
        return None
    return next((s for s in reversed(stretches[:-1]) if s.kind in ("kin", "patient")), None)


def _written_for(doc: Document, first: int) -> bool:
    """ "I write for my neighbour", "patient is my teacher": then that person is the patient."""
    before = [t.text for t in doc.tokens[max(0, first - 2) : first]]
    return bool(words_of("writing_for").intersection(before)) or before == ["patient", "is"]


def _only_says(doc: Document, name: str, behind: int) -> bool:
    """ "The imam said so": who only speaks is not told of as ill."""
    following = [t.text for t in doc.tokens[behind : behind + 6]]
    speaks = bool(words_of("speech").intersection(following[:2]))
    about = words_of("has") | words_of("had") | words_of("ill")
    return (
        speaks
        and bool(words_of("acquaintance") & set(name.split()))
        and not (about.intersection(following))
    )


def _only_acquaintance(doc: Document, cues: Mapping[str, list[Cue]], name: str, first: int) -> bool:
    """ "A friend of mine has lymphoma", where nobody else is named: then it is about the friend."""
    if cues.get("kin") or cues.get("patient") or not words_of("acquaintance") & set(name.split()):
        return False
    following = {t.text for t in doc.tokens[first : first + 7]}
    return bool(following & words_of("has")) and not following & words_of("had")


def _of_acquaintance(doc: Document, cues: Mapping[str, list[Cue]], first: int) -> bool:
    """ "My colleague's father got it": somebody else's luck.

    So is "my colleague got it" where the message goes on to speak of somebody who is ill.
    """
    owner = doc.tokens[first - 1].text if first else ""
    own = doc.tokens[first].text
    if _written_for(doc, first) or (owner in _OWNING and _written_for(doc, max(first - 2, 0))):
        return False
    told = {t.text for t in doc.tokens[first + 1 : first + 4]}
    if not told & words_of("got") or told & (words_of("has") - words_of("got")):
        return False
    later = (c for kind in ("kin", "patient", "self") for c in cues.get(kind, ()))
    return owner in _OWNING or (own in _FRIENDS and any(c.first > first + 1 for c in later))


_OWNING = frozenset(
    {
        "neighbours",
        "neighbors",
        "colleagues",
        "friends",
        "bosss",
        "bosses",
        "teachers",
        "classmates",
    }
)
_FRIENDS = frozenset({"friend", "friends", "colleague", "colleagues"})


def _belongs_to_stranger(doc: Document, cues: Mapping[str, list[Cue]], first: int) -> bool:
    """ "Our pastor's son", "a colleague of my husband", where somebody else is named too."""
    at = first - 1 if first and doc.tokens[first - 1].text in possessives() else first
    of = at > 0 and doc.tokens[at - 1].text in words_of("of")
    owner = next(
        (c for c in cues.get("stranger", ()) if c.last == first or (of and c.last in (at, at - 1))),
        None,
    )
    if owner is None or _written_for(doc, owner.first):
        return False
    return any(c.first != first for kind in ("kin", "patient") for c in cues.get(kind, ()))


def _in_a_story(doc: Document, last: _Stretch, sentence_of: Sequence[int], first: int) -> bool:
    """ "The article is about a boy of 7", "in the film the girl has it"."""
    if last.kind != "stranger" or sentence_of[first] != sentence_of[last.first]:
        return False
    told = doc.tokens[first - 1].text in words_of("article")
    return told and not any(doc.tokens[i].breaks for i in range(last.first + 1, first + 1))


def _start(first: int, kind: str, last: _Stretch, sentence_of: Sequence[int], doc: Document) -> int:
    """Words before the first person named belong to that person ("lung cancer, my father").

    So do those of a thing that belongs to a stranger ("the slide belonged to another man").
    """
    if kind == "stranger" and {t.text for t in doc.tokens[max(0, first - 2) : first]} & _OWNED:
        return next(i for i in range(first + 1) if sentence_of[i] == sentence_of[first])
    if (
        last.kind == "nobody"
        and last.first == 0
        and kind == "kin"
        and sentence_of[first] == sentence_of[0]
    ):
        return max(last.first, 0)
    return first


_PERSONS = frozenset({"kin", "self", "patient"})
_IT_IS = frozenset({"its", "is"})
_OWNED = frozenset({"belonged", "belongs"})


def _speaks_of_self(doc: Document, first: int) -> bool:
    """ "I have" makes the writer the subject; "I want to ask" or "me" alone does not."""
    word = doc.tokens[first].text
    if word in words_of("self_introduced") and first and doc.tokens[first - 1].text in _IT_IS:
        return True  # "now it's me"
    colon = doc.norm[doc.tokens[first].nend : doc.tokens[first].nend + 1] in (":", ",")
    named = doc.norm[doc.tokens[first].nend :][:1] == ":"
    opens = named or first == 0 or doc.tokens[first].breaks
    if colon and opens and word in words_of("self_introduced"):
        return True
    following = {t.text for t in doc.tokens[first + 1 : first + 4]}
    if word in words_of("self_alone"):
        return True
    if word not in words_of("self_pronoun") or not following:
        return word == "my" and "own" in following
    at = first + 1
    if doc.tokens[at].text in people_file().adverbs and at + 1 < len(doc.tokens):
        at += 1  # "I now have"
    verb = doc.tokens[at].text
    return verb in words_of("self_verb") and not following & words_of("self_not")


def _opens_there(doc: Document, first: int) -> bool:
    """Whether a relative opens a sentence or brackets ("(My aunt in Boston is on")."""
    while first and doc.tokens[first - 1].text in possessives() | _ONE | words_of("far_kin"):
        first -= 1
    return not first or bool(_OPENED.search(doc.norm, 0, doc.tokens[first].nstart))


def _takes_something(doc: Document, told: Sequence[int]) -> bool:
    """ "Is on olaparib", not "takes care of her"."""
    verbs = words_of("treated")
    behind = ((i, doc.tokens[i + 1].text) for i in told if i + 1 < len(doc.tokens))
    return any(doc.tokens[i].text in verbs and word not in _NO_DRUG for i, word in behind)


_NO_DRUG = frozenset(
    {"care", "her", "him", "us", "me", "them", "leave", "time", "notes", "over", "behalf", "in"}
)
_ONE = frozenset({"a", "an", "one", "my", "our", "his", "her", "also"})
_OPENED = re.compile(r"[.!?(\n:;]\s*(?:(?:and|also|oh|btw|ps)\s)?$")
_TOLD = 9  # tokens behind a relative in which their treatment is told


def _mark(
    stretches: list[_Stretch],
    doc: Document,
    cues: Mapping[str, list[Cue]],
    sentence_of: Sequence[int],
) -> None:
    sick = {hit.first for hit in cancer_book().find(doc)}
    sick.update(hit.first for hit in disease_book().find(doc) if "malignant" in hit.value)
    selves = {cue.first for cue in cues.get("self_told", ())}
    for stretch in stretches:
        inside = range(stretch.first, stretch.last)
        words = {doc.tokens[i].text for i in inside}
        stretch.had = bool(words & words_of("had"))
        stretch.has = bool(words & words_of("has")) or stretch.kind == "patient"
        stretch.has |= stretch.kind == "self" and stretch.first in selves
        opening = [i for i in inside if sentence_of[i] == sentence_of[stretch.first]]
        spoken = {doc.tokens[i].text for i in opening}
        only_told_us = stretch.kind == "stranger" and sick.isdisjoint(opening)
        stretch.only_told_us = only_told_us and not any(
            spoken & words_of(kind) for kind in ("has", "had", "ill", "treated")
        )
        told = [i for i in inside[1:_TOLD] if i in opening]
        far = words_of("far_kin").intersection(stretch.name.split())
        stretch.ill = bool(words & words_of("ill") or sick.intersection(inside))
        stretch.aside = bool(
            stretch.kind == "kin"
            and far
            and _opens_there(doc, stretch.first)
            and _takes_something(doc, told)
        )
        stretch.well = any(c.first in inside for c in cues.get("survived", ()))
        stretch.died = any(c.first in inside for c in cues.get("died", ()))
        stretch.survived = stretch.kind == "stranger" and any(
            c.first in inside for c in cues.get("survived", ())
        )
