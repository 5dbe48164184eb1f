"""Decides whether a name that may be a place is meant as one at all."""

from __future__ import annotations

import re
from typing import Final

from bot.oncology.context import Context
from bot.oncology.patient import name_of
from bot.oncology.people_words import people_file
from bot.oncology.place_choice import agree, inhabitants
from bot.oncology.place_mentions import PlaceCues, PlaceMention, everyday, longest_at
from bot.oncology.text import Document

_KNOWN_TOWN: Final = 40_000  # inhabitants of a town believed in small letters
_GREAT_CITY: Final = 1_000_000  # inhabitants of a city believed in small letters among capitals
_TERSE: Final = 9  # tokens of a message without sentences
_KNOWN_ENOUGH: Final = 200_000  # and of one with a word of another language behind it


class Belief:
    """Which names of one message are believed to be places."""

    def __init__(self, doc: Document, cues: PlaceCues, context: Context) -> None:
        self.doc = doc
        self.cues = cues
        self.context = context

    def believable(self, found: PlaceMention) -> bool:
        need = found.place.need
        doc = self.doc
        if found.place.kind == "people":
            return True
        if need == "none":
            return not (found.first and doc.tokens[found.first - 1].text in _TITLES)
        written = doc.words(doc.tokens[found.first].start, doc.tokens[found.last - 1].end)
        if need == "accent":
            return not written.isascii()
        if found.place.kind == "city" and self._part_of_institution(found):
            return False
        if self._public_hospital(found):
            return True
        if need == "capital":
            shouting = doc.original.isupper()
            if found.place.kind == "country":
                return self._right_behind_cue(found) or (written.isupper() and not shouting)
            return written[0].isupper() and found.cue in ("home", "from", "in") and not shouting
        if found.cue in ("home", "from", "in"):
            return True
        if self.alone(found) and (written[0].isupper() or self._known_in_small(found)):
            return True
        if found.cue == "after" and (found.place.kind != "city" or len(written) >= 4):
            return found.place.kind != "city" or inhabitants(found.place) > _KNOWN_ENOUGH
        if self._ends_terse(found):
            return True
        return self._country_follows(found)

    def _right_behind_cue(self, found: PlaceMention) -> bool:
        """ "In us", but not "now with us"."""
        before = self._word(found.first - 1)
        return bool(found.cue) and before not in _BEFORE_US

    def _part_of_institution(self, found: PlaceMention) -> bool:
        """ "Tata Memorial": a little-known town's name in that of a hospital."""
        return self.cues.begins("institution", found.last) or self.cues.begins(
            "institution", found.first
        )

    def _public_hospital(self, found: PlaceMention) -> bool:
        """ "Medical officer, Gulu Regional Referral": a public hospital is named by its town."""
        begins = self.doc.tokens[found.first].breaks or found.cue in ("in", "from")
        return begins and self._word(found.last) in _PUBLIC

    def _known_in_small(self, found: PlaceMention) -> bool:
        """Whether a name in small letters is believed: nobody writes capitals in this message."""
        if inhabitants(found.place) >= _GREAT_CITY:
            return self._word(found.first) not in everyday()
        if _CAPITALISED.search(self.doc.original, 1):
            return False
        if found.place.kind != "city":
            return True
        name = name_of(self.doc, found.first, found.last)
        known = inhabitants(found.place) >= _KNOWN_TOWN and len(name) >= 5
        return known and not any(word in everyday() for word in name.split())

    def _ends_terse(self, found: PlaceMention) -> bool:
        """ "Meso asbestos worker turkey": a country as the last word of a few, without capitals."""
        count = len(self.doc.tokens)
        short = 3 <= count <= _TERSE and found.last == count
        plain = not _CAPITALISED.search(self.doc.original, 1)
        return short and plain and found.place.kind == "country" and not self._named(_FOOD)

    def _named(self, words: frozenset[str]) -> bool:
        return any(token.text in words for token in self.doc.tokens)

    def alone(self, found: PlaceMention) -> bool:
        """Whether a place stands for itself between full stops or commas ("8 cycles. Sylhet")."""
        tokens = self.doc.tokens
        after = found.last == len(tokens) or tokens[found.last].breaks
        after = after or _SET_APART.match(self.doc.norm, tokens[found.last - 1].nend) is not None
        if not after or not found.first:
            return False
        before = tokens[found.first - 1].text
        opens = self.doc.norm[: tokens[found.first].nstart].endswith("(")
        return opens or tokens[found.first].breaks or self._is_age(before)

    def of_the_age(self, found: PlaceMention) -> bool:
        """ "Wife, 54, Doha, we from Sudan", "(8, ALL, Harare)": said with who the patient is."""
        if not self.alone(found):
            return False
        inside = self.doc.norm[self.doc.tokens[found.last - 1].nend :].lstrip().startswith(")")
        return inside or self._is_age(self._word(found.first - 1))

    def _is_age(self, word: str) -> bool:
        return word.isdigit() or word in people_file().age_tails

    def ends_alone(self, found: PlaceMention) -> bool:
        """Whether a place is the last word of its sentence, behind a comma ("..., Nairobi")."""
        return self.alone(found) and found.last == self.context.sentence(found.first).last

    def _country_follows(self, found: PlaceMention) -> bool:
        """Whether a country stands right behind a city ("Kandy, Sri Lanka")."""
        at = found.last
        following = longest_at(self.doc, at) if at < len(self.doc.tokens) else None
        return (
            following is not None
            and following.place.kind in ("country", "region")
            and agree(following, found)
        )

    def _word(self, index: int) -> str:
        return self.doc.tokens[index].text if 0 <= index < len(self.doc.tokens) else ""


_BEFORE_US: Final = frozenset(
    {"with", "for", "to", "of", "by", "tell", "help", "give", "let", "both", "all", "told", "asked"}
    | {
        "about",
        "between",
        "near",
        "around",
        "send",
        "sent",
        "gave",
        "make",
        "leave",
        "left",
        "like",
    }
)
_FOOD: Final = frozenset({"eat", "eats", "eating", "ate", "food", "meat", "sandwich", "cook"})
_TITLES: Final = frozenset(
    {"dr", "mr", "mrs", "ms", "miss", "prof", "sir", "madam", "professor", "doctor"}
)
_PUBLIC: Final = frozenset(
    {"regional", "general", "district", "provincial", "teaching", "county", "referral", "civil"}
)
_SET_APART: Final = re.compile(r"\s?\)|\s-\s")  # "(8, ALL, Harare)", "61, Bergen — they"
_CAPITALISED: Final = re.compile(r"\b[A-Z][a-z]")
