"""Finds where the patient is: country and city, in whatever way people name them.

A place counts by what stands beside it. "We live in", "from" and "in" make it home; a wish
("treatment in China"), a visit ("operated in Chennai"), a report's origin and another relative's
home do not. Where a name belongs to two countries the answer is a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bot.oncology.context import Context, context_of
from bot.oncology.cues import Cue, words_of
from bot.oncology.gazetteer import gazetteer
from bot.oncology.patient import ILLNESS, donates, is_ill, name_of, patient_kin
from bot.oncology.people_words import same_relative
from bot.oncology.place_belief import Belief
from bot.oncology.place_choice import best, emit, inhabitants
from bot.oncology.place_mentions import (
    READ_BACK,
    PlaceCues,
    PlaceMention,
    names_in,
)
from bot.oncology.place_words import place_names
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.scripts import scripts_of
from bot.oncology.text import Document

ASKED: Final = frozenset({"country", "city", "location"})

# How strongly the words beside a name say that the patient is there.
_RANK: Final = {"home": 4.0, "from": 3.0, "after": 3.0, "in": 2.5, "": 2.0}
_ASIDE: Final = 1.0
_BEHIND_THE_AGE: Final = 3.2  # "wife, 54, Doha" tells more than "we are from Sudan"
_WHOLE_ANSWER: Final = 5.0
_UNDER_TREATMENT: Final = 1.0
_TREATED: Final = 0.6
_INSTITUTION: Final = 0.5
_OF_THE_WRITER: Final = 1.5
_SAID_OF_THEM: Final = 0.8  # "we live in Lyon but he is in Oran"


def read_places(doc: Document, asks: str | None) -> Iterable[Mention | Ambiguity]:
    """The patient's country (ISO 3166-1 alpha-2) and city."""
    if not doc.tokens:
        return []
    for character in scripts_of(doc.norm):
        gazetteer().learn_script(character)
    asked = asks in ASKED
    judge = _Judge(doc, asked)
    judged = [
        kept
        for found in names_in(doc, judge.cues, asked)
        if (kept := judge.judge(found)) is not None
    ]
    return list(emit(doc, best(judged)))


class _Judge:
    """Decides of each place in a message whether the patient is there."""

    def __init__(self, doc: Document, asked: bool) -> None:
        self.doc = doc
        self.asked = asked
        self.cues = PlaceCues(doc)
        self.context: Context = context_of(doc)
        self.belief = Belief(doc, self.cues, self.context)

    def judge(self, found: PlaceMention) -> PlaceMention | None:
        """The name with its rank, or None when it is not the patient's place."""
        cue, since = self.cues.beside(found.first, found.last)
        found = replace(found, cue=cue, since=since)
        if self.asked and found.last - found.first == len(self.doc.tokens):
            return replace(found, rank=_WHOLE_ANSWER)
        doubted = not self.asked or found.place.need in ("capital", "accent")
        if doubted and not self.belief.believable(found):
            return None
        if found.place.kind == "people" and not self._is_person(found):
            return None
        things = self.cues.begins("belongings", found.last)
        if things or self._names_a_person(found) or self._elsewhere(found):
            return None
        ranked = self._ranked(found)
        if ranked and self._is_aside(found):
            ranked = replace(ranked, rank=_ASIDE)
        return self._of_patient(ranked) if ranked else None

    def _third_is_told_of(self) -> bool:
        """ "Mother in Kabul, I am in Hamburg, she has ...": the writer is elsewhere."""
        return any(
            token.text in ("she", "he") and self._word(index + 1) in ILLNESS
            for index, token in enumerate(self.doc.tokens)
        )

    def _is_aside(self, found: PlaceMention) -> bool:
        """ "Doha (from Nepal)": where somebody comes from, not where they are."""
        start = self.doc.tokens[found.since].nstart
        return found.since < found.first and self.doc.norm[:start].rstrip().endswith("(")

    def _is_person(self, found: PlaceMention) -> bool:
        """Whether an adjective of nationality speaks of a person."""
        if self.cues.begins("thing", found.last):
            return False
        if self.asked or self.cues.begins("person", found.last):
            return True
        if found.cue in ("from", "home") and found.place.need == "cue":
            return True
        before = [t.text for t in self.doc.tokens[max(0, found.first - 2) : found.first]]
        if before and before[-1] in ("a", "an"):
            before.pop()
        return bool(before) and before[-1] in _TO_BE

    def _names_a_person(self, found: PlaceMention) -> bool:
        """ "My daughter Sydney has", "her name is Paris"."""
        name = name_of(self.doc, found.first, found.last)
        if name not in place_names().first_names or found.cue in ("from", "in", "after"):
            return False
        before = self._word(found.first - 1)
        if before in _SIGNED or self._word(found.first - 2) in _SIGNED:
            return True
        if before in _NAMED or (before == "is" and self._word(found.first - 2) == "name"):
            return True
        if (
            self._word(found.last) in _HAS
            and found.first == self.context.sentence(found.first).first
        ):
            return True
        kin = any(cue.last == found.first for cue in self.context.by_kind["kin"])
        small = inhabitants(found.place) < _KNOWN_ANYWHERE
        return kin and (small or not self.doc.tokens[found.first].breaks)

    def _word(self, index: int) -> str:
        return self.doc.tokens[index].text if 0 <= index < len(self.doc.tokens) else ""

    def _elsewhere(self, found: PlaceMention) -> bool:
        """Whether the words say that the patient is not there, or only ask about the place."""
        if any(last == found.first for _, last in self.cues.of("formerly")):
            return True
        if self._of_a_thing(found):
            return True
        if self._denied(found):
            return True
        if self.asked or found.cue == "home":
            return False
        here = self.context.sentence(found.first)
        opening = self.doc.tokens[here.first].text
        return (
            found.first > here.first
            and opening in words_of("question_start")
            and not self._comma_between(here.first, found.first)
            and not self._people_between(here.first, found)
        )

    def _of_a_thing(self, found: PlaceMention) -> bool:
        """ "Our embassy is in Nairobi", "the doctor is from India", "an oncologist in Boston"."""
        if any(self.cues.begins("lives_there", at) for at in (found.last, found.last + 1)):
            return False
        if self._heads_the_case(found):
            return False
        kinds = ("institution", "staff", "thing")
        beside = [span for kind in kinds for span in self.cues.of(kind)]
        at = found.since
        if any(self._word(i) in _IS_THERE for i in (at, at - 1)):
            return any(0 <= at - last <= 1 for _, last in beside)
        return any(
            last == at
            and not self.doc.tokens[at].breaks
            and self._word(first - 1) in _SOME
            and self._word(first - 2) not in words_of("self_pronoun") | _PERSONS
            for first, last in beside
        )

    def _denied(self, found: PlaceMention) -> bool:
        """ "We are not in India"; a comma or "I am in" ends the reach of a word of denial."""
        if not self.context.negated(found.first, found.last) or self._thing_missing(found):
            return False
        if any(self._word(i) in _HERE for i in range(found.since, found.first)):
            return False
        here = self.context.sentence(found.first)
        for cue in self.context.cues_in(here.first, found.first, "negation_before"):
            told_between = self.context.cues_in(
                cue.last, found.first, "subject", "self", "kin", "pronoun"
            )
            if not told_between and not self._comma_between(cue.last, found.first):
                return True
        behind = self.context.cues_in(found.last, here.last, "negation_after")
        return bool(behind)

    def _thing_missing(self, found: PlaceMention) -> bool:
        """ "Proton is not in Nepal" says where the patient is, "he is not in Nepal" where not."""
        told = [first for first, last in self.cues.of("treated") if last == found.first]
        before = {self._word(i) for first in told for i in range(first - 2, first)}
        return bool(told) and not before & (_WE | words_of("self_pronoun") | _PERSONS)

    def _comma_between(self, low: int, high: int) -> bool:
        return any(low <= place <= high for place in self.context.commas)

    def _people_between(self, low: int, found: PlaceMention) -> bool:
        """Whether a person named between two words takes the place to themselves."""
        people = self.context.cues_in(low, found.first, "kin", "self", "patient", "pronoun")
        if not people:
            return False
        return found.cue in ("from", "home") or (
            found.cue == "in" and people[-1].last == found.since
        )

    def _ranked(self, found: PlaceMention) -> PlaceMention | None:
        """How strongly the words speak for the place; None for a wish or a visit."""
        rank = _RANK[found.cue] + (1.0 if self.asked else 0.0)
        here = self.context.sentence(found.first)
        treated = [a for a, b in self.cues.of("treated") if 0 <= found.first - b <= 1]
        start = max(
            [here.first]
            + [b.last for b in self.context.cues_in(here.first, found.first, "boundary")]
        )
        if self.cues.within("present", start, found.first, reach=6):
            rank += 0.7
        if found.cue == "home" or self._moved_to(found, here.first):
            return replace(found, rank=max(rank, _RANK["home"]))
        if not treated and found.cue == "in":
            care = self.cues.within("care", start, found.first, reach=5)
            treated = [care[0]] if care and not self._comma_between(care[1], found.first) else []
        if treated:
            if here.question or self.cues.within("wish", start, min(treated)):
                return None
            return replace(found, rank=_TREATED, confidence=min(found.confidence, READ_BACK))
        if self.cues.within("now", start, found.first):
            rank, sure = _UNDER_TREATMENT + rank / 10, min(found.confidence, 0.8)
            return replace(found, rank=rank, confidence=sure)
        visited = self.cues.within("visited", start, found.first, reach=5)
        if visited and not self._comma_between(visited[1], found.first):
            return None
        said_of_patient = self.belief.of_the_age(found) or self._heads_the_case(found)
        asked_about = here.question and not said_of_patient
        if not self.asked and (asked_about or self._wished(found, start)):
            return None
        if said_of_patient:
            rank = max(rank, _BEHIND_THE_AGE) if self.belief.of_the_age(found) else rank
        if self._beside_institution(found):
            if self.cues.begins("speaks_for_itself", found.last):
                return None
            return replace(found, rank=_INSTITUTION, confidence=min(found.confidence, READ_BACK))
        return replace(found, rank=rank)

    def _moved_to(self, found: PlaceMention, start: int) -> bool:
        """ "Moved from Aleppo to Gaziantep"."""
        to = self._word(found.first - 1) == "to"
        return to and self.cues.within("moved", start, found.first, reach=6) is not None

    def _wished(self, found: PlaceMention, start: int) -> bool:
        """Whether the patient would go there, or asks what there is.

        The name of a thing wished for ("trial", "treatment") reaches to the next comma only, and
        not when it is denied ("no treatment yet").
        """
        verb = self.cues.within("wish", start, found.first)
        if found.cue == "from" and gazetteer().get(self._word(found.since - 1)):
            verb = None  # "want to come to Guangzhou from Antananarivo"
        if verb and self._word(verb[1]) in _SENT_BY:
            verb = None  # "referral from Dr Okonkwo, Abuja"
        apart = verb and self._comma_between(verb[1], found.first) and self.belief.ends_alone(found)
        if verb and not apart and not self._people_between(verb[1], found):
            return True
        thing = self.cues.within("wished", start, found.first)
        if thing is None or self._people_between(thing[1], found):
            return False
        return not self._comma_between(thing[1], found.first) and not self.context.negated(*thing)

    def _beside_institution(self, found: PlaceMention) -> bool:
        return any(
            0 <= found.first - last <= 1 or first == found.last
            for first, last in self.cues.of("institution")
        )

    def _of_patient(self, found: PlaceMention) -> PlaceMention | None:
        """The patient's place counts most, the writer's less, another relative's not at all."""
        nearest = self._nearest_person(found)
        if nearest is None:
            return found
        if self._heads_the_case(found):
            return found
        if "stranger" in nearest.value or self._of_the_donor(nearest, found):
            return None
        if "patient" in nearest.value and found.cue == "home":
            return replace(found, rank=found.rank + 1.0)
        kin = patient_kin(self.context)
        if kin is not None and self._writer_lives(found):
            return replace(found, rank=_OF_THE_WRITER, confidence=READ_BACK)
        if self._they_are_there(nearest, found):
            return replace(found, rank=found.rank + _SAID_OF_THEM)
        known = kin is not None and (
            is_ill(self.context, kin[1] + len(kin[0].split())) or self._third_is_told_of()
        )
        if "kin" in nearest.value:
            if nearest.last == found.since and self._speaks_from(found):
                return None
            name = name_of(self.doc, nearest.first, nearest.last)
            other = kin is not None and not same_relative(name, kin[0]) and known
            if self._comma_between(nearest.last, found.first) and found.cue == "in":
                return found  # "transplant from his sister, relapse now, in Tehran"
            if found.cue and (other or self._writer_is_ill(known)):
                return None
            return replace(found, rank=found.rank + 0.5)
        writer = "self" in nearest.value and known
        if writer and found.cue in ("home", "in"):
            sure = min(found.confidence, READ_BACK)
            return replace(found, rank=found.rank - 1.5, confidence=sure)
        return found

    def _they_are_there(self, person: Cue, found: PlaceMention) -> bool:
        """ "He is in Oran now", but not "he works in Sharjah"."""
        words = {self._word(i) for i in range(found.since, found.first)}
        beside = "pronoun" in person.value and found.since <= person.last + 1
        return beside and found.cue == "home" and not words & _WORKS

    def _of_the_donor(self, person: Cue, found: PlaceMention) -> bool:
        """ "The donor is my brother, 32, in London"; the transplant itself is the patient's."""
        told = {self._word(i) for i in range(person.last, found.first)}
        if not found.cue and self._comma_between(person.last, found.first):
            return False  # "transplant from brother, Jeddah"
        return donates(self.doc, person.first, person.last) and not told & _THE_TRANSPLANT

    def _writer_lives(self, found: PlaceMention) -> bool:
        """ "Je vis à Lyon", said by somebody who writes for a relative."""
        words = {self._word(i) for i in range(found.since, found.first)}
        return found.cue == "home" and bool(words & set(place_names().not_home["writer_lives"]))

    def _heads_the_case(self, found: PlaceMention) -> bool:
        """ "Forwarded from my cousin in Basra: boy 11 yrs", "hematóloga en Montevideo: mujer"."""
        behind = self.doc.norm[self.doc.tokens[found.last - 1].nend :].lstrip()
        return found.last < len(self.doc.tokens) and behind.startswith((":", ">"))

    def _speaks_from(self, found: PlaceMention) -> bool:
        """ "My cousin in Toronto is a doctor", "my sister in Rotterdam says"."""
        behind = {self._word(i) for i in range(found.last, found.last + 3)}
        return bool(behind & (words_of("speech") | _AT_WORK))

    def _nearest_person(self, found: PlaceMention) -> Cue | None:
        """The person named last before the place in its sentence; None for "we" too."""
        here = self.context.sentence(found.first)
        kinds = ("kin", "self", "patient", "pronoun", "stranger")
        people = self.context.cues_in(here.first, found.first, *kinds)
        if not people:
            return None
        since = people[-1].first
        if any(self._word(i) in _WE for i in range(since, found.first)):
            return None
        return people[-1]

    def _writer_is_ill(self, relative_is: bool) -> bool:
        """Whether the writer speaks of an own illness and of no relative's."""
        if relative_is:
            return False
        return any(
            self._word(i) in _DISEASE
            for cue in self.context.by_kind["self"]
            for i in range(cue.last, min(cue.last + 8, self.context.sentence(cue.first).last))
        )


_THE_TRANSPLANT: Final = frozenset({"match", "matched", "transplant", "transplanted", "bmt"})
_KNOWN_ANYWHERE: Final = 300_000  # inhabitants of a city nobody is taken for
_WORKS: Final = frozenset({"works", "work", "working", "employed", "posted", "studying", "studies"})
_HAS: Final = frozenset({"has", "had", "got", "is", "was"})
_SENT_BY: Final = frozenset({"from", "by"})
_HERE: Final = frozenset({"here", "ici", "aqui", "yahan", "hapa", "dito"})
_AT_WORK: Final = frozenset({"doctor", "nurse", "works", "surgeon", "keeps", "pays", "helps"})
_TO_BE: Final = frozenset(
    {"patient", "pt", "am", "im", "iam", "are", "is", "hes", "shes", "were", "m"}
)
_IS_THERE: Final = frozenset({"is", "are", "located", "comes", "came", "come"})
_SOME: Final = frozenset({"a", "an", "another", "some", "one", "famous", "other"})
_SIGNED: Final = frozenset({"regards", "thanks", "sincerely", "yours", "respectfully"})
_NAMED: Final = frozenset({"named", "called", "name", "baby"})
_WE: Final = frozenset({"we", "us", "our"})
_PERSONS: Final = frozenset(
    {"we", "i", "he", "she", "they", "am", "im", "are", "live", "living", "dont"}
)
_DISEASE: Final = ILLNESS - {"has", "have", "had", "patient", "ko"}
